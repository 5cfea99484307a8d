"""One labelled photo at the working scale: what the network learns from and is judged by."""

from __future__ import annotations

from dataclasses import dataclass

from skinimg.base.records import BoolArray, FloatArray, Frame, SkinMaps


@dataclass(frozen=True)
class Example:
    """A photo with its truth. Outside `frame.skin` nothing is learnt and nothing is judged."""

    name: str  # of the photo, as people know it
    subject: str  # photos of one person are never divided between training and validation
    frame: Frame
    maps: SkinMaps
    coverage: FloatArray  # (5, h, w) in the order of MASK_FINDINGS: share of each pixel that is the finding
    labelled: tuple[str, ...]  # findings whose masks are known; an absent mask says nothing, it is not empty
    judged: BoolArray | None = None  # (5, h, w) where the truth is known at all; None = on all skin

    def judged_skin(self, finding: int) -> BoolArray:
        """(h, w) where a prediction of that finding can be right or wrong."""
        return self.frame.skin if self.judged is None else self.frame.skin & self.judged[finding]
