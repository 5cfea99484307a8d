"""Light and camera: contrasts near the table, neutral where nothing is wrong, the same from the same seed."""

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from skinimg.phantom.camera import Camera, decode, develop, encode, rendered_plane, sample_camera
from skinimg.phantom.draws import seeded
from skinimg.phantom.filters import blur, resized, smeared
from skinimg.phantom.jpeg import compress
from skinimg.phantom.light import Light, normals_of, openness_of, refilled, scattered_light, shade, towards
from skinimg.phantom.skin import skin_colour

FLAT = Light(towards(0, 0), ambient=0.4, shine=0.0)


def _groove_percent(depth_mm: float, width_mm: float, tilt_deg: float) -> np.ndarray:
    """Darkening in the middle of a long groove, R, G, B, lit across with 40 % ambient light."""
    mm, size = 0.025, (48, 640)
    x = (torch.arange(size[1]) - size[1] / 2) * mm
    height = (-depth_mm * torch.exp(-np.log(2) * (2 * x / width_mm) ** 2)).expand(size)
    albedo = skin_colour(0.03, 0.012).expand(*size, 3)
    light = Light(towards(tilt_deg, 0), 0.4, 0.0)
    lit = shade(albedo, normals_of(height, mm), openness_of(height, mm), torch.ones(size), light, mm)[24]
    return (100 * (1 - lit.min(dim=0).values / lit[8])).numpy()


# docs/CONSTANTS.md 4. Two Gaussians that hold 50 % and 90 % of the light within the radii of the same section leave red a
# narrow core, so fine grooves keep up to 2.1 times the red contrast of the table.
@pytest.mark.parametrize(
    ("depth_mm", "width_mm", "tilt_deg", "red", "green", "blue"),
    [
        (0.1, 0.3, 45, 2.7, 7.6, 13.0),
        (0.2, 0.6, 45, 7.0, 17.0, 23.0),
        (0.4, 1.0, 45, 16.0, 30.0, 35.0),
        (0.1, 0.3, 0, 1.9, 3.6, 4.6),
    ],
)
def test_groove_contrast_is_near_the_table(depth_mm, width_mm, tilt_deg, red, green, blue) -> None:
    percent = _groove_percent(depth_mm, width_mm, tilt_deg)
    assert 0.75 * red < percent[0] < 2.1 * red
    assert percent[1] == pytest.approx(green, rel=0.3)
    assert percent[2] == pytest.approx(blue, rel=0.3)
    assert percent[0] < percent[1] < percent[2]  # red scatters furthest


def test_light_from_the_front_hides_relief() -> None:
    assert _groove_percent(0.1, 0.3, 0)[1] < 0.6 * _groove_percent(0.1, 0.3, 45)[1]


def test_even_skin_keeps_its_colour() -> None:
    albedo = skin_colour(0.03, 0.012).expand(64, 64, 3)
    flat = torch.zeros(64, 64)
    lit = shade(albedo, normals_of(flat, 0.1), openness_of(flat, 0.1), torch.ones(64, 64), FLAT, 0.1)
    assert torch.allclose(lit, albedo, atol=1e-5)


def test_scattering_moves_light_and_loses_none() -> None:
    point = torch.zeros(401, 401, 3)
    point[200, 200] = 1.0
    spread = scattered_light(point, 0.05)
    radius = torch.hypot(*torch.meshgrid(torch.arange(401.0) - 200, torch.arange(401.0) - 200, indexing="ij")) * 0.05
    for channel, (half, most) in enumerate(
        ((0.39, 1.7), (0.24, 0.8), (0.17, 0.6))
    ):  # docs/CONSTANTS.md 4, radii of 50, 90 %
        assert float(spread[..., channel].sum()) == pytest.approx(1.0, abs=0.02)
        assert float(spread[..., channel][radius <= half].sum()) == pytest.approx(0.5, abs=0.06)
        assert float(spread[..., channel][radius <= most].sum()) == pytest.approx(0.9, abs=0.04)


