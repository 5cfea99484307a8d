"""Where a map can be believed, how far it may be off, and when two photos do not belong together."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.align.refine import fill, step
from skinimg.align.texture import NODE, Texture, blur
from skinimg.align.warp import jacobian_determinant, rescale, sample
from skinimg.base.records import BoolArray, FloatArray

LEAST_CORRELATION = 0.3  # of the texture in a window (docs/CONSTANTS.md 5)
_WINDOW_NODES = 2.5  # sigma 2 mm
_MOST_DISAGREEMENT = 0.1875  # nodes: 0.15 mm = 1.5 px between the two directions (docs/CONSTANTS.md 5)
# True median error over half the difference of the halves, on portraits taken again by a known warp: 2.2 to 2.5. The
# halves share the smoothness that the map imposes and the warp does not have.
_UNSEEN_PART = 2.3
_FOLD = (0.4, 2.5)  # area ratios outside are folds, not skin


def matched_nodes(
    plain: tuple[Texture, Texture],
    everything: tuple[Texture, Texture],
    to_other: FloatArray,
    disagreement: FloatArray,
) -> BoolArray:
    """Where the same pores and lines are seen, (n_h, n_w): texture correlates, both directions agree, nothing folds.

    plain, everything : the two photos without and with lesions. The middle of a wide lesion has no plain skin near;
        there the map, which came from around it, is believed if the pattern inside agrees. No map is drawn from that.
    disagreement : (n_h, n_w) nodes, between the maps found in the two directions.
    """
    area = jacobian_determinant(to_other)
    area = area / float(np.median(area))
    sane = (area > _FOLD[0]) & (area < _FOLD[1])
    correlation = local_correlation(*plain, to_other)
    inside = local_correlation(*everything, to_other)
    correlation = np.where(np.isnan(correlation), inside, correlation)
    alike = np.nan_to_num(correlation) >= LEAST_CORRELATION
    return np.asarray(alike & sane & (disagreement < _MOST_DISAGREEMENT))


def local_correlation(base: Texture, other: Texture, to_other: FloatArray) -> FloatArray:
    """Zero-mean normalised cross-correlation in a Gaussian window of sigma 2 mm, (n_h, n_w); NaN: no common skin."""
    nodes = to_other.shape[:2]
    at = rescale(to_other, base.value.shape, 1 / NODE)
    both = base.weight * (sample(other.weight, at) > 0.99)
    a, b = base.value, sample(other.value, at)

    def mean(image: FloatArray) -> FloatArray:
        return blur(cv2.resize(image, nodes[::-1], interpolation=cv2.INTER_AREA), _WINDOW_NODES)

    covered = mean(both)
    share = np.maximum(covered, 1e-3)
    ma, mb = mean(a * both) / share, mean(b * both) / share
    cov = mean(a * b * both) / share - ma * mb
    spread = (mean(a * a * both) / share - ma**2) * (mean(b * b * both) / share - mb**2)
    correlation = cov / np.sqrt(np.maximum(spread, 1e-4))
    return np.where(covered > 0.05, correlation, np.nan).astype(np.float32)


def error_nodes(base: Texture, other: Texture, to_other: FloatArray) -> FloatArray:
    """How far the map may be off, (n_h, n_w) in nodes: half the difference of two estimates from separate halves.

    The halves are the black and the white squares of a board as large as the window; each asks for its own further
    step. The map itself rests on both, so its error is half of what they differ by, and what both do not see.
    """
    rows, columns = (np.arange(side) // (2 * NODE) for side in base.value.shape)
    black = ((rows[:, None] + columns[None]) % 2).astype(np.float32)
    apart = step(base, other, to_other, black) - step(base, other, to_other, 1 - black)
    return np.asarray(_UNSEEN_PART * np.linalg.norm(apart, axis=-1) / 2, dtype=np.float32)


def area_ratio(to_other: FloatArray, matched: BoolArray) -> FloatArray:
    """Jacobian determinant of a map, smoothed over 4 mm from where the map is believed, within the range of no fold."""
    area = jacobian_determinant(to_other)
    trust = (matched * 0.95 + 0.05).astype(np.float32)
    smooth = fill(np.log(np.clip(area, *_FOLD))[..., None].repeat(2, axis=-1).astype(np.float32), trust, 5.0)[..., 0]
    return np.asarray(np.exp(smooth), dtype=np.float32)
