"""A noise model judged on people whom it has not seen: how wide, how often right, how often it calls what is not there."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from skinimg.base.findings import HEADLINE
from skinimg.base.noise import CAMERAS, Noise
from skinimg.base.results import Change
from skinimg.compare.change import with_verdict
from skinimg.compare.multiplicity import CALLED, with_roles
from skinimg.compare.score import efficacy
from skinimg.measure.metrics import METRICS
from skinimg.repeatability.noise_model import correlation, errors, fit
from skinimg.repeatability.null_study import of_camera

_FOLDS = 5
_PAIR = ["person", "tone", "session", "regime", "camera"]


def held_out(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Null pairs judged by models of the other people, five folds: every row, and one row per pair for what is overall.

    Returns
    -------
    rows : + `camera`, `half` (of the 95 % interval, in the metric's unit), `verdict` and `role`
    pairs : person, tone, session, regime, camera, `overall` (its verdict), `exploratory` and how many of them are `called`
    """
    judged, pairs = [], []
    for camera in CAMERAS:
        mine = of_camera(rows, camera).assign(camera=camera)
        fold = mine["person"].map({name: k % _FOLDS for k, name in enumerate(sorted(mine["person"].unique()))})
        for k in sorted(fold.unique()):
            others, these = mine[fold != k], mine[fold == k].reset_index(drop=True)
            table = fit(others)
            these = these.assign(half=_halves(these, table))
            for names, pair in these[np.isfinite(these["half"])].groupby(_PAIR, sort=False):
                found = with_roles([_change(row) for row in pair.to_dict("records")], "face")
                judged.append(pair.assign(verdict=[c.verdict for c in found], role=[c.role for c in found]))
                pairs.append(dict(zip(_PAIR, names, strict=True)) | _overall(found, correlation(others, table)))
    return pd.concat(judged, ignore_index=True), pd.DataFrame(pairs)


def _halves(rows: pd.DataFrame, table: Mapping[str, Noise]) -> pd.Series:
    """Half-widths by the models of a table; NaN where it has none."""
    half = pd.Series(np.nan, index=rows.index)
    for (tone, finding, metric), mine in rows.groupby(["tone", "finding", "metric"], sort=False):
        if noise := table[str(tone)].get((str(finding), str(metric))):
            students = float(stdtrit(noise.people, 0.975))
            quantile = np.where(mine["whole"], noise.quantile or students, noise.quantile_region or students)
            half[mine.index] = quantile * errors(noise, mine, str(metric))
    return half


def _change(row: Mapping[Hashable, Any]) -> Change:
    region = "face" if row["whole"] else str(row["region"])
    known = Change(region, row["finding"], row["metric"], "", row["start"], row["end"])
    return with_verdict(known, METRICS[known.metric], row["half"], row["half"])


def _overall(found: list[Change], together: Mapping[tuple[str, str], float]) -> dict[str, object]:
    headline = [c for c in found if c.role == "headline" and c.finding not in ("tone", "texture")]
    exploratory = [c.verdict in CALLED for c in found if c.role == "exploratory"]
    score = efficacy(headline, (), together)
    return {"overall": score.verdict, "exploratory": len(exploratory), "called": sum(exploratory)}


def summary(rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    """One line per camera, regime and headline: half-width beside coverage, so that neither is bought with the other."""
    for camera in CAMERAS:
        for finding, metric in HEADLINE.items():
            mine = rows[(rows["camera"] == camera) & (rows["finding"] == finding) & (rows["metric"] == metric)]
            for regime, these in mine.groupby("regime", sort=False):
                whole = these[these["whole"] & (these["start"] > 0)]
                inside = (these["end"] - these["start"]).abs() <= these["half"]
                percent = 100 * whole["half"] / whole["start"]
                yield {
                    "camera": camera, "regime": regime, "finding": finding, "metric": metric,
                    "people": whole["person"].nunique(), "half_width_percent": round(float(percent.median()), 1),
                    "smallest_quarter_percent": round(float(percent.quantile(0.25)), 1),
                    "coverage_percent": round(100 * float(inside[these["whole"]].mean()), 1),
                    "coverage_regions_percent": round(100 * float(inside[~these["whole"]].mean()), 1),
                }  # fmt: skip
