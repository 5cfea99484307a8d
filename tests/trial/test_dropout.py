"""People who leave: said where it may be because of the outcome, or more often in one arm."""

import numpy as np

from skinimg.trial.plan import Plan
from skinimg.trial.trial import analyse
from tests.trial.tables import split_face, write_study

PARALLEL = Plan("parallel", ("active", "control"), ("spots.burden",))
SPLIT = Plan("split-face", ("active", "control"), ("spots.burden",))


def study(folder, second, third):
    """Two arms of equally many; changes at S2 and S3, NaN where nobody could assess them."""
    people = [f"P{k:02d}" for k in range(len(second))]
    arms = {name: "active" if k % 2 else "control" for k, name in enumerate(people)}
    changes = {(name, "S2", "face"): value for name, value in zip(people, second, strict=True)}
    changes |= {(name, "S3", "face"): value for name, value in zip(people, third, strict=True)}
    return write_study(folder, changes, more={"arms": arms})


def limits(folder, plan):
    return [
        limit for limit in analyse(folder, plan).flow["limits"] if "without a value" in limit or "unequally" in limit
    ]


def test_those_whom_it_did_not_help_left(tmp_path):
    second = np.random.default_rng(1).normal(-1, 1, 20)
    third = np.where(second > np.sort(second)[13], np.nan, second - 0.1)
    (said,) = limits(study(tmp_path, second, third), PARALLEL)
    assert "spots.burden at S3: the 6 people without a value had done otherwise until then" in said


def test_those_whom_chance_kept_away_are_not_accused(tmp_path):
    second = np.sort(np.random.default_rng(1).normal(-1, 1, 20))
    third = np.where(np.arange(20) % 7 == 3, np.nan, second)
    assert limits(study(tmp_path, second, third), PARALLEL) == []


def test_a_response_to_the_arm_is_no_reason_to_leave(tmp_path):
    """The arm explains the change, and both arms lose a few: against their own arm they did as the others."""
    arm = np.arange(20) % 2
    second = -10.0 * arm + np.tile([0.1, 0.2, 0.3, 0.4, 0.5], 4)
    third = np.where((arm == 1) & (np.arange(20) < 10), np.nan, second)
    assert not any("done otherwise" in limit for limit in limits(study(tmp_path, second, third), PARALLEL))


def test_one_arm_lost_more(tmp_path):
    second = np.tile(np.linspace(-1, 1, 10), 2)
    third = np.where((np.arange(20) % 2 == 1) & (np.arange(20) > 6), np.nan, second)
    assert any(
        "unequally (active 7/10, control 0/10" in limit for limit in limits(study(tmp_path, second, third), PARALLEL)
    )


def test_nothing_is_known_of_those_who_never_came_back(tmp_path):
    gaps = np.array([np.nan, np.nan, -1, -2, -1.5, -1.2, -0.3])
    assert limits(split_face(tmp_path, gaps), SPLIT) == [
        "spots.burden at S2: of 2 people without a value nothing earlier is known, so whether the outcome kept them away "
        "cannot be told"
    ]


def test_sides_of_a_face_that_did_alike_left(tmp_path):
    """The difference of the sides counts, not how both did."""
    gaps = np.r_[np.full(5, 0.1) + np.arange(5) / 100, np.linspace(-3, -1, 10)]
    folder = split_face(tmp_path, gaps, visits=("S1", "S2", "S3"))
    table = (folder / "changes.csv").read_text().splitlines()
    gone = tuple(f"P{k:02d},front" for k in range(5))
    kept = [line for line in table if not (line.startswith(gone) and ",S3," in line)]
    (folder / "changes.csv").write_text("\n".join(kept) + "\n")
    (said,) = limits(folder, SPLIT)
    assert "the 5 people without a value had done otherwise" in said
