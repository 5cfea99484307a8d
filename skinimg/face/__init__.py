"""One face in one photo: landmarks, pose and scale; its regions; its usable skin.

`find_face` needs torch and imports it when first called; regions and skin are plain arrays.
"""

from __future__ import annotations

import numpy as np

from skinimg.base.records import Face
from skinimg.face.regions import region_masks
from skinimg.face.skin import skin_mask
from skinimg.face.slant import surface_factor

__all__ = ["find_face", "region_masks", "skin_mask", "surface_factor"]


def find_face(pixels: np.ndarray) -> Face:
    """The largest, most central face of a photo, (h, w, 3) or (h, w), sRGB-encoded: see `skinimg.face.find.find_face`.

    Raises
    ------
    PhotoError
        No face is found.
    WeightsError
        The face model's weights are missing or damaged.
    """
    from skinimg.face.find import find_face as find

    return find(pixels)
