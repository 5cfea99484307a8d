"""One face in one photo: landmarks, pose and scale; its regions; its usable skin.

Comes in: pixels. Goes out: `Face`, and masks. `find_face` imports torch when it is first called. `observe` and `align` use it.
"""

from __future__ import annotations

import numpy as np

from skinimg.base.records import Face, Photo
from skinimg.face.regions import region_masks
from skinimg.face.skin import skin_mask
from skinimg.face.slant import surface_factor

__all__ = ["find_face", "region_masks", "skin_mask", "surface_factor"]


def find_face(photo: Photo | np.ndarray) -> Face:
    """The largest, most central face of a photo: see `skinimg.face.find.find_face`.

    photo: of `read_photo`, in linear light; or pixels, (h, w, 3) or grey (h, w), sRGB-encoded.

    Raises
    ------
    PhotoError
        No face is found.
    WeightsError
        The face model's weights are missing or damaged.
    """
    from skinimg.face.find import find_face as find

    return find(photo)
