"""Where on the face every 1.6 mm of a frame lies, and what is near: what explains a dark rim to the network.

Eight planes on a grid of cells (model/context.py): nearness to lips, lids, nostrils, brows and the border of the face,
the place beside and above the nose, and 1 everywhere.
"""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.face import mesh
from skinimg.face.regions import fill_outline, lift_rim
from skinimg.model.context import CELL_PX

_NEAR_MM = 8.0  # false marks lay within 3 mm of outlines; landmarks are off by 1.8 mm (median)
_FINE = 4  # outlines are drawn at a quarter of the frame's resolution
_PLACE_MM = 70.0  # from the midline to an ear, from the nose to the hairline
_NOSE_TIP = 4


def place_planes(landmarks: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """`Frame.place`, (8, rows, columns); landmarks : (478, 3) in pixels of the frame; shape : (h, w) of the frame."""
    rows, columns = (-(-side // CELL_PX) for side in shape)
    points = lift_rim(landmarks)
    size = (rows * CELL_PX // _FINE, columns * CELL_PX // _FINE)
    outlines = (
        (mesh.LIPS,), (mesh.RIGHT_EYE, mesh.LEFT_EYE), (mesh.RIGHT_NOSTRIL, mesh.LEFT_NOSTRIL),
        (mesh.RIGHT_BROW, mesh.LEFT_BROW),
    )  # fmt: skip
    near = [_nearness(_filled(points, group, size)) for group in outlines]
    near.append(_nearness(~fill_outline((points[mesh.OVAL] + 0.5) / _FINE - 0.5, size)))
    planes = [cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA) for plane in near]
    return np.stack([*planes, *_place(points, rows, columns), np.ones((rows, columns), np.float32)])


def _filled(points: FloatArray, group: tuple[list[int], ...], size: tuple[int, int]) -> BoolArray:
    mask = np.zeros(size, np.bool_)
    for outline in group:
        hull = cv2.convexHull(points[outline].astype(np.float32))[:, 0]
        mask |= fill_outline((hull + 0.5) / _FINE - 0.5, size)
    return mask


def _nearness(mask: BoolArray) -> FloatArray:
    """2 from 8 mm inside of a mask on, 1 on its outline, 0 from 8 mm outside on."""
    step_mm = WORKING_MM_PER_PX * _FINE
    away, inside = (
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, 5) if side.any() and not side.all() else None
        for side in (~mask, mask)
    )
    if away is None or inside is None:  # nothing of it in the frame, or nothing else
        return np.full(mask.shape, 2.0 if mask.any() else 0.0, np.float32)
    near: FloatArray = np.clip(1 - (away - inside) * step_mm / _NEAR_MM, 0, 2).astype(np.float32)
    return near


def _place(points: FloatArray, rows: int, columns: int) -> tuple[FloatArray, FloatArray]:
    """Distance from the midline and height above the nose, each 0 on the tip of the nose and about 1 at the rim."""
    across = points[473] - points[468]
    across = across / max(float(np.linalg.norm(across)), 1e-6)
    y, x = np.mgrid[:rows, :columns].astype(np.float32) * CELL_PX + (CELL_PX - 1) / 2
    dx, dy = x - points[_NOSE_TIP, 0], y - points[_NOSE_TIP, 1]
    far = _PLACE_MM / WORKING_MM_PER_PX
    aside = np.abs(dx * across[0] + dy * across[1]) / far
    up = (dx * across[1] - dy * across[0]) / far
    return np.clip(aside, 0, 1.5).astype(np.float32), np.clip(up, -1.5, 1.5).astype(np.float32)
