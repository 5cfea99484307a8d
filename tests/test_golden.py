"""Every stage still gives the numbers that it gave: a stage that changes is named by its own test.

Renewed and shown by `./scripts/renew_golden`. What follows a stage that changed is skipped: it started from other data.
"""

import json

import pytest

from skinimg.base.findings import TOTALLED_FINDINGS
from skinimg.repeatability.noise_rows import rows_of
from tests.golden import KEPT, STAGES, chain, numbers_of

# Another processor rounds in another order. A change of a thousandth in what a stage finds is a change of the stage.
RELATIVE, ABSOLUTE = 1e-3, 1e-5


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return chain(tmp_path_factory.mktemp("cheek"))


@pytest.fixture(scope="module")
def found(made):
    return numbers_of(made)


def unlike(kept, found):
    """Name -> (kept, found) of what differs."""
    same = {name: v if isinstance(v, str) else pytest.approx(v, rel=RELATIVE, abs=ABSOLUTE) for name, v in kept.items()}
    names = dict.fromkeys((*kept, *found))
    return {k: (kept.get(k), found.get(k)) for k in names if k not in kept or k not in found or found[k] != same[k]}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_gives_what_it_gave(found, stage):
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    for before in list(STAGES)[: list(STAGES).index(stage)]:
        if unlike(kept[before], found[before]):
            pytest.skip(f"starts from another {before}")
    assert unlike(kept[stage], found[stage]) == {}


def test_a_number_that_moved_or_is_gone_is_named():
    kept = {"a": 1.0, "b": 2.0, "c": "improved", "d": 0.0}
    assert unlike(kept, {"a": 1.0005, "b": 2.0, "c": "improved", "d": 0.0}) == {}
    assert unlike(kept, {"a": 1.002, "c": "unchanged", "d": 1e-4, "e": 5.0}) == {
        "a": (1.0, 1.002), "b": (2.0, None), "c": ("improved", "unchanged"), "d": (0.0, 1e-4), "e": (None, 5.0),
    }  # fmt: skip


def test_null_pairs_have_rows_of_the_findings_that_a_card_judges(made):
    rows = list(rows_of("P01", "light", 8.8, "same_phone", made.follow_up))
    assert {row["finding"] for row in rows} == set(TOTALLED_FINDINGS)
