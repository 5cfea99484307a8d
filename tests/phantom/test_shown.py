"""A photo's labels of pores and lines lie where its light makes them dark."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from skinimg.phantom.filters import blur
from skinimg.phantom.light import Light, lit, normals_of, openness_of, towards
from skinimg.phantom.shown import Surface, darkness, labels_of

MM = 0.05
SIDE = 161
AT_MM = (torch.arange(SIDE) - SIDE // 2) * MM


def groove(depth_mm: float, sigma_mm: float = 0.25) -> Tensor:
    """Depth of a straight upright furrow in the middle."""
    return (depth_mm * torch.exp(-0.5 * (AT_MM / sigma_mm) ** 2)).expand(SIDE, SIDE).contiguous()


def pit(depth_mm: float, x_mm: float, sigma_mm: float = 0.12) -> Tensor:
    return depth_mm * torch.exp(-0.5 * ((AT_MM - x_mm) ** 2 + AT_MM[:, None] ** 2) / sigma_mm**2)


def labels(grooves_mm: dict[str, Tensor], light: Light, blur_mm: float = 0.05) -> dict[str, Tensor]:
    def green(skin: Surface) -> Tensor:
        normals, openness = normals_of(skin.height_mm, MM), openness_of(skin.height_mm, MM)
        return lit(skin.albedo[..., None], normals, openness, light)[..., 0]

    albedo, height_mm = torch.full((SIDE, SIDE), 0.4), -torch.stack(list(grooves_mm.values())).amax(0)
    without = {name: Surface(height_mm + depth_mm, albedo) for name, depth_mm in grooves_mm.items()}
    skin = Surface(height_mm, albedo)
    dark = darkness(green, skin, without, MM, lambda plane: blur(plane, blur_mm / MM))
    return labels_of({name: (depth_mm > 0.02).float() for name, depth_mm in grooves_mm.items()}, dark, MM)


def middle_mm(label: Tensor) -> float:
    return float((label * AT_MM).sum() / label.sum())


def slanting(tilt_deg: float, azimuth_deg: float) -> Light:
    return Light(towards(tilt_deg, azimuth_deg), ambient=0.3)


@pytest.mark.parametrize(("azimuth_deg", "side"), [(0, 1), (180, -1)])
def test_the_wall_that_turns_away_from_the_lamp_is_labelled(azimuth_deg: float, side: int) -> None:
    found = middle_mm(labels({"wrinkles": groove(0.12)}, slanting(35, azimuth_deg))["wrinkles"])
    assert 0.08 < side * found < 0.4


def test_light_along_the_camera_labels_the_groove_itself() -> None:
    label = labels({"wrinkles": groove(0.5)}, slanting(0, 0))["wrinkles"]
    assert label.sum() > 0
    assert abs(middle_mm(label)) < 0.02


def test_a_deeper_groove_is_not_labelled_much_wider() -> None:
    one, two = (float(labels({"wrinkles": groove(d)}, slanting(35, 0))["wrinkles"].sum()) for d in (0.25, 0.5))
    assert math.log(two / one) == pytest.approx(0, abs=0.25)


def test_what_a_soft_photo_does_not_show_is_not_labelled() -> None:
    light = slanting(20, -90)
    assert labels({"pores": pit(0.3, 0.0)}, light)["pores"].max() > 0.5
    assert labels({"pores": pit(0.3, 0.0)}, light, blur_mm=0.5)["pores"].max() == 0


def test_pores_beside_a_line_are_not_labelled_as_the_line() -> None:
    both = labels({"pores": pit(0.3, 0.9), "wrinkles": groove(0.3)}, slanting(20, -90))
    at = SIDE // 2 + round(0.9 / MM)
    around = (slice(SIDE // 2 - 6, SIDE // 2 + 7), slice(at - 6, at + 7))
    assert both["pores"][around].max() > 0.5
    assert both["wrinkles"][around].max() == 0
    assert both["pores"][:, : SIDE // 2].max() == 0


def test_a_plug_of_pigment_is_seen_without_any_relief() -> None:
    flat, albedo = torch.zeros(SIDE, SIDE), torch.full((SIDE, SIDE), 0.2)
    plugged = Surface(flat, albedo * torch.exp(-pit(0.4, 0.0)))

    def even(skin: Surface) -> Tensor:
        return torch.ones_like(skin.albedo)

    dark = darkness(even, plugged, {"pores": Surface(flat, albedo)}, MM, lambda plane: plane)
    label = labels_of({"pores": (pit(0.4, 0.0) > 0.2).float()}, dark, MM)["pores"]
    assert label[SIDE // 2, SIDE // 2] == 1
    assert 0.02 < float(label.sum()) * MM**2 < 0.3
