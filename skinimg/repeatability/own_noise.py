"""A study's own noise table: the weights card's, moved towards what the study's repeat shots show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skinimg.base.errors import StudyError
from skinimg.base.files import write_text
from skinimg.base.noise import Z95, Noise, NoiseTable
from skinimg.base.reasons import in_words
from skinimg.compare.change import OwnNoise, Sessions, shrunk
from skinimg.measure.metrics import METRICS
from skinimg.model.card import as_json, read_noise
from skinimg.model.weights import weights_path
from skinimg.repeatability.own_replicates import Repeats, Shots
from skinimg.report.agreement import RepeatabilityRow
from skinimg.report.verdicts import WHOLE

_FEWEST = 4  # shots beyond the first of each session, below which a study says next to nothing of its noise


def write_noise(out: Path, outcome: Repeats, target: Path) -> int:
    """Write a table for `analyze --noise`; returns how many metrics the study's own shots speak for.

    out : the folder of the analysis, whose run.json names the weights. Every SEM over the whole view is pooled with the
    card's shot part by degrees of freedom (`compare.change.shrunk`), so two repeat shots move it little and fifty decide.

    Raises
    ------
    StudyError
        Too few repeat shots, or no run.json; nothing is written.
    """
    weights = _weights_of(out)
    file = out / weights if Path(weights).suffix else weights  # a file is named as seen from `out`
    card = read_noise(weights_path(file).with_suffix(".json"))
    own = _own(outcome.rows, outcome.shots)
    if not own:
        raise StudyError(
            f"{out} has too few repeat shots for a noise table",
            found=f"fewer than {_FEWEST} shots beyond the first of each session",
            needed=f"{_FEWEST} or more",
            next_step="Take repeat shots of more people, or go on with the noise that the weights card states.",
        )
    moved = NoiseTable(
        {
            place: {level: _moved(stated, own) for level, stated in levels.items()}
            for place, levels in card.stated.items()
        },
        card.correlation,
        f"{weights}, with the repeat shots of a study: {in_words(outcome.notes)}",
    )
    write_text(target, json.dumps(as_json(moved), indent=2, ensure_ascii=False) + "\n")
    return len(own)


def _moved(stated: Noise, own: Mapping[tuple[str, str], tuple[OwnNoise, Sessions]]) -> Noise:
    """A card's noise of one tone, camera and resolution, moved towards a study's own where it has any."""
    return {key: shrunk(noise, METRICS[key[1]], *own[key]) if key in own else noise for key, noise in stated.items()}


def _weights_of(out: Path) -> str:
    try:
        return str(json.loads((out / "run.json").read_text(encoding="utf-8"))["weights"]["name"])
    except (OSError, ValueError, KeyError) as error:
        raise StudyError(f"{out} does not say with which weights it was made", found="no readable run.json") from error


def _own(rows: Sequence[RepeatabilityRow], shots: Shots) -> dict[tuple[str, str], tuple[OwnNoise, Sessions]]:
    """(finding, metric) -> noise of one shot over the whole view, and what was measured there on average.

    Of several views and lights, the one with the most repeat shots speaks for all: a table knows of none.
    """
    whole = [row for row in rows if row.region in WHOLE and not row.missing]
    area_mm2 = {row.finding: row.mean for row in reversed(whole) if row.metric == "area"}
    found = {}
    known = [(_degrees_of_freedom(row, shots), row) for row in whole]
    for degrees_of_freedom, row in sorted(known, key=lambda one: one[0]):
        sd = _log_sd(row) if METRICS[row.metric].load else row.sem_agreement
        if degrees_of_freedom >= _FEWEST and np.isfinite(sd) and sd > 0:
            seen = Sessions(row.mean, row.mean, 100.0, area_mm2.get(row.finding, 0.0), (1, 1))
            found[row.finding, row.metric] = OwnNoise(sd, degrees_of_freedom), seen
    return found


def _degrees_of_freedom(row: RepeatabilityRow, shots: Shots) -> int:
    """Shots beyond the first of each session; of a load, of the sessions whose shots all show some of it."""
    values = shots[row.view, row.light, row.region, row.finding, row.metric]  # (n, k)
    told = (values > 0).all(axis=1) if METRICS[row.metric].load else np.ones(len(values), np.bool_)
    return int(told.sum()) * (row.k - 1)


def _log_sd(row: RepeatabilityRow) -> float:
    """SD of the logarithm of one shot, from the smallest detectable change in per cent that was made of it."""
    return float(np.log1p(row.mdc95_percent / 100) / Z95 / np.sqrt(2))
