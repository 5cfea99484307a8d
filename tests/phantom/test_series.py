"""Treatment acts on lesions, on the side it was given, growing over the sessions; never where nothing was given."""

from types import SimpleNamespace

import pytest

from skinimg.phantom.canvas import Canvas
from skinimg.phantom.draws import seeded
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.series import Treatment, lesions_at, plan_subjects

WIDTH_MM = 100.0
LESIONS = tuple(Lesion(k, "lentigo", 5.0 + 10 * k, 50.0, 2.0, melanin=2.0) for k in range(10))  # 5 right, 5 left
SITTER = SimpleNamespace(lesions=LESIONS, sheet=SimpleNamespace(canvas=Canvas((1000, 1000), 0.1)))


def _burden(lesions: tuple[Lesion, ...], ids: range) -> float:
    return sum((k.melanin - 1) * k.radius_mm**2 for k in lesions if k.id in ids)


def test_the_effect_stays_on_its_side_and_grows() -> None:
    treatment = Treatment({"spots": -0.5}, left=True, right=False)
    shares = [lesions_at(SITTER, treatment, share, 7) for share in (0.0, 0.5, 1.0)]
    left = [_burden(lesions, range(5, 10)) for lesions in shares]
    right = [_burden(lesions, range(5)) for lesions in shares]
    assert left[0] > left[1] > left[2] > 0
    assert right[0] == right[1] == right[2]


def test_the_same_seed_gives_the_same_luck() -> None:
    treatment = Treatment({"spots": -0.5}, left=True, right=True)
    assert lesions_at(SITTER, treatment, 1.0, 7) == lesions_at(SITTER, treatment, 1.0, 7)
    assert lesions_at(SITTER, treatment, 1.0, 7) != lesions_at(SITTER, treatment, 1.0, 8)


@pytest.mark.parametrize(
    "treatment",
    [Treatment({}, True, True), Treatment({"spots": 0.0}, True, True), Treatment({"spots": -0.5}, False, False)],
)
def test_no_treatment_keeps_the_very_same_lesions(treatment: Treatment) -> None:
    assert lesions_at(SITTER, treatment, 1.0, 7) is LESIONS


@pytest.mark.parametrize("subjects", [1, 2, 5, 10])
def test_the_null_fraction_is_rounded_up(subjects: int) -> None:
    plans = plan_subjects(subjects, 3, {"spots": -0.3}, 0.4, "none", seeded(1))
    assert sum(plan.treatment.is_null for plan in plans) == -(-4 * subjects // 10)


def test_arms() -> None:
    split = plan_subjects(6, 2, {"spots": -0.3}, 0.0, "split-face", seeded(1))
    assert {(p.arm_left, p.arm_right) for p in split} == {("active", "control"), ("control", "active")}
    assert all(p.treatment.left == (p.arm_left == "active") and p.treatment.left != p.treatment.right for p in split)
    parallel = plan_subjects(6, 2, {"spots": -0.3}, 0.5, "parallel", seeded(1))
    assert all((p.arm == "control") == p.treatment.is_null for p in parallel)


def test_dates_are_about_a_month_apart_and_in_order() -> None:
    (plan,) = plan_subjects(1, 4, {}, 0.0, "none", seeded(3))
    gaps = [(b - a).days for a, b in zip(plan.dates, plan.dates[1:], strict=False)]
    assert all(20 <= gap <= 36 for gap in gaps)
