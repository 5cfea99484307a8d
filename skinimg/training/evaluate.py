"""How good segmenters are on labelled photos: every figure with its interval, by skin colour and by resolution.

Photo by photo sums come first (judge.py); a figure of a group of photos is made of the sums of the group, so that a
photo with three lesions weighs as much as three lesions. People are resampled for the intervals, not photos or pixels.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import length_hint
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.provenance import versions
from skinimg.base.records import Frame
from skinimg.model.segmenter import Segmenter
from skinimg.output import tables
from skinimg.photo.colour import ITA_CLASSES, ita_class
from skinimg.report.page import write
from skinimg.training.example import Example
from skinimg.training.gallery import Gallery, write_page
from skinimg.training.judge import FIGURES, Sums, judge

Progress = Callable[[int, int, str], None]  # done, of how many (0 = unknown), the photo

_SAMPLES = 1000  # of the bootstrap: its 95 % limits then vary by some 3 % of the interval
_SEED = 0
# Lower edges in px/mm, at the resolutions from which findings are measurable (findings.py).
PX_PER_MM_CLASSES: tuple[tuple[str, float], ...] = (
    ("20 and more", 20.0),
    ("12 to 20", 12.0),
    ("8 to 12", 8.0),
    ("5 to 8", 5.0),
    ("below 5", 0.0),
)
UNKNOWN_SCALE = "unknown"

COLUMNS = (
    *("segmenter", "finding", "measurable", "group", "class", "photos", "subjects"),
    *("figure", "unit", "value", "ci_low", "ci_high", "resampled", "missing"),
)
PHOTO_COLUMNS = (
    *("segmenter", "finding", "measurable", "subject", "photo", "ita_deg", "ita_class", "px_per_mm", "px_per_mm_class"),
    *("skin_cm2", "true_mm2", "found_mm2", *FIGURES),
)


@dataclass(frozen=True)
class Judgement:
    """One finding on one photo by one segmenter."""

    segmenter: str
    finding: str
    photo: str
    subject: str
    ita_deg: float
    frame_mm_per_px: float
    px_per_mm: float  # of the photo; NaN where no scale is known
    measurable: bool  # the photo is fine enough for this finding
    sums: Sums

    @property
    def classes(self) -> dict[str, str]:
        """Group -> the class of this photo in it."""
        return {"all": "all", "ita": ita_class(self.ita_deg), "px_per_mm": px_per_mm_class(self.px_per_mm)}


@dataclass(frozen=True)
class Evaluation:
    """What was found, as written to the output folder."""

    figures: pd.DataFrame  # COLUMNS
    photos: pd.DataFrame  # PHOTO_COLUMNS
    page: Path


def evaluate(
    examples: Iterable[Example],
    segmenters: Sequence[Segmenter],
    out: Path,
    progress: Progress | None = None,
    about: Callable[[], Mapping[str, object]] = dict,
) -> Evaluation:
    """Judge segmenters on examples; the first one is the one in question, the others are beside it.

    Writes to `out`: evaluation.csv (every figure, group and class), evaluation_photos.csv, both also as .parquet,
    evaluation.json (headline figures, versions, hashes of the weights), evaluation.html (cases to look at).

    about : called at the end for what else evaluation.json should tell of the data

    Raises
    ------
    StudyError
        No example could be used.
    """
    judgements: list[Judgement] = []
    gallery = Gallery([segmenter.name for segmenter in segmenters])
    for done, example in enumerate(examples, start=1):
        probabilities = [segmenter.probabilities(example.frame, example.maps) for segmenter in segmenters]
        for finding in example.labelled:
            k = MASK_FINDINGS.index(finding)
            new = [_judged(example, s.name, finding, p[k]) for s, p in zip(segmenters, probabilities, strict=True)]
            judgements += new
            quality = float(FIGURES["dice"].compute(new[0].sums))
            gallery.consider(example, finding, quality, [p[k] for p in probabilities], new[0].measurable)
        if progress is not None:
            progress(done, max(length_hint(examples), done), example.name)
    if not judgements:
        raise StudyError("nothing to evaluate", found="no usable labelled photo", next_step="See the reasons above.")
    out.mkdir(parents=True, exist_ok=True)
    figures, photos = tabulate(judgements), _photo_table(judgements)
    tables.write(figures, out / "evaluation")
    tables.write(photos, out / "evaluation_photos")
    facts = {
        "versions": versions(),
        "weights": [{"name": s.name, "sha256": s.sha256} for s in segmenters],
        "data": {"photos": int(photos["photo"].nunique()), "subjects": int(photos["subject"].nunique()), **about()},
        "intervals": f"95 %, bootstrap of {_SAMPLES} resamples, seed {_SEED}",
        "figures": _headline(figures),
    }
    write(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", out / "evaluation.json")
    return Evaluation(figures, photos, write_page(out / "evaluation.html", figures, gallery.cases(), facts))


def px_per_mm_class(px_per_mm: float) -> str:
    """Class of a photo's resolution; NaN is unknown."""
    return next((name for name, edge in PX_PER_MM_CLASSES if px_per_mm >= edge), UNKNOWN_SCALE)


