"""Days since a treatment: what passes is told from what lasts, and what cannot be told is said."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from skinimg.base.entries import PhotoEntry, Subject
from skinimg.compare.comparable import light_difference_od, transient_redness, undated_treatments
from skinimg.skin.optics import baseline_anchor, skin_maps, unaffected_density
from tests.drawn import skin_patch


def shot(linear):
    """As much of a shot of a close-up that was not moved as the light needs."""
    skin = np.ones(linear.shape[:2], bool)
    maps = skin_maps(linear, skin, 0.1, baseline_anchor(unaffected_density(linear, skin)))
    ys, xs = np.mgrid[: skin.shape[0], : skin.shape[1]].astype(np.float32)
    alignment = SimpleNamespace(to_session=np.dstack([xs, ys]), valid_baseline=skin)
    return SimpleNamespace(
        frame=SimpleNamespace(linear=linear, skin=skin, mm_per_px=0.1), maps=maps, alignment=alignment
    )


@pytest.mark.parametrize("melanin", [0.02, 0.25])
def test_a_lamp_that_moved_is_told_from_one_that_did_not_in_pale_and_in_dark_skin(melanin):
    """The white balance is another one, the whole photo brighter, and half of the face a little oily: 1 % of shine."""
    before = shot(skin_patch(melanin=melanin, noise_seed=1))
    gains = np.array([1.3, 1.2, 1.1], np.float32)
    across = np.exp(np.linspace(-0.4, 0.4, 600, dtype=np.float32))[None, :, None]
    after = (
        skin_patch(melanin=melanin, noise_seed=2) + np.linspace(0, 0.01, 600, dtype=np.float32)[None, :, None]
    ) * gains
    assert light_difference_od(before, shot(after)) < 0.05
    assert light_difference_od(before, shot(after * across)) == pytest.approx(0.8 / np.sqrt(12), abs=0.04)


def subject(*sessions):
    """(session, date, treatment) in order."""
    photos = [PhotoEntry("P", name, Path("x"), "x", date=day, treatment=what) for name, day, what in sessions]
    return Subject("P", tuple(name for name, _, _ in sessions), tuple(photos))


def test_a_photo_soon_after_an_earlier_treatment_is_named_with_its_days():
    person = subject(("S1", "2026-01-05", "laser"), ("S2", "2026-01-08", "laser"), ("S3", "2026-02-08", ""))
    assert transient_redness(person, 7) == {
        "S2": "3 days after the treatment of S1: redness may be passing, needs 7 days"
    }


@pytest.mark.parametrize(
    ("day", "told"), [("2026-01-05", "0 days"), ("2026-01-06", "1 day "), ("2026-01-11", "6 days"), ("2026-01-12", "")]
)
def test_the_week_ends_on_its_seventh_day(day, told):
    found = transient_redness(subject(("S1", "2026-01-05", "led"), ("S2", day, "")), 7)
    assert found.get("S2", "").startswith(told)
    assert bool(found) == bool(told)


def test_a_sessions_own_treatment_comes_after_its_photo():
    assert transient_redness(subject(("S1", "2026-01-05", ""), ("S2", "2026-01-06", "laser")), 7) == {}


def test_days_count_from_the_last_treatment_not_from_the_last_session():
    person = subject(("S1", "2026-01-01", "laser"), ("S2", "2026-01-03", ""), ("S3", "2026-01-05", ""))
    assert transient_redness(person, 7)["S3"].startswith("4 days after the treatment of S1")


def test_no_limit_no_label():
    assert transient_redness(subject(("S1", "2026-01-05", "led"), ("S2", "2026-01-05", "")), 0) == {}


def test_without_dates_it_is_said_that_nothing_can_be_told():
    person = subject(("S1", "2026-01-05", "laser"), ("S2", "", ""))
    assert transient_redness(person, 7) == {}
    assert "no date for S2" in undated_treatments(person)
    assert undated_treatments(subject(("S1", "2026-01-05", "laser"), ("S2", "2026-02-05", ""))) == ""
    assert undated_treatments(subject(("S1", "", ""), ("S2", "", "laser"))) == ""  # nothing was photographed after it
