"""A noise model finds the parts that made the null pairs, holds people apart, and is stated for the cameras it is of."""

import json

import numpy as np
import pandas as pd
import pytest

from skinimg.base.noise import NoiseTable, Repeatability
from skinimg.model.card import as_json, read_noise
from skinimg.model.segmenter import load_segmenter
from skinimg.repeatability.noise_model import correlation, errors, fit, fitted
from skinimg.repeatability.null_study import _no_less, noise_of, of_camera, with_unmeasured


def of_light(rows, metric="burden"):
    """The noise of light skin."""
    return fitted(rows, metric)["light"]


def pairs(people=30, seed=0, finding="spots", metric="burden", tail=np.inf, **true):
    """Null pairs of a face and ten regions: a common part per pair, and others that go with size and plain skin."""
    rng = np.random.default_rng(seed)
    noise = Repeatability(**{"relative": 0.0, "absolute": 0.0, "placebo": 0.0, **true})
    rows = []
    for k in range(people):
        for regime, gain in (("fixed_rig", 0.01), ("same_phone", 0.2), ("other_phone", 0.4)):
            size = rng.lognormal(3, 0.8)
            told = {
                "gain": gain * rng.normal(),
                "light": rng.uniform(0, 0.05),
                "colour": rng.uniform(0, 0.03),
                "turn": rng.uniform(0, 4.0),
                "apart": regime == "other_phone",
            }
            for region in range(11):
                part = size * (1.0 if region == 0 else rng.uniform(0.02, 0.3))
                rows.append(
                    {
                        "person": f"p{k}", "session": regime, "regime": regime, "tone": "light", "px_per_mm": 6.0,
                        "region": f"r{region}", "finding": finding, "metric": metric, "whole": region == 0,
                        "start": part, "end": part, "skin_cm2": 200.0 if region == 0 else 20.0, "area_mm2": 3 * part,
                        "shots_before": 1, "shots_after": 1, "placebo": 0.1 * np.sqrt(part) * rng.lognormal(0, 0.7), **told,
                        "shot_square": 0.0, "shot_freedom": 0,
                    }
                )  # fmt: skip
    table = pd.DataFrame(rows)
    z = rng.standard_t(tail, len(table)) if np.isfinite(tail) else rng.normal(size=len(table))
    table["end"] += errors(noise, table, metric) * z
    return table


def test_the_parts_that_made_the_pairs_are_found():
    noise = of_light(pairs(relative=0.05, gain=0.5))
    assert noise.relative == pytest.approx(0.05, rel=0.25)
    assert noise.gain == pytest.approx(0.5, rel=0.3)
    scattered = of_light(pairs(relative=0.02, per_unit=0.05))
    assert scattered.per_unit == pytest.approx(0.05, rel=0.3)
    placebo = of_light(pairs(relative=0.02, placebo=2.0))
    assert placebo.placebo == pytest.approx(2.0, rel=0.3)


def test_errors_hold_95_percent_of_other_people():
    rows = pairs(relative=0.05, gain=0.5, per_unit=0.02)
    noise, other = of_light(rows), pairs(seed=9, relative=0.05, gain=0.5, per_unit=0.02)
    z = np.abs(other["end"] - other["start"]) / errors(noise, other, "burden")
    whole = other["whole"].to_numpy()
    assert 0.90 <= (z[whole] < noise.quantile).mean() <= 1
    assert 0.93 <= (z[~whole] < noise.quantile_region).mean() <= 0.99


def test_heavy_tails_ask_for_more_standard_errors():
    calm, wild = (of_light(pairs(relative=0.05, tail=tail)) for tail in (np.inf, 3))
    assert calm.quantile_region < 2.4
    assert wild.quantile_region > 1.05 * calm.quantile_region


def test_a_few_people_who_stray_more_than_foretold_widen_the_errors():
    """Over the face a common factor that the regions, each straying for itself, do not foretell."""
    rows = pairs(people=7, relative=0.02)
    wild = rows.copy()
    factor = np.random.default_rng(3).normal(1, 0.15, 7 * 3).repeat(11)  # one for each pair
    wild["end"] = np.where(wild["whole"], wild["end"] * factor, wild["end"])
    calm, held = of_light(rows), of_light(wild)
    assert calm.quantile == pytest.approx(2.365, rel=0.5)  # Student's t of seven
    assert held.quantile * held.relative > 3 * calm.quantile * calm.relative
    assert fit(pairs(people=7, relative=0.02, tail=3))["light"]["spots", "burden"].quantile > 2.364


