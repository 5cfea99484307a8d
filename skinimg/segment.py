"""The one door to segmentation: the classical baseline and trained networks look the same from here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skinimg.errors import WeightsError
from skinimg.findings import MASK_FINDINGS
from skinimg.model import classical
from skinimg.records import BoolArray, FloatArray, Frame, Segmentation, SkinMaps


@dataclass(frozen=True)
class Segmenter:
    """Something that finds the findings: a name, a hash of what decides its output, and the function itself."""

    name: str
    sha256: str
    probabilities: Callable[[Frame, SkinMaps], FloatArray]  # -> (5, h, w)


def load_segmenter(weights: str = classical.NAME, device: str = "auto") -> Segmenter:
    """The segmenter of that name.

    Raises
    ------
    WeightsError
        No weights of that name or path; nothing else is used in their place.
    """
    if weights == classical.NAME:
        source = Path(classical.__file__).read_bytes()
        return Segmenter(classical.NAME, hashlib.sha256(source).hexdigest(), classical.probabilities)
    raise WeightsError(
        f"no weights named {weights!r}", needed=f"{classical.NAME!r}", next_step="See `skinimg list weights`."
    )


def segment(frame: Frame, maps: SkinMaps, segmenter: Segmenter) -> Segmentation:
    """Probability of every finding at every pixel of a frame; 0 outside usable skin."""
    return Segmentation(MASK_FINDINGS, segmenter.probabilities(frame, maps), segmenter.name)


def lesion_mask(segmentation: Segmentation) -> BoolArray:
    """Pixels that more likely than not belong to something that a treatment may change: (h, w) bool.

    Pores and wrinkles stay out of it: they are the landmarks by which two photos of the same skin are matched.
    """
    changing = [segmentation.findings.index(name) for name in ("spots", "redness", "scars")]
    return np.asarray(segmentation.probability[changing].max(axis=0) > 0.5)
