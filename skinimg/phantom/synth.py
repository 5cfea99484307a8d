"""`skinimg synth`: a study of people who do not exist, as files, with everything that is true about them.

DIR/manifest.csv                       as any other study's
DIR/photos/SUBJECT/SESSION_VIEW.jpg    (or .png)
DIR/truth/measurements.csv changes.csv lesions.csv subjects.csv
DIR/truth/SUBJECT/SESSION_VIEW/        <finding>.png coverage (255 = all of the pixel), <finding>_id.png lesion ids,
                                       maps.npz (melanin, blood, height_mm), landmarks.npz, to_baseline.npz
"""

from __future__ import annotations

import csv
import io
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
from PIL import Image

from skinimg.errors import SettingsError, StudyError
from skinimg.findings import MASK_FINDINGS
from skinimg.phantom import truth
from skinimg.phantom.camera import Regime
from skinimg.phantom.draws import new_seed, seeded, spawn
from skinimg.phantom.lesions import Lesion
from skinimg.phantom.portrait import Picture, Sitter, sample_sitter
from skinimg.phantom.series import (
    ARMS,
    Plan,
    Studio,
    check_effects,
    lesions_at,
    photograph_session,
    plan_subjects,
    sample_studio,
)
from skinimg.phantom.view import FIELD_MM, Seen

VIEW_YAW_DEG = {"front": 0.0, "left45": -40.0, "right45": 40.0}  # left45 shows the person's left side
SIZE_PX = (300, 4000)
CORRESPONDENCE_STRIDE = 4

Progress = Callable[[int, int], None]  # photos done, photos in all
Tables = dict[str, list[dict[str, object]]]
Key = tuple[str, str, str]  # region, finding, metric
Known = dict[Key, tuple[str, float | None, str]]  # unit, value, reason where there is none

_LESION_COLUMNS = ("kind", "radius_mm", "length_mm", "melanin", "blood", "depth_mm")


@dataclass(frozen=True)
class Recipe:
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


def check(recipe: Recipe) -> None:
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


