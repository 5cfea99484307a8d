"""Whether a picture went through a strong JPEG compression before it was saved as the file that it is.

A messenger or a web page compresses, and whoever saves the result again writes a new table into the file, or a PNG. The
old steps stay in the pixels: the coefficients of the 8 x 8 blocks still lie near multiples of them. Where the picture was
cut in between, the blocks lie elsewhere, where their borders show. One that was scaled or turned afterwards has lost
them; that it is soft is told elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BLOCK = 8
_MOST_PX = 1280  # of a side, from the middle: 25,600 blocks say what more would
_PLACES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1))  # row and column of a coefficient
_STEPS_AT_50 = (11, 12, 12, 10, 14, 14, 13)  # of these in the luminance table of ITU-T T.81, Annex K
_LARGEST_STEP = 64
_BEYOND = 0.4  # steps: what is smaller lies near 0; half of a step has to count, or its double would fit, too
_LEAST = 200  # coefficients beyond
# Mean cosine of the phase: 1 on multiples of a step, 0 without one. Re-saved at 93 after 50 and 20: 0.50 to 0.88; 20
# photos and phantoms without a strong compression: below 0.5 in every place.
_COHERENT = 0.5
_LEAST_PLACES = 4
# The real photos on which limits and noise were measured were themselves saved at 75 once: that much is no fault.
STRONG = 65.0


def earlier_quality(codes: npt.NDArray[np.generic]) -> float:
    """Quality of an earlier compression, as libjpeg counts it, where it was below 65; NaN for other pictures.

    codes : (H, W) or (H, W, 3) 8-bit codes as they lie in the file, not turned
    """
    if codes.dtype != np.uint8 or min(codes.shape[:2]) < _BLOCK:
        return float("nan")
    luma = _luma(_middle(codes))
    found = [_quality(luma[down:, right:]) for down, right in {(0, 0), (_first_border(luma), _first_border(luma.T))}]
    return float(np.fmin.reduce(found))


def _middle(codes: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """At most 1280 pixels a side, from a multiple of a block on."""
    top, left = (max(side - _MOST_PX, 0) // 2 // _BLOCK * _BLOCK for side in codes.shape[:2])
    return codes[top : top + _MOST_PX, left : left + _MOST_PX]


def _luma(codes: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    if codes.ndim == 2:
        return codes.astype(np.float32)
    if codes.shape[2] < 3:
        return codes[..., 0].astype(np.float32)
    return codes[..., :3].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _first_border(luma: npt.NDArray[np.float32]) -> int:
    """Rows above the first border of blocks: where a step between rows stands out most of those beside it."""
    step = np.abs(np.diff(luma, axis=0)).mean(axis=1)
    stands_out = step[1:-1] - (step[:-2] + step[2:]) / 2
    whole = stands_out[: len(stands_out) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return (int(np.median(whole, axis=0).argmax()) + 2) % _BLOCK if len(whole) else 0


def _quality(luma: npt.NDArray[np.float32]) -> float:
    """Of blocks that begin at the first pixel; NaN without steps of a strong compression."""
    coefficients = _coefficients(luma)
    scales = [
        100 * step / at_50
        for values, at_50 in zip(coefficients, _STEPS_AT_50, strict=True)
        if (step := _step(values)) is not None
    ]
    if len(scales) < _LEAST_PLACES:
        return float("nan")
    scale = float(np.median(scales))
    quality = 5000 / scale if scale > 100 else (200 - scale) / 2
    return quality if quality < STRONG else float("nan")


def _coefficients(luma: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """A few coefficients of the cosine transform of many blocks, each (n,)."""
    rows, columns = luma.shape[0] // _BLOCK, luma.shape[1] // _BLOCK
    grid = luma[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
    along = np.arange(_BLOCK)
    waves = np.cos((2 * along[None] + 1) * np.arange(3)[:, None] * np.pi / (2 * _BLOCK)) / 2
    waves[0] /= np.sqrt(2)
    spectrum = np.einsum("ui,risj,vj->uvrs", waves.astype(np.float32), grid, waves.astype(np.float32), optimize=True)
    return [spectrum[place].ravel() for place in _PLACES]


def _step(values: npt.NDArray[np.float32]) -> int | None:
    """The largest step of whose multiples the values lie near; None without one."""
    found = None
    for step in range(3, _LARGEST_STEP):
        beyond = values[np.abs(values) > _BEYOND * step]
        if len(beyond) < _LEAST:
            break
        if float(np.mean(np.cos(2 * np.pi * beyond / step))) > _COHERENT:
            found = step
    return found
