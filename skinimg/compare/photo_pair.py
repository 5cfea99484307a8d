"""How a follow-up's photo differs from the baseline's, as a photo: sharpness, tone, light, cover, expression, pose.

Each photo may be good alone and the pair still be of no use: a smoothed copy of the baseline has no pores. What is
measured here is written to photos.csv, and beyond a limit (`photo_limits`) keeps findings from being compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import cv2
import numpy as np

from skinimg.align.refusal import yaw_between
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.parallel import together
from skinimg.base.photo_difference import SAME, PhotoDifference
from skinimg.base.records import Alignment, BoolArray, ByteArray, Face, FloatArray, Frame, Quality, Segmentation
from skinimg.compare.colour_gain import colour_gain
from skinimg.compare.foreign import foreign_skin, without
from skinimg.compare.photo_shape import expression_percent, pitch_between, shape_percent
from skinimg.compare.sharpness_pair import feature_detail_ratio, fine_details, skin_contrast_ratio, skin_detail_ratio
from skinimg.compare.tone_pair import lip_colour_od, tone_gain
from skinimg.measure.objects import widely_found
from skinimg.observe.quality import eye_opening
from skinimg.observe.witnesses import SIDES
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import density

_COVER_OPENING_MM = 2.5
_LIGHT_SCALE_MM = 8.0


class Pictured(Protocol):
    """As much of a photo as is compared here: `Seen`, or a `Glance`."""

    @property
    def frame(self) -> Frame: ...
    @property
    def face(self) -> Face | None: ...
    @property
    def quality(self) -> Quality: ...
    @property
    def witnesses(self) -> dict[str, FloatArray]: ...
    @property
    def jpeg_quality(self) -> float: ...


def compared(
    baseline: Pictured, photo: Pictured, alignment: Alignment, found: tuple[Segmentation, Segmentation] | None
) -> tuple[PhotoDifference, Alignment]:
    """Measure one photo against the baseline; the map comes back without what lies on the skin in one of them.

    alignment : of the photo to the baseline, of `align.align`; found : in the baseline and in the photo, None where
    nothing has been looked for
    """
    if alignment.error_mm == 0 and photo.frame is baseline.frame:
        return SAME, alignment
    foreign = foreign_skin(baseline.frame, photo.frame, alignment)
    if foreign is None:
        return replace(photo_difference(baseline, photo, alignment, found), foreign_fraction=float("nan")), alignment
    kept = without(alignment, foreign)
    share = 1.0 - float(kept.valid_baseline.sum()) / max(float(alignment.valid_baseline.sum()), 1.0)
    return replace(photo_difference(baseline, photo, kept, found), foreign_fraction=share), kept


def photo_difference(
    baseline: Pictured, photo: Pictured, alignment: Alignment, found: tuple[Segmentation, Segmentation] | None
) -> PhotoDifference:
    """All but what is foreign; alignment : without that."""
    ours, theirs = baseline.frame, photo.frame
    before, after = (_marked(frame, found and found[k]) for k, frame in enumerate((ours, theirs)))
    details = fine_details(ours, theirs)
    alone, skin, contrast, light, covered_px = together(
        lambda: _difference_of_photos(baseline, photo, details),
        lambda: skin_detail_ratio(details, alignment),
        lambda: skin_contrast_ratio(ours, theirs, alignment, (before, after)),
        lambda: light_difference_od(ours, theirs, alignment),
        lambda: float(covered(ours, theirs, alignment).sum()),
    )
    return replace(
        alone,
        skin_detail_ratio=skin,
        skin_contrast_ratio=contrast,
        light_difference_od=light,
        covered_fraction=covered_px / max(float(ours.skin.sum()), 1.0),
    )


def _marked(frame: Frame, found: Segmentation | None) -> BoolArray:
    """(h, w) what a treatment may change, with the skin right beside it."""
    return widely_found(found, MASK_FINDINGS, frame.mm_per_px) if found else np.zeros_like(frame.skin)


def difference_at_a_glance(baseline: Pictured, photo: Pictured) -> PhotoDifference:
    """What can be measured before the same skin is found again: all but skin detail, light and cover."""
    return _difference_of_photos(baseline, photo, fine_details(baseline.frame, photo.frame))


def _difference_of_photos(
    baseline: Pictured, photo: Pictured, details: tuple[FloatArray, FloatArray]
) -> PhotoDifference:
    ours, theirs = baseline.frame, photo.frame
    gain, gain_sd = tone_gain(ours, theirs)
    a, b = ours.landmarks, theirs.landmarks
    dark = [_skin_density(f)[1] for f in (ours, theirs)]
    return PhotoDifference(
        feature_detail_ratio=feature_detail_ratio(details, ours, theirs),
        resolution_ratio=_resolution_ratio(ours, theirs),
        tone_gain=gain,
        tone_gain_sd=gain_sd,
        colour_gain=colour_gain(ours, theirs),
        exposure_difference_od=float(dark[1] - dark[0]),
        background_difference_od=background_difference_od(baseline, photo),
        lip_colour_difference_od=lip_colour_od(theirs) - lip_colour_od(ours),
        shine_difference_fraction=photo.quality.shine_fraction - baseline.quality.shine_fraction,
        jpeg_quality_difference=photo.jpeg_quality - baseline.jpeg_quality,
        **(_of_faces(a, b) if a is not None and b is not None else {}),
    )


def _resolution_ratio(ours: Frame, theirs: Frame) -> float:
    """NaN where one of both has an assumed scale, which says nothing of the other's."""
    if (ours.scale_source == "assumed") != (theirs.scale_source == "assumed"):
        return float("nan")
    return theirs.native_px_per_mm / ours.native_px_per_mm


