"""A trained network as a segmenter: planes in, tiles through the network, calibrated probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from torch import nn

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import FloatArray, Frame, SkinMaps
from skinimg.model.card import NetworkCard
from skinimg.model.device import bfloat16_pays, steady_threads
from skinimg.model.inference import InferenceOptions, run
from skinimg.model.network import evenly_lit, frame_planes
from skinimg.model.network_file import load_network, probability


@dataclass
class Trained:
    """A network on its device. `options` shrinks for good when memory runs out: the next photo starts where it fits."""

    network: nn.Module
    card: NetworkCard
    options: InferenceOptions
    shrunk: bool = False

    @classmethod
    def load(cls, weights: str, device: str) -> Self:
        """See `load_network` for the errors."""
        network, card = load_network(weights)
        return cls(network.on(device), card, InferenceOptions(device, half=bfloat16_pays(device)))

    def probabilities(self, frame: Frame, maps: SkinMaps) -> FloatArray:
        """(5, h, w) in the order of MASK_FINDINGS; 0 off the skin."""
        with steady_threads():
            seen = frame_planes(
                evenly_lit(frame.linear, frame.skin, maps, frame.mm_per_px),
                frame.skin,
                frame.native_px_per_mm,
                frame.place,
            )
            logits, options = run(self.network, seen, self.options)
            del seen  # 88 MB of 12 megapixels
            calibrated = probability(logits, self.card.calibration)
        self.shrunk |= options != self.options
        self.options = options
        height, width = frame.skin.shape
        found: FloatArray = calibrated.numpy()[:, :height, :width] * frame.skin
        found[[MASK_FINDINGS.index(name) for name in self.card.untrained]] = 0
        return found

    def memory_warnings(self) -> tuple[str, ...]:
        """What memory did not allow."""
        if not self.shrunk:
            return ()
        return (f"memory ran out: segmented in tiles of {self.options.tile_px} px, {self.options.batch} at a time",)
