"""What is behind a face and where no face is: drawings, and pieces of photos so large that no face is left in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import ByteArray
from skinimg.face.crop import CROP_SIDE_RADII, FacePlace, crop_matrix
from skinimg.training.face.drawings import bare_skin, clutter, grid
from skinimg.training.face.photos import CANVAS_PX, CANVAS_RADIUS_PX, Faces

_SIDE_PX = 256
_CLUTTER, _GRIDS, _SKIN, _BLOWN_UP = 400, 150, 250, 400  # how many of each
_ON_SKIN = (50, 280, 151, 205, 425, 108, 337, 199)  # landmarks on cheeks, forehead and chin


@dataclass(frozen=True)
class Backdrops:
    """Pictures without a face."""

    pictures: tuple[ByteArray, ...]  # (256, 256, 3) RGB

    def one(self, rng: np.random.Generator) -> ByteArray:
        """A whole picture."""
        return self.pictures[rng.integers(len(self.pictures))]

    def piece(self, rng: np.random.Generator, size: int) -> ByteArray:
        """A piece of a picture, near or far, as (size, size, 3)."""
        whole = self.one(rng)
        side = int(rng.integers(size // 2, whole.shape[0] + 1))
        y, x = rng.integers(0, whole.shape[0] - side + 1, 2)
        return cv2.resize(whole[y : y + side, x : x + side], (size, size), interpolation=cv2.INTER_AREA)


def draw_backdrops(faces: Faces, rng: np.random.Generator) -> Backdrops:
    """Clutter, and pieces of photos blown up until no face is left in them: skin, hair, cloth, curtains."""
    drawn = [clutter(rng, _SIDE_PX) for _ in range(_CLUTTER)]
    drawn += [grid(rng, _SIDE_PX) for _ in range(_GRIDS)]
    drawn += [bare_skin(rng, _SIDE_PX) for _ in range(_SKIN)]
    drawn += [_blown_up(faces, rng, _SIDE_PX) for _ in range(_BLOWN_UP)]
    return Backdrops(tuple(drawn))


def _blown_up(faces: Faces, rng: np.random.Generator, size: int) -> ByteArray:
    """14 to 50 canvas pixels of a photo that is trained on, over the whole picture; at most 34 of them in a face."""
    i = rng.choice(faces.trained_on)
    piece = int(rng.uniform(14, 50))
    if rng.random() < 0.5:  # skin: cheeks and forehead
        x, y = faces.landmarks[i, rng.choice(_ON_SKIN), :2] + rng.normal(0, 4, 2)
        piece = min(piece, 34)
    else:  # anywhere in the photo
        low, high = faces.corners[i].min(0).clip(0), faces.corners[i].max(0).clip(None, CANVAS_PX - 1)
        x, y = rng.uniform(low, high)
        if np.hypot(x - CANVAS_PX / 2, y - CANVAS_PX / 2) < 2 * CANVAS_RADIUS_PX + piece / 2:
            piece = min(piece, 30)
    matrix = crop_matrix(FacePlace(x, y, piece / CROP_SIDE_RADII, rng.uniform(-3.1, 3.1)), size)
    return cv2.warpAffine(
        faces.canvas[0][i], matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
