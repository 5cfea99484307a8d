"""What of a close-up is its skin."""

from pathlib import Path

import numpy as np

from skinimg.base.settings import Settings
from skinimg.observe.frame import closeup_frame
from skinimg.photo.decode import read_photo
from tests.drawn import save, skin_patch


def test_a_fresh_papule_is_skin_and_what_is_grey_or_wide_is_not(tmp_path: Path) -> None:
    patch = skin_patch(size_mm=60, spots=())
    y, x = np.mgrid[0:600, 0:600] * 0.1

    def disc(x_mm: float, y_mm: float, radius_mm: float) -> np.ndarray:
        return np.hypot(x - x_mm, y - y_mm) < radius_mm

    papule, eye, lips = disc(12, 12, 3), disc(45, 12, 3), disc(35, 42, 11)
    patch[papule | lips] *= np.exp([0.0, -0.9, -0.8])
    patch[eye] = 0.3
    save(patch, tmp_path / "closeup.png")
    skin = closeup_frame(read_photo(tmp_path / "closeup.png", Settings().max_megapixels), 10.0, "manifest").skin
    assert skin[papule].all()
    assert skin[disc(12, 45, 8)].all()
    assert not skin[disc(45, 12, 2)].any()
    assert not skin[disc(35, 42, 10)].any()