def _of_faces(a: FloatArray, b: FloatArray) -> dict[str, float]:
    """What two sets of landmarks (478, 3) tell."""
    opening = [max(eye_opening(points, eye) for eye in (0, 1)) for points in (a, b)]
    return {
        "expression_difference_percent": expression_percent(a, b),
        "shape_difference_percent": shape_percent(a, b),
        "eye_opening_difference": opening[1] - opening[0],
        "yaw_difference_deg": yaw_between(a, b),
        "pitch_difference_deg": pitch_between(a, b),
    }


def covered(baseline: Frame, photo: Frame, alignment: Alignment) -> BoolArray:
    """(h_b, w_b) skin of the baseline that something lies over in a later photo, in pieces of 5 mm and more."""
    there = cv2.remap(photo.skin.astype(np.uint8), alignment.to_session, None, cv2.INTER_NEAREST, borderValue=1)
    lost = (baseline.skin & (there == 0)).astype(np.uint8)
    disc = _disc(_COVER_OPENING_MM / baseline.mm_per_px)
    # Most photos have nothing as wide as the disc that could be covered: then a distance tells so in a tenth of the time.
    if cv2.distanceTransform(lost, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max() < len(disc) // 2 - 1:
        return np.zeros_like(baseline.skin)
    return cv2.morphologyEx(lost, cv2.MORPH_OPEN, disc) > 0


def light_difference_od(baseline: Frame, photo: Frame, alignment: Alignment) -> float:
    """SD over the shared skin of the difference in broad brightness; 0 for the same lamp, whatever its strength.

    In red, where pigments weigh least: the optical model's shading is too noisy in dark skin (two phantoms of types V
    and VI, lamps straying by 6 to 9 degrees (SD): 0.04 to 0.32 OD in shading, 0.04 to 0.12 in red).
    """
    scale_px = _LIGHT_SCALE_MM / baseline.mm_per_px
    broad = [masked_blur(density(f.linear[..., 0]), f.skin, scale_px) for f in (baseline, photo)]
    shared = baseline.skin & alignment.valid_baseline
    if not shared.any():
        return 0.0
    return float((broad[0] - cv2.remap(broad[1], alignment.to_session, None, cv2.INTER_LINEAR))[shared].std())


def background_difference_od(baseline: Pictured, photo: Pictured) -> float:
    """Change of the backdrop's colour (blue over green, red over green) against that of the skin; NaN without one.

    White balance moves both alike. Brightness is not judged: the backdrop may be nearer to the lamp than the face.
    """
    sides = [side for side in SIDES if side in baseline.witnesses and side in photo.witnesses]
    if not sides:
        return float("nan")
    moved = np.median([photo.witnesses[side] - baseline.witnesses[side] for side in sides], axis=0)
    away = moved - (_skin_density(photo.frame) - _skin_density(baseline.frame))
    return float(max(abs(away[0] - away[1]), abs(away[2] - away[1])))


def _skin_density(frame: Frame) -> FloatArray:
    """Density (3,) of the median colour of the skin."""
    return density(frame.skin_colour[None])[0]


def _disc(radius_px: float) -> ByteArray:
    radius = max(round(radius_px), 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
