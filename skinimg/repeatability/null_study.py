"""How much every metric differs between photos of skin that did not change, measured with given weights.

Two sources of null pairs. Phantoms of all six phototypes, with pores, scars and lines at 9 px/mm: one phone and another
one each time, or, where a folder of faces is given, a phone and a fixed rig. And these faces, photographed again by a
drawn camera (rephotograph.py) on a fixed rig, with the same phone and with another one. What the pairs hold is kept as
rows (noise_rows.py), and the model is fitted to these (noise_model.py): by camera and tone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, fields, replace
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from skinimg.base.allocator import keep_freed_memory
from skinimg.base.entries import PhotoEntry, Subject
from skinimg.base.errors import AlignmentError, CalibrationError, PhotoError
from skinimg.base.files import atomic
from skinimg.base.findings import FINDINGS
from skinimg.base.noise import CAMERAS, Noise, NoiseTable, Repeatability
from skinimg.base.records import Shot
from skinimg.base.settings import Settings
from skinimg.compare.follow_up import FollowUp, paired
from skinimg.model.card import read_noise, state_noise_in
from skinimg.model.segmenter import load_segmenter
from skinimg.model.weights import weights_path
from skinimg.output.notes import Notes
from skinimg.phantom.camera import Regime
from skinimg.phantom.synth import StudyRecipe, synth
from skinimg.pipeline import Equipment, look
from skinimg.repeatability.noise_model import correlation, fit
from skinimg.repeatability.noise_rows import ROW_COLUMNS, rows_of
from skinimg.repeatability.rephotograph import rephotographed
from skinimg.skin.optics import TONES, tone_of
from skinimg.study import read_study

Watch = Callable[[int, int, str], None]
PHOTOTYPES = (1, 2, 3, 4, 5, 6)
_ONE_CAMERA: tuple[Regime, ...] = ("fixed_rig", "same_phone")
# Follow-ups of every real face: regime and number of shots.
PLAN: tuple[tuple[Regime, int], ...] = (("fixed_rig", 1), ("same_phone", 2), ("other_phone", 1))
_RIG_PEOPLE = 18
_LEVEL = 6.0  # px/mm under which a card states a model of all resolutions


@dataclass(frozen=True)
class NullStudy:
    """Who is photographed: phantoms at 2,300 px of height, which is 9 px/mm, and real faces as they are."""

    subjects: int = 6
    sessions: int = 3
    size_px: int = 2300
    seed: int = 1
    faces: tuple[Path, ...] = ()

    def manifests(self, folder: Path, watch: Watch, workers: int) -> Iterator[Path]:
        """The studies in `folder`, with the regime in `x_regime`; photos that are already there are used again."""
        if self.faces:
            yield rephotographed(self.faces, folder / "faces", self.seed, PLAN, workers=workers)
        # With real faces, these tell of other cameras; phantoms tell of relief, and those of the rig are other people: 95 %
        # of fewer than 19 cannot be counted. Without faces the same people meet two cameras.
        one, two = (self.subjects, self.seed), (_RIG_PEOPLE, self.seed + 1)
        studies: dict[Regime, tuple[int, int]] = {"same_phone": one}
        studies |= {"fixed_rig": two} if self.faces else {"other_phone": one}
        for regime, (subjects, seed) in studies.items() if self.subjects else ():
            manifest = folder / regime / "manifest.csv"
            if not manifest.exists():
                recipe = StudyRecipe(
                    subjects, self.sessions, seed,
                    null_fraction=1.0, size_px=self.size_px, phototypes=PHOTOTYPES, maps=False, regime=regime,
                )  # fmt: skip
                synth(folder / regime, recipe, lambda done, total: watch(done, total, "null photos"))
                drawn = pd.read_csv(manifest).assign(x_regime=regime)
                drawn.assign(subject=f"{seed}-" + drawn["subject"]).to_csv(manifest, index=False)
            yield manifest


def state_noise(weights: str, study: NullStudy, folder: Path, watch: Watch, workers: int = 1) -> NoiseTable:
    """Measure the noise of weights (a name, or a path to a .safetensors file) and write it into their card."""
    card = weights_path(weights).with_suffix(".json")
    before = read_noise(card)
    rows = null_rows(weights, study, folder, watch, workers)
    people = rows.groupby("regime")["person"].nunique()
    source = (
        f"null pairs of {rows['person'].nunique()} people ({', '.join(f'{r} {n}' for r, n in people.items())}): "
        f"{len(study.faces)} real faces photographed again and phantoms; "
        f"command: ./scripts/bench repeatability {Path(weights).stem}"  # no path: cards are passed on
    )
    noise = replace(with_unmeasured(noise_of(rows), before), source=source)
    state_noise_in(card, noise)
    return noise


def noise_of(rows: pd.DataFrame) -> NoiseTable:
    """The noise by tone and camera, and how the errors of the headlines go together."""
    stated: dict[tuple[str, str], dict[float, Noise]] = {}
    together: dict[tuple[str, str], float] = {}
    for camera in CAMERAS:
        mine = of_camera(rows, camera)
        by_tone = fit(mine)
        stated |= {(tone, camera): {_LEVEL: noise} for tone, noise in by_tone.items()}
        if camera == "same_camera":
            together = correlation(mine, by_tone)
    for tone in TONES:
        stated[tone, "other_camera"] = {
            _LEVEL: _no_less(stated[tone, "other_camera"][_LEVEL], stated[tone, "same_camera"][_LEVEL])
        }
    return NoiseTable(stated, together)


def _no_less(other: Noise, same: Noise) -> Noise:
    """The noise of two cameras, no part of it below that of one: few pairs of other cameras pass the gate, and a handful
    of people can agree by chance. How many people and how many shots told it stays as it is."""
    parts = [field.name for field in fields(Repeatability) if field.name not in ("people", "shot")]
    return {
        key: replace(noise, **{part: max(getattr(noise, part), getattr(same[key], part)) for part in parts})
        if key in same
        else noise
        for key, noise in other.items()
    }


def with_unmeasured(new: NoiseTable, old: NoiseTable) -> NoiseTable:
    """What no null pair told of this time (pores, where all photos were too coarse) stays as the card had it."""
    stated: dict[tuple[str, str], dict[float, Noise]] = {}
    for place, measured in new.stated.items():
        before = old.stated.get(place, {})
        kept = before[max(before)] if before else {}
        stated[place] = {_LEVEL: kept | measured[_LEVEL]}
    return replace(new, stated=stated)


def of_camera(rows: pd.DataFrame, camera: str) -> pd.DataFrame:
    """The null pairs that tell of a class of cameras, as `follow_up.paired` classes them.

    Whatever looks as two cameras do counts as such; an unknown camera is whatever does not, the same or another.
    """
    apart, one = rows["apart"].astype(bool), rows["regime"].isin(_ONE_CAMERA)
    chosen = {"same_camera": one & ~apart, "other_camera": ~one | apart, "unknown_camera": ~apart}
    return rows[chosen[camera]].reset_index(drop=True)


def null_rows(weights: str, study: NullStudy, folder: Path, watch: Watch, workers: int = 1) -> pd.DataFrame:
    """The rows of all null pairs; those of people who are in `folder`/rows already are read from there."""
    kept = folder / "rows" / load_segmenter(weights).sha256[:12]
    kept.mkdir(parents=True, exist_ok=True)
    tasks = [
        (weights, subject, manifest.parent.name, kept / f"{manifest.parent.name}_{subject.name}.parquet")
        for manifest in study.manifests(folder, watch, workers)
        for subject in read_study(manifest).subjects
    ]
    # spawn: a forked process inherits the locks of threads that torch and OpenCV have started.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=keep_freed_memory) as pool:
        futures = {pool.submit(_measured, *task): task for task in tasks if not task[-1].exists()}
        for done, future in enumerate(as_completed(futures), start=1):
            future.result()
            watch(done, len(futures), f"{weights}: {futures[future][1].name}")
    parts = [pd.read_parquet(task[-1]) for task in tasks]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _measured(weights: str, subject: Subject, source: str, part: Path) -> None:
    """The rows of one person, written whole or not at all."""
    found = list(_rows(subject, Equipment(load_segmenter(weights), Settings()), source))
    with atomic(part) as partial:
        pd.DataFrame(found, columns=list(ROW_COLUMNS)).to_parquet(partial, index=False)


def _rows(subject: Subject, equipment: Equipment, source: str) -> Iterator[dict[str, object]]:
    """One person: every later session against the first."""
    baseline: list[Shot] = []
    person = subject.name if source == "faces" else f"phantom {subject.name}"
    for _, entries in groupby(subject.photos, key=lambda e: e.session):
        photos = list(entries)
        shots = list(_usable(photos, baseline, equipment))
        if not shots:
            continue
        if not baseline:
            baseline = shots
            continue
        follow_up: FollowUp = paired(baseline, shots, equipment.settings)
        anchor, frame = baseline[0].seen.maps.anchor, baseline[0].seen.frame
        regime = photos[0].covariates["regime"]
        for row in rows_of(person, tone_of(anchor), frame.native_px_per_mm, regime, follow_up):
            if source != "faces" or _told_by_a_portrait(str(row["finding"])):
                yield row


def _told_by_a_portrait(finding: str) -> bool:
    """Whether a portrait photographed again strays as the person would: its relief is flat, and no lamp moves over it."""
    return FINDINGS[finding].contrast_map in ("melanin", "haemoglobin") or finding == "tone"


def _usable(photos: Sequence[PhotoEntry], baseline: list[Shot], equipment: Equipment) -> Iterator[Shot]:
    for entry in photos:
        try:
            yield look(entry, baseline[0] if baseline else None, equipment, Notes())
        except (PhotoError, CalibrationError, AlignmentError):
            continue  # as in an analysis: a photo that cannot be used says nothing of noise
