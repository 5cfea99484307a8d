"""The one door to segmentation: the classical baseline and trained networks look the same from here."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from skinimg.base.errors import WeightsError
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.noise import Repeatability
from skinimg.base.records import BoolArray, FloatArray, Frame, Segmentation, SkinMaps
from skinimg.base.settings import DEFAULT_WEIGHTS
from skinimg.model import classical
from skinimg.model.device import resolve_device
from skinimg.model.weights import weights_folder, weights_path
from skinimg.skin.optics import TONES

Noise = dict[tuple[str, str], Repeatability]  # (finding, metric) ->
Stated = dict[tuple[str, str], dict[float, Noise]]  # (tone class, camera) -> px/mm of phantom photos ->
# Both photos by one camera, by two models, or not known from the files.
CAMERAS = ("same_camera", "other_camera", "unknown_camera")


# Where the skin of a face ends at hair, lashes and lips, its edge looks like relief. Area per skin in the last millimetre
# over that of the whole face, 19 untouched people of the standardized sets: lines 3.0, scars 1.8, pores 1.2; in the
# millimetre before it lines 1.4, scars 1.5, pores 0.9.
_RIM_MM = 1.0
_RELIEF = [k for k, name in enumerate(MASK_FINDINGS) if FINDINGS[name].contrast_map == "relief"]


@dataclass(frozen=True)
class Segmenter:
    """Something that finds the findings: the function, and what its card says about its noise."""

    name: str
    sha256: str  # of everything that decides its output
    probabilities: Callable[[Frame, SkinMaps], FloatArray]  # -> (5, h, w)
    repeatability: Stated
    memory_warnings: Callable[[], tuple[str, ...]] = tuple  # what it had to do without, in words
    untrained: tuple[str, ...] = ()  # findings that it does not know
    # (finding, finding) -> correlation of the errors of their log ratios in null pairs
    correlation: dict[tuple[str, str], float] = field(default_factory=dict)

    def noise(self, tone: str, camera: str, px_per_mm: float) -> Noise:
        """What was measured with one of `CAMERAS` at the nearest resolution (as a ratio); empty where nothing was.

        What the card does not state of an unknown camera is that of another one.
        """
        found: Noise = {}
        for kind in ("other_camera", camera) if camera == "unknown_camera" else (camera,):
            if stated := self.repeatability.get((tone, kind)):
                found = found | stated[min(stated, key=lambda level: abs(math.log(level / px_per_mm)))]
        return found


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
    card = weights_path(weights).with_suffix(".json")
    if weights == classical.NAME:
        parts = [Path(classical.__file__).read_bytes(), card.read_bytes() if card.exists() else b""]
        sha256 = hashlib.sha256(b"".join(parts)).hexdigest()
        told = read_repeatability(noise or card), read_correlation(noise or card)
        return Segmenter(classical.NAME, keyed(sha256, noise), classical.probabilities, told[0], correlation=told[1])
    if not weights_path(weights).exists():
        known = sorted(path.stem for path in weights_folder().glob("*.safetensors") if path.stem != "face")
        raise WeightsError(
            f"no weights named {weights!r}",
            needed=f"{', '.join((classical.NAME, *known))}, or the path of a .safetensors file",
            next_step="See `skinimg list weights`.",
        )
    from skinimg.model.trained import Trained

    trained = Trained.load(weights, device)
    return Segmenter(
        Path(weights).stem,
        keyed(trained.sha256, noise),
        trained.probabilities,
        read_repeatability(noise or card),
        trained.memory_warnings,
        trained.untrained,
        read_correlation(noise or card),
    )


def keyed(sha256: str, noise: Path | None) -> str:
    """The hash of everything that decides a result: of the weights, and of a noise table of one's own."""
    if noise is None or not noise.exists():
        return sha256
    return hashlib.sha256(sha256.encode() + noise.read_bytes()).hexdigest()


def read_correlation(card: Path) -> dict[tuple[str, str], float]:
    """The `error_correlation` part of a card, {"finding finding": rho}; empty where it states none."""
    stated = json.loads(card.read_text(encoding="utf-8")).get("error_correlation", {})
    pairs = {name: name.split() for name in stated}
    return {(a, b): float(stated[name]) for name, (a, b) in pairs.items()}


def read_repeatability(card: Path) -> Stated:
    """The `repeatability` part of a card: {tone: {camera: {px/mm: {finding: {metric: a `Repeatability`}}}}}.

    Raises
    ------
    WeightsError
        The card is missing or has no such part.
    """
    try:
        stated = json.loads(card.read_text(encoding="utf-8"))["repeatability"]
        return {
            (tone, camera): {float(level): _noise(table) for level, table in stated[tone].get(camera, {}).items()}
            for tone, camera in product(TONES, CAMERAS)
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"the card {card} cannot be used", found=repr(error), needed="a `repeatability` table for each tone"
        ) from error


def _noise(stated: dict[str, dict[str, dict[str, float]]]) -> Noise:
    return {
        (finding, metric): Repeatability(**{name: float(value) for name, value in noise.items()})
        for finding, metrics in stated.items()
        for metric, noise in metrics.items()
    }


def segment(frame: Frame, maps: SkinMaps, segmenter: Segmenter) -> Segmentation:
    """Probability of every finding at every pixel of a frame; 0 outside usable skin, and for relief at its rim."""
    found = segmenter.probabilities(frame, maps)
    if frame.landmarks is not None:
        away_px = cv2.distanceTransform(frame.skin.astype(np.uint8), cv2.DIST_L2, 5)
        found[_RELIEF] *= away_px * frame.mm_per_px > _RIM_MM
    return Segmentation(MASK_FINDINGS, found, segmenter.name, segmenter.untrained)


def lesion_mask(segmentation: Segmentation) -> BoolArray:
    """Pixels that more likely than not belong to something that a treatment may change: (h, w) bool.

    Pores and wrinkles stay out of it: they are the landmarks by which two photos of the same skin are matched.
    """
    changing = [segmentation.findings.index(name) for name in ("spots", "redness", "scars")]
    return np.asarray(segmentation.probability[changing].max(axis=0) > 0.5)
