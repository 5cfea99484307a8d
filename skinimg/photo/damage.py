"""Damage that a decoder does not complain of.

JPEG has no checksum. After a flipped byte the Huffman code falls into step again, and the decoder goes on: everything
behind lies elsewhere or has another colour. Of 200 photos with six flipped bytes libjpeg warned of 72. What it does not
warn of leaves a seam: one row of pixels on the border of two rows of blocks does not join the row above it.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

_BLOCK_PX = 8
_PARTS = 8  # of a row: damage begins in the middle of it
_LEAST_PARTS = 3
_LARGEST_BAR = 7  # a bar is at most a seventh of the height; two of 82 real portraits have one
_BAR_CODES = 8
_MOST_STEP = 90  # codes, three channels together: one black line is no seam
# How far a row may stand out from its neighbours, as a ratio to the median of all borders of blocks, which a low
# quality makes steep. 89 real photos reach 2.2, and 3.0 re-saved at quality 35; of 81 photos damaged in more than 1 %
# of their pixels without a warning of the decoder, 64 lie above 3.3.
MOST_SEAM = 3.3
# HEIC: its decoder takes flipped bytes for a picture, and its smoothing hides part of the seams.
MOST_SEAM_HEIC = 2.7


def refuse_missing_strips(image: Image.Image) -> None:
    """Raise ValueError for a plain TIFF that has not a strip or a tile for every pixel: Pillow leaves the rest black.

    One changed byte of its height makes a file of 9 kB a picture of 170 megapixels.
    """
    held: Counter[object] = Counter()
    for _, (left, top, right, bottom), _, how in image.tile:  # type: ignore[attr-defined]
        held[how[0]] += (right - left) * (bottom - top)  # separate planes are told by their mode
    if min(held.values(), default=0) < image.width * image.height:
        raise ValueError("strips of pixels are missing")


def seam(codes: npt.NDArray[np.uint8]) -> float:
    """How far the worst border between two rows of blocks stands out; codes : (H, W) or (H, W, 3) of a decoded JPEG."""
    step = cv2.absdiff(codes[1:], codes[:-1])
    channels = cv2.split(step) if step.ndim == 3 else (step,) * 3
    # Saturated sums are as good as whole ones: what lies above _MOST_STEP counts as that.
    total = np.minimum(cv2.add(cv2.add(channels[0], channels[1]), channels[2]), _MOST_STEP)  # (H - 1, W)
    height, width = total.shape
    borders = np.arange(_BLOCK_PX - 1, height - 4, _BLOCK_PX)
    above, below = _bars(codes)
    borders = borders[(borders >= max(above, 4)) & (borders < height - below)]
    if len(borders) < 4 or width < 8 * _PARTS:
        return 0.0
    edges = np.arange(_PARTS + 1) * width // _PARTS
    sums = [cv2.reduce(total[:, left:right], 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S) for left, right in pairwise(edges)]
    parts = np.concatenate(sums, axis=1) * (_PARTS / width)
    summed = np.concatenate([np.zeros((height, 1)), parts.cumsum(axis=1)], axis=1)
    worst = 0.0
    for left, right in combinations(range(_PARTS + 1), 2):
        if right - left < _LEAST_PARTS or (left and right < _PARTS):
            continue
        steep = (summed[:, right] - summed[:, left]) / (right - left) + 1.0  # (H - 1,)
        beside = np.maximum.reduce([steep[borders + k] for k in (-3, -2, -1, 1, 2, 3)])
        ratio = steep[borders] / beside
        worst = max(worst, float(ratio.max() / max(float(np.median(ratio)), 1.0)))
    return worst


def _bars(codes: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Rows of a plain black or white bar at the top and at the bottom, with or without a caption in it."""
    depth = len(codes) // _LARGEST_BAR
    rows = codes.reshape(len(codes), -1)
    heights = []
    for edge in (rows[:depth], rows[-depth:][::-1]):
        plain = (edge.max(axis=1) <= _BAR_CODES) | (edge.min(axis=1) >= 255 - _BAR_CODES)
        # A caption may stand in the bar: it reaches to the innermost plain row.
        heights.append(int(np.flatnonzero(plain)[-1]) + 2 if len(plain) and plain[0] else 0)
    return heights[0], heights[1]


class FramedError(ValueError):
    """The steps in a picture are the edges of bars above and below it, as a screenshot has them."""


def refuse_torn_rows(codes: npt.NDArray[np.uint8]) -> None:
    """Raise ValueError for a decoded JPEG with a seam; codes : (H, W) or (H, W, 3)."""
    _refuse(codes, MOST_SEAM)


def refuse_torn_blocks(codes: npt.NDArray[np.uint8]) -> None:
    """Raise ValueError for a decoded HEIC with a seam along rows or columns; codes : (H, W) or (H, W, 3)."""
    for turned in (codes, np.ascontiguousarray(codes.swapaxes(0, 1))):
        _refuse(turned, MOST_SEAM_HEIC)


def _refuse(codes: npt.NDArray[np.uint8], limit: float) -> None:
    found = seam(codes)
    if found > limit and seam(_between_bars(codes)) <= limit:
        raise FramedError("bars above and below")
    if found > limit:
        raise ValueError(f"its blocks do not join (a step {found:.1f} times that of its neighbours, limit {limit})")


def _between_bars(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """What lies below a plain bar at the top, and above one of the same colour at the bottom; else the whole picture.

    Damage runs from where it begins to the end of the file: it leaves no bar at the top.
    """
    rows = codes.reshape(*codes.shape[:2], -1).astype(np.int16)
    colour = np.median(rows[0], axis=0)
    share = (np.abs(rows - colour).max(axis=2) <= _BAR_CODES).mean(axis=1)  # (H,); signs and text may stand in a bar
    inside = np.flatnonzero(share < 0.5)
    if not len(inside) or not inside[0]:
        return codes
    top = (inside[0] // _BLOCK_PX + 1) * _BLOCK_PX  # whole blocks, so that their borders stay where they are
    below = len(codes) - 1 - inside[-1]
    return codes[top : inside[-1] // _BLOCK_PX * _BLOCK_PX] if below else codes[top:]
