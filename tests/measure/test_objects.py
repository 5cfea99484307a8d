"""Contrast against surrounding skin and separate objects, on drawn discs and lines."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import Frame, Segmentation, SkinAnchor, SkinMaps
from skinimg.measure.objects import contrast_maps, find_objects, line_lengths, skeleton_length_px
from skinimg.photo.colour import linear_to_srgb8, srgb_to_linear
from skinimg.skin.optics import skin_density, skin_maps

SHAPE = (400, 500)
YS, XS = np.mgrid[: SHAPE[0], : SHAPE[1]]


def disc(x, y, radius_px):
    return np.clip(radius_px - np.hypot(XS - x, YS - y) + 0.5, 0, 1).astype(np.float32)


def flat_maps(melanin, shading=None):
    zero = np.zeros(SHAPE, np.float32)
    anchor = SkinAnchor(0.03, 0.012, 40.0, (0.0, 0.0, 0.0))
    return SkinMaps(melanin, zero, zero if shading is None else shading, np.zeros(SHAPE, bool), anchor)


def darkened(melanin):
    """(h, w, 3) linear light of a photo with that much melanin and nothing else."""
    return np.exp(-np.asarray(melanin, np.float32))[..., None].repeat(3, axis=2)


def frame(skin=None, linear=None):
    return Frame(
        linear=np.ones((*SHAPE, 3), np.float32) if linear is None else linear,
        skin=np.ones(SHAPE, bool) if skin is None else skin,
        region_bits=np.ones(SHAPE, np.uint16),
        regions=("patch",),
        landmarks=None,
        to_photo=np.eye(2, 3, dtype=np.float32),
        photo_shape=SHAPE,
        mm_per_px=0.1,
        native_px_per_mm=10.0,
        scale_source="manifest",
    )


def segmentation(**masks):
    return Segmentation(
        MASK_FINDINGS, np.stack([masks.get(f, np.zeros(SHAPE, np.float32)) for f in MASK_FINDINGS]), "t"
    )


@pytest.mark.parametrize("radius_px", [5, 20, 80])
def test_contrast_is_that_against_the_ring_whatever_the_size(radius_px):
    """Also in the middle of a 16 mm patch, where no plain skin is near."""
    spot = disc(250, 200, radius_px)
    slope = (XS * 0.001).astype(np.float32)  # the skin itself gets darker to the right
    melanin = slope + 0.4 * spot
    found = contrast_maps(frame(linear=darkened(melanin)), flat_maps(melanin), segmentation(spots=spot))["spots"]
    assert found[spot > 0.99].mean() == pytest.approx(0.4, abs=0.02)
    assert abs(found[:50, :50].mean()) < 0.02


def test_uneven_light_is_no_part_of_a_wide_mark():
    """The middle of a cheek faces the lamp: a patch of centimetres there is as dark as the skin around it looks."""
    patch = disc(250, 200, 80)
    light = (-0.3 * np.exp(-((XS - 250) ** 2 + (YS - 200) ** 2) / (2 * 100.0**2))).astype(np.float32)
    maps = replace(flat_maps(0.3 * patch), shading=light)
    found = contrast_maps(frame(linear=darkened(0.3 * patch + light)), maps, segmentation(spots=patch))["spots"]
    assert found[patch > 0.99].mean() == pytest.approx(0.3, abs=0.03)


def test_a_hole_in_the_skin_does_not_leak_into_the_contrast():
    spot = disc(250, 200, 12)
    skin = np.ones(SHAPE, bool)
    skin[:, 270:] = False  # hair close by, very dark
    melanin = 0.4 * spot + np.where(skin, 0, 3).astype(np.float32)
    found = contrast_maps(frame(skin, darkened(melanin)), flat_maps(melanin), segmentation(spots=spot))["spots"]
    assert found[spot > 0.99].mean() == pytest.approx(0.4, abs=0.02)


def test_objects_have_their_true_place_area_and_contrast():
    spots = disc(100, 120, 15.3) + disc(300, 200, 9)
    melanin = 0.3 * disc(100, 120, 15.3) + 0.6 * disc(300, 200, 9)
    seg = segmentation(spots=spots)
    contrasts = contrast_maps(frame(linear=darkened(melanin)), flat_maps(melanin), seg)
    found = find_objects(seg, contrasts, {}, np.full(SHAPE, 0.01, np.float32))["spots"]
    assert found.x_px == pytest.approx([100, 300], abs=0.1)
    assert found.y_px == pytest.approx([120, 200], abs=0.1)
    assert found.area_mm2 == pytest.approx([np.pi * 1.53**2, np.pi * 0.9**2], rel=0.01)
    assert found.contrast == pytest.approx([0.3, 0.6], abs=0.03)


@pytest.mark.parametrize(("melanin", "blood"), [(0.02, 0.012), (0.25, 0.012)])
def test_a_dark_line_in_a_jpeg_is_darker_than_its_skin(melanin, blood, tmp_path):
    """JPEG stores colour at half resolution: a thin line has the colour of its skin, and only its brightness tells."""
    dark, skin = 0.3, np.ones(SHAPE, bool)
    line = (np.abs(YS - 200) < 1.5).astype(np.float32)
    plain = skin_density(np.float32(melanin), np.float32(blood))
    linear = 2 * np.exp(-plain - dark * line[..., None]).astype(np.float32)
    Image.fromarray(linear_to_srgb8(linear)).save(tmp_path / "line.jpg", quality=90, subsampling="4:2:0")
    seen = srgb_to_linear(np.asarray(Image.open(tmp_path / "line.jpg")))
    anchor = SkinAnchor(melanin, blood, 40.0, (-np.log(2),) * 3)
    maps = skin_maps(seen, skin, 0.1, anchor)
    found = contrast_maps(frame(linear=seen), maps, segmentation(wrinkles=line))["wrinkles"]
    assert found[line > 0].mean() == pytest.approx(dark, abs=0.05)


def test_a_pore_in_a_dark_patch_is_compared_with_the_patch():
    pore, patch = disc(250, 200, 3), disc(250, 200, 80)
    melanin = 0.4 * patch + 0.2 * pore
    found = contrast_maps(frame(linear=darkened(melanin)), flat_maps(melanin), segmentation(spots=patch, pores=pore))
    assert found["pores"][pore > 0.99].mean() == pytest.approx(0.2, abs=0.02)
    assert found["spots"][pore > 0.99].mean() == pytest.approx(0.6, abs=0.02)


def test_a_red_mark_is_half_as_dark_as_it_looks_and_a_spot_as_dark():
    """A photo's own colours are noisy at the size of a spot: half of the blood that they tell is believed."""
    red, spot = disc(120, 200, 12), disc(350, 200, 12)
    maps = replace(flat_maps(0.3 * spot), haemoglobin=(0.3 * red).astype(np.float32))
    found = contrast_maps(frame(linear=darkened(0.3 * (red + spot))), maps, segmentation(spots=red + spot))["spots"]
    assert found[spot > 0.99].mean() == pytest.approx(0.3, abs=0.02)
    assert found[red > 0.99].mean() == pytest.approx(0.15, abs=0.02)


def test_specks_are_no_objects():
    seg = segmentation(spots=disc(100, 100, 1.5), pores=disc(100, 100, 1.5))
    zero = {f: np.zeros(SHAPE, np.float32) for f in MASK_FINDINGS}
    found = find_objects(seg, zero, {}, np.full(SHAPE, 0.01, np.float32))
    assert len(found["spots"].x_px) == 0
    assert len(found["pores"].x_px) == 1


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (1, 1), (0, 1)])
def test_skeleton_length_of_straight_lines(dx, dy):
    line = np.zeros((60, 60), bool)
    for step in range(41):
        line[5 + step * dy, 5 + step * dx] = True
    assert skeleton_length_px(line).sum() == pytest.approx(40 * np.hypot(dx, dy), abs=1e-3)


def test_a_drawn_wrinkle_has_its_length():
    line = np.clip(2.5 - np.abs(YS - 200), 0, 1) * ((XS >= 100) & (XS < 300))
    lengths = line_lengths(segmentation(wrinkles=line.astype(np.float32)), 0.1)["wrinkles"]
    assert lengths.sum() == pytest.approx(20.0, abs=0.6)  # a skeleton loses half the width at each end
