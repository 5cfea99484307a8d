"""How a photo differs from the baseline's: one number per kind of difference, as photos.csv has them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class PhotoDifference:
    """Differences of a photo from the baseline's. Ratios are photo over baseline; NaN where it cannot be told."""

    skin_detail_ratio: float = 1.0  # contrast of the finest detail on skin that both show
    skin_contrast_ratio: float = 1.0  # contrast of plain skin at about 1 mm: falls with a retouch and with whitening
    feature_detail_ratio: float = 1.0  # the same on brows, lashes and lips: what no treatment changes
    resolution_ratio: float = 1.0  # px/mm
    tone_gain: float = 1.0  # contrast of brows, eyes and nostrils, in density: the tone curve
    tone_gain_sd: float = 0.0
    colour_gain: float = 1.0  # distance of whites and lips from the skin's colour: the saturation
    exposure_difference_od: float = 0.0  # median density of the skin, green; positive: darker
    light_difference_od: float = 0.0  # SD over the shared skin of the difference in broad brightness
    background_difference_od: float = (
        0.0  # colour of the backdrop against the skin's, largest channel; NaN: no backdrop
    )
    lip_colour_difference_od: float = 0.0  # of the lips against the skin, red over green: lipstick
    expression_difference_percent: float = 0.0  # of the face's size: landmarks beyond a turn of the head
    eye_opening_difference: float = 0.0  # lid gap over eye width, wider eye
    shape_difference_percent: float = 0.0  # of the face's size: points on bone beyond a turn of the head
    yaw_difference_deg: float = 0.0
    pitch_difference_deg: float = 0.0
    covered_fraction: float = 0.0  # of the baseline's skin, under cloth, hand, hair or glasses
    foreign_fraction: float = 0.0  # of the skin that both show, under a plaster, cream, a finger; NaN: not told
    shine_difference_fraction: float = 0.0  # share of the face that is shine
    jpeg_quality_difference: float = 0.0  # as libjpeg counts it; NaN unless both were JPEG

    @property
    def turn_deg(self) -> float:
        """How far the head is turned and nods against the baseline."""
        return math.hypot(self.yaw_difference_deg, self.pitch_difference_deg)

    @property
    def features_gain(self) -> float:
        """By how much, in ln, brows and eyes say that contrast differs; 0 where they are not seen."""
        return abs(math.log(self.tone_gain)) if math.isfinite(self.tone_gain) else 0.0


SAME = PhotoDifference()
UNKNOWN = PhotoDifference(**dict.fromkeys((field.name for field in fields(PhotoDifference)), math.nan))
