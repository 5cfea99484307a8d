"""Damage in a lossy WebP, which has no checksum."""

import numpy as np
import pytest
from PIL import Image

from skinimg.base.errors import PhotoError
from skinimg.photo.decode import read_photo
from skinimg.photo.webp import refuse_bytes_left_over


def picture() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(60, 200, (24, 24, 3), np.uint8)).resize((192, 192), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("how", [{"quality": 60}, {"quality": 95}, {"method": 0}, {"method": 6}, {"exif": b"Exif\0\0"}])
def test_a_whole_file_needs_its_last_bytes(tmp_path, how):
    picture().save(tmp_path / "a.webp", **how)
    assert read_photo(tmp_path / "a.webp").linear.shape == (192, 192, 3)


def test_a_lossless_file_is_judged_by_its_own_codes(tmp_path):
    picture().save(tmp_path / "a.webp", lossless=True)
    refuse_bytes_left_over((tmp_path / "a.webp").read_bytes())


def test_one_changed_byte_is_seen(tmp_path):
    """In the first half of the data; the decoder complains of some, and none gets through."""
    picture().save(tmp_path / "good.webp", quality=85)
    good = (tmp_path / "good.webp").read_bytes()
    rng, unseen_by_decoder = np.random.default_rng(1), 0
    for place in rng.integers(len(good) // 8, len(good) // 2, 40):
        bad = bytearray(good)
        bad[place] ^= 0x55
        (tmp_path / "bad.webp").write_bytes(bad)
        with pytest.raises(PhotoError, match="damaged or truncated") as refusal:
            read_photo(tmp_path / "bad.webp")
        unseen_by_decoder += "without its last 16 bytes" in str(refusal.value)
    assert unseen_by_decoder > 0
