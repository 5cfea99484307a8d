"""The head: landmarks on its surface, a human size, a pinhole camera, and rays that meet what is in front."""

import numpy as np
import pytest
import torch

from skinimg.face.pose import IRIS_DIAMETER_MM
from skinimg.phantom.draws import seeded
from skinimg.phantom.head import (
    LEFT_IRIS,
    RIGHT_IRIS,
    Head,
    area_factor,
    chart_grid,
    from_chart,
    to_chart,
)
from skinimg.phantom.people import sample_landmarks
from skinimg.phantom.sculpt import build_head
from skinimg.phantom.truth import visible
from skinimg.phantom.view import look_at, rotation_of, trace


@pytest.fixture(scope="module")
def head() -> Head:
    return build_head(sample_landmarks(seeded(4), 0.5))


def test_chart_and_head_coordinates_are_inverse() -> None:
    u, v = chart_grid(20.0)
    back_u, back_v, radius = to_chart(from_chart(u, v, torch.full_like(u, 70.0)))
    inner = u.abs() < 219
    torch.testing.assert_close(back_u[inner], u[inner], atol=1e-3, rtol=0)
    torch.testing.assert_close(back_v, v)
    torch.testing.assert_close(radius, torch.full_like(u, 70.0))


def test_the_spline_goes_through_the_landmarks() -> None:
    asked = sample_landmarks(seeded(4), 0.5)
    head = build_head(asked)
    moved = np.linalg.norm(head.landmarks_mm - asked, axis=1)[:468]
    assert np.median(moved) < 0.5  # mm; lids, lips and nostrils are carved on purpose
    assert np.percentile(moved, 90) < 2.0


def test_landmarks_lie_on_the_surface(head: Head) -> None:
    points = torch.from_numpy(head.landmarks_mm)
    u, v, radius = to_chart(points)
    assert float((head.radius_at(u, v, bare=True) - radius).abs().max()) < 0.05


def test_faces_have_human_size_and_differ() -> None:
    several = np.stack([sample_landmarks(seeded(k), k % 2) for k in range(24)])
    pupils = np.linalg.norm(several[:, LEFT_IRIS] - several[:, RIGHT_IRIS], axis=1)
    assert 59 < pupils.mean() < 65  # mm, Dodgson 2004
    assert 1.0 < pupils.std() < 5.0
    height = several[:, 152, 1] - several[:, 10, 1]
    assert 140 < height.mean() < 180
    jaw = several[:, 397, 0] - several[:, 172, 0]
    assert jaw[::2].mean() > jaw[1::2].mean()  # men's are wider


def test_the_iris_is_as_wide_as_irises_are(head: Head) -> None:
    for centre in (RIGHT_IRIS, LEFT_IRIS):
        across = head.landmarks_mm[centre + 1, 0] - head.landmarks_mm[centre + 3, 0]
        assert abs(across) == pytest.approx(IRIS_DIAMETER_MM, abs=0.05)


def test_area_factor_of_a_cylinder_is_its_radius() -> None:
    u, v = chart_grid(0.5)
    flat = torch.full_like(u, 84.0)
    cylinder = Head(flat, flat, np.zeros((478, 3), np.float32), np.zeros((478, 2), np.float32), np.zeros((2, 3)))
    inner = (slice(100, 110), slice(100, 110))
    torch.testing.assert_close(area_factor(cylinder, u[inner], v[inner]), torch.full((10, 10), 1.2))


def test_pose_turns_the_way_the_contract_says() -> None:
    nose = torch.tensor([0.0, 0.0, -1.0])  # towards the camera
    assert float((rotation_of(30, 0, 0) @ nose)[0]) > 0.4  # to the person's left = right of the photo
    assert float((rotation_of(0, 20, 0) @ nose)[1]) < -0.3  # up
    assert float((rotation_of(0, 0, 20) @ torch.tensor([1.0, 0.0, 0.0]))[1]) > 0.3  # clockwise as seen


@pytest.mark.parametrize("yaw_deg", [0.0, 40.0])
def test_rays_meet_the_surface_that_projects_there(head: Head, yaw_deg: float) -> None:
    view = look_at((yaw_deg, 4.0, 3.0), (240, 192), 1000.0, 290.0, (0.0, 0.0))
    seen = trace(head, view)
    y, x = torch.meshgrid(torch.arange(240.0), torch.arange(192.0), indexing="ij")
    again = view.project(head.points(seen.u, seen.v))
    off = torch.hypot(again[..., 0] - x, again[..., 1] - y)[seen.hit]
    assert 0.3 < float(seen.hit.float().mean()) < 0.9
    assert float(off.quantile(0.99)) < 0.3  # px
    assert float((seen.depth - again[..., 2])[seen.hit].abs().quantile(0.99)) < 0.5  # mm


def test_a_turned_head_hides_its_far_side(head: Head) -> None:
    view = look_at((45.0, 0.0, 0.0), (240, 192), 1000.0, 290.0, (0.0, 0.0))
    seen = trace(head, view)
    points = view.project(torch.from_numpy(head.landmarks_mm))
    sight = visible(points, seen)
    assert not bool(sight[454])  # before the left ear: turned away
    assert bool(sight[234])  # before the right ear
    assert bool(sight[4])  # tip of the nose
    facing = look_at((0.0, 0.0, 0.0), (240, 192), 1000.0, 290.0, (0.0, 0.0))
    assert visible(facing.project(torch.from_numpy(head.landmarks_mm)), trace(head, facing)).float().mean() > 0.9
