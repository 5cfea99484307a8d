"""Whether a picture went through a strong JPEG compression before it was saved as the file that it is.

A messenger or a web page compresses, and whoever saves the result again writes a new table into the file, or a PNG. The
old steps stay in the pixels: the coefficients of the 8 x 8 blocks still lie near multiples of them. A picture that was
scaled or moved afterwards has lost them; that it is soft is told elsewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BLOCK = 8
_MOST_BLOCKS = 20_000
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
    coefficients = _coefficients(codes)
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


def _coefficients(codes: npt.NDArray[np.generic]) -> list[npt.NDArray[np.float32]]:
    """A few coefficients of the cosine transform of many blocks, each (n,)."""
    rows, columns = codes.shape[0] // _BLOCK, codes.shape[1] // _BLOCK
    skip = max(rows * columns // _MOST_BLOCKS, 1)
    grid = codes[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK, -1)[::skip]
    blocks = grid[..., :3].astype(np.float32)
    luma = blocks @ np.array([0.299, 0.587, 0.114], np.float32) if blocks.shape[-1] == 3 else blocks[..., 0]
    along = np.arange(_BLOCK)
    waves = np.cos((2 * along[None] + 1) * np.arange(3)[:, None] * np.pi / (2 * _BLOCK)) / 2
    waves[0] /= np.sqrt(2)
    spectrum = np.einsum("ui,risj,vj->uvrs", waves.astype(np.float32), luma, waves.astype(np.float32), optimize=True)
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
