"""Dense refinement: weighted Lucas-Kanade, coarse to fine, both ways.

Chosen over DIS flow because a weight of 0 is exact: a lesion has no say at all, and what it would have said comes from
the skin around it through the same Gaussian window. The result also does not depend on the number of threads.

Maps live on nodes 0.8 mm apart (NODE texture pixels): the finest window is 1.6 mm wide, so nothing finer is in them.
"""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from skinimg.align.texture import NODE, Texture, blur, coarser
from skinimg.align.warp import compose, invert, pixel_grid, rescale, sample
from skinimg.base.parallel import together
from skinimg.base.records import FloatArray

_LEVELS = 3  # textures of 0.8, 0.4 and 0.2 mm/px
_STEPS = 4  # per level; the fourth moves the median by less than 0.01 px
_WINDOW_PX = 8.0  # sigma of the window in pixels of the level: 6.4, 3.2, 1.6 mm
_LONGEST_STEP_PX = 2.0  # of the level; beyond it the linear model does not hold


def refine(baseline: Texture, session: Texture, to_session: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Refined (to_session, to_baseline) on nodes, inverse to each other, and how far the two directions disagreed.

    to_session : (n_h, n_w, 2) first map in node pixels, right to about 1 mm.
    Third value : (n_h, n_w) node pixels, on the baseline's grid.
    """
    pyramid = [(baseline, session)]
    for _ in range(_LEVELS - 1):
        pyramid.append((coarser(pyramid[-1][0]), coarser(pyramid[-1][1])))
    own, others = to_session.shape[:2], nodes_of(session)
    ahead = to_session
    disagreement = np.zeros(own, np.float32)
    for base, other in reversed(pyramid):
        back = invert(ahead, others)
        for _ in range(_STEPS):
            ahead, back = together(partial(_stepped, base, other, ahead), partial(_stepped, other, base, back))
        inverse = invert(back, own)
        disagreement = np.asarray(np.linalg.norm(ahead - inverse, axis=-1), dtype=np.float32)
        # The average of the two directions prefers neither photo (docs/CONSTANTS.md 5).
        ahead = np.asarray((ahead + inverse) / 2, dtype=np.float32)
    return ahead, invert(ahead, others), disagreement


def _stepped(base: Texture, other: Texture, to_other: FloatArray) -> FloatArray:
    shape = to_other.shape[0], to_other.shape[1]
    return compose(to_other, pixel_grid(shape) + step(base, other, to_other))


def nodes_of(texture: Texture) -> tuple[int, int]:
    """Shape of the node grid over a texture of the finest level."""
    return texture.value.shape[0] // NODE, texture.value.shape[1] // NODE


def step(base: Texture, other: Texture, to_other: FloatArray, share: FloatArray | None = None) -> FloatArray:
    """One Lucas-Kanade step: the shift (n_h, n_w, 2), in node pixels, after which `other` looks more like `base`.

    share : (h, w) weight in base pixels, to let only a part of the data speak.
    """
    nodes = to_other.shape[:2]
    ratio = base.value.shape[0] / nodes[0]
    at = rescale(to_other, base.value.shape, 1 / ratio)
    seen = sample(other.value, at)
    both = base.weight * (sample(other.weight, at) > 0.99)
    error = base.value - seen
    covered = both > 0
    if not covered.any():
        return np.zeros((*nodes, 2), np.float32)
    spread = 1.4826 * float(np.median(np.abs(error[covered]))) + 1e-6
    robust = both / (1 + (error / (2 * spread)) ** 2)
    if share is not None:
        robust = robust * share
    mean = (base.value + seen) / 2
    gx = cv2.Sobel(mean, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(mean, cv2.CV_32F, 0, 1, scale=1 / 8)
    window = _WINDOW_PX / ratio
    rx, ry = robust * gx, robust * gy
    xx, xy, yy, xe, ye = (
        cv2.GaussianBlur(cv2.resize(product, nodes[::-1], interpolation=cv2.INTER_AREA), (0, 0), window)
        for product in (rx * gx, rx * gy, ry * gy, rx * error, ry * error)
    )
    trace = xx + yy
    ridge = 0.02 * trace + 1e-9
    xx, yy = xx + ridge, yy + ridge
    determinant = xx * yy - xy * xy
    shift = np.stack([(yy * xe - xy * ye) / determinant, (xx * ye - xy * xe) / determinant], axis=-1)
    length = np.linalg.norm(shift, axis=-1, keepdims=True)
    shift *= np.minimum(1, _LONGEST_STEP_PX / np.maximum(length, 1e-6)) / ratio
    typical = float(np.median(trace[trace > 1e-6])) if (trace > 1e-6).any() else 1.0
    confidence = trace / (trace + 0.1 * typical + 1e-9)
    return fill(np.asarray(shift, np.float32), np.asarray(confidence, np.float32), window / 2)


def fill(field: FloatArray, confidence: FloatArray, sigma: float) -> FloatArray:
    """Confidence-weighted smoothing of a field (h, w, 2) that widens until it finds data (inside lesions, off skin)."""
    result = np.zeros_like(field)
    missing = np.ones(field.shape[:2], np.float32)
    for widen in (1, 2, 4, 8, 16):
        weight = blur(confidence, sigma * widen)
        mean = blur(field * confidence[..., None], sigma * widen) / np.maximum(weight, 1e-6)[..., None]
        trust = np.clip(weight / 0.3, 0, 1) * missing
        result += mean * trust[..., None]
        missing = missing - trust
    return result
