"""Training tiles from photographs of whole phantom faces, seen exactly as `skinimg analyze` sees a photo.

Sheets of skin (phantom/tiles.py) are cheap and lie flat. A face has what they have not: a nose that takes the light,
the turn of a cheek, lips and brows cut out by the face model, and skin that is looked at from the side.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import PhotoError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.phantom.camera import Regime
from skinimg.phantom.draws import log_uniform, normal, seeded, spawn, uniform
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.portrait import sample_sitter
from skinimg.phantom.series import photograph_session, sample_studio
from skinimg.phantom.tiles import troubled as with_trouble
from skinimg.phantom.truth import picture_maps
from skinimg.phantom.view import FIELD_MM
from skinimg.training.dataset import LabelledPhoto, load_example
from skinimg.training.masks import Mask
from skinimg.training.sources import Watch, draw_missing, example_tiles
from skinimg.training.tile_store import joined, save_part

_HEIGHT_PX = (1200, 3200)  # of the photos: 5 to 12 px/mm
_PHOTOS = 2  # of each face: the face is dear, a photo of it cheap
_REGIMES: tuple[Regime, ...] = ("fixed_rig", "other_phone")
_YAW_SD_DEG = 12.0


def draw_faces(
    folder: Path, people: int, seed: int, workers: int, watch: Watch | None = None, troubled: bool = True
) -> list[Path]:
    """Parts with the tiles of `people` phantom faces, one part each; parts that are already there are kept.

    troubled : with many lesions, to learn from; else with as many as people have, phototypes I to VI in turn, for
        calibration: where lesions are rare, a doubtful pixel is more likely plain skin.
    """
    paths = [folder / f"{'face' if troubled else 'ordinary'}-{seed:03d}-{k:04d}.npz" for k in range(people)]
    first = seed * 10_000 + (5_000 if troubled else 7_000)
    tasks = [(path, first + k, None if troubled else k % 6 + 1) for k, path in enumerate(paths)]
    return draw_missing(draw_face, tasks, workers, watch)


def draw_face(task: tuple[Path, int, int | None]) -> Path:
    """One person, photographed in different rooms; without a phototype, somebody with many lesions.

    Raises
    ------
    PhotoError
        None of the photos can be used.
    """
    path, seed, phototype = task
    generator = seeded(seed)
    height = round(log_uniform(generator, *_HEIGHT_PX))
    sitter = sample_sitter(spawn(generator), FIELD_MM / height * 0.7, phototype)
    person = sitter.person if phototype else with_trouble(sitter.person, generator)
    painted = sitter.paint(sample_lesions(sitter.sheet.canvas, person, spawn(generator)))
    tiles, refused = [], []
    with TemporaryDirectory() as folder:
        for number in range(_PHOTOS):
            regime = _REGIMES[int(uniform(generator, 0, len(_REGIMES)))]
            studio = sample_studio(spawn(generator), regime, (height, height * 4 // 5))
            picture = photograph_session(sitter, painted, studio, normal(generator, 0, _YAW_SD_DEG), spawn(generator))
            photo = Path(folder) / f"{number}.jpg"
            Image.fromarray(picture.srgb.numpy()).save(photo, quality=studio.camera.jpeg_quality, subsampling=0)
            coverage, _ = picture_maps(sitter, picture)
            masks: dict[str, Mask] = {finding: photo.with_suffix(f".{finding}.png") for finding in MASK_FINDINGS}
            for finding, mask in masks.items():
                Image.fromarray(np.rint(255 * coverage[finding]).astype(np.uint8)).save(str(mask))
            entry = PhotoEntry(subject=path.stem, session=str(number), path=photo, photo=photo.name)
            try:
                tiles.append(example_tiles(load_example(LabelledPhoto(entry, masks))))
            except PhotoError as error:
                refused.append(error)
    if not tiles:
        raise refused[0]
    save_part(path, joined(tiles))
    return path
