"""How well a probability map agrees with a labelled one: sums per photo and finding, and the figures made of them.

Sums add up, so a group of photos is the sum of its photos and a bootstrap is a reweighting of people. Truth (soft
coverage) and prediction become masks at one half; only skin is judged. What a sum means:

    truth_px, found_px, both_px      pixels of the two masks and of what they share
    truth, found, shared             sums of coverage y, probability p, and of min(p, y)
    near_truth_px, near_found_px     pixels of one mask within 2 px of the other
    gap                              |sum of p - sum of y| of a photo
    bin_px, bin_p, bin_y             (15,) pixels, probability and coverage by classes of p
    truth_objects, matched_truth     things that are labelled, and those of them that were found
    found_objects, matched_found     things that were found, and those of them that are labelled
    free_cm2, free_objects           skin at least 1 mm from any label of the finding, and things found there
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from skinimg.base.findings import FINDINGS
from skinimg.base.records import BoolArray, FloatArray

Values = npt.NDArray[np.float64]
Sums = Mapping[str, Values]
Labels = npt.NDArray[np.int32]

MIN_IOU = 0.2  # of a pair of objects; small things a pixel apart have no more (a 3 px pore, 1 px off: 0.36)
TOLERANCE_PX = 2  # of the boundary-tolerant Dice: 0.2 mm, what two people's outlines differ by
BINS = 15  # of the calibration error, as in Guo 2017
_FREE_MM = 1.0  # lesion-free skin begins this far from anything labelled
_FREE_COVERAGE = 0.1


@dataclass(frozen=True)
class FigureOfMerit:
    """One figure of merit. `missing` says what was not there when it has no value."""

    title: str
    unit: str
    missing: str
    compute: Callable[[Sums], Values]


def judge(truth: FloatArray, probability: FloatArray, skin: BoolArray, finding: str, mm_per_px: float) -> Sums:
    """Sums of one finding on one photo; see the module. truth, probability : (h, w) in [0, 1]."""
    y, p = np.where(skin, truth, 0), np.where(skin, probability, 0)
    labelled, found = y > 0.5, p > 0.5
    bins = np.minimum((p[skin] * BINS).astype(np.int64), BINS - 1)
    sums = {
        "truth_px": labelled.sum(),
        "found_px": found.sum(),
        "both_px": (labelled & found).sum(),
        "truth": y.sum(dtype=np.float64),
        "found": p.sum(dtype=np.float64),
        "shared": np.minimum(p, y).sum(dtype=np.float64),
        "near_truth_px": (labelled & _near(found)).sum(),
        "near_found_px": (found & _near(labelled)).sum(),
        "gap": abs(p.sum(dtype=np.float64) - y.sum(dtype=np.float64)),
        "bin_px": np.bincount(bins, minlength=BINS),
        "bin_p": np.bincount(bins, p[skin], BINS),
        "bin_y": np.bincount(bins, y[skin], BINS),
        **_object_sums(labelled, found, finding, mm_per_px),
        **_free_sums(y, found, skin, finding, mm_per_px),
    }
    return {name: np.asarray(value, np.float64) for name, value in sums.items()}


def _ratio(above: Values, below: Values) -> Values:
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=np.asarray(below) > 0)


def _f1(sums: Sums) -> Values:
    """Harmonic mean of lesion precision and recall; 0 where nothing that is labelled was found."""
    precision = _ratio(sums["matched_found"], sums["found_objects"])
    recall = _ratio(sums["matched_truth"], sums["truth_objects"])
    both = np.nan_to_num(precision) + np.nan_to_num(recall)
    f1 = np.where(both > 0, 2 * precision * recall / np.where(both > 0, both, 1), 0.0)
    return np.where(sums["truth_objects"] + sums["found_objects"] > 0, np.nan_to_num(f1), np.nan)


_NOTHING = "nothing labelled and nothing found"
_UNLABELLED = "nothing labelled"

FIGURES: dict[str, FigureOfMerit] = {
    "dice": FigureOfMerit(
        "Dice", "1", _NOTHING, lambda s: _ratio(2 * s["both_px"], s["truth_px"] + s["found_px"])
    ),
    "soft_dice": FigureOfMerit(
        "Soft Dice", "1", _NOTHING, lambda s: _ratio(2 * s["shared"], s["truth"] + s["found"])
    ),
    "iou": FigureOfMerit(
        "IoU", "1", _NOTHING, lambda s: _ratio(s["both_px"], s["truth_px"] + s["found_px"] - s["both_px"])
    ),
    "boundary_dice": FigureOfMerit(
        "Dice, 2 px tolerance",
        "1",
        _NOTHING,
        lambda s: _ratio(s["near_truth_px"] + s["near_found_px"], s["truth_px"] + s["found_px"]),
    ),
    "lesion_precision": FigureOfMerit(
        "Lesion precision", "1", "nothing found", lambda s: _ratio(s["matched_found"], s["found_objects"])
    ),
    "lesion_recall": FigureOfMerit(
        "Lesion recall", "1", _UNLABELLED, lambda s: _ratio(s["matched_truth"], s["truth_objects"])
    ),
    "lesion_f1": FigureOfMerit("Lesion F1", "1", _NOTHING, _f1),
    "area_error_percent": FigureOfMerit(
        "Area error of a photo", "%", _UNLABELLED, lambda s: 100 * _ratio(s["gap"], s["truth"])
    ),
    "area_ratio": FigureOfMerit(
        "Summed probability / true area", "1", _UNLABELLED, lambda s: _ratio(s["found"], s["truth"])
    ),
    "ece": FigureOfMerit(
        "Calibration error",
        "1",
        "no skin",
        lambda s: _ratio(np.abs(s["bin_p"] - s["bin_y"]).sum(axis=-1), s["bin_px"].sum(axis=-1)),
    ),
    "false_positives_per_10cm2": FigureOfMerit(
        "False positives on free skin",
        "1/10 cm2",
        "no lesion-free skin",
        lambda s: 10 * _ratio(s["free_objects"], s["free_cm2"]),
    ),
}  # fmt: skip


def _near(mask: BoolArray) -> BoolArray:
    """Within TOLERANCE_PX of a mask."""
    side = 2 * TOLERANCE_PX + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.dilate(mask.astype(np.uint8), disc).astype(bool)


def _object_sums(labelled: BoolArray, found: BoolArray, finding: str, mm_per_px: float) -> dict[str, int]:
    """Things counted one to one. Every piece takes part in the matching; counted are those of the finding's smallest
    area or more, so that a thing just above it is no error when its partner is just below.
    """
    truth_ids, truth_px, truth_centres = _pieces(labelled)
    found_ids, found_px, found_centres = _pieces(found)
    pairs = _admissible(truth_ids, found_ids, truth_px, found_px)
    if finding == "pores":  # IoU means little at 3 px across: the centre of one in the other is a match too
        centred = _centred(truth_ids, found_ids, truth_centres, found_centres)
        pairs |= {pair: iou for pair, iou in centred.items() if pair not in pairs}
    matched = _assign(pairs)
    smallest_px = FINDINGS[finding].smallest_mm2 / mm_per_px**2
    matched_truth, matched_found = {t for t, _ in matched}, {f for _, f in matched}
    truth_large = set((np.flatnonzero(truth_px >= smallest_px) + 1).tolist())
    found_large = set((np.flatnonzero(found_px >= smallest_px) + 1).tolist())
    return {
        "truth_objects": len(truth_large),
        "matched_truth": len(truth_large & matched_truth),
        "found_objects": len(found_large),
        "matched_found": len(found_large & matched_found),
    }


def _pieces(mask: BoolArray) -> tuple[Labels, npt.NDArray[np.int32], Values]:
    """Connected pieces (corners touch): ids from 1 on (h, w), pixels (n,), centres (n, 2) as x, y."""
    _, ids, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return ids, stats[1:, cv2.CC_STAT_AREA], centres[1:]


Pairs = dict[tuple[int, int], float]  # (id of truth, id of found) -> IoU


def _overlaps(truth_ids: Labels, found_ids: Labels) -> tuple[Labels, npt.NDArray[np.int64]]:
    """(n, 2) ids of overlapping pairs, and the pixels that they share (n,)."""
    both = (truth_ids > 0) & (found_ids > 0)
    return np.unique(np.stack([truth_ids[both], found_ids[both]], axis=1), axis=0, return_counts=True)


def _admissible(
    truth_ids: Labels, found_ids: Labels, truth_px: npt.NDArray[np.int32], found_px: npt.NDArray[np.int32]
) -> Pairs:
    pairs, shared = _overlaps(truth_ids, found_ids)
    iou = shared / (truth_px[pairs[:, 0] - 1] + found_px[pairs[:, 1] - 1] - shared)
    return {(int(t), int(f)): float(v) for (t, f), v in zip(pairs, iou, strict=True) if v >= MIN_IOU}


def _centred(truth_ids: Labels, found_ids: Labels, truth_centres: Values, found_centres: Values) -> Pairs:
    """Pairs of which one has its centre in the other; they count as less than any overlap of MIN_IOU."""
    pairs: Pairs = {}
    for own, (x, y) in enumerate(np.rint(found_centres).astype(int), start=1):
        if truth_ids[y, x]:
            pairs[int(truth_ids[y, x]), own] = MIN_IOU / 2
    for own, (x, y) in enumerate(np.rint(truth_centres).astype(int), start=1):
        if found_ids[y, x]:
            pairs[own, int(found_ids[y, x])] = MIN_IOU / 2
    return pairs


def _assign(pairs: Pairs) -> list[tuple[int, int]]:
    """One to one, with the largest number of pairs first and then the largest IoU (Hungarian, Kuhn 1955).

    Each cluster of things that overlap is solved for itself: thousands of pores would make one huge matrix.
    """
    if not pairs:
        return []
    edges = np.array(list(pairs))  # (n, 2)
    iou = np.array(list(pairs.values()))
    n_truth = int(edges[:, 0].max()) + 1
    graph = coo_matrix((iou, (edges[:, 0], edges[:, 1] + n_truth)), shape=(n_truth + edges[:, 1].max() + 1,) * 2)
    _, cluster = connected_components(graph, directed=False)
    order = np.argsort(cluster[edges[:, 0]], kind="stable")
    matched: list[tuple[int, int]] = []
    for members in np.split(order, np.flatnonzero(np.diff(cluster[edges[order, 0]])) + 1):
        truth, rows = np.unique(edges[members, 0], return_inverse=True)
        found, columns = np.unique(edges[members, 1], return_inverse=True)
        gain = np.zeros((len(truth), len(found)))
        gain[rows, columns] = len(members) + iou[members]  # a further pair outweighs any IoU
        chosen = linear_sum_assignment(gain, maximize=True)
        matched += [(int(truth[r]), int(found[c])) for r, c in zip(*chosen, strict=True) if gain[r, c] > 0]
    return matched


def _free_sums(y: FloatArray, found: BoolArray, skin: BoolArray, finding: str, mm_per_px: float) -> dict[str, float]:
    """Things that lie on skin where nothing of this finding is labelled, and how much such skin there is."""
    empty = (y <= _FREE_COVERAGE).astype(np.uint8)
    away = cv2.distanceTransform(empty, cv2.DIST_L2, 5) * mm_per_px > _FREE_MM if not empty.all() else empty > 0
    free = skin & away
    ids, pixels, _ = _pieces(found)
    touches = np.zeros(len(pixels) + 1, np.bool_)
    touches[np.unique(ids[~free])] = True
    large = pixels * mm_per_px**2 >= FINDINGS[finding].smallest_mm2
    return {"free_cm2": float(free.sum()) * mm_per_px**2 / 100, "free_objects": float((large & ~touches[1:]).sum())}
