"""Verdicts: nothing changed is unchanged, what exceeds the noise is not, and what cannot be known says so."""

from dataclasses import replace

import numpy as np
import pytest

from skinimg.base.records import CellTotals, Repeatability
from skinimg.compare.change import Pair, changes, own_noise, withheld

TILES = 60
NOISE = {("spots", m): Repeatability(0.03, 0.0) for m in ("count", "area", "area_fraction", "burden", "contrast")}


def cells(scale=1.0, noise=0.0, seed=0, skin=60.0):
    rng = np.random.default_rng(7)
    load = rng.gamma(2.0, 3.0, TILES) * scale + noise * np.random.default_rng(seed).standard_normal(TILES)
    load = np.maximum(load, 0)
    spots = {
        "skin_mm2": np.full(TILES, skin),
        "area_mm2": load,
        "od_mm2": 0.3 * load,
        "support_od_mm2": 0.3 * load,
        "count": np.round(load),
        "diameter_mm": load,
    }
    zero = dict.fromkeys(
        ("skin_mm2", "area_mm2", "od_mm2", "support_od_mm2", "count", "diameter_mm", "length_mm"), np.zeros(TILES)
    )
    fields = (
        *("l_star_mm2", "a_star_mm2", "b_star_mm2", "melanin_mm2", "haemoglobin_mm2", "uneven_mm2", "highlight_mm2"),
        *("roughness_0.2_0.5_mm2", "roughness_0.5_2_mm2", "roughness_2_5_mm2"),
    )
    rest = {
        f: {**zero, **dict.fromkeys(fields, np.zeros(TILES))}
        for f in ("redness", "pores", "scars", "wrinkles", "tone", "texture")
    }
    return CellTotals(np.ones(TILES, np.uint16), np.arange(TILES), {"spots": spots, **rest})


def verdicts(before, after, missing=None, noise=NOISE, others=()):
    """others : further follow-ups, whose replicates tell of the same noise."""
    pair, *rest = (Pair(tuple(before), tuple(shots), ("patch",)) for shots in (after, *others))
    return {(c.finding, c.metric): c for c in changes(pair, missing or {}, noise, own_noise([pair, *rest]), 400, 0)}


def test_identical_photos_are_unchanged():
    found = verdicts([cells()], [cells()])
    for m in ("count", "area", "area_fraction", "burden", "contrast"):
        assert found["spots", m].verdict == "unchanged"
        assert found["spots", m].change == 0
        assert found["spots", m].ci_low < 0 < found["spots", m].ci_high


def test_the_noise_of_a_burden_that_goes_with_its_area_hides_a_change_of_faint_things():
    stray = {("spots", "burden"): Repeatability(0.0, 0.0, per_mm2=0.05)}  # MDC95 0.14 OD, of 0.3 OD there
    assert verdicts([cells()], [cells(0.67)], noise=stray)["spots", "burden"].verdict == "unchanged"
    assert verdicts([cells()], [cells(0.2)], noise=stray)["spots", "burden"].verdict == "improved"
    total = cells().totals["spots"]["area_mm2"].sum()
    found = verdicts([cells()], [cells(0.67)], noise=stray)["spots", "burden"].mdc95
    assert found == pytest.approx(1.96 * 2**0.5 * 0.05 * total * 1.67 / 2, rel=0.01)


def test_a_third_less_is_improved_and_a_third_more_is_worse():
    burden = verdicts([cells()], [cells(0.67)])["spots", "burden"]
    assert burden.verdict == "improved"
    assert burden.percent == pytest.approx(-33, abs=0.1)
    assert burden.ci_low < burden.change < burden.ci_high < 0
    assert verdicts([cells()], [cells(1.33)])["spots", "burden"].verdict == "worsened"


def test_a_change_within_the_smallest_detectable_one_is_unchanged():
    burden = verdicts([cells()], [cells(0.93)])["spots", "burden"]
    assert burden.mdc95 == pytest.approx(1.96 * np.sqrt(2) * 0.03 * (burden.baseline + burden.follow_up) / 2, rel=1e-4)
    assert abs(burden.change) < burden.mdc95
    assert burden.verdict == "unchanged"


