"""The known warp of the benchmark of registration is the one that was applied."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.align import rephotograph, to_frame, to_photo
from benchmarks.follow_sheets import flat_frame, misplaced
from skinimg.base.records import Photo


def test_the_warp_says_where_a_mark_went() -> None:
    linear = np.full((300, 260, 3), 0.6, np.float32)
    linear[118:123, 88:93] = 0.05
    again, warp = rephotograph(Photo(linear, "", "", 8), 3.0, seed=2)
    (told,) = warp(np.array([[90.0, 120.0]]))
    rows, columns = np.nonzero(again.linear[..., 1] < 0.3 * np.median(again.linear[..., 1]))
    assert len(rows) > 10
    assert np.hypot(columns.mean() - told[0], rows.mean() - told[1]) < 1.0


def test_a_registration_is_off_by_what_it_says() -> None:
    frame = flat_frame((130, 110))
    off = misplaced(frame, 0.2, np.random.default_rng(1))
    exact = misplaced(frame, 0.0, np.random.default_rng(1))
    error_px = np.linalg.norm(off.to_baseline - exact.to_baseline, axis=-1)
    assert np.sqrt((error_px**2).mean()) * frame.mm_per_px == pytest.approx(0.2, rel=1e-3)
    points = np.array([[3.0, 4.0], [50.0, 7.5]])
    assert to_frame(to_photo(points, frame), frame) == pytest.approx(points)