def test_a_tone_that_strays_further_has_wider_errors_and_few_of_it_are_believed_by_half():
    light = pairs(people=25, relative=0.03, per_unit=0.01)
    few, many = (
        pairs(people=n, seed=4, relative=0.06, per_unit=0.04).assign(tone="dark", person=lambda t: "d" + t["person"])
        for n in (3, 20)
    )
    by_few, by_many = (fitted(pd.concat([light, dark], ignore_index=True), "burden") for dark in (few, many))
    assert by_many["dark"].relative / by_many["light"].relative == pytest.approx(1.75, rel=0.1)  # 2 in truth
    assert 1.2 < by_few["dark"].relative / by_few["light"].relative < 1.6
    assert by_few["dark"].per_unit / by_few["light"].per_unit == pytest.approx(
        (by_few["dark"].relative / by_few["light"].relative) ** 2, rel=0.01
    )
    z = np.abs(many["end"] - many["start"]) / errors(by_many["dark"], many, "burden")
    assert (z[many["whole"]] < by_many["dark"].quantile).mean() > 0.93


def test_few_people_of_a_tone_are_held_by_their_own_stray_too():
    """Everybody's quantile is that of the many light people."""
    wild = pairs(people=6, seed=4, relative=0.03, tail=2).assign(tone="dark", person=lambda t: "d" + t["person"])
    noise = fitted(pd.concat([pairs(people=40, relative=0.03), wild], ignore_index=True), "burden")
    assert noise["dark"].quantile_region > 1.2 * noise["light"].quantile_region


def test_tones_of_too_few_people_to_count_are_one():
    dark = pairs(people=4, seed=4, relative=0.30).assign(tone="dark", person=lambda t: "d" + t["person"])
    both = fitted(pd.concat([pairs(people=8, relative=0.03), dark], ignore_index=True), "burden")
    assert both["dark"].relative == both["light"].relative
    assert both["dark"].quantile > both["light"].quantile  # but its own four people are held


def test_few_people_or_nothing_that_strays_state_nothing():
    assert fit(pairs(people=4, relative=0.05))["light"] == {}
    assert fit(pairs(people=8).assign(end=lambda t: t["start"]))["light"] == {}


def test_each_camera_is_fitted_on_its_own_pairs():
    rows = pairs(people=6, relative=0.05)
    assert set(of_camera(rows, "same_camera")["regime"]) == {"fixed_rig", "same_phone"}
    assert set(of_camera(rows, "other_camera")["regime"]) == {"other_phone"}
    alike = rows.assign(apart=False)
    assert len(of_camera(alike, "unknown_camera")) == len(rows)
    assert set(of_camera(rows, "unknown_camera")["regime"]) == {"fixed_rig", "same_phone"}


def test_errors_that_go_together_are_told_and_others_not():
    a = pairs(people=40, relative=0.05)
    b = a.assign(finding="redness")
    together = correlation(pd.concat([a, b]), fit(pd.concat([a, b])))
    assert together["spots", "redness"] > 0.95
    c = pairs(people=40, seed=5, finding="redness", relative=0.05)
    assert correlation(pd.concat([a, c]), fit(pd.concat([a, c])))["spots", "redness"] < 0.4


def test_a_card_takes_what_was_stated_and_keeps_what_was_not_measured(tmp_path):
    old = {9.0: {("pores", "area"): Repeatability(0.4, 1.0, people=4), ("spots", "burden"): Repeatability(0.9, 0)}}
    before = NoiseTable({(tone, "same_camera"): old for tone in ("light", "dark")})
    new = with_unmeasured(noise_of(pairs(people=12, relative=0.05)), before)
    card = tmp_path / "card.json"
    card.write_text(json.dumps(as_json(new)))
    read = read_noise(card)
    assert read == new
    table = read.stated["light", "same_camera"][6.0]
    assert table["pores", "area"].relative == 0.4
    assert 0.03 < table["spots", "burden"].relative < 0.08
    assert read.stated["dark", "unknown_camera"][6.0]["spots", "burden"].quantile > 1
    assert read.correlation == {}


def test_a_noise_table_of_ones_own_stands_in_and_has_its_own_key(tmp_path):
    card = tmp_path / "noise.json"
    card.write_text(json.dumps(as_json(noise_of(pairs(people=8, relative=0.05)))))
    shipped, own = load_segmenter("classical"), load_segmenter("classical", noise=card)
    assert own.sha256 != shipped.sha256
    assert set(own.noise.of("light", "same_camera", 9)) == {("spots", "burden")}


def test_two_cameras_are_never_said_to_be_less_noisy_than_one():
    few, many = (
        Repeatability(relative, 0.1, people=people, gain=1 - relative) for relative, people in ((0.02, 5), (0.1, 40))
    )
    key = ("spots", "burden")
    assert _no_less({key: few}, {key: many})[key] == Repeatability(0.1, 0.1, people=5, gain=0.98)
    assert _no_less({key: few}, {}) == {key: few}
