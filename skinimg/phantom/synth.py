"""`skinimg synth`: a study of people who do not exist, as files, with everything that is true about them.

DIR/manifest.csv                       as any other study's
DIR/photos/SUBJECT/SESSION_VIEW.jpg    (or .png)
DIR/truth/measurements.csv changes.csv lesions.csv subjects.csv
DIR/truth/SUBJECT/SESSION_VIEW/        <finding>.png coverage (255 = all of the pixel), <finding>_id.png lesion ids,
                                       maps.npz (melanin, blood, height_mm), landmarks.npz, to_baseline.npz
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from skinimg.base.errors import SettingsError, StudyError
from skinimg.phantom import truth
from skinimg.phantom.camera import Regime
from skinimg.phantom.draws import new_seed, seeded, spawn
from skinimg.phantom.portrait import Picture, Sitter, sample_sitter
from skinimg.phantom.series import (
    ARMS,
    Studio,
    TreatmentPlan,
    check_effects,
    lesions_at,
    photograph_session,
    plan_subjects,
    sample_studio,
)
from skinimg.phantom.skin import Person
from skinimg.phantom.truth_tables import Row, TruthTables, compared, keyed, write_csv
from skinimg.phantom.view import FIELD_MM, Traced

VIEW_YAW_DEG = {"front": 0.0, "left45": -40.0, "right45": 40.0}  # left45 shows the person's left side
SIZE_PX = (300, 4000)
CORRESPONDENCE_STRIDE = 4
_MODEL = 0x0110  # EXIF: the camera's model

Progress = Callable[[int, int], None]  # photos done, photos in all


@dataclass(frozen=True)
class StudyRecipe:
    """What to synthesise.

    effects : finding -> change of its burden at the last session (-0.4 = 40 % less), growing evenly over the sessions.
    null_fraction : share of subjects, rounded up, whom no treatment changes.
    arms : none, split-face (one side is a control) or parallel (the unchanged subjects are the control arm).
    size_px : height of the photos. phototypes : to be dealt out in turn; empty = by chance.
    maps : write masks, maps and correspondence of every photo, not only the tables and the landmarks.
    """

    subjects: int
    sessions: int
    seed: int = 0
    effects: Mapping[str, float] = field(default_factory=dict)
    null_fraction: float = 0.4
    arms: str = "none"
    size_px: int = 1600
    views: tuple[str, ...] = ("front",)
    phototypes: tuple[int, ...] = ()
    regime: Regime = "same_phone"
    photo_format: str = "jpg"
    maps: bool = True

    @property
    def photos(self) -> int:
        """Number of photos."""
        return self.subjects * self.sessions * len(self.views)


def check(recipe: StudyRecipe) -> None:
    """Refuse what cannot be made, before any work.

    Raises
    ------
    SettingsError
        A number out of range, an unknown finding, arm, view or format, an impossible effect, too few subjects.
    """
    ranges = {
        "subjects": (recipe.subjects, 1, 10_000),
        "sessions": (recipe.sessions, 1, 60),
        "seed": (recipe.seed, 0, 2**31 - 1),
        "size_px": (recipe.size_px, *SIZE_PX),
        "null_fraction": (recipe.null_fraction, 0, 1),
    }
    for name, (number, low, high) in ranges.items():
        if not low <= number <= high:
            raise SettingsError(f"{name} of a synthetic study", found=f"{number:g}", needed=f"{low:g} to {high:g}")
    choices = {
        "arms": ((recipe.arms,), ARMS),
        "view": (recipe.views, tuple(VIEW_YAW_DEG)),
        "photo_format": ((recipe.photo_format,), ("jpg", "png")),
        "phototype": (recipe.phototypes, (1, 2, 3, 4, 5, 6)),
        "regime": ((recipe.regime,), ("fixed_rig", "same_phone", "other_phone")),
    }
    for name, (given, known) in choices.items():
        for value in given:
            if value not in known:
                raise SettingsError(f"{name} {value!r}", needed=f"one of {', '.join(map(str, known))}")
    effects = recipe.effects
    check_effects(effects)
    nulls = math.ceil(recipe.null_fraction * recipe.subjects - 1e-9)
    if any(effects.values()) and nulls >= recipe.subjects:
        raise SettingsError(
            "an effect, but nobody left to have it",
            found=f"{recipe.subjects} subjects, {nulls} of them without effect",
            needed="more subjects or a smaller null fraction",
        )


def synth(out: Path, recipe: StudyRecipe, progress: Progress | None = None, device: torch.device | str = "cpu") -> Path:
    """Write a synthetic study to `out` and return its manifest. The same recipe gives the same bytes.

    Everything is written to a folder beside `out` and moved there when it is complete. All chance comes from the CPU:
    another device draws the same people, lesions and photos, up to the rounding of its arithmetic.

    Raises
    ------
    SettingsError
        See `check`.
    StudyError
        `out` exists and is not an empty folder, or cannot be written.
    """
    check(recipe)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StudyError(
            f"{out} already holds something", needed="a new or empty folder", next_step="Choose another --out."
        )
    work = out.parent / f".{out.name}.unfinished-{os.getpid()}"
    try:
        work.mkdir(parents=True)
        _write_study(work, recipe, progress or _silent, device)
        if out.exists():
            out.rmdir()
        work.rename(out)
    except OSError as error:
        raise StudyError(
            f"{out} cannot be written", found=str(error), next_step="Free some space or choose another --out."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out / "manifest.csv"


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class _Job:
    """One study being written."""

    root: Path
    recipe: StudyRecipe
    studio: Studio
    tables: TruthTables
    device: torch.device | str


def _write_study(root: Path, recipe: StudyRecipe, progress: Progress, device: torch.device | str) -> None:
    generator = seeded(recipe.seed)
    shape = (recipe.size_px, recipe.size_px * 4 // 5)
    studio = sample_studio(spawn(generator), recipe.regime, shape)
    plans = plan_subjects(
        recipe.subjects, recipe.sessions, recipe.effects, recipe.null_fraction, recipe.arms, spawn(generator)
    )
    job = _Job(root, recipe, studio, TruthTables(), device)
    manifest: list[Row] = []
    for number, plan in enumerate(plans):
        phototype = recipe.phototypes[number % len(recipe.phototypes)] if recipe.phototypes else None
        for row in _write_subject(job, plan, phototype):
            manifest.append(row)
            progress(len(manifest), recipe.photos)
    write_csv(root / "manifest.csv", manifest)
    job.tables.write(root / "truth")


def _write_subject(job: _Job, plan: TreatmentPlan, phototype: int | None) -> Iterator[Row]:
    """All photos of one subject; yields their manifest rows and adds to the tables of truth."""
    generator = seeded(plan.seed)
    # two thirds of the photo's own scale: the sheet is resampled once more on its way into the picture
    sitter = sample_sitter(spawn(generator), FIELD_MM / job.recipe.size_px * 0.7, phototype, job.device)
    luck = new_seed(generator)
    regions = truth.sheet_regions(sitter)
    job.tables.add_subject(plan, sitter.person)
    first: dict[str, Traced] = {}
    lesions, painted = sitter.lesions, sitter.paint()
    now = keyed(truth.skin_totals(sitter, painted, lesions, regions))
    baseline, pair = (painted, lesions), (now, now)
    for k in range(len(plan.dates)):
        after = lesions_at(sitter, plan.treatment, k / max(1, len(plan.dates) - 1), luck)
        if after is not lesions:  # untreated skin is the very same skin: painted and measured once
            lesions, painted = after, sitter.paint(after)
            now = keyed(truth.skin_totals(sitter, painted, lesions, regions))
            pair = compared(sitter, regions, baseline, (painted, lesions))
        job.tables.add_session(plan, k, now)
        if k:
            job.tables.add_changes(plan, k, *pair)
        job.tables.add_lesions(plan, k, lesions, sitter.sheet.origin_mm)
        for view in job.recipe.views:
            picture = photograph_session(sitter, painted, job.studio, VIEW_YAW_DEG[view], spawn(generator))
            photo = Path("photos") / plan.subject / f"S{k + 1}_{view}.{job.recipe.photo_format}"
            write_photo(job.root / photo, picture, job.studio, k)
            folder = job.root / "truth" / plan.subject / f"S{k + 1}_{view}"
            _write_truth(folder, sitter, picture, first.setdefault(view, picture.seen), job.recipe.maps)
            yield _manifest_row(plan, k, photo, view, sitter.person)


def _manifest_row(plan: TreatmentPlan, k: int, photo: Path, view: str, person: Person) -> Row:
    return {
        "subject": plan.subject,
        "session": f"S{k + 1}",
        "photo": photo.as_posix(),
        "date": plan.dates[k].isoformat(),
        "view": view,
        "arm": plan.arm,
        "arm_left": plan.arm_left,
        "arm_right": plan.arm_right,
        "treatment": "serum" if k + 1 < len(plan.dates) else "",
        "age": round(person.age_years),
        "phototype": person.phototype,
    }


def write_photo(path: Path, picture: Picture, studio: Studio, session: int) -> None:
    """Write a photo with the name of its camera, which is another one in every session of the regime `other_phone`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(picture.srgb.cpu().numpy())
    exif = image.getexif()
    exif[_MODEL] = f"skinimg {studio.regime} {session + 1}" if studio.regime == "other_phone" else "skinimg phantom"
    if path.suffix == ".png":
        image.save(path, compress_level=4, exif=exif)
    else:
        image.save(path, quality=min(studio.camera.jpeg_quality, 95), subsampling=0, exif=exif)


def _write_truth(folder: Path, sitter: Sitter, picture: Picture, baseline: Traced, with_maps: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write_npz(folder / "landmarks.npz", truth.landmark_truth(sitter, picture))
    if not with_maps:
        return
    maps, ids = truth.picture_maps(sitter, picture)
    for finding, number in ids.items():
        _write_png(folder / f"{finding}.png", np.round(maps.pop(finding) * 255).astype(np.uint8))
        _write_png(folder / f"{finding}_id.png", number.clip(0, 65535).astype(np.uint16))
    _write_npz(folder / "maps.npz", {name: plane.astype(np.float16) for name, plane in maps.items()})
    grid = truth.correspondence(sitter, baseline, picture.seen, picture.view, CORRESPONDENCE_STRIDE)
    _write_npz(folder / "to_baseline.npz", grid)


def _write_npz(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    # numpy stamps every member of an .npz with 1980-01-01, so the same arrays are the same bytes
    np.savez_compressed(path, allow_pickle=False, **dict(arrays))


def _write_png(path: Path, image: npt.NDArray[Any]) -> None:
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
