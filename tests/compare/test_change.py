"""Verdicts: nothing changed is unchanged, what exceeds the noise is not, and what cannot be known says so."""

from dataclasses import replace

import numpy as np
import pytest

from skinimg.base.noise import Repeatability
from skinimg.base.reasons import why
from skinimg.base.records import CellTotals
from skinimg.base.results import Change
from skinimg.compare.change import Pair, changes, interval, own_noise, withheld
from skinimg.compare.plain_skin import PlainSkin
from skinimg.compare.ratio import percent_interval

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
        "objects": np.round(load),
        "diameter_mm": load,
    }
    zero = dict.fromkeys(
        ("skin_mm2", "area_mm2", "od_mm2", "support_od_mm2", "count", "objects", "diameter_mm", "length_mm"),
        np.zeros(TILES),
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


SILENT = PlainSkin({("patch", "spots"): 0.0}, {})


def verdicts(before, after, missing=None, noise=NOISE, others=(), plain=SILENT):
    """others : further follow-ups, whose replicates tell of the same noise."""
    pair, *rest = (Pair(tuple(before), tuple(shots), ("patch",)) for shots in (after, *others))
    return {(c.finding, c.metric): c for c in changes(pair, missing or {}, noise, own_noise([pair, *rest]), plain)}


def test_identical_photos_are_unchanged():
    found = verdicts([cells()], [cells()])
    for m in ("count", "area", "area_fraction", "burden", "contrast"):
        assert found["spots", m].verdict == "unchanged"
        assert found["spots", m].change == 0
        assert found["spots", m].ci_low < 0 < found["spots", m].ci_high


def test_a_load_strays_by_what_its_outline_shows_on_plain_skin():
    """Burden 90 mm2 OD or so falls by a tenth: beyond a placebo spread of 1, within one of 10."""
    exact = {("spots", "burden"): Repeatability(0.0, 0.0)}

    def burden(spread, **noise):
        card = {key: replace(known, **noise) for key, known in exact.items()}
        plain = PlainSkin({("patch", "spots"): spread}, {})
        return verdicts([cells()], [cells(0.9)], noise=card, plain=plain)["spots", "burden"]

    assert burden(1.0).verdict == "improved"
    assert burden(10.0).verdict == "unchanged"
    assert burden(1.0).mdc95 == pytest.approx(1.96, rel=1e-3)
    assert burden(1.0, placebo=2.0).mdc95 == pytest.approx(2 * 1.96, rel=1e-3)


def test_without_plain_skin_the_area_stands_in():
    stray = {("spots", "burden"): Repeatability(0.0, 0.0, per_mm2=0.05)}
    total = cells().totals["spots"]["area_mm2"].sum()
    found = verdicts([cells()], [cells(0.67)], noise=stray, plain=PlainSkin({}, {}))["spots", "burden"]
    assert found.mdc95 == pytest.approx(1.96 * 2**0.5 * 0.05 * total * 1.67 / 2, rel=0.01)


def test_photos_that_differ_in_texture_lamp_cast_or_turn_are_believed_less():
    calm = verdicts([cells()], [cells(0.8)])["spots", "burden"]
    for part, plain in (
        ("gain", replace(SILENT, gain={"melanin": -0.2})),
        ("light", replace(SILENT, light_od=0.2)),
        ("colour", replace(SILENT, colour_od=0.2)),
        ("turn", replace(SILENT, turn_deg=0.2)),
    ):
        noise = {key: replace(known, **{part: 0.5}) for key, known in NOISE.items()}
        wide = verdicts([cells()], [cells(0.8)], noise=noise, plain=plain)["spots", "burden"]
        expected = 1.96 * np.sqrt(2 * 0.03**2 + 0.1**2) * calm.baseline
        assert wide.mdc95 == pytest.approx(expected, rel=1e-3)


def test_a_file_whose_brows_lost_contrast_is_believed_less_by_as_much():
    calm, flat = (
        verdicts([cells()], [cells(0.93)], plain=plain)["spots", "burden"]
        for plain in (SILENT, replace(SILENT, features_gain=0.07))
    )
    assert calm.mdc95 == pytest.approx(1.96 * 2**0.5 * 0.03 * calm.baseline, rel=1e-3)
    assert flat.mdc95 == pytest.approx(1.96 * np.sqrt(2 * 0.03**2 + 0.07**2) * calm.baseline, rel=1e-3)


def test_people_who_stray_more_than_a_bell_curve_widen_the_interval():
    heavy = {key: replace(known, quantile=3.0) for key, known in NOISE.items()}
    wide, calm = (verdicts([cells()], [cells(0.8)], noise=n)["spots", "burden"] for n in (heavy, NOISE))
    assert wide.mdc95 == pytest.approx(calm.mdc95 * 3 / 1.96, rel=1e-3)


def test_a_small_region_is_less_certain_than_a_large_one():
    noise = {("spots", "area"): Repeatability(0.0, 0.0, per_unit=0.1)}
    large, small = (verdicts([cells(s)], [cells(s)], noise=noise)["spots", "area"] for s in (1.0, 0.25))
    assert small.mdc95 / small.baseline == pytest.approx(2 * large.mdc95 / large.baseline, rel=1e-3)


def test_a_third_less_is_improved_and_a_third_more_is_worse():
    burden = verdicts([cells()], [cells(0.67)])["spots", "burden"]
    assert burden.verdict == "improved"
    assert burden.percent == pytest.approx(-33, abs=0.1)
    assert burden.ci_low < burden.change < burden.ci_high < 0
    assert verdicts([cells()], [cells(1.33)])["spots", "burden"].verdict == "worsened"


def test_a_change_within_the_smallest_detectable_one_is_unchanged():
    burden = verdicts([cells()], [cells(0.93)])["spots", "burden"]
    assert burden.mdc95 == pytest.approx(1.96 * np.sqrt(2) * 0.03 * burden.baseline, rel=1e-4)
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


@pytest.mark.parametrize(("true", "spread"), [(-30.0, 0.15), (30.0, 0.15), (-30.0, 0.4), (-8.0, 0.4)])
def test_an_interval_holds_the_true_change_of_which_more_or_less_is_measured(true, spread):
    rng, inside = np.random.default_rng(3), 0
    for share, noise in rng.normal((1.0, 0.0), (spread, 3.0), (2000, 2)):
        low, high = interval(share * true + noise, 1.96 * 3.0, 1.96 * spread)
        inside += low <= true <= high
    assert 0.93 < inside / 2000 < 0.985


def test_not_knowing_how_much_is_measured_hides_no_change():
    for change in (-30.0, -10.1, -9.9, 2.0, 9.9, 10.1, 30.0):
        for stray in (0.0, 0.3, 1.0, 1.5):
            low, high = interval(change, 10.0, stray)
            assert low < change < high
            assert (low > 0 or high < 0) == (abs(change) > 10)
    assert interval(-30.0, 10.0) == pytest.approx((-40.0, -20.0))


def test_how_unevenly_a_treatment_worked_is_no_error_of_measurement():
    calm = verdicts([cells()], [cells(0.8)])["spots", "burden"]
    wild = verdicts([cells()], [cells(0.8, noise=3.0)])["spots", "burden"]
    halves = [(c.ci_high - c.ci_low) / np.hypot(c.baseline, c.follow_up) for c in (calm, wild)]
    assert halves[1] == pytest.approx(halves[0], rel=1e-3)


def test_shots_narrow_only_their_own_part_of_the_noise():
    """A session strays as a whole, however often it is photographed."""

    def mdc95(shots, share):
        noise = {key: replace(known, shot=share) for key, known in NOISE.items()}
        return verdicts([cells()] * shots, [cells(0.9)] * shots, noise=noise)["spots", "burden"].mdc95

    assert mdc95(3, 1.0) < 0.7 * mdc95(1, 1.0)
    assert mdc95(3, 0.5) / mdc95(1, 0.5) > np.sqrt(0.5)
    assert mdc95(3, 0.0) == pytest.approx(mdc95(1, 0.0) * np.sqrt(0.75 + 0.25 * 6 / 10 / 3), rel=0.1)


def test_replicates_pull_the_noise_without_a_cliff():
    """Two to six shots a session that stray by 9 %, where the card says 3 %: wider with every one, never by a jump."""

    def mdc95(k):
        spread = np.linspace(-1, 1, k) * 0.09 * np.sqrt((k - 1) / k) if k > 1 else np.zeros(1)
        shots = [cells(np.exp(v)) for v in spread]
        found = verdicts(shots, shots)["spots", "burden"]
        return found.mdc95 / found.baseline

    widths = np.array([mdc95(k) for k in range(2, 7)])
    assert (widths > mdc95(1)).all()
    assert (np.abs(np.diff(np.log(widths))) < 0.25).all()


def test_the_pull_is_what_the_degrees_of_freedom_say():
    """Two shots at two sessions, 2 degrees of freedom, against 6 of the card; a quarter of its noise is the shot's."""
    shots = [cells(0.9), cells(1.1)]
    found = verdicts(shots, shots)["spots", "burden"]
    stated = 0.03**2
    own = np.log(1.1 / 0.9) ** 2 / 2
    pooled = (6 * stated / 4 + 2 * own) / 8
    session = 0.75 * stated * pooled / (stated / 4)
    expected = 1.96 * np.sqrt(2 * (session + pooled / 2)) * found.baseline
    assert found.mdc95 == pytest.approx(expected, rel=1e-3)


def test_copies_of_one_photo_are_little_proof_of_steadiness():
    copies = verdicts([cells()] * 5, [cells()] * 5)["spots", "burden"]
    single = verdicts([cells()], [cells()])["spots", "burden"]
    assert copies.mdc95 > np.sqrt(0.75) * single.mdc95


def test_a_simulated_study_without_effect_has_no_more_false_verdicts_with_replicates():
    """Sessions stray by 5 %, shots by 2 %; the card knows both. 300 pairs of each: about 5 % false, whatever the shots."""
    rng = np.random.default_rng(3)
    noise = {("spots", "burden"): Repeatability(np.hypot(0.05, 0.02), 0.0, shot=0.02**2 / (0.05**2 + 0.02**2))}
    blank = cells()
    totals = blank.totals["spots"]
    key = ("spots", "burden")

    def session(shots):
        common = rng.normal(0, 0.05)
        for _ in range(shots):
            factor = np.exp(common + rng.normal(0, 0.02))
            yield replace(
                blank, totals=blank.totals | {"spots": totals | {"support_od_mm2": totals["support_od_mm2"] * factor}}
            )

    for shots in (1, 3):
        false = sum(
            verdicts(list(session(shots)), list(session(shots)), noise=noise)[key].verdict != "unchanged"
            for _ in range(300)
        )
        assert 4 <= false <= 28  # 15 expected, SD 3.8


def test_a_withheld_change_keeps_its_numbers():
    change = verdicts([cells()], [cells(0.5)])["spots", "burden"]
    quiet = withheld(change, why("same_day"))
    assert (quiet.verdict, quiet.reason) == ("not_assessable", why("same_day"))
    assert (quiet.percent, quiet.ci_low) == (change.percent, change.ci_low)


def test_what_has_no_direction_is_withheld_for_the_photo_all_the_same():
    """Lighter in another camera's colours: that it changed is not known."""
    lighter = Change("face", "tone", "ita", "deg", 20, 30, 6, 14, 4, "not_assessable", why("no_direction"))
    assert withheld(lighter, why("other_colours")).reason == why("other_colours")


def test_what_is_missing_says_why():
    reason = why("not_measurable", px_per_mm=2.0, needed=3)
    found = verdicts([cells()], [cells(0.5)], {("patch", "spots", "area"): reason})["spots", "area"]
    assert (found.verdict, found.reason) == ("not_assessable", reason)
    assert np.isnan(found.baseline)
    unknown = verdicts([cells()], [cells(0.5)], noise={})["spots", "area"]
    assert unknown.verdict == "not_assessable"
    assert "repeatability" in str(unknown.reason)


def test_an_absent_finding_has_no_contrast_to_compare():
    found = verdicts([cells()], [cells(0.0)])["spots", "contrast"]
    assert found.verdict == "not_assessable"
    assert "no spots" in str(found.reason)


def test_a_percentage_of_next_to_nothing_is_not_given():
    noise = {("spots", "burden"): Repeatability(0.0, 40.0)}
    found = verdicts([cells(0.1)], [cells(0.2)], noise=noise)["spots", "burden"]
    assert np.isnan(found.percent)
    assert found.verdict == "unchanged"
    assert str(found.reason).startswith("too little for a percentage: ")
    assert np.isfinite([found.change, found.ci_low, found.mdc95]).all()


def test_a_load_below_zero_cannot_improve():
    """A pale patch in uneven light reads as marks of less than nothing; less still is not a fading."""

    def lit(od):
        made = cells()
        made.totals["spots"]["support_od_mm2"] = np.full(TILES, od)
        return made

    pale, paler = lit(-0.5), lit(-1.5)
    found = verdicts([pale], [paler])["spots", "burden"]
    assert found.change < -max(found.mdc95, 1.0)
    assert found.verdict == "not_assessable"
    assert np.isnan(found.percent)
    assert verdicts([pale], [lit(1.5)])["spots", "burden"].verdict == "worsened"  # what came can be seen


def test_a_load_below_zero_has_no_percentage():
    found = verdicts([cells()], [cells()])["spots", "burden"]
    assert np.isfinite(found.percent)
    below = replace(found, baseline=-20.0, follow_up=-10.0)
    assert np.isnan(below.percent)
    assert np.isnan(percent_interval(below)).all()
    assert np.isfinite(replace(below, metric="ita", unit="deg").percent)  # an angle may be negative
