"""The one door to segmentation: the classical baseline and trained networks look the same from here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from skinimg.base.errors import WeightsError
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.noise import NoiseTable
from skinimg.base.provenance import file_sha256
from skinimg.base.records import BoolArray, FloatArray, Frame, Segmentation, SkinMaps
from skinimg.base.settings import DEFAULT_WEIGHTS
from skinimg.base.shipped import shipped
from skinimg.model import classical
from skinimg.model.card import read_noise
from skinimg.model.device import resolve_device
from skinimg.model.weights import weights_path

if TYPE_CHECKING:
    from skinimg.model.trained import Trained

# Where the skin of a face ends at hair, lashes and lips, its edge looks like relief. Area per skin in the last millimetre
# over that of the whole face, 19 untouched people of the standardized sets: lines 3.0, scars 1.8, pores 1.2; in the
# millimetre before it lines 1.4, scars 1.5, pores 0.9.
_RIM_MM = 1.0
# Where a cheek meets the ear is a crease that no treatment smooths and that every turn of the head moves. It was all of
# the "lines" of eight drawn faces of 22. On five real faces lines cover 0.07 to 0.15 % of the skin from 1 to 5 mm inside
# the outline, 0.04 to 0.15 % from 5 to 10 mm, and 0.2 to 0.3 % further in.
_LINES_FROM_OUTLINE_MM = 5.0
# Where skin ends at an ear, a jaw, a nostril or a corner of the eyes or mouth it lies in shade, which looks like pigment
# or like the wall of a scar: a mark that the end of the skin cuts, with more than half of it in the last 3 mm. A patch
# that reaches further in stays. A mark is what comparisons count whole (measure/common_skin.py), so that it is left out
# of both photos alike. On 92 untouched faces it is 313 of 1,884 mm2 of spots; of the 60 largest about 45 are shade, hair
# or an ear by eye.
_MARK, _SHADE_MM, _SOFT_EDGE_MM = 0.3, 3.0, 0.5
_RELIEF = [k for k, name in enumerate(MASK_FINDINGS) if FINDINGS[name].contrast_map == "relief"]
_LINES = MASK_FINDINGS.index("wrinkles")
_SHADED = [MASK_FINDINGS.index(name) for name in ("spots", "scars")]


@dataclass(frozen=True)
class Segmenter:
    """Something that finds the findings: the function, and what its card says about its noise."""

    name: str
    sha256: str  # of what decides its probabilities, and of a noise table of one's own
    probabilities: Callable[[Frame, SkinMaps], FloatArray]  # -> (5, h, w)
    noise: NoiseTable
    memory_warnings: Callable[[], tuple[str, ...]] = tuple  # what it had to do without, in words
    untrained: tuple[str, ...] = ()  # findings that it does not know
    card_sha256: str = ""  # of the card's file, which states calibration and noise; the same tensors may have another

    @property
    def key(self) -> str:
        """What an outcome depends on; an earlier one with another is done again."""
        return f"{self.sha256} {self.card_sha256}"


def load_segmenter(weights: str = DEFAULT_WEIGHTS, device: str = "auto", noise: Path | None = None) -> Segmenter:
    """The segmenter of a shipped name (`skinimg list weights`), or of a path to a .safetensors file with its card.

    noise : a file of `skinimg repeatability --use`, whose noise stands in for the card's

    Raises
    ------
    WeightsError
        No weights of that name or path, or damaged ones; nothing else is used in their place.
    DeviceError
        CUDA was asked for and is absent.
    """
    device = resolve_device(device)
    path = weights_path(weights)
    own = read_noise(noise) if noise else None
    if weights == classical.NAME:
        card = path.with_suffix(".json")
        parts = [Path(classical.__file__).read_bytes(), card.read_bytes()]
        sha256 = hashlib.sha256(b"".join(parts)).hexdigest()
        return Segmenter(weights, keyed(sha256, noise), classical.probabilities, own or read_noise(card))
    if not path.exists():
        known = sorted(path.stem for path in shipped("weights").glob("*.safetensors") if path.stem != "face")
        raise WeightsError(
            f"no weights named {weights!r}",
            needed=f"{', '.join((classical.NAME, *known))}, or the path of a .safetensors file",
            next_step="See `skinimg list weights`.",
        )
    contents = file_sha256(path), file_sha256(path.with_suffix(".json"))
    trained = _trained(weights, device, contents)
    return Segmenter(
        name=path.stem,
        sha256=keyed(trained.card.sha256, noise),
        probabilities=trained.probabilities,
        noise=own or trained.card.noise,
        memory_warnings=trained.memory_warnings,
        untrained=trained.card.untrained,
        card_sha256=contents[1],
    )


@lru_cache(maxsize=1)
def _trained(weights: str, device: str, _contents: tuple[str, str]) -> Trained:
    """The network, kept for the next subject: building it takes 0.3 s. `_contents` : hashes of its two files."""
    from skinimg.model.trained import Trained

    return Trained.load(weights, device)


def keyed(sha256: str, noise: Path | None) -> str:
    """The hash of everything that decides a result: of the weights, and of a noise table of one's own."""
    if noise is None:
        return sha256
    return hashlib.sha256(sha256.encode() + noise.read_bytes()).hexdigest()


def segment(frame: Frame, maps: SkinMaps, segmenter: Segmenter) -> Segmentation:
    """Probability of every finding at every pixel of a frame; 0 outside usable skin, and for relief at its rim."""
    found = segmenter.probabilities(frame, maps)
    if frame.landmarks is not None:
        inside_mm = _inside_mm(frame.skin, frame)
        for channel in _SHADED:
            found[channel] *= ~_shade_of_the_rim(found[channel], inside_mm, frame.mm_per_px)
        found[_RELIEF] *= inside_mm > _RIM_MM
        whole_face = (frame.region_bits & 1) > 0
        found[_LINES] *= _inside_mm(whole_face, frame) > _LINES_FROM_OUTLINE_MM
    return Segmentation(MASK_FINDINGS, found, segmenter.name, segmenter.untrained)


def _shade_of_the_rim(probability: FloatArray, inside_mm: FloatArray, mm_per_px: float) -> BoolArray:
    """(h, w) marks of one finding that lie along the end of the skin and are cut by it, with their soft edges."""
    count, marks = cv2.connectedComponents(((probability > _MARK) & (inside_mm > 0)).astype(np.uint8))
    area, along, cut = (
        np.bincount(marks[inside_mm < limit], minlength=count) for limit in (np.inf, _SHADE_MM, 1.5 * mm_per_px)
    )
    shade = (cut > 0) & (along > area / 2)
    shade[0] = False  # all that is no mark
    radius = round(_SOFT_EDGE_MM / mm_per_px)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(shade[marks].astype(np.uint8), kernel) > 0


def _inside_mm(mask: BoolArray, frame: Frame) -> FloatArray:
    """(h, w) how far inside a mask a pixel is, 0 outside. Where the picture ends the mask ends, too."""
    framed = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1] * np.float32(frame.mm_per_px)


def lesion_mask(segmentation: Segmentation) -> BoolArray:
    """Pixels that more likely than not belong to something that a treatment may change: (h, w) bool.

    Pores and wrinkles stay out of it: they are the landmarks by which two photos of the same skin are matched.
    """
    changing = [segmentation.findings.index(name) for name in ("spots", "redness", "scars")]
    return np.logical_or.reduce([segmentation.probability[k] > 0.5 for k in changing])
