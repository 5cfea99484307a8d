"""Metrics are functions of additive totals: check the contract's list, each formula on round numbers, and the units."""

import numpy as np
import pytest

from skinimg.base.findings import FINDINGS
from skinimg.measure.metrics import METRICS, metrics_of

# docs/REFERENCE.md, finding -> (metric, unit).
CONTRACT = {
    "spots": {"count": "1", "area": "mm2", "area_fraction": "%", "contrast": "OD", "burden": "mm2 OD"},
    "redness": {"area": "mm2", "area_fraction": "%", "contrast": "OD", "burden": "mm2 OD"},
    "pores": {"count": "1", "density": "1/cm2", "area": "mm2", "mean_diameter": "mm", "contrast": "OD"},
    "scars": {"count": "1", "area": "mm2", "area_fraction": "%", "contrast": "OD", "burden": "mm2 OD"},
    "wrinkles": {"length": "mm", "area": "mm2", "mean_width": "mm", "contrast": "OD", "burden": "mm2 OD"},
    "tone": {
        "ita": "deg",
        "l_star": "1",
        "a_star": "1",
        "b_star": "1",
        "melanin": "OD",
        "haemoglobin": "OD",
        "evenness": "OD",
        "radiance": "%",
    },
    "erythema": {"load": "mm2 OD", "mean": "OD", "extent": "%"},
    "hyperpigmentation": {"load": "mm2 OD", "mean": "OD", "extent": "%"},
    "texture": {"roughness_0.2_0.5": "%", "roughness_0.5_2": "%", "roughness_2_5": "%"},
}

TOTALS = {
    "skin_mm2": 1000.0,
    "area_mm2": 50.0,
    "od_mm2": 10.0,
    "support_od_mm2": 10.0,
    "count": 20.0,
    "objects": 20.0,
    "diameter_mm": 30.0,
    "length_mm": 100.0,
    "l_star_mm2": 60_000.0,
    "a_star_mm2": 12_000.0,
    "b_star_mm2": 10_000.0,
    "melanin_mm2": 500.0,
    "haemoglobin_mm2": 300.0,
    "uneven_mm2": 40.0,
    "highlight_mm2": 25.0,
    "above_od_mm2": 80.0,
    "extent_mm2": 250.0,
    "roughness_0.2_0.5_mm2": 0.4,
    "roughness_0.5_2_mm2": 1.6,
    "roughness_2_5_mm2": 0.9,
}
EXPECTED = {
    "count": 20,
    "density": 2,
    "area": 50,
    "area_fraction": 5,
    "mean_diameter": 1.5,
    "length": 100,
    "mean_width": 0.5,
    "contrast": 0.2,
    "burden": 10,
    "ita": 45,
    "l_star": 60,
    "a_star": 12,
    "b_star": 10,
    "melanin": 0.5,
    "haemoglobin": 0.3,
    "evenness": 1.2533 * 0.04,
    "radiance": 2.5,
    "load": 80,
    "mean": 0.08,
    "extent": 25,
    "roughness_0.2_0.5": 2,
    "roughness_0.5_2": 4,
    "roughness_2_5": 3,
}


def test_metrics_are_those_of_the_contract():
    assert {f: {m.id: m.unit for m in metrics_of(f)} for f in FINDINGS} == CONTRACT


@pytest.mark.parametrize("name", sorted(METRICS))
def test_formula(name):
    totals = {key: np.array(value) for key, value in TOTALS.items()}
    assert METRICS[name].compute(totals) == pytest.approx(EXPECTED[name])


@pytest.mark.parametrize("name", sorted(METRICS))
def test_resamples_go_through_at_once(name):
    totals = {key: value * np.array([1.0, 2.0, 0.0]) for key, value in TOTALS.items()}
    with np.errstate(all="raise"):
        values = METRICS[name].compute(totals)
    assert values.shape == (3,)
    assert values[0] == pytest.approx(EXPECTED[name])


def test_nothing_there_is_missing_and_not_zero():
    empty = dict.fromkeys(TOTALS, np.array(0.0)) | {"skin_mm2": np.array(10.0)}
    assert np.isnan(METRICS["contrast"].compute(empty))
    assert np.isnan(METRICS["mean_diameter"].compute(empty))
    assert METRICS["area_fraction"].compute(empty) == 0


def test_only_metrics_in_millimetres_need_a_scale():
    assert {m.id for m in METRICS.values() if m.needs_mm} == {
        *("density", "area", "mean_diameter", "length", "mean_width", "burden", "load")
    }


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_names_its_source(name):
    assert METRICS[name].source
    assert METRICS[name].compute.__doc__
