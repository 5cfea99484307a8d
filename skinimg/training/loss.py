"""What training minimises, and the calibration that follows it."""

from __future__ import annotations

import torch
from monai.losses.dice import DiceLoss
from torch import Tensor
from torch.nn import functional

from skinimg.findings import MASK_FINDINGS

# Dice part of the loss at the start; it falls to 0 at the end, since cross-entropy alone leaves areas unbiased and soft
# Dice does not (Bertels 2021). One half, where the scaled cross-entropy of a finding begins at about 1; not searched.
DICE_WEIGHT = 0.5
# A finding that covers less of a batch than this is not scaled up further: there is too little of it to learn from.
_FEWEST = 0.005


def known_mask(known: Tensor) -> Tensor:
    """(n, h, w) bits -> (n, 5, h, w) 1 where the truth about a finding is known."""
    bits = torch.arange(len(MASK_FINDINGS), device=known.device)[None, :, None, None]
    return ((known[:, None].int() >> bits) & 1).float()


def loss(logits: Tensor, coverage: Tensor, known: Tensor, progress: float) -> Tensor:
    """Cross-entropy with soft masks plus a vanishing Dice part, both only where the truth is known.

    The cross-entropy of each finding is in units of what it is for a network that knows only how common the finding is:
    scars cover 0.3 % of training tiles and would otherwise count for a tenth of what spots do.

    logits, coverage (0..1), known (0 or 1) : (n, 5, h, w); progress : 0 at the start of training, 1 at its end
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, coverage, reduction="none")
    seen = known.sum(dim=(0, 2, 3))
    per_finding = (entropy * known).sum(dim=(0, 2, 3)) / seen.clamp_min(1)
    common = ((coverage * known).sum(dim=(0, 2, 3)) / seen.clamp_min(1)).clamp(_FEWEST, 0.5)
    per_finding = per_finding / -(common * common.log() + (1 - common) * (1 - common).log())
    dice = DiceLoss(squared_pred=True, batch=True, reduction="none")
    overlap = dice(logits.sigmoid() * known, coverage * known).flatten()
    return per_finding.sum() + DICE_WEIGHT * (1 - progress) * (overlap * (seen > 0)).sum()


def calibrate(logits: Tensor, coverage: Tensor, known: Tensor) -> tuple[list[float], list[float]]:
    """Temperature and bias of every finding that minimise the cross-entropy of sigmoid(logit / T + b).

    At the minimum, the derivative by b is 0: the summed probability is the true area (SCIENCE.md 8).
    A finding of which nothing is known keeps 1 and 0.

    all : (n, 5, h, w)
    """
    temperatures, biases = [], []
    for k in range(len(MASK_FINDINGS)):
        chosen = known[:, k] > 0
        x, y = logits[:, k][chosen], coverage[:, k][chosen]
        slope, bias = torch.ones(1, requires_grad=True), torch.zeros(1, requires_grad=True)
        if len(x) and float(y.sum()) > 0:
            _minimise(slope, bias, x, y)
        temperatures.append(1 / float(slope.detach()))
        biases.append(float(bias.detach()))
    return temperatures, biases


def _minimise(slope: Tensor, bias: Tensor, x: Tensor, y: Tensor) -> None:
    optimiser = torch.optim.LBFGS([slope, bias], max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = functional.binary_cross_entropy_with_logits(x * slope + bias, y)
        torch.autograd.backward(value)
        return value

    optimiser.step(closure)  # type: ignore[no-untyped-call]
