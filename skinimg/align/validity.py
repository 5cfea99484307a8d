"""Where a map can be believed, how far it may be off, and when two photos do not belong together."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.align.refine import fill, step
from skinimg.align.texture import NODE, Texture, blur
from skinimg.align.warp import jacobian_determinant, rescale, sample
from skinimg.records import BoolArray, FloatArray

LEAST_CORRELATION = 0.3  # of the texture in a window (SCIENCE.md 5)
_WINDOW_NODES = 2.5  # sigma 2 mm
_MOST_DISAGREEMENT = 0.1875  # nodes: 0.15 mm = 1.5 px between the two directions (SCIENCE.md 5)
_FOLD = (0.4, 2.5)  # area ratios outside are folds, not skin


@dataclass(frozen=True)
class Evidence:
    """What speaks for a map at each of its nodes, (n_h, n_w).

    correlation : of the two textures in a window of sigma 2 mm, lesions left out; 0 where there is no texture in common.
    covered : share of the window where both photos show skin.
    matched : bool, the same pores and lines are seen: single lesions can be followed.
    """

    correlation: FloatArray
    covered: FloatArray
    matched: BoolArray


def weigh(base: Texture, other: Texture, to_other: FloatArray, disagreement: FloatArray) -> Evidence:
    """Texture correlation, agreement of the two directions and absence of folds, at the nodes of `to_other`."""
    correlation, covered = local_correlation(base, other, to_other)
    area = jacobian_determinant(to_other)
    area = area / float(np.median(area))
    sane = (area > _FOLD[0]) & (area < _FOLD[1])
    agreed = disagreement < _MOST_DISAGREEMENT
    matched = (correlation >= LEAST_CORRELATION) & agreed & sane & (covered > 0.05)
    return Evidence(correlation, covered, matched)


def local_correlation(base: Texture, other: Texture, to_other: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Zero-mean normalised cross-correlation in a Gaussian window, and the share of the window it rests on."""
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
    return np.where(covered > 0.02, correlation, 0).astype(np.float32), covered


def error_nodes(base: Texture, other: Texture, to_other: FloatArray) -> FloatArray:
    """How far the map may be off, (n_h, n_w) in nodes: half the difference of two estimates from separate halves.

    The halves are the black and the white squares of a board as large as the window; each asks for its own further
    step. The map itself rests on both, so its error is half of what they differ by.
    """
    rows, columns = (np.arange(side) // (2 * NODE) for side in base.value.shape)
    black = ((rows[:, None] + columns[None]) % 2).astype(np.float32)
    apart = step(base, other, to_other, black) - step(base, other, to_other, 1 - black)
    return np.asarray(np.linalg.norm(apart, axis=-1) / 2, dtype=np.float32)


def smooth_area(to_other: FloatArray, matched: BoolArray) -> FloatArray:
    """Jacobian determinant of a map, smoothed over 4 mm from where the map is believed, within the range of no fold."""
    area = jacobian_determinant(to_other)
    trust = (matched * 0.95 + 0.05).astype(np.float32)
    smooth = fill(np.log(np.clip(area, *_FOLD))[..., None].repeat(2, axis=-1).astype(np.float32), trust, 5.0)[..., 0]
    return np.asarray(np.exp(smooth), dtype=np.float32)
