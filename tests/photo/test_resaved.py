"""A strong compression leaves its steps in the pixels, whatever the picture was saved as afterwards."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from skinimg.photo.decode import read_photo
from skinimg.photo.resaved import earlier_quality


def textured(size_px=640):
    """(size, size, 3) codes with detail at all scales, as skin has."""
    rng = np.random.default_rng(0)
    total = np.zeros((size_px, size_px, 3), np.float32)
    for scale in (2, 5, 10, 20, 40, 80):
        coarse = rng.normal(0, 6, (size_px // scale, size_px // scale, 3)).astype(np.float32)
        total += np.stack([np.asarray(Image.fromarray(coarse[..., k]).resize((size_px,) * 2)) for k in range(3)], -1)
    return np.clip(total + np.array([180, 130, 110]), 0, 255).astype(np.uint8)


def again(codes, quality):
    data = BytesIO()
    Image.fromarray(codes).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data))


@pytest.mark.parametrize("quality", [20, 35, 50, 60])
def test_a_strong_compression_is_seen_behind_a_weak_one(quality):
    assert earlier_quality(again(again(textured(), quality), 93)) == pytest.approx(quality, abs=6)


@pytest.mark.parametrize(("down", "right"), [(3, 5), (0, 4), (7, 1)])
def test_a_strong_compression_is_seen_in_a_picture_that_was_cut(down, right):
    strong = again(textured(), 40)[down:, right:]
    assert earlier_quality(again(strong, 93)) == pytest.approx(40, abs=6)
    assert np.isnan(earlier_quality(again(again(textured(), 90)[down:, right:], 93)))


@pytest.mark.parametrize("quality", [75, 90, 98])
def test_a_usual_compression_is_none(quality):
    assert np.isnan(earlier_quality(again(again(textured(), quality), 95)))


def test_without_blocks_there_are_no_steps():
    assert np.isnan(earlier_quality(textured()))
    assert np.isnan(earlier_quality(textured()[:5]))
    assert np.isnan(earlier_quality(textured().astype(np.uint16)))


def test_the_file_counts_as_its_strongest_compression(tmp_path):
    codes = again(textured(), 40)
    Image.fromarray(codes).save(tmp_path / "a.png")
    Image.fromarray(codes).save(tmp_path / "a.jpg", quality=95)
    Image.fromarray(textured()).save(tmp_path / "b.jpg", quality=95)
    assert [round(read_photo(tmp_path / name).jpeg_quality) for name in ("a.png", "a.jpg")] == pytest.approx(
        [40, 40], abs=6
    )
    assert read_photo(tmp_path / "b.jpg").jpeg_quality > 90
