"""The statistics against results that were published with their data; numbers typed in from the source named."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from skinimg.trial import effects, mixed, raters, reml, responders

# Student 1908, as `sleep` in R; results of R's t.test and wilcox.test.
DRUG_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
DRUG_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_paired_t_and_wilcoxon_of_student_1908():
    found = effects.one_sample(DRUG_1 - DRUG_2)
    assert found.estimate == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)
    assert found.p_t == pytest.approx(0.002833, abs=1e-6)
    assert found.p_rank == pytest.approx(0.009091, abs=1e-6)


def test_welch_and_mann_whitney_of_student_1908():
    found = effects.two_samples(DRUG_1, DRUG_2)
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-7)
    assert found.degrees == pytest.approx(17.776, abs=1e-3)
    assert found.p_t == pytest.approx(0.07939, abs=1e-5)
    assert found.p_rank == pytest.approx(0.06933, abs=1e-5)


# Potthoff and Roy 1964, distance from pituitary to pterygomaxillary fissure, mm, at 8, 10, 12 and 14 years.
BOYS = """26 25 29 31; 21.5 22.5 23 26.5; 23 22.5 24 27.5; 25.5 27.5 26.5 27; 20 23.5 22.5 26; 24.5 25.5 27 28.5;
22 22 24.5 26.5; 24 21.5 24.5 25.5; 23 20.5 31 26; 27.5 28 31 31.5; 23 23 23.5 25; 21.5 23.5 24 28; 17 24.5 26 29.5;
22.5 25.5 25.5 26; 23 24.5 26 30; 22 21.5 23.5 25"""
GIRLS = """21 20 21.5 23; 21 21.5 24 25.5; 20.5 24 24.5 26; 23.5 24.5 25 26.5; 21.5 23 22.5 23.5; 20 21 21 22.5;
21.5 22.5 23 25; 23 23 23.5 24; 20 21 22 21.5; 16.5 19 19 19.5; 24.5 25 28 28"""


def orthodont():
    rows = []
    for sex, text in (("boy", BOYS), ("girl", GIRLS)):
        for k, child in enumerate(text.split(";")):
            rows += [(f"{sex}{k}", sex, 8 + 2 * i, float(d)) for i, d in enumerate(child.split())]
    return pd.DataFrame(rows, columns=["subject", "sex", "age", "distance"]).assign(
        girl=lambda t: (t["sex"] == "girl").astype(float)
    )


def test_mixed_model_of_pinheiro_and_bates_2000():
    """nlme: lme(distance ~ age + Sex, data = Orthodont, random = ~ 1); REML."""
    found = reml.fit(orthodont(), "distance ~ age + girl")
    assert np.sqrt([found.subject, found.residual]) == pytest.approx([1.807425, 1.431592], abs=1e-4)
    assert found.values.to_dict() == pytest.approx(
        {"Intercept": 17.706713, "age": 0.660185, "girl": -2.321023}, abs=1e-5
    )
    assert found.errors.to_dict() == pytest.approx(
        {"Intercept": 0.8339225, "age": 0.0616059, "girl": 0.7614168}, abs=1e-5
    )


def test_sides_within_people_agree_with_statsmodels():
    rng = np.random.default_rng(5)
    rows = [
        {"subject": f"P{s}", "arm": arm, "x": float(arm == "a"), "y": person + side + float(arm == "a") + rng.normal()}
        for s in range(30)
        for person in [2 * rng.normal()]
        for arm in "ab"
        for side in [1.5 * rng.normal()]
        for _ in range(3)
    ]
    table = pd.DataFrame(rows)
    found = reml.fit(table, "y ~ x", sides=True)
    other = smf.mixedlm("y ~ x", table, groups="subject", re_formula="1", vc_formula={"side": "0 + C(arm)"}).fit()
    assert found.values.to_dict() == pytest.approx(other.fe_params.to_dict(), abs=1e-4)
    assert found.errors.to_dict() == pytest.approx(other.bse_fe.to_dict(), abs=1e-3)
    assert found.side == pytest.approx(float(other.vcomp[0]), rel=1e-2)


def test_people_who_are_not_alike_have_no_variance_between_them():
    """Pairs that sum to nothing: the model is least squares."""
    noise = np.random.default_rng(6).normal(size=20)
    table = pd.DataFrame({"subject": [*map(str, range(20))] * 2, "x": [0.0] * 20 + [1.0] * 20, "y": [*noise, *-noise]})
    found = reml.fit(table, "y ~ x")
    assert found.subject == pytest.approx(0, abs=1e-9)
    assert found.errors["x"] == pytest.approx(smf.ols("y ~ x", table).fit().bse["x"])


def test_contrasts_at_single_visits_average_to_the_contrast_of_the_whole():
    table = orthodont()
    values = reml.fit(table, "distance ~ age + girl").values
    rows = pd.DataFrame(
        {
            "subject": table["subject"],
            "arm": table["sex"],
            "side": "",
            "visit": table["age"].astype(str),
            "baseline": 0.0,
            "change": table["distance"],
        }
    )
    found = [mixed.contrast(rows, str(age), ("girl", "boy")) for age in (8, 10, 12, 14)]
    assert np.mean([f.estimate for f in found]) == pytest.approx(values["girl"], abs=1e-3)


def test_holm():
    """p-values 0.01, 0.04, 0.03, 0.005 (the usual example): adjusted 0.03, 0.06, 0.06, 0.02."""
    assert effects.holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    # A declared test that could not be done still counts.
    with_lost = effects.holm(np.array([0.02, np.nan]))
    assert with_lost[0] == pytest.approx(0.04)
    assert np.isnan(with_lost[1])


def test_mcnemar_is_the_sign_test_of_those_who_differ():
    """5 against 15: 2 P(X <= 5 | 20, 1/2) = 0.0414, tables of the binomial distribution."""
    first = np.array([True] * 5 + [False] * 15 + [True] * 7)
    second = np.array([False] * 5 + [True] * 15 + [True] * 7)
    assert responders.paired(first, second) == pytest.approx(0.04139, abs=1e-5)


def test_fisher_of_the_lady_tasting_tea():
    """Fisher 1935: three of four right on both sides, 0.4857 two-sided."""
    assert responders.unpaired(np.array([True] * 3 + [False]), np.array([True] + [False] * 3)) == pytest.approx(
        0.4857, abs=1e-4
    )


def test_kappa_of_fleiss_1981():
    """Table 13.1, two raters' diagnoses of 100 people: 0.68."""
    table = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]], dtype=float)
    assert raters.kappa_of_table(table, "none").value == pytest.approx(0.676, abs=5e-4)


def test_weighted_kappa_of_agresti_1990():
    """Husbands' and wives' ratings (p. 367); R's vcd: 0.1293 unweighted, 0.2374 with equal steps."""
    table = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]], dtype=float)
    assert raters.kappa_of_table(table, "none").value == pytest.approx(0.1293, abs=5e-5)
    assert raters.kappa_of_table(table, "linear").value == pytest.approx(0.2374, abs=5e-5)


def test_icc_of_shrout_and_fleiss_1979():
    """Six targets, four judges: ICC(2,1) 0.29; its interval 0.019 to 0.76 (R's psych)."""
    grades = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
    )
    found = raters.icc(grades)
    assert (found.value, found.low, found.high) == pytest.approx((0.29, 0.019, 0.761), abs=5e-3)
