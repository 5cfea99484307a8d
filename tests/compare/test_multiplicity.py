"""Headline rows are tests of their own; exploratory ones are held to a false discovery rate."""

import numpy as np
from scipy.stats import false_discovery_control

from skinimg.base.reasons import why
from skinimg.base.results import Change
from skinimg.compare.multiplicity import false_discovery_rates, with_roles


def rows(z, region="nose", metric="contrast"):
    """Changes of z standard errors, each judged alone."""
    for value in z:
        verdict = "unchanged" if abs(value) <= 1.96 else "improved" if value < 0 else "worsened"
        yield Change(region, "spots", metric, "OD", 100, 100 + value, value - 1.96, value + 1.96, 1.96, verdict)


def test_roles():
    found = with_roles([*rows([0], "face", "burden"), *rows([0], "face", "area"), *rows([0], "nose", "burden")], "face")
    assert [c.role for c in found] == ["headline", "exploratory", "exploratory"]


def test_hundreds_of_rows_of_noise_are_not_called():
    rng = np.random.default_rng(5)
    alone = called = 0
    for _ in range(40):
        made = list(rows(rng.normal(size=300)))
        alone += sum(c.verdict != "unchanged" for c in made)
        called += any(c.verdict != "unchanged" for c in with_roles(made, "face"))
    assert alone > 400  # 600 expected
    assert called <= 6  # 2 of 40 follow-ups expected


def test_true_changes_among_them_are_called_and_the_others_say_why():
    found = with_roles(list(rows([-6.0] * 30 + [2.2] * 5 + [0.1] * 300)), "face")
    assert [c.verdict for c in found[:30]] == ["improved"] * 30
    assert {c.verdict for c in found[30:]} == {"unchanged"}
    assert str(found[30].reason).startswith("may be chance: one of 335 exploratory rows")
    assert found[40].reason is None


def test_a_headline_is_not_held_to_the_others():
    found = with_roles([*rows([-2.2], "face", "burden"), *rows([0.1] * 300)], "face")
    assert found[0].verdict == "improved"


def test_what_cannot_be_judged_is_left_alone():
    blank = Change("nose", "spots", "contrast", "OD", reason=why("none_in_one_session", finding="spots"))
    assert with_roles([blank], "face") == [blank]


def test_rates_are_those_of_scipy():
    p_values = np.random.default_rng(6).random(500) ** 3
    p_values[100:120] = p_values[100]
    assert np.array_equal(false_discovery_rates(p_values), false_discovery_control(p_values, method="bh"))