def tabulate(judgements: Sequence[Judgement], samples: int = _SAMPLES, seed: int = _SEED) -> pd.DataFrame:
    """Every figure of every segmenter, finding, group and class, with COLUMNS.

    Photos too coarse for a finding have rows of their own (`measurable` False) and count nowhere else.
    """
    cells: dict[tuple[str, str, bool, str, str], list[Judgement]] = {}
    for judged in judgements:
        for group, name in judged.classes.items():
            cells.setdefault((judged.segmenter, judged.finding, judged.measurable, group, name), []).append(judged)
    rows = [row for key in sorted(cells, key=_order(judgements)) for row in _figures(key, cells[key], samples, seed)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _judged(example: Example, segmenter: str, finding: str, probability: npt.NDArray[np.float32]) -> Judgement:
    frame = example.frame
    k = MASK_FINDINGS.index(finding)
    return Judgement(
        segmenter,
        finding,
        example.name,
        example.subject,
        example.maps.anchor.ita_deg,
        frame.mm_per_px,
        _px_per_mm(frame),
        frame.native_px_per_mm >= FINDINGS[finding].min_px_per_mm,
        judge(example.coverage[k], probability, example.judged_skin(k), finding, frame.mm_per_px),
    )


def _px_per_mm(frame: Frame) -> float:
    return float("nan") if frame.scale_source == "assumed" else frame.native_px_per_mm


def _order(judgements: Sequence[Judgement]) -> Callable[[tuple[str, str, bool, str, str]], tuple[int, ...]]:
    """Segmenters as they came, findings as in their table, measurable first, classes from light to dark and fine."""
    segmenters = list(dict.fromkeys(judged.segmenter for judged in judgements))
    classes = ["all", *(name for name, _ in (*ITA_CLASSES, *PX_PER_MM_CLASSES)), UNKNOWN_SCALE]
    groups = ("all", "ita", "px_per_mm")

    def order(key: tuple[str, str, bool, str, str]) -> tuple[int, ...]:
        segmenter, finding, measurable, group, name = key
        place = (MASK_FINDINGS.index(finding), segmenters.index(segmenter), int(not measurable))
        return (*place, groups.index(group), classes.index(name))

    return order


def _figures(
    key: tuple[str, str, bool, str, str], cell: Sequence[Judgement], samples: int, seed: int
) -> Iterable[dict[str, object]]:
    """The rows of one cell. One person alone: photos are resampled; one photo alone: no interval."""
    people = sorted({judged.subject for judged in cell})
    units = people if len(people) > 1 else sorted({judged.photo for judged in cell})
    unit = {judged.photo: judged.subject if len(people) > 1 else judged.photo for judged in cell}
    totals = {name: np.stack([_sum(cell, name, unit, own) for own in units]) for name in cell[0].sums}
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(units), np.full(len(units), 1 / len(units)), size=samples).astype(np.float64)
    whole = {name: values.sum(axis=0) for name, values in totals.items()}
    drawn = {name: np.tensordot(weights, values, axes=1) for name, values in totals.items()}  # (samples, ...)
    known = dict(zip(("segmenter", "finding", "measurable", "group", "class"), key, strict=True))
    known |= {"photos": len({judged.photo for judged in cell}), "subjects": len(people)}
    resampled = "" if len(units) < 2 else "subjects" if len(people) > 1 else "photos"
    for name, figure in FIGURES.items():
        value = float(figure.compute(whole))
        low, high = _interval(figure.compute(drawn)) if resampled else (np.nan, np.nan)
        missing = "" if np.isfinite(value) else figure.missing
        yield {
            **known,
            **{"figure": name, "unit": figure.unit, "value": value, "ci_low": low, "ci_high": high},
            **{"resampled": resampled, "missing": missing},
        }


def _sum(cell: Sequence[Judgement], name: str, unit: Mapping[str, str], own: str) -> npt.NDArray[np.float64]:
    return np.sum([judged.sums[name] for judged in cell if unit[judged.photo] == own], axis=0)


def _interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return np.nan, np.nan
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _photo_table(judgements: Sequence[Judgement]) -> pd.DataFrame:
    rows = []
    for judged in judgements:
        pixel_mm2 = judged.frame_mm_per_px**2
        rows.append(
            {
                "segmenter": judged.segmenter,
                "finding": judged.finding,
                "measurable": judged.measurable,
                "subject": judged.subject,
                "photo": judged.photo,
                "ita_deg": judged.ita_deg,
                "ita_class": judged.classes["ita"],
                "px_per_mm": judged.px_per_mm,
                "px_per_mm_class": judged.classes["px_per_mm"],
                "skin_cm2": float(judged.sums["bin_px"].sum()) * pixel_mm2 / 100,
                "true_mm2": float(judged.sums["truth"]) * pixel_mm2,
                "found_mm2": float(judged.sums["found"]) * pixel_mm2,
                **{name: float(figure.compute(judged.sums)) for name, figure in FIGURES.items()},
            }
        )
    return pd.DataFrame(rows, columns=list(PHOTO_COLUMNS))


def _headline(figures: pd.DataFrame) -> dict[str, dict[str, dict[str, object]]]:
    """segmenter -> finding -> figure -> value and interval, of the photos on which the finding is measurable."""
    told: dict[str, dict[str, dict[str, object]]] = {}
    for row in figures[(figures["group"] == "all") & figures["measurable"]].to_dict("records"):
        value = {name: _plain(row[name]) for name in ("value", "ci_low", "ci_high")}
        told.setdefault(row["segmenter"], {}).setdefault(row["finding"], {})[row["figure"]] = value
    return told


def _plain(value: float) -> float | None:
    """Six digits; None where JSON has no number for it."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
