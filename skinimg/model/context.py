"""What explains a dark rim: where on the face a pixel lies, what is near it, and how dark the skin around is.

A grid of cells of 1.6 mm, (N_CONTEXT, rows, columns), the same in training as in use:
0-2   density of R, G, B minus that of unaffected skin, a mean over the skin within 8 mm (SD): for patches wider than
      the network's reach
3-7   nearness to lips, lids, nostrils, brows and the border of the face: 2 deep inside, 1 on the outline, 0 beyond 8 mm
8-9   the place on the face: distance from the midline and height above the tip of the nose
10    1 where there are landmarks

A close-up has no landmarks: planes 3 to 10 are 0 there, which is also what the middle of a cheek looks like.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from skinimg.base.records import FloatArray
from skinimg.face import mesh
from skinimg.face.regions import fill_outline, lift_rim

CELL_PX = 16
N_COARSE = 3
N_ANATOMY = 8
N_CONTEXT = N_COARSE + N_ANATOMY
REACH_CELLS = 16  # the mean of planes 0-2 sees this far
_COARSE_SD_CELLS = 5.0
_NEAR_MM = 8.0  # false marks lay within 3 mm of outlines; landmarks are off by 1.8 mm (median)
_FINE = 4  # outlines are drawn at a quarter of the frame's resolution
_PLACE_MM = 70.0  # from the midline to an ear, from the nose to the hairline
_NOSE_TIP = 4


def coarse_pigment(relative: Tensor, skin: Tensor) -> Tensor:
    """Planes 0-2 of a batch: relative (n, 3, h, w), skin (n, h, w) -> (n, 3, rows, columns)."""
    return smoothed(*cells_of(relative, skin))


def cells_of(relative: Tensor, skin: Tensor) -> tuple[Tensor, Tensor]:
    """Sum over a cell's skin, (n, 3, rows, columns), and its share of skin, (n, 1, rows, columns)."""
    height, width = skin.shape[1:]
    pad = (0, -width % CELL_PX, 0, -height % CELL_PX)
    on_skin = functional.pad(skin[:, None].to(relative.dtype), pad)
    values = functional.pad(relative, pad).clamp(-2, 2) * on_skin
    return functional.avg_pool2d(values, CELL_PX), functional.avg_pool2d(on_skin, CELL_PX)


def smoothed(total: Tensor, share: Tensor) -> Tensor:
    """Mean over the skin around: what `cells_of` gives -> (n, 3, rows, columns); 0 where there is no skin in reach."""
    at = torch.arange(-REACH_CELLS, REACH_CELLS + 1, device=total.device, dtype=total.dtype)
    kernel = torch.exp(-(at**2) / (2 * _COARSE_SD_CELLS**2))
    kernel = kernel / kernel.sum()
    n, planes, rows, columns = total.shape
    flat = torch.cat([total, share], dim=1).reshape(n * (planes + 1), 1, rows, columns)
    flat = functional.conv2d(flat, kernel[None, None, :, None], padding=(REACH_CELLS, 0))
    flat = functional.conv2d(flat, kernel[None, None, None, :], padding=(0, REACH_CELLS))
    both = flat.reshape(n, planes + 1, rows, columns)
    weight = both[:, planes:]
    return torch.where(weight > 1e-3, both[:, :planes] / weight.clamp_min(1e-3), torch.zeros_like(both[:, :planes]))


def anatomy(landmarks: FloatArray | None, shape: tuple[int, int]) -> FloatArray:
    """Planes 3 to 10 of a frame, (8, rows, columns).

    landmarks : (478, 3) in pixels of the frame, None on a close-up; shape : (h, w) of the frame
    """
    rows, columns = (-(-side // CELL_PX) for side in shape)
    if landmarks is None:
        return np.zeros((N_ANATOMY, rows, columns), np.float32)
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


def _filled(points: FloatArray, group: tuple[list[int], ...], size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(size, np.bool_)
    for outline in group:
        hull = cv2.convexHull(points[outline].astype(np.float32))[:, 0]
        mask |= fill_outline((hull + 0.5) / _FINE - 0.5, size)
    return mask


def _nearness(mask: np.ndarray) -> FloatArray:
    """2 from 8 mm inside of a mask on, 1 on its outline, 0 from 8 mm outside on."""
    step_mm = 0.1 * _FINE
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
    far = _PLACE_MM / 0.1
    aside = np.abs(dx * across[0] + dy * across[1]) / far
    up = (dx * across[1] - dy * across[0]) / far
    return np.clip(aside, 0, 1.5).astype(np.float32), np.clip(up, -1.5, 1.5).astype(np.float32)