def test_hollows_are_refilled_by_their_own_walls() -> None:
    even, hollow = torch.ones(4, 4), torch.full((4, 4), 0.8)
    white, black = torch.ones(4, 4, 3), torch.zeros(4, 4, 3)
    assert torch.allclose(refilled(even * hollow, hollow, white), torch.ones(4, 4, 3))  # white walls lose nothing
    assert torch.allclose(refilled(even * hollow, hollow, black), torch.full((4, 4, 3), 0.8))
    assert torch.equal(refilled(even, even, white), torch.ones(4, 4, 3))  # and flat skin gains nothing


def test_shine_follows_oil_and_lamp() -> None:
    albedo = skin_colour(0.2, 0.01).expand(32, 32, 3)
    flat = torch.zeros(32, 32)
    normals, openness = normals_of(flat, 0.1), openness_of(flat, 0.1)

    def lit(gloss: float, light: Light) -> float:
        return float(shade(albedo, normals, openness, torch.full((32, 32), gloss), light, 0.1).mean())

    shiny = replace(FLAT, shine=1.0)
    assert lit(0.0, shiny) == pytest.approx(lit(1.0, FLAT), abs=1e-6)
    assert lit(2.0, shiny) > lit(1.0, shiny) > lit(0.0, shiny)
    assert lit(1.0, replace(shiny, direction=towards(70, 0))) < lit(1.0, shiny)


def test_plain_camera_is_true_to_the_light() -> None:
    light = torch.linspace(0.01, 0.95, 64)[None, :, None].expand(64, 64, 3)
    camera = Camera(FLAT, psf_px=0.0, shot=0.0, read=0.0, denoise=0.0, sharpen=0.0, s_curve=0.0)
    picture = develop(light, camera, seeded(0))
    assert torch.allclose(decode(picture.float() / 255), light, atol=0.006)
    assert torch.allclose(decode(encode(light)), light, atol=1e-5)


def test_same_seed_same_picture() -> None:
    light = torch.rand((40, 50, 3), generator=seeded(1)) * 0.5
    camera = sample_camera(seeded(2), "training")
    assert camera == sample_camera(seeded(2), "training")
    assert torch.equal(develop(light, camera, seeded(3)), develop(light, camera, seeded(3)))
    assert not torch.equal(develop(light, camera, seeded(3)), develop(light, camera, seeded(4)))


def test_regimes_stray_further_and_further() -> None:
    reference = sample_camera(seeded(0), "fixed_rig")
    spread = {}
    for regime in ("fixed_rig", "same_phone", "other_phone"):
        cameras = [sample_camera(seeded(n), regime, reference) for n in range(40)]
        spread[regime] = float(np.std([camera.exposure_ev for camera in cameras]))
        assert all(np.linalg.norm(camera.light.direction) == pytest.approx(1, abs=1e-6) for camera in cameras)
    assert spread["fixed_rig"] < spread["same_phone"] < spread["other_phone"]
    assert sample_camera(seeded(1), "same_phone", reference).colour_matrix == reference.colour_matrix
    assert sample_camera(seeded(1), "other_phone", reference).colour_matrix != reference.colour_matrix


@pytest.mark.parametrize("quality", [70, 90])
def test_jpeg_is_nearly_that_of_libjpeg(quality: int) -> None:
    noise = torch.rand((37, 51, 3), generator=seeded(0))
    picture = (blur(noise, 1.5) * 500 - 150).clamp(0, 255).round().to(torch.uint8)
    ours = compress(picture, quality).numpy().astype(int)
    _, code = cv2.imencode(".jpg", picture.numpy()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    theirs = cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1].astype(int)
    lost = np.abs(theirs - picture.numpy()).mean()
    assert np.abs(ours - theirs).mean() < 0.5 * lost  # nearer to libjpeg's result than that is to the picture
    assert np.abs(ours - picture.numpy()).mean() == pytest.approx(lost, rel=0.15)