def synth(out: Path, recipe: Recipe, progress: Progress | None = None) -> Path:
    """Write a synthetic study to `out` and return its manifest. The same recipe gives the same bytes.

    Everything is written to a folder beside `out` and moved there when it is complete.

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
        _write_study(work, recipe, progress or _silent)
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


def _write_study(root: Path, recipe: Recipe, progress: Progress) -> None:
    generator = seeded(recipe.seed)
    shape = (recipe.size_px, recipe.size_px * 4 // 5)
    studio = sample_studio(spawn(generator), recipe.regime, shape)
    plans = plan_subjects(
        recipe.subjects, recipe.sessions, recipe.effects, recipe.null_fraction, recipe.arms, spawn(generator)
    )
    tables: Tables = {"measurements": [], "changes": [], "lesions": [], "subjects": []}
    manifest: list[dict[str, object]] = []
    done = 0
    for number, plan in enumerate(plans):
        phototype = recipe.phototypes[number % len(recipe.phototypes)] if recipe.phototypes else None
        for row in _write_subject(root, plan, recipe, studio, phototype, tables):
            manifest.append(row)
            done += 1
            progress(done, recipe.photos)
    _write_csv(root / "manifest.csv", manifest)
    for name, rows in tables.items():
        _write_csv(root / "truth" / f"{name}.csv", rows)


def _write_subject(
    root: Path,
    plan: Plan,
    recipe: Recipe,
    studio: Studio,
    phototype: int | None,
    tables: Tables,
) -> Iterator[dict[str, object]]:
    """All photos of one subject; yields their manifest rows and adds to the tables of truth."""
    # two thirds of the photo's own scale: the sheet is resampled once more on its way into the picture
    generator = seeded(plan.seed)
    sitter = sample_sitter(spawn(generator), FIELD_MM / recipe.size_px * 0.7, phototype)
    luck = new_seed(generator)
    regions = truth.sheet_regions(sitter)
    first: dict[str, Seen] = {}
    baseline: Known = {}
    person = sitter.person
    tables["subjects"].append(
        {
            "subject": plan.subject,
            "phototype": person.phototype,
            "age": round(person.age_years),
            "sex": "male" if person.male else "female",
            "changed": int(not plan.treatment.is_null),
            **{f"effect_{name}": plan.treatment.effects.get(name, 0.0) for name in MASK_FINDINGS},
        }
    )
    lesions, painted, now = sitter.lesions, sitter.paint(), baseline
    for k, day in enumerate(plan.dates):
        session = f"S{k + 1}"
        share = k / max(1, len(plan.dates) - 1)
        after = lesions_at(sitter, plan.treatment, share, luck)
        if k == 0 or after is not lesions:  # untreated skin is the very same skin: paint and measure it once
            lesions, painted = after, sitter.paint(after)
            now = dict(_key_values(truth.skin_totals(sitter, painted, lesions, regions)))
        baseline = baseline or now
        _tell(tables, plan, k, lesions, baseline, now, sitter.sheet.origin_mm)
        for view in recipe.views:
            picture = photograph_session(sitter, painted, studio, VIEW_YAW_DEG[view], spawn(generator))
            photo = Path("photos") / plan.subject / f"{session}_{view}.{recipe.photo_format}"
            _write_photo(root / photo, picture, studio.camera.jpeg_quality)
            folder = root / "truth" / plan.subject / f"{session}_{view}"
            _write_truth(folder, sitter, picture, first.setdefault(view, picture.seen), recipe.maps)
            yield {
                "subject": plan.subject,
                "session": session,
                "photo": photo.as_posix(),
                "date": day.isoformat(),
                "view": view,
                "arm": plan.arm,
                "arm_left": plan.arm_left,
                "arm_right": plan.arm_right,
                "treatment": "serum" if k + 1 < len(plan.dates) else "",
                "age": round(person.age_years),
                "phototype": person.phototype,
            }


def _key_values(totals: truth.Totals) -> Iterator[tuple[Key, tuple[str, float | None, str]]]:
    """(region, finding, metric) -> unit, value, reason."""
    for region, finding, m, value, reason in truth.values(totals):
        yield (region, finding, m.id), (m.unit, value, reason)


def _tell(
    tables: Tables,
    plan: Plan,
    k: int,
    lesions: tuple[Lesion, ...],
    baseline: Known,
    now: Known,
    origin_mm: tuple[float, float],
) -> None:
    """Enter session `k` of a subject into the tables of truth."""
    session = {"subject": plan.subject, "session": f"S{k + 1}"}
    for (region, finding, metric), (unit, value, reason) in now.items():
        where = {"region": region, "finding": finding, "metric": metric}
        tables["measurements"].append({**session, **where, "value": value, "unit": unit, "missing": reason})
        start = baseline[region, finding, metric][1]
        if k == 0:
            continue
        change = None if value is None or start is None else value - start
        tables["changes"].append(
            {
                **session,
                **where,
                "unit": unit,
                "baseline_session": "S1",
                "days": (plan.dates[k] - plan.dates[0]).days,
                "baseline": start,
                "follow_up": value,
                "change": change,
                "change_percent": 100 * change / start if change is not None and start else None,
            }
        )
    for lesion in lesions:
        if lesion.finding and lesion.finding != "pores":  # thousands of pores say nothing one by one
            row = {name: getattr(lesion, name) for name in _LESION_COLUMNS}
            place = {"u_mm": origin_mm[0] + lesion.x_mm, "v_mm": origin_mm[1] + lesion.y_mm}
            tables["lesions"].append({**session, "finding": lesion.finding, "lesion": lesion.id, **place, **row})


def _write_photo(path: Path, picture: Picture, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(picture.srgb.numpy())
    if path.suffix == ".png":
        image.save(path, compress_level=4)
    else:
        image.save(path, quality=min(quality, 95), subsampling=0)


def _write_truth(folder: Path, sitter: Sitter, picture: Picture, baseline: Seen, with_maps: bool) -> None:
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


def _write_csv(path: Path, rows: list[dict[str, object]]) -> None:
    """UTF-8, one line end, numbers in full: the same rows are the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    columns = list(rows[0]) if rows else ["subject"]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    path.write_bytes(text.getvalue().encode())
