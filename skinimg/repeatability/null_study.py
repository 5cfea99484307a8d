"""How much every metric differs between photos of skin that did not change, measured with given weights on phantoms.

Phantoms of all six phototypes are photographed several times, with another pose, lamp, exposure, focus and noise each
time and no effect at all; every later photo against the first is a null pair. Phototypes I to IV and V to VI are stated
apart, since noise weighs several times as much in dark skin, and so are the photos and copies of half their size, and
photos that were each taken with another phone. The
standard error of measurement (SEM) of one shot is the SD of the difference over sqrt 2 (Weir 2005; SCIENCE.md 8). It is
stored as a share of the value (loads scale with what there is), with a small absolute part that keeps a count of 2 from
looking exact. That of a burden, area x contrast, has a part that goes with the area instead: the contrast of faint
redness strays by so much OD, however little of it there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image
from scipy.optimize import minimize

from skinimg.base.records import SubjectResult
from skinimg.base.settings import Settings
from skinimg.model.segmenter import load_segmenter
from skinimg.model.weights import weights_path
from skinimg.phantom.camera import Regime
from skinimg.phantom.synth import Recipe, synth
from skinimg.phantom.view import FIELD_MM
from skinimg.pipeline import Bench, analyze_subject
from skinimg.skin.optics import TONES
from skinimg.study import read_study

Values = npt.NDArray[np.float64]
Watch = Callable[[int, int, str], None]
Table = dict[str, dict[str, dict[str, float]]]  # finding -> metric -> the fields of a records.Repeatability
Stated = dict[str, dict[str, dict[str, Table]]]  # tone -> camera -> px/mm ->
PHOTOTYPES = (1, 2, 3, 4, 5, 6)
_LIGHTEST_FOUR = 4
_WHOLE = "face"
_KEY = ["subject", "session"]
_FEWEST_PAIRS = 3
_NOTHING = 1e-6  # of a share or of OD
_REGIMES: dict[str, Regime] = {"same_camera": "same_phone", "other_camera": "other_phone"}
_MEASURED = (("same_camera", 1), ("same_camera", 2), ("other_camera", 1))  # camera, and how many times smaller


@dataclass(frozen=True)
class NullStudy:
    """The phantoms: 2,300 px of height give 9 px/mm, a little more than pores need."""

    subjects: int = 6
    sessions: int = 3
    size_px: int = 2300
    seed: int = 1

    def photographed(self, folder: Path, camera: str, watch: Watch) -> Path:
        """The manifest of the study in `folder`; photos that are already there are used again."""
        manifest = folder / "manifest.csv"
        if not manifest.exists():
            recipe = Recipe(
                self.subjects, self.sessions, self.seed,
                null_fraction=1.0, size_px=self.size_px, phototypes=PHOTOTYPES, maps=False, regime=_REGIMES[camera],
            )  # fmt: skip
            synth(folder, recipe, lambda done, total: watch(done, total, "null photos"))
        return manifest

    def px_per_mm(self, shrunk: int) -> float:
        """Of the photos, or of copies that are smaller by `shrunk`."""
        return self.size_px / FIELD_MM / shrunk


def state_repeatability(weights: str, study: NullStudy, folder: Path, watch: Watch) -> Stated:
    """Measure the noise of weights (a name, or a path to a .safetensors file) and write it into their card."""
    stated: Stated = {tone: {} for tone in TONES}
    for camera, shrunk in _MEASURED:
        pairs = null_pairs(weights, study, folder, watch, camera, shrunk)
        for tone in TONES:
            table = repeatability(pairs[pairs["tone"] == tone])
            stated[tone].setdefault(camera, {})[f"{study.px_per_mm(shrunk):.2g}"] = table
    card = weights_path(weights).with_suffix(".json")
    content = json.loads(card.read_text(encoding="utf-8"))
    content["repeatability"] = stated
    content["repeatability_from"] = (
        f"{study.subjects} phantoms x {study.sessions} sessions without any change, {study.size_px} px and half of it, "
        f"with one phone and with another one each time, seed {study.seed}; "
        f"command: ./scripts/measure_repeatability {Path(weights).stem}"  # no path: cards are passed on
    )
    card.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return stated


def null_pairs(
    weights: str, study: NullStudy, folder: Path, watch: Watch, camera: str = "same_camera", shrunk: int = 1
) -> pd.DataFrame:
    """changes.csv of a study in which nothing changed, whole face only, with the `tone` of every subject."""
    manifest = study.photographed(folder / camera, camera, watch)
    if shrunk > 1:
        manifest = _shrunk(manifest, folder / f"{camera}_{shrunk}", shrunk)
    bench, parts = Bench(load_segmenter(weights), Settings()), []
    subjects = read_study(manifest).subjects
    for done, subject in enumerate(subjects, start=1):
        result, _ = analyze_subject(subject, bench, folder / "pictures")
        if isinstance(result, SubjectResult):
            parts.append(result.changes)
        watch(done, len(subjects), f"{weights}: {subject.name}")
    phototype = pd.read_csv(manifest).groupby("subject")["phototype"].first()
    changes = pd.concat(parts, ignore_index=True)
    tone = changes["subject"].map(phototype).map(lambda kind: TONES[int(kind > _LIGHTEST_FOUR)])
    return changes.assign(tone=tone)[changes["region"] == _WHOLE]


def _shrunk(manifest: Path, folder: Path, times: int) -> Path:
    """A copy of a study whose photos are smaller by a whole number; the new manifest."""
    table = pd.read_csv(manifest)
    for name in table["photo"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(manifest.parent / name) as photo:
            photo.reduce(times).save(folder / name, quality=95, subsampling=0)
    table.to_csv(folder / "manifest.csv", index=False)
    return folder / "manifest.csv"


def repeatability(pairs: pd.DataFrame) -> Table:
    """finding -> metric -> the fields of a Repeatability; metrics seen in fewer than three pairs are left out."""
    stated: Table = {}
    for (finding, metric), rows in pairs.groupby(["finding", "metric"], sort=False):
        known = rows.dropna(subset=["baseline", "follow_up"])
        if len(known) < _FEWEST_PAIRS:
            continue
        middle = (known["baseline"] + known["follow_up"]).to_numpy() / 2
        apart = (known["follow_up"] - known["baseline"]).to_numpy()
        # Differences of null pairs have mean 0 by design, so their size is the root mean square, not the SD.
        relative = _rms(apart) / max(_rms(middle), 1e-6) / np.sqrt(2)
        if relative == 0:  # nothing was found in any pair, so nothing is known about its noise
            continue
        absolute = 0.1 * _rms(apart) / np.sqrt(2)
        noise = {"relative": relative, "absolute": absolute}
        if metric == "burden":
            areas = pairs[(pairs["finding"] == finding) & (pairs["metric"] == "area")].set_index(_KEY)
            area_mm2 = areas.loc[pd.MultiIndex.from_frame(known[_KEY]), ["baseline", "follow_up"]].mean(axis=1)
            found = area_mm2.to_numpy() > 0
            if found.sum() >= _FEWEST_PAIRS:
                noise |= _of_burden(apart[found], middle[found], area_mm2.to_numpy()[found])
        rounded = {name: float(f"{value:.3g}") if value > _NOTHING else 0.0 for name, value in noise.items()}
        stated.setdefault(str(finding), {})[str(metric)] = rounded | {"people": known["subject"].nunique()}
    return stated


def _of_burden(apart: Values, middle: Values, area_mm2: Values) -> dict[str, float]:
    """The likeliest share and OD per area (both >= 0) for normal differences of that size; all (n,)."""

    def unlikeliness(logs: Values) -> float:
        relative, per_mm2 = np.exp(logs)
        variance = 2 * ((relative * middle) ** 2 + (per_mm2 * area_mm2) ** 2)
        return float(np.sum(np.log(variance) + apart**2 / variance))

    start = [_rms(apart) / max(_rms(size), 1e-12) for size in (middle, area_mm2)]
    best = minimize(unlikeliness, np.log(np.maximum(start, 1e-6)), method="Nelder-Mead")
    relative, per_mm2 = np.exp(best.x)
    return {"relative": relative, "per_mm2": per_mm2}


def _rms(values: Values) -> float:
    return float(np.sqrt(np.mean(values**2)))
