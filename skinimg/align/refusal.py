"""When two photos do not belong together, and what the user is told."""

from __future__ import annotations

import numpy as np

from skinimg.align.coarse import CoarseMap, patch_map
from skinimg.align.texture import Texture
from skinimg.base.errors import AlignmentError
from skinimg.base.reasons import why
from skinimg.base.records import FloatArray, Frame
from skinimg.base.rotation import rotation_between
from skinimg.base.settings import Settings

# Share of the features matched near their expected place that also agree on one smooth map. Measured: 0.30 to 0.6 on
# close-ups of the same skin days to weeks apart, at most 0.10 on other or mirrored skin, at most 0.15 on the faces of
# different people and 0.9 on the same face taken again (scripts/bench align).
_LEAST_AGREEMENT = 0.2
_LEAST_FEATURES = 30  # docs/CONSTANTS.md 5


def refuse_other_view(baseline: Frame, session: Frame, settings: Settings) -> None:
    """Raise AlignmentError where the head was turned too far between the photos (faces only)."""
    if baseline.landmarks is None or session.landmarks is None:
        return
    yaw_deg = yaw_between(baseline.landmarks, session.landmarks)
    if abs(yaw_deg) > settings.max_yaw_difference_deg:
        raise AlignmentError(why("head_turned", degrees=abs(yaw_deg), limit=float(settings.max_yaw_difference_deg)))


def yaw_between(baseline: FloatArray, session: FloatArray) -> float:
    """Turn of the head about the vertical axis from one photo to the other, degrees, from landmarks (478, 3)."""
    rotation = rotation_between(baseline, session)
    return float(np.degrees(np.arctan2(rotation[0, 2], rotation[2, 2])))


def believed(first: CoarseMap | None, baseline: Texture, session: Texture) -> CoarseMap:
    """The first map; raises AlignmentError where its features agree no better than between strangers."""
    if first is not None and _supported(first):
        return first
    mirrored = Texture(
        np.ascontiguousarray(session.value[:, ::-1]), np.ascontiguousarray(session.weight[:, ::-1]), session.mm_per_px
    )
    reflection = patch_map(baseline, mirrored)
    if reflection is not None and _supported(reflection):
        raise AlignmentError(why("mirrored"))
    least, percent = _LEAST_FEATURES, 100 * _LEAST_AGREEMENT
    if first is None:
        raise AlignmentError(why("nothing_in_common", least=least, percent=percent))
    raise AlignmentError(
        why("other_skin", agreeing=first.agreeing, candidates=first.candidates, least=least, percent=percent)
    )


def refuse_small_overlap(overlap_fraction: float, settings: Settings) -> None:
    """Raise AlignmentError where too little of the baseline's skin is seen again."""
    if overlap_fraction < settings.min_overlap:
        raise AlignmentError(why("little_overlap", percent=100 * overlap_fraction, needed=100 * settings.min_overlap))


def _supported(first: CoarseMap) -> bool:
    return first.agreeing >= max(_LEAST_FEATURES, _LEAST_AGREEMENT * first.candidates)
