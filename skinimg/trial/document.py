"""What a trial says as one JSON document."""

from __future__ import annotations

import math
from dataclasses import asdict
from importlib import metadata

from skinimg.base.provenance import versions
from skinimg.trial.trial import Result, Trial


def document(trial: Trial) -> dict[str, object]:
    """The document of `skinimg trial --json`; a figure that does not exist is null."""
    return {
        "design": trial.plan.design,
        "arms": list(trial.people.arms),
        "endpoints": [_endpoint(r) for r in trial.results],
        "flow": trial.flow,
    }


def versions_used() -> dict[str, str]:
    """Of the analysis' libraries and of the one that fits and tests."""
    return versions() | {"statsmodels": metadata.version("statsmodels")}


def full_document(trial: Trial) -> dict[str, object]:
    """The same with ratios, models, sensitivity and versions, as it lies in `trial.json`."""
    rows = [_endpoint(r) | _more(r) for r in trial.results]
    graders = [
        {
            "name": a.name,
            "n": a.n,
            "graders": a.graders,
            "icc_2_1": _figures(asdict(a.icc)),
            "weighted_kappa": {pair: _figures(asdict(k)) for pair, k in a.kappa.items()},
        }
        for a in trial.graders
    ]
    return document(trial) | {
        "endpoints": rows,
        "plan": asdict(trial.plan),
        "agreement": graders,
        "versions": versions_used(),
    }


def _endpoint(r: Result) -> dict[str, object]:
    return {
        "endpoint": r.endpoint,
        "visit": r.visit,
        "n": r.n,
        "effect": _known(r.effect.estimate),
        "ci_low": _known(r.effect.low),
        "ci_high": _known(r.effect.high),
        "p_t": _known(r.effect.p_t),
        "p_rank": _known(r.effect.p_rank),
        "p_mixed": _known(r.model.p),
        "p_holm": _known(r.p_holm),
        "responders": {arm: list(counts) for arm, counts in r.responders.items()},
        "p_responders": _known(r.p_responders),
        "role": r.role,
    }


def _more(r: Result) -> dict[str, object]:
    return {
        "unit": r.unit,
        "ratio": _known(r.ratio.estimate),
        "ratio_low": _known(r.ratio.low),
        "ratio_high": _known(r.ratio.high),
        "p_t_ratio": _known(r.ratio.p_t),
        "model": r.model.formula,
        "effect_mixed": _known(r.model.estimate),
        "mixed_low": _known(r.model.low),
        "mixed_high": _known(r.model.high),
        "missing": r.missing,
        "tipping_point": _known(r.tipping[0]),
        "tipping_point_second_arm": _known(r.tipping[1]),
        "notes": [str(note) for note in r.notes],
    }


def _figures(values: dict[str, float]) -> dict[str, float | None]:
    return {name: _known(value) for name, value in values.items()}


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
