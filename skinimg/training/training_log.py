"""What can be watched while a network is trained: a picture of what it finds, and curves for TensorBoard."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from skinimg.base.files import write_bytes
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.records import ByteArray
from skinimg.training.tile_store import Tiles

_SHOWN = 6
_PLAIN = (0.5, 0.9, 1.2)  # density of medium skin, R, G, B: a tile knows only how it differs from its own


@dataclass(frozen=True)
class Validation:
    """How the network does on the validation tiles at some step; one number per finding, NaN where none is known."""

    step: int
    loss: float
    dice: tuple[float, ...]  # of masks at 0.5
    area_ratio: tuple[float, ...]  # summed probability over true area


def preview(tiles: Tiles, logits: Tensor) -> ByteArray:
    """The tiles with most to be found, one a row: photo, truth and prediction in the findings' colours; BGR."""
    known = tiles.coverage.astype(np.float32) / 255 * (tiles.known > 0)[:, None]
    richest = np.argsort(-known.max(axis=1).mean(axis=(1, 2)), kind="stable")[:_SHOWN]
    found = logits[richest].sigmoid().numpy()
    rows = []
    for k, predicted in zip(richest, found, strict=True):
        density = tiles.relative[k].astype(np.float32) + np.array(_PLAIN, np.float32)[:, None, None]
        photo = 255 * np.exp(-density).clip(0, 1).transpose(1, 2, 0) ** (1 / 2.2)
        rows.append(np.hstack([photo, _tinted(photo, known[k]), _tinted(photo, predicted)]))
    return np.ascontiguousarray(np.vstack(rows).astype(np.uint8)[..., ::-1])


def _tinted(photo: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The photo (h, w, 3) with every finding (5, h, w) painted over it by its share."""
    tinted = photo
    for name, share in zip(MASK_FINDINGS, shares, strict=True):
        tinted = tinted + 0.7 * share[..., None] * (np.array(FINDINGS[name].colour, np.float32) - tinted)
    return tinted


def write_preview(path: Path, tiles: Tiles, logits: Tensor) -> None:
    """See `preview`; through a temporary file, since somebody may be looking at it."""
    write_bytes(path, cv2.imencode(".png", preview(tiles, logits))[1].tobytes())


def log(folder: Path, seen: Validation) -> None:
    """Add a validation to the TensorBoard log in `folder`, where the extra `tensorboard` is installed."""
    if find_spec("tensorboard") is None:
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:
        writer.add_scalar("validation/loss", seen.loss, seen.step)
        for name, dice, ratio in zip(MASK_FINDINGS, seen.dice, seen.area_ratio, strict=True):
            writer.add_scalar(f"dice/{name}", dice, seen.step)
            writer.add_scalar(f"area_ratio/{name}", ratio, seen.step)