def test_noise_known_from_few_people_asks_for_more():
    def mdc95(people):
        noise = {key: replace(known, people=people) for key, known in NOISE.items()}
        return verdicts([cells()], [cells(0.93)], noise=noise)["spots", "burden"].mdc95

    exact = mdc95(np.inf)
    # Student's t, 97.5 %: 2.776 and 2.306 with 4 and 8 degrees of freedom, 1.960 with all
    assert mdc95(4) / exact == pytest.approx(2.776 / 1.960, rel=1e-3)
    assert mdc95(8) / exact == pytest.approx(2.306 / 1.960, rel=1e-3)


def test_tiles_that_disagree_widen_the_interval():
    calm = verdicts([cells()], [cells(0.8)])["spots", "burden"]
    wild = verdicts([cells()], [cells(0.8, noise=6.0)])["spots", "burden"]
    assert wild.ci_high - wild.ci_low > 1.3 * (calm.ci_high - calm.ci_low)


def test_replicates_narrow_the_smallest_detectable_change():
    one = verdicts([cells()], [cells(0.9)])["spots", "burden"]
    three = verdicts([cells()] * 3, [cells(0.9)] * 3)["spots", "burden"]
    assert three.mdc95 == pytest.approx(one.mdc95 / np.sqrt(3))
    assert three.change == pytest.approx(one.change)


def test_enough_replicates_decide_instead_of_the_card():
    """Three shots at two sessions: SD of the logarithms, Student's t of 4 degrees of freedom."""
    shots = [cells(0.99), cells(1.0), cells(1.01)]
    for card in (NOISE, {("spots", "burden"): Repeatability(0.5, 20.0)}, {}):
        found = verdicts(shots, shots, noise=card)["spots", "burden"]
        sd = np.std(np.log([0.99, 1.0, 1.01]), ddof=1)
        assert found.mdc95 == pytest.approx(2.776 * np.sqrt(2 / 3) * sd * found.baseline, rel=1e-3)


def test_replicates_of_all_sessions_are_pooled():
    """Two shots a session are too few at two sessions and enough at four."""
    shots = [cells(0.995), cells(1.005)]
    assert verdicts(shots, shots)["spots", "burden"].mdc95 == pytest.approx(
        verdicts([cells()] * 2, [cells()] * 2)["spots", "burden"].mdc95
    )
    own = verdicts(shots, shots, others=[shots, shots])["spots", "burden"]
    assert own.mdc95 == pytest.approx(2.776 * np.log(1.005 / 0.995) / np.sqrt(2) * own.baseline, rel=1e-3)


def test_too_few_replicates_can_warn_but_not_reassure():
    apart = verdicts([cells(0.8), cells(1.2)], [cells(0.8), cells(1.2)])["spots", "burden"]
    alike = verdicts([cells(0.999), cells(1.001)], [cells()] * 2)["spots", "burden"]
    assert apart.mdc95 > 2 * alike.mdc95
    assert alike.mdc95 == pytest.approx(1.96 * 0.03 * alike.baseline, rel=1e-3)


def test_copies_of_one_photo_are_no_proof_of_steadiness():
    copies = verdicts([cells()] * 5, [cells()] * 5)["spots", "burden"]
    assert copies.mdc95 == pytest.approx(1.96 * np.sqrt(2 / 5) * 0.03 * copies.baseline, rel=1e-4)


def test_a_withheld_change_keeps_its_numbers():
    change = verdicts([cells()], [cells(0.5)])["spots", "burden"]
    quiet = withheld(change, "3 days after the treatment")
    assert (quiet.verdict, quiet.reason) == ("not_assessable", "3 days after the treatment")
    assert (quiet.percent, quiet.ci_low) == (change.percent, change.ci_low)


def test_what_is_missing_says_why():
    reason = "not measurable at 2.0 px/mm, needs 3"
    found = verdicts([cells()], [cells(0.5)], {("patch", "spots", "area"): reason})["spots", "area"]
    assert (found.verdict, found.reason) == ("not_assessable", reason)
    assert np.isnan(found.baseline)
    unknown = verdicts([cells()], [cells(0.5)], noise={})["spots", "area"]
    assert unknown.verdict == "not_assessable"
    assert "repeatability" in unknown.reason


def test_an_absent_finding_has_no_contrast_to_compare():
    found = verdicts([cells()], [cells(0.0)])["spots", "contrast"]
    assert found.verdict == "not_assessable"
    assert "no spots" in found.reason


def test_same_seed_same_interval():
    first, second = (verdicts([cells()], [cells(0.8, noise=1.0)])["spots", "area"] for _ in range(2))
    assert first == second
