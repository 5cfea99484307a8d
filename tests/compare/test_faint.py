"""A lesion that was not found is gone only where the contrast at its place says so."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from skinimg.base.findings import MASK_FINDINGS
from skinimg.compare.faint import Faint, LesionPlace, told_apart

SIDE = 300
SPOT = LesionPlace("spots", 150.0, 120.0, 3.0, 0.1)  # 2 mm across


def session(strength, seed, quiet=1):
    return Faint(shot(strength, seed, quiet), reach_px=1)


def shot(strength, seed, quiet=1):
    """Skin with grain of 0.02 OD at half a millimetre, and one spot."""
    ys, xs = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    grain = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), 2)
    disc = np.hypot(xs - SPOT.x, ys - SPOT.y) < 10
    # no grain where the spot is: what it does there is chance, tested last
    contrast = 0.02 * grain / grain.std() * (1 - quiet * disc) + np.float32(strength) * disc
    probability = np.zeros((len(MASK_FINDINGS), SIDE, SIDE), np.float32)
    return SimpleNamespace(
        seen=SimpleNamespace(
            frame=SimpleNamespace(skin=np.ones((SIDE, SIDE), bool)),
            maps=SimpleNamespace(glare=np.zeros((SIDE, SIDE), bool)),
        ),
        found=SimpleNamespace(
            contrasts=dict.fromkeys(MASK_FINDINGS, contrast.astype(np.float32)),
            segmentation=SimpleNamespace(probability=probability),
        ),
        alignment=SimpleNamespace(to_session=np.dstack([xs, ys]), is_identity=False),
    )


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        (0.3, 0.0, True),
        (0.3, 0.2, False),  # paler, and not found any more; still to be seen
        (0.3, 0.3, False),
        (0.01, 0.0, False),  # never stood out from the grain
    ],
)
def test_gone_means_that_it_was_there_and_is_not(before, after, gone):
    told, contrast = told_apart(session(before, 1), session(after, 2), SPOT)
    assert told == gone
    assert contrast == pytest.approx(after, abs=0.05)


def test_without_contrasts_the_network_has_the_word():
    told, contrast = told_apart(None, session(0.3, 1), SPOT)
    assert told
    assert np.isnan(contrast)


def test_a_place_that_holds_nothing_is_rarely_above_its_limit():
    seen = [session(0.0, seed, quiet=0).at(SPOT) for seed in range(30)]
    assert sum(s.value > s.limit for s in seen) <= 5  # 1.5 expected


def test_of_a_session_no_more_is_kept_than_its_contrasts():
    photo = shot(0.2, 0)
    kept = Faint(photo, reach_px=1)
    assert not {id(photo), id(photo.seen), id(photo.found), id(photo.alignment)} & set(map(id, vars(kept).values()))
