"""What a photo shows besides skin that keeps its colour: a plain background, the whites of the eyes.

If all of the skin looks redder than at the baseline, either the skin or the light has changed. Only something else in
the picture can tell which.
"""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import Face, FloatArray
from skinimg.face import mesh
from skinimg.skin.optics import density

SIDES = ("background left", "background right", "background above")
EYES = "whites of the eyes"
CARD = "colour card"

_BAND, _NARROWEST = 0.08, 0.02  # of the photo's width or height: the outermost, where the head is not
_CLEAR = 0.13  # of the face's width or height between a band and the face: ears; hair is told by its pattern
_COLOUR_SPREAD, _LIGHT_SPREAD = 0.03, 0.15  # OD, robust SD: a plain wall with a gradient, no pattern and no hair
_BRIGHTEST, _DARKEST = 0.95, 0.02  # linear: beyond, a channel is clipped or has no colour in 8 bits
_LEAST_EYE_MM2 = 2.0


def background(linear: FloatArray, face: Face) -> dict[str, FloatArray]:
    """Median density (3,) of each side of the photo that is plain: side -> R, G, B. Empty where none is."""
    height, width = linear.shape[:2]
    (x0, y0), (x1, y1) = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
    gap_x, gap_y = _CLEAR * (x1 - x0), 2 * _CLEAR * (y1 - y0)  # above, the landmarks end at the forehead
    left, right = (_strip(room, width) for room in (x0 - gap_x, width - x1 - gap_x))
    above = _strip(y0 - gap_y, height)
    mouth = int(np.clip(y0 + 0.7 * (y1 - y0), 1, height))  # below come shoulders
    bands = {
        SIDES[0]: (left, np.s_[:mouth, :left]),
        SIDES[1]: (right, np.s_[:mouth, width - right :]),
        SIDES[2]: (above, np.s_[:above, :]),
    }
    found = {}
    for side, (clear, where) in bands.items():
        if clear and (plain := _plain(linear[where])) is not None:
            found[side] = plain
    return found


def _strip(room_px: float, side_px: int) -> int:
    """Width in pixels of a strip along the photo's rim that the head leaves free, 0 where it is too narrow to be read."""
    return min(int(room_px), round(_BAND * side_px)) if room_px > _NARROWEST * side_px else 0


def _plain(part: FloatArray) -> FloatArray | None:
    """Median density of a part of a photo, None where it has a pattern, is clipped or too dark."""
    size = (max(part.shape[1] // 8, 1), max(part.shape[0] // 8, 1))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA).reshape(-1, 3)
    middle = np.median(small, axis=0)
    if middle.max() > _BRIGHTEST or middle.min() < _DARKEST:
        return None
    away = density(small) - density(middle[None])
    spreads = 1.4826 * np.median(np.abs(np.stack([away[:, 0] - away[:, 1], away[:, 1] - away[:, 2]])), axis=1)
    light = 1.4826 * np.median(np.abs(away.mean(axis=1)))
    if spreads.max() > _COLOUR_SPREAD or light > _LIGHT_SPREAD:
        return None
    return np.asarray(np.median(density(small), axis=0), np.float32)


def eye_whites(linear: FloatArray, landmarks: FloatArray, mm_per_px: float) -> dict[str, FloatArray]:
    """Median density (3,) of both scleras, without lids, vessels' darkest and lights; empty where too little is seen.

    linear : (h, w, 3) of a frame; landmarks : (478, 3) in its pixels
    """
    # Cut out with 2 mm around, beyond the reach of the blur below: the rest of the face is thirty times as large.
    lids, margin = np.round(landmarks[[*mesh.RIGHT_EYE, *mesh.LEFT_EYE], :2]).astype(np.int32), round(2.0 / mm_per_px)
    (x0, y0), (x1, y1) = np.maximum(lids.min(axis=0) - margin, 0), np.maximum(lids.max(axis=0) + margin, 1)
    linear = linear[y0:y1, x0:x1]
    if linear.size == 0:
        return {}
    white = np.zeros(linear.shape[:2], np.uint8)
    for outline, iris in ((mesh.RIGHT_EYE, mesh.RIGHT_IRIS), (mesh.LEFT_EYE, mesh.LEFT_IRIS)):
        eye = np.zeros_like(white)
        cv2.fillPoly(eye, [np.round(landmarks[outline, :2]).astype(np.int32) - (x0, y0)], 1)
        cut = max(round(0.8 / mm_per_px), 1)  # lashes and the shade of the lids
        eye = cv2.erode(eye, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * cut + 1, 2 * cut + 1)))
        centre, rim = landmarks[iris[0], :2], landmarks[iris[1:], :2]
        radius = 1.15 * float(np.linalg.norm(rim - centre, axis=1).mean())
        cv2.circle(eye, (round(float(centre[0])) - int(x0), round(float(centre[1])) - int(y0)), round(radius), 0, -1)
        white |= eye
    light = cv2.GaussianBlur(linear, (0, 0), 0.2 / mm_per_px)[white > 0]
    if not len(light):
        return {}
    grey = light.mean(axis=1)
    low, high = np.percentile(grey, [40, 90])
    kept = light[(grey >= low) & (grey <= high) & (light.max(axis=1) < _BRIGHTEST)]
    if len(kept) * mm_per_px**2 < _LEAST_EYE_MM2:
        return {}
    return {EYES: np.median(density(kept), axis=0).astype(np.float32)}
