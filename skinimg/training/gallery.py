"""The page of an evaluation: the figures, and of every finding the best, the middling and the worst case to look at."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.records import BoolArray, ByteArray, FloatArray
from skinimg.photo.colour import linear_to_srgb8
from skinimg.report.language import language
from skinimg.report.page import render, write
from skinimg.report.pictures import outline
from skinimg.training.example import Example
from skinimg.training.judge import FIGURES

_CROP_PX = 300  # 30 mm, where most is labelled or found
_QUALITY = 85  # of the pictures, WebP
_HEADLINE = ("dice", "iou", "boundary_dice", "lesion_f1", "area_ratio", "ece", "false_positives_per_10cm2")
_BY_CLASS = ("dice", "lesion_f1", "area_ratio")


@dataclass(frozen=True)
class Case:
    """One photo's richest piece for one finding. Outlines are SVG paths in pixels of the piece."""

    photo: str
    finding: str
    quality: float  # Dice of the first segmenter
    measurable: bool
    picture: str  # data URI
    width: int
    height: int
    truth: str
    predictions: tuple[tuple[str, str], ...]  # segmenter, outline


class Gallery:
    """Collects a case of every photo and finding on which something is labelled or found."""

    def __init__(self, segmenters: Sequence[str]) -> None:
        self._segmenters = tuple(segmenters)
        self._cases: dict[str, list[Case]] = {finding: [] for finding in MASK_FINDINGS}

    def consider(
        self, example: Example, finding: str, quality: float, probabilities: Sequence[FloatArray], measurable: bool
    ) -> None:
        """Keep the richest piece of a photo. quality : Dice of the first segmenter, NaN = nothing to see."""
        if not math.isfinite(quality):
            return
        skin = example.frame.skin
        truth = (example.coverage[MASK_FINDINGS.index(finding)] > 0.5) & skin
        found = [(p > 0.5) & skin for p in probabilities]
        rows, columns = _richest(truth | found[0])
        picture = _data_uri(linear_to_srgb8(example.frame.linear[rows, columns]))
        height, width = truth[rows, columns].shape
        predictions = tuple(
            (name, outline(mask[rows, columns])) for name, mask in zip(self._segmenters, found, strict=True)
        )
        case = Case(
            example.name,
            finding,
            quality,
            measurable,
            picture,
            width,
            height,
            outline(truth[rows, columns]),
            predictions,
        )
        self._cases[finding].append(case)

    def cases(self) -> dict[str, list[tuple[str, Case]]]:
        """finding -> (best, median, worst) of the photos that are fine enough, of all where none is."""
        return {finding: _chosen(cases) for finding, cases in self._cases.items() if cases}


def write_page(
    path: Path, figures: pd.DataFrame, cases: Mapping[str, list[tuple[str, Case]]], facts: Mapping[str, object]
) -> Path:
    """Write the self-contained page and return its path.

    figures : with the columns of evaluate.COLUMNS; cases : of `Gallery.cases`; facts : what evaluation.json tells
    """
    rows = [{str(name): value for name, value in row.items()} for row in figures.to_dict("records")]
    html = render(
        "evaluation.html",
        language("en"),
        findings=FINDINGS,
        figures=FIGURES,
        headline=_HEADLINE,
        by_class=_BY_CLASS,
        sections=[
            {
                "finding": FINDINGS[finding],
                "fine": _table([r for r in rows if r["finding"] == finding and r["measurable"]]),
                "coarse": _table([r for r in rows if r["finding"] == finding and not r["measurable"]]),
                "cases": cases.get(finding, []),
            }
            for finding in MASK_FINDINGS
            if any(row["finding"] == finding for row in rows)
        ],
        facts=facts,
        told=_told,
    )
    return write(html, path)


def _told(row: Mapping[str, object]) -> str:
    """A value with its interval, as people read it, or why there is none."""
    value, low, high = (float(str(row[name])) for name in ("value", "ci_low", "ci_high"))
    if not math.isfinite(value):
        return str(row["missing"])
    digits = {"1": 2, "%": 0}.get(str(row["unit"]), 1) + (row["figure"] == "ece") * 2
    text = f"{value:.{digits}f}"
    return f"{text} ({low:.{digits}f} to {high:.{digits}f})" if math.isfinite(low) else text


def _table(rows: Sequence[Mapping[str, object]]) -> dict[str, dict[str, dict[str, dict[str, Mapping[str, object]]]]]:
    """group -> class -> segmenter -> figure -> row, in the order of the rows."""
    table: dict[str, dict[str, dict[str, dict[str, Mapping[str, object]]]]] = {}
    for row in rows:
        by_class = table.setdefault(str(row["group"]), {}).setdefault(str(row["class"]), {})
        by_class.setdefault(str(row["segmenter"]), {})[str(row["figure"])] = row
    return table


def _chosen(cases: Sequence[Case]) -> list[tuple[str, Case]]:
    ranked = sorted([c for c in cases if c.measurable] or cases, key=lambda case: (-case.quality, case.photo))
    places = {"best": 0, "worst": len(ranked) - 1, "median": len(ranked) // 2}
    taken: dict[int, str] = {}
    for name, place in places.items():
        taken.setdefault(place, name)
    return [(name, ranked[place]) for place, name in sorted(taken.items())]


def _richest(mask: BoolArray) -> tuple[slice, slice]:
    """Rows and columns of the piece with the most in it."""
    height, width = (min(side, _CROP_PX) for side in mask.shape)
    sums = cv2.integral(mask.astype(np.uint8))  # (h + 1, w + 1)
    inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def _data_uri(image: ByteArray) -> str:
    _, data = cv2.imencode(".webp", image[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    return "data:image/webp;base64," + base64.b64encode(data.tobytes()).decode("ascii")
