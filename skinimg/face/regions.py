"""Regions of the face as masks, from landmarks in any frame."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray
from skinimg.face import mesh

# How far the oval's upper rim is lifted towards the hairline, in heights of the oval (point 10 to point 152): by eye,
# on the portraits; hair that it then covers is left to `skin_mask`.
_RIM_LIFT = 0.14
_RIM_SHARE = dict(
    zip(mesh.FOREHEAD_RIM, (0.0, 0.5, 0.8, 0.95, 1.0, 1.0, 1.0, 0.95, 0.8, 0.5, 0.0), strict=True)
)  # the temples stay

_OUTLINES = {
    "forehead": mesh.FOREHEAD,
    "left_cheek": mesh.LEFT_CHEEK,
    "right_cheek": mesh.RIGHT_CHEEK,
    "nose": mesh.NOSE,
    "chin": mesh.CHIN,
    "left_periorbital": mesh.LEFT_PERIORBITAL,
    "right_periorbital": mesh.RIGHT_PERIORBITAL,
    "perioral": mesh.PERIORAL,
}


def region_masks(landmarks: FloatArray, shape: tuple[int, ...]) -> dict[str, BoolArray]:
    """A mask (h, w) for each region of a face (docs/REFERENCE.md); left and right are the person's own.

    landmarks: (478, 2 or 3) in pixels of the frame; shape: (h, w, ...) of the frame. `face` is the oval, lifted to the
    hairline; `left_side` and `right_side` are its halves. The masks are geometry alone: intersect them with the skin.
    """
    points = lift_rim(landmarks)
    masks = {"face": fill_outline(points[mesh.OVAL], shape)}
    # A pixel that two outlines share belongs to the one named first.
    taken = np.zeros(shape[:2], np.bool_)
    for name, outline in _OUTLINES.items():
        masks[name] = fill_outline(points[outline], shape) & ~taken & masks["face"]
        taken |= masks[name]
    right = _right_of_midline(points, shape)
    masks["left_side"] = masks["face"] & ~right
    masks["right_side"] = masks["face"] & right
    return masks


def lift_rim(landmarks: FloatArray) -> FloatArray:
    """Landmarks (478, 2) with the oval's upper rim lifted to the hairline."""
    points = landmarks[:, :2].astype(np.float32)
    up = points[10] - points[152]
    for index, share in _RIM_SHARE.items():
        points[index] = points[index] + _RIM_LIFT * share * up
    return points


def fill_outline(outline: FloatArray, shape: tuple[int, ...]) -> BoolArray:
    """The inside of a closed outline (n, 2) as a mask (h, w)."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    return mask.astype(np.bool_)


def _right_of_midline(points: FloatArray, shape: tuple[int, ...]) -> BoolArray:
    """True on the person's right of the midline, which runs on straight beyond forehead and chin."""
    line = points[mesh.MIDLINE]
    down = line[-1] - line[0]
    right = np.array([-down[1], down[0]])  # towards the image's left for an upright face
    far = 3 * down
    outline = np.concatenate(
        [[line[0] - far], line, [line[-1] + far, line[-1] + far + 3 * right, line[0] - far + 3 * right]]
    )
    return fill_outline(outline, shape)