def test_blur_keeps_the_mean_whatever_its_width() -> None:
    image = torch.rand((120, 160, 3), generator=seeded(0))
    wide = blur(image, 12.0)
    exact = torch.from_numpy(cv2.GaussianBlur(image.numpy(), (0, 0), 12.0, borderType=cv2.BORDER_REPLICATE))
    assert float((wide - exact)[20:-20, 20:-20].abs().max()) < 0.01
    assert resized(image, (60, 80)).shape == (60, 80, 3)
    assert torch.allclose(resized(image, (60, 80)).mean((0, 1)), image.mean((0, 1)), atol=1e-3)


@pytest.mark.parametrize(("path_px", "along", "across"), [((6.0, 0.0), 1, 0), ((0.0, 6.0), 0, 1)])
def test_motion_blurs_along_its_path_only(path_px, along, across) -> None:
    dot = torch.zeros(21, 21)
    dot[10, 10] = 1.0
    spread = smeared(dot, path_px)
    at = torch.arange(21.0) - 10
    variance = [float((spread.sum(1 - axis) * at**2).sum()) for axis in (0, 1)]
    assert float(spread.sum()) == pytest.approx(1.0, abs=1e-5)
    assert variance[along] == pytest.approx(6.0**2 / 12, rel=0.15)  # of a uniform path
    assert variance[across] < 0.01


def test_tone_mapping_evens_out_the_light_and_keeps_colours() -> None:
    light = torch.cat([torch.full((64, 64, 1), 0.1), torch.full((64, 64, 1), 0.5)], dim=1) * torch.tensor([1, 0.7, 0.5])
    camera = Camera(FLAT, psf_px=0.0, shot=0.0, read=0.0, denoise=0.0, sharpen=0.0, s_curve=0.0)
    plain, mapped = (develop(light, replace(camera, tone_mapping=k), seeded(0)).float() for k in (0.0, 0.5))
    assert mapped[:, 120].mean() / mapped[:, 8].mean() < 0.8 * plain[:, 120].mean() / plain[:, 8].mean()
    colour = [picture[32, 8] / picture[32, 8].sum() for picture in (plain, mapped)]
    assert torch.allclose(*colour, atol=0.01)


def test_only_careless_pictures_move_or_are_mapped() -> None:
    cameras = [sample_camera(seeded(n), "training") for n in range(60)]
    assert 3 < sum(camera.motion_px != (0.0, 0.0) for camera in cameras) < 25
    assert 8 < sum(camera.tone_mapping > 0 for camera in cameras) < 35
    steady = [sample_camera(seeded(n), "same_phone") for n in range(60)]
    assert all(camera.motion_px == (0.0, 0.0) and camera.tone_mapping == 0 for camera in steady)


@pytest.mark.parametrize(
    "change", [{"denoise": 1.0}, {"denoise": 0.0, "sharpen": 1.0}, {"motion_px": (3.0, 1.0)}, {"psf_px": 1.4}]
)
def test_a_rendered_plane_keeps_as_much_of_a_dot_as_the_developed_picture(change: dict[str, Any]) -> None:
    away = torch.arange(64) - 32.0
    grey = 0.3 * (1 - 0.5 * torch.exp(-0.5 * (away**2 + away[:, None] ** 2) / 0.8**2))
    plain = Camera(FLAT, shot=0.0, read=0.0, denoise=0.0, sharpen=0.0, s_curve=0.0)

    def contrast(plane: torch.Tensor) -> float:
        return math.log(plane[0, 0] / plane.min())

    def developed(camera: Camera) -> float:
        return contrast(decode(develop(grey[..., None].expand(-1, -1, 3), camera, seeded(0)) / 255)[..., 1])

    kept = developed(replace(plain, **change)) / developed(plain)
    rendered = [contrast(rendered_plane(grey, camera, 1.0)) for camera in (replace(plain, **change), plain)]
    assert abs(kept - 1) > 0.14
    assert rendered[0] / rendered[1] == pytest.approx(kept, rel=0.08)
