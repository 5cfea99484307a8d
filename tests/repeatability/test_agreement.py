"""The figures of repeatability against published worked examples."""

import numpy as np
import pytest

from skinimg.repeatability.agreement import agreement, intervals

# Shrout and Fleiss (1979), table 2: six subjects, four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)

# Bland and Altman (1986): peak expiratory flow of 17 people in l/min, two readings with each of two meters.
WRIGHT = np.array(
    [
        (494, 490), (395, 397), (516, 512), (434, 401), (476, 470), (557, 611), (413, 415), (442, 431), (650, 638),
        (433, 429), (417, 420), (656, 633), (267, 275), (478, 492), (178, 165), (423, 372), (427, 421),
    ],
    float,
)  # fmt: skip
MINI = np.array(
    [
        (512, 525), (430, 415), (520, 508), (428, 444), (500, 500), (600, 625), (364, 460), (380, 390), (658, 642),
        (445, 432), (432, 420), (626, 605), (260, 227), (477, 467), (259, 268), (350, 370), (451, 443),
    ],
    float,
)  # fmt: skip


def of(values, ratio_scale=True, load=True):
    return agreement(np.asarray(values, float), ratio_scale=ratio_scale, load=load)


def test_shrout_and_fleiss_1979():
    found = of(JUDGES)
    assert (found.n, found.k) == (6, 4)
    assert found.icc_2_1 == pytest.approx(0.29, abs=0.005)
    assert found.icc_3_1 == pytest.approx(0.71, abs=0.005)
    # Their table 3: mean squares 32.49 between judges, 1.02 of the rest.
    assert found.sem_consistency == pytest.approx(np.sqrt(1.02), abs=0.005)
    assert found.sem_agreement == pytest.approx(np.sqrt((32.49 - 1.02) / 6 + 1.02), abs=0.005)


def test_bland_and_altman_1986_limits_between_two_meters():
    """They print -2.1 l/min, SD 38.8, and take 2 SD; 1.96 here."""
    found = of(np.stack([MINI[:, 0], WRIGHT[:, 0]], axis=1))
    assert found.bias == pytest.approx(-2.1, abs=0.05)
    assert (found.loa_high - found.loa_low) / 2 == pytest.approx(1.96 * 38.8, abs=0.1)


@pytest.mark.parametrize(("readings", "coefficient"), [(WRIGHT, 43.2), (MINI, 56.4)])
def test_bland_and_altman_1986_repeatability_of_one_meter(readings, coefficient):
    """Their coefficient is 2 SD of the differences about 0; mdc95 is 1.96 sqrt(2) SD within subjects."""
    within = np.sqrt((np.diff(readings, axis=1) ** 2).mean() / 2)
    assert 2 * np.sqrt(2) * within == pytest.approx(coefficient, abs=0.1)
    assert of(readings).mdc95 == pytest.approx(1.96 / 2 * coefficient, rel=0.03)


def test_a_known_noise_is_found_on_both_scales():
    rng = np.random.default_rng(0)
    level = rng.uniform(20, 200, (4000, 1))
    found = of(level * np.exp(0.05 * rng.standard_normal((4000, 3))))
    assert found.cv_percent == pytest.approx(5, rel=0.03)
    assert found.mdc95_percent == pytest.approx(100 * np.expm1(1.96 * np.sqrt(2) * 0.05), rel=0.03)
    assert found.icc_2_1 > 0.97
    noise = of(50 + rng.standard_normal((4000, 2)))
    assert noise.icc_2_1 == pytest.approx(0, abs=0.05)
    assert noise.mdc95 == pytest.approx(1.96 * np.sqrt(2), rel=0.03)


def test_a_shift_common_to_all_is_disagreement_but_consistent():
    level = np.arange(1.0, 21.0)[:, None]
    found = of(np.hstack([level, level + 3]))
    assert (found.icc_3_1, found.sem_consistency) == (pytest.approx(1), pytest.approx(0, abs=1e-9))
    assert found.icc_2_1 < 0.9
    assert (found.bias, found.loa_low, found.loa_high) == (pytest.approx(3), pytest.approx(3), pytest.approx(3))
    assert found.mdc95 == pytest.approx(1.96 * 3, rel=1e-4)  # 1.96 sqrt(2) sqrt(3^2 / 2)


def test_what_does_not_exist_is_nan():
    nothing = of(np.zeros((5, 2)))
    assert np.isnan([nothing.icc_2_1, nothing.icc_3_1, nothing.cv_percent, nothing.mdc95_percent]).all()
    assert nothing.mdc95 == 0
    angle = of([[-5, 5], [3, 1], [0, 2]], ratio_scale=False, load=False)
    assert np.isnan([angle.cv_percent, angle.mdc95_percent]).all()
    one_empty = [[0, 1], [4, 5], [6, 6], [9, 8]]
    assert of(one_empty).mdc95_percent == of(one_empty[1:]).mdc95_percent
    assert of(one_empty).mdc95 != of(one_empty[1:]).mdc95


@pytest.mark.parametrize("shape", [(1, 3), (5, 1)])
def test_too_little_to_compare_is_refused(shape):
    with pytest.raises(ValueError, match="at least 2"):
        of(np.ones(shape))


def test_intervals_are_those_of_resampled_people() -> None:
    """Against drawing people one by one and computing everything anew; sessions of a person stay together."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(6), [1, 2, 3, 2, 1, 3])
    values = (
        rng.normal(0, 3, 6)[person][:, None] + rng.normal(0, 1, (len(person), 1)) + rng.normal(0, 0.5, (len(person), 3))
    )
    found = intervals(values, person)
    drawn = []
    for _ in range(1500):
        chosen = np.concatenate([np.nonzero(person == k)[0] for k in rng.integers(0, 6, 6)])
        if len(set(person[chosen])) > 1:
            drawn.append(agreement(values[chosen], ratio_scale=False, load=False))
    for name in ("icc_2_1", "icc_3_1", "sem_agreement"):
        expected = np.percentile([getattr(a, name) for a in drawn], (2.5, 97.5))
        assert found[name] == pytest.approx(expected, abs=0.06)
        low, high = found[name]
        assert low < getattr(agreement(values, ratio_scale=False, load=False), name) < high


def test_two_people_have_no_interval() -> None:
    found = intervals(np.array([[1.0, 1.1], [2.0, 2.2]]), np.array([0, 1]))
    assert np.isnan(found["icc_2_1"]).all()
