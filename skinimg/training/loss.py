"""What training minimises, and the calibration that follows it."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from monai.losses.dice import DiceLoss
from torch import Tensor
from torch.nn import functional

from skinimg.base.findings import MASK_FINDINGS

_SPOTS = MASK_FINDINGS.index("spots")
# Dice part of the loss at the start; it falls to 0 at the end, since cross-entropy alone leaves areas unbiased and soft
# Dice does not (Bertels 2021). One half, where the scaled cross-entropy of a finding begins at about 1; not searched.
DICE_WEIGHT = 0.5
# A finding that covers less of the tiles than this is not scaled up further: there is too little of it to learn from.
_FEWEST = 0.005
# A spot narrower than 3 mm weighs more per pixel, by this power of how much smaller it is: pixels alike, a mark of 1 mm is
# a tenth of one of 3 mm, and it is not learnt. On people of no training, 900 steps with these weights found 6 of 8 marks of
# 1 mm and 0.35 OD, 1,000 without them 3 of 7, as the weights did that both began with (docs/benchmarks/segmentation.md).
_WHOLE_SPOT_PX, _SMALLER, _MOST = np.pi * 15**2, 0.75, 12.0
_SHARPER = (1.0, 1.5, 2.0, 3.0)  # slopes that calibration tries, over the likeliest one
_ENOUGH_PX = 4_000_000  # for calibration, evenly spread; all of the 50 million of 800 tiles take ten minutes


def known_mask(known: Tensor) -> Tensor:
    """(n, h, w) bits -> (n, 5, h, w) 1 where the truth about a finding is known."""
    bits = torch.arange(len(MASK_FINDINGS), device=known.device)[None, :, None, None]
    return ((known[:, None].int() >> bits) & 1).float()


def how_common(coverage: Tensor, known: Tensor) -> Tensor:
    """Share of the known skin that each finding covers, (5,); coverage and known as in `loss`."""
    axes = (0, 2, 3)
    return ((coverage * known).sum(dim=axes) / known.sum(dim=axes).clamp_min(1)).clamp(_FEWEST, 0.5)


def loss(logits: Tensor, coverage: Tensor, known: Tensor, common: Tensor, progress: float) -> Tensor:
    """Cross-entropy with soft masks plus a vanishing Dice part, both only where the truth is known.

    The cross-entropy of each finding is in units of what it is for a network that knows only how common the finding is:
    scars cover 0.3 % of training tiles and would otherwise count for a tenth of what spots do. `common` is of the
    held-out tiles, not of the batch: weights that follow what a batch shows bias the summed probability. Of spots, small
    ones weigh more per pixel (`weight_of_spots`).

    logits, coverage (0..1), known (0 or 1) : (n, 5, h, w); common : (5,) of `how_common`; progress : 0 at the start of
    training, 1 at its end
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, coverage, reduction="none")
    entropy[:, _SPOTS] *= weight_of_spots(coverage[:, _SPOTS])
    seen = known.sum(dim=(0, 2, 3))
    per_finding = (entropy * known).sum(dim=(0, 2, 3)) / seen.clamp_min(1)
    per_finding = per_finding / -(common * common.log() + (1 - common) * (1 - common).log())
    dice = DiceLoss(squared_pred=True, batch=True, reduction="none")
    overlap = dice(logits.sigmoid() * known, coverage * known).flatten()
    return per_finding.sum() + DICE_WEIGHT * (1 - progress) * (overlap * (seen > 0)).sum()


def weight_of_spots(coverage: Tensor) -> Tensor:
    """(n, h, w) weight of every pixel, 1 off the spots and on large ones, more on small ones; coverage : 0..1."""
    weight = np.ones(coverage.shape, np.float32)
    for k, spots in enumerate((coverage > 0.5).to(torch.uint8).cpu().numpy()):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(spots)
        area_px = stats[:, cv2.CC_STAT_AREA].astype(np.float32)
        area_px[0] = _WHOLE_SPOT_PX  # all that is no spot
        weight[k] = np.clip((_WHOLE_SPOT_PX / area_px) ** _SMALLER, 1, _MOST)[labels]
    return torch.from_numpy(weight).to(coverage.device)


def calibrate(logits: Tensor, coverage: Tensor, known: Tensor) -> tuple[float, float] | None:
    """Temperature T and bias b of a finding, for sigmoid(logit / T + b), such that the summed result is the true area
    and the mask at one half is a good one; None where nothing is known of the finding, or nothing of it is there.

    The T of least cross-entropy leaves a mask at one half that misses most of what is rare (for probabilities, Dice is
    best at a threshold of half the best Dice: Lipton 2014), and hundreds of cm2 of plain skin with a few per mille each
    that add up to more than the finding itself. So T is the largest of `_SHARPER` fractions of it whose mask, at the b
    of the true area, has nearly the best Dice. On six ordinary phantom faces a T of one half raised it from 0.19 to
    0.44 (spots), 0.50 to 0.57 (redness), 0.21 to 0.40 (pores) and 0.11 to 0.42 (wrinkles), for 10 to 29 % more
    cross-entropy.

    all : (n, h, w)
    """
    chosen = known > 0
    x, y = logits[chosen].float(), coverage[chosen]
    every = max(-(-len(x) // _ENOUGH_PX), 1)
    x, y = x[::every], y[::every]
    if len(x) == 0 or float(y.sum()) == 0:
        return None
    likeliest = _likeliest_slope(x, y)
    tried = []
    for sharper in _SHARPER:
        slope = likeliest * sharper
        bias = _bias_of_true_area(x, y, slope)
        tried.append((slope, bias, _dice(x * slope + bias > 0, y > 0.5)))
    enough = 0.97 * max(dice for _, _, dice in tried)
    slope, bias, _ = next(one for one in tried if one[2] >= enough)
    return 1 / slope, bias


def _likeliest_slope(x: Tensor, y: Tensor) -> float:
    """The slope of least cross-entropy, together with a bias."""
    slope, bias = torch.ones(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([slope, bias], max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = functional.binary_cross_entropy_with_logits(x * slope + bias, y)
        torch.autograd.backward(value)
        return value

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return float(slope.detach())


def _bias_of_true_area(x: Tensor, y: Tensor, slope: float) -> float:
    """By bisection: the sum rises with the bias."""
    reach = 40 + abs(slope) * float(x.abs().max())  # from probabilities of 0 to those of 1, wherever the logits are
    low, high, area = -reach, reach, float(y.sum(dtype=torch.float64))
    for _ in range(50):
        middle = (low + high) / 2
        if float((x * slope + middle).sigmoid().sum(dtype=torch.float64)) > area:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _dice(found: Tensor, true: Tensor) -> float:
    return float(2 * (found & true).sum() / (found.sum() + true.sum()).clamp_min(1))
