"""Slanted skin shows less area than it has: the factor that gives it back."""

from dataclasses import replace

import numpy as np
import pytest

from skinimg.align import identity_alignment
from skinimg.base.findings import FACE_REGIONS
from skinimg.base.records import Frame
from skinimg.face import surface_factor

SHAPE = (600, 500)


def places(seed: int = 0) -> np.ndarray:
    """As many points as a face has landmarks, spread over the frame, (478, 2)."""
    return np.random.default_rng(seed).uniform((20, 20), (480, 580), (478, 2)).astype(np.float32)


@pytest.mark.parametrize("slant_deg", [0, 20, 40, 55])
def test_a_tilted_plane_has_its_area(slant_deg: float) -> None:
    xy = places()
    slope = np.tan(np.radians(slant_deg))
    factor = surface_factor(np.column_stack([xy, slope * xy[:, 0]]).astype(np.float32), SHAPE)
    assert factor.shape == SHAPE
    assert factor[60:540, 60:440].mean() == pytest.approx(1 / np.cos(np.radians(slant_deg)), rel=0.01)


def test_beyond_sixty_degrees_nothing_is_made_up() -> None:
    xy = places()
    assert surface_factor(np.column_stack([xy, 8 * xy[:, 1]]).astype(np.float32), SHAPE).max() == 2.0


def test_a_half_ellipsoid_has_its_area() -> None:
    xy = places()
    u, v = (xy[:, 0] - 250) / 330, (xy[:, 1] - 300) / 400
    depth = -300 * np.sqrt(np.maximum(1 - u**2 - v**2, 0))
    noise = np.random.default_rng(1).normal(0, 10, len(xy))  # 1 mm
    factor = surface_factor(np.column_stack([xy, depth + noise]).astype(np.float32), SHAPE)
    y, x = np.mgrid[40:560, 40:460]
    u, v = (x - 250) / 330, (y - 300) / 400
    root = np.sqrt(1 - u**2 - v**2)
    true = np.sqrt(1 + (300 * u / 330 / root) ** 2 + (300 * v / 400 / root) ** 2)
    assert factor[40:560, 40:460].sum() == pytest.approx(true.sum(), rel=0.04)
    assert true.mean() > 1.12  # and it was worth it


def test_the_baseline_carries_it() -> None:
    xy = places()
    frame = Frame(
        linear=np.full((*SHAPE, 3), 0.3, np.float32),
        skin=np.ones(SHAPE, np.bool_),
        region_bits=np.ones(SHAPE, np.uint16),
        regions=FACE_REGIONS,
        landmarks=np.column_stack([xy, xy[:, 0]]).astype(np.float32),
        to_photo=np.eye(2, 3, dtype=np.float32),
        photo_shape=SHAPE,
        mm_per_px=0.1,
        native_px_per_mm=10.0,
        scale_source="iris",
    )
    assert identity_alignment(frame).jacobian[100:500, 100:400].mean() == pytest.approx(np.sqrt(2), rel=0.01)
    assert identity_alignment(replace(frame, landmarks=None)).jacobian.max() == 1.0
