"""A folder of unlabelled photos of real people, as training tiles with lesions painted on.

    DIR/anna.jpg, DIR/ben/front.jpg ...     a photo's sub-folder names the person, a loose photo is a person of its own

Every photo is seen exactly as `skinimg analyze` sees it; one in five people is kept for validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from skinimg.base.errors import PhotoError, StudyError
from skinimg.base.settings import Settings
from skinimg.observe.see import see
from skinimg.photo.header import READ
from skinimg.training.backgrounds import Background, background
from skinimg.training.dataset import LabelledPhoto, photo_entry, split_by_subject
from skinimg.training.scenes import Scenes, Sitters
from skinimg.training.sources import Watch
from skinimg.training.tile_store import TILES_PER_PART, Tiles, save_part

PARTS = 24  # of painted tiles, 64 each, from all backgrounds together
# Dark skin is drawn so many times as often as light: the sets at hand have one dark face in ten.
_OFTEN = 4.0
_MASK_SUFFIXES = 2  # photo.spots.png beside photo.jpg


def read_backgrounds(folder: Path) -> tuple[list[LabelledPhoto], list[LabelledPhoto]]:
    """The photos to train on and those to judge by; none is opened yet.

    Raises
    ------
    StudyError
        No folder, no photos, photos of one person only, or masks among them.
    """
    photos = photos_in(folder)
    if len({photo.subject for photo in photos}) < 2:
        raise StudyError(
            f"{folder} shows too few people",
            found=f"{len(photos)} photos of {len({photo.subject for photo in photos})}",
            needed="photos of two people or more, better 20: one judges what was learnt on the others",
        )
    return split_by_subject(photos)


def photos_in(folder: Path) -> list[LabelledPhoto]:
    """All photos of a folder of unlabelled photos, in the order of their paths.

    Raises
    ------
    StudyError
        No folder, or masks among the photos.
    """
    if not folder.is_dir():
        raise StudyError(f"{folder} is not a folder", needed="a folder of photos of people's faces")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.casefold() in READ and path.is_file()]
    masks = [path.name for path in paths if len(path.suffixes) >= _MASK_SUFFIXES and path.suffix.casefold() == ".png"]
    if masks:
        raise StudyError(
            f"{folder} holds masks",
            found=f"{len(masks)}, first {masks[0]}",
            needed="photos alone: what is on the skin of backgrounds is not known",
            next_step="Give labelled photos with --data, and take their masks out of the backgrounds.",
        )
    return [LabelledPhoto(photo_entry(folder, path), {}) for path in paths]


def seen_backgrounds(photos: Sequence[LabelledPhoto], watch: Watch | None = None) -> list[Background]:
    """The backgrounds of photos; those that cannot be used are left out.

    Raises
    ------
    StudyError
        None can be used; the message says why.
    """
    found, refused = [], []
    for done, photo in enumerate(photos, start=1):
        try:
            seen = see(photo.entry, None, Settings())
            found.append(background(photo.name, seen.frame, seen.maps))
        except PhotoError as error:
            refused.append(f"{photo.name}: {error}")
        if watch:
            watch(done, len(photos), photo.name)
    if not found:
        raise StudyError("no background can be used:" + "".join(f"\n- {reason}" for reason in refused))
    return found


def draw_people(folder: Path, name: str, seen: Sequence[Background], parts: int, seed: int) -> list[Path]:
    """Parts of tiles of people with painted lesions; parts that are already there are kept.

    Raises
    ------
    StudyError
        Nobody shows enough skin for a tile.
    """
    paths = [folder / f"{name}-{seed:03d}-{k:04d}.npz" for k in range(parts)]
    people = Sitters(seen, "cpu", [_OFTEN if one.tone == "dark" else 1.0 for one in seen])
    for k, path in enumerate(paths):
        if not path.exists():
            choice, generator = np.random.default_rng([seed, k]), torch.Generator().manual_seed(seed * 10_000 + k)
            drawn = [people.draw(16, choice, generator) for _ in range(TILES_PER_PART // 16)]
            save_part(path, _as_tiles(drawn))
    return paths


def _as_tiles(drawn: Sequence[Scenes]) -> Tiles:
    def joined(name: str) -> np.ndarray:
        values: np.ndarray = torch.cat([getattr(scenes, name) for scenes in drawn]).numpy()
        return values

    return Tiles(
        joined("relative").astype(np.float16),
        np.rint(joined("coverage") * 255).astype(np.uint8),
        joined("skin"),
        joined("known"),
        joined("native_px_per_mm").astype(np.float32),
        joined("context").astype(np.float16),
    )
