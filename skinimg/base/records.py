"""The frozen records that travel between stages. Stages know these, never each other; what a run says is in results.py.

study    PhotoEntry -> Subject -> Study
photo    Photo                      decoded, linear light
face     Face                       landmarks, pose, scale
frame    Frame                      one photo resampled once to the working scale
optics   SkinAnchor, SkinMaps       melanin, haemoglobin, shading
observe  Seen                       a photo before anything is looked for in it
segment  Segmentation               one probability map per finding
align    Alignment                  where each pixel of one session lies in the other
objects  Objects, Found             the separate things of one finding; all that was found in a photo
         Shot                       a photo, seen, searched and found again in the baseline
measure  CellTotals                 sums over small pieces of skin, from which every metric follows

Arrays are rows first; points are (x, y), x right, y down, pixel centres at integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.entries import PhotoEntry
from skinimg.base.photo_difference import SAME, PhotoDifference
from skinimg.base.reasons import Reason

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]
BitArray = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Photo:
    """A decoded photo, upright.

    linear : (H, W, 3) float32, linear sRGB (D65), white = 1; values outside [0, 1] are colours outside sRGB.
    """

    linear: FloatArray
    sha256: str  # of the file
    profile: str  # name of the ICC profile that was applied, "sRGB (assumed)" where there was none
    bits: int  # per channel, of the file
    date: str = ""  # ISO date of the EXIF capture time, empty if absent
    camera: str = ""  # maker and model according to EXIF, empty if absent
    chroma: str = "4:4:4"  # at which resolution the file keeps colour: 4:4:4, 4:2:2, 4:2:0
    # Of the file's tables or of an earlier, stronger compression, as libjpeg counts it; NaN where neither is known.
    jpeg_quality: float = float("nan")


@dataclass(frozen=True)
class Face:
    """One face. Landmarks are in MediaPipe's 478-point topology, in pixels of the image that was given.

    yaw_deg > 0: turned to the person's own left; pitch_deg > 0: looks up; roll_deg > 0: tilted clockwise as seen.
    """

    landmarks: FloatArray  # (478, 3): x, y, and z in the same scale, smaller = nearer
    confidence: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    px_per_mm: float  # from the visible iris, 11.7 mm across
    px_per_mm_sd: float  # its standard uncertainty: spread of people (0.5 mm) and of the landmarks
    other_faces: int = 0
    rival_size: float = 0.0  # height of the largest other face over this one's


@dataclass(frozen=True)
class Quality:
    """What is good or bad about one photo before anything is measured. `reasons` empty = nothing to say."""

    sharpness: float  # see quality.py
    clipped_fraction: float  # of skin pixels with a channel at the ceiling
    dark_fraction: float  # of skin pixels too dark to carry colour
    shine_fraction: float  # of the face or close-up that shines
    reasons: tuple[Reason, ...] = ()
    rejected: bool = False


@dataclass(frozen=True)
class Frame:
    """One photo resampled once, by a similarity, to the working scale of 0.1 mm/px, head upright.

    A photo without a known scale (a close-up) is resampled as if it had `assumed_px_per_mm`; `scale_source` says so.
    """

    linear: FloatArray  # (h, w, 3) linear sRGB
    skin: BoolArray  # (h, w) usable skin: no eyes, lips, brows, nostrils, hair, glasses, background, glare
    region_bits: BitArray  # (h, w) bit k set = pixel lies in region k of `regions`
    regions: tuple[str, ...]
    landmarks: FloatArray | None  # (478, 3) in pixels of this frame; None on a close-up
    to_photo: FloatArray  # (2, 3) affine: frame (x, y, 1) -> original photo (x, y)
    photo_shape: tuple[int, int]  # (H, W) of the original photo
    mm_per_px: float  # of this frame
    native_px_per_mm: float  # of the original photo
    scale_source: str  # iris, card, manifest, assumed
    place: FloatArray | None = None  # (8, rows, columns) of face/place.py; None on a close-up

    @cached_property
    def skin_colour(self) -> FloatArray:
        """(3,) median linear sRGB of the skin, channel by channel; NaN without any."""
        if not self.skin.any():
            return np.full(3, np.nan, np.float32)
        # Channel by channel: along an axis of 3 a median takes much longer.
        return np.array([np.median(channel[self.skin]) for channel in cv2.split(self.linear)], np.float32)


@dataclass(frozen=True)
class SkinAnchor:
    """The colour of a person's unaffected skin at the baseline, to which later sessions are shifted (docs/CONSTANTS.md 2)."""

    melanin: float  # melanosome volume fraction of the epidermis
    haemoglobin: float  # blood volume fraction of the dermis
    ita_deg: float  # of the anchor skin as photographed, for reporting by tone class
    offset: tuple[float, float, float]  # density that was subtracted from this photo, R, G, B


@dataclass(frozen=True)
class SkinMaps:
    """What the optical model sees in a frame. Densities are natural logarithms in the green channel of linear sRGB.

    melanin, haemoglobin : (h, w) float32, the density that each pigment adds, per pixel; NaN nowhere.
    shading : (h, w) float32, density of light and relief, common to the three channels; 0 = the anchor skin.
    glare : (h, w) bool, shine: the colour is the lamp's, not the skin's.
    """

    melanin: FloatArray
    haemoglobin: FloatArray
    shading: FloatArray
    glare: BoolArray
    anchor: SkinAnchor


@dataclass(frozen=True)
class Segmentation:
    """Calibrated probability of every finding at every pixel of a frame."""

    findings: tuple[str, ...]
    probability: FloatArray  # (n_findings, h, w) in [0, 1]
    weights: str  # name of the weights
    untrained: tuple[str, ...] = ()  # findings that these weights do not know; their probability is 0


@dataclass(frozen=True)
class Alignment:
    """Where every pixel of one session lies in the baseline, and back; pixels of the two frames.

    A session that is the baseline itself has identity maps and error 0.
    """

    to_session: FloatArray  # (h_b, w_b, 2): baseline pixel -> (x, y) in the session's frame
    to_baseline: FloatArray  # (h_s, w_s, 2): session pixel -> (x, y) in the baseline's frame
    valid_baseline: BoolArray  # (h_b, w_b) skin that both photos show: regions can be compared here
    valid_session: BoolArray  # (h_s, w_s) the same, seen from the session
    matched_baseline: BoolArray  # (h_b, w_b) where the skin's own pattern was found again: single lesions too
    matched_session: BoolArray  # (h_s, w_s)
    jacobian: FloatArray  # (h_s, w_s): area of the skin, at the baseline's scale, per session area; smooth
    error_mm: float  # estimated registration error, median over matched skin
    overlap_fraction: float  # valid share of the baseline's skin
    notes: tuple[Reason, ...] = ()

    @property
    def is_identity(self) -> bool:
        """Whether this is the baseline seen in itself: both maps are one and the same."""
        return self.to_session is self.to_baseline


@dataclass(frozen=True)
class Objects:
    """The separate things of one finding in one frame, one array entry each, largest first.

    x_px, y_px : centre in the frame; area_mm2 : soft area, sum of probability x pixel area; contrast : mean over the
    object, in the finding's optical density; length_mm : of the skeleton (lines only, else 0).
    """

    x_px: FloatArray
    y_px: FloatArray
    area_mm2: FloatArray
    contrast: FloatArray
    length_mm: FloatArray


@dataclass(frozen=True)
class Pieces:
    """What a count is made of: the pieces of one finding at each of several levels of probability, one entry each.

    x_px, y_px : centre in the frame; area_mm2 : of the piece at its level. See measure/counts.py.
    """

    x_px: FloatArray
    y_px: FloatArray
    area_mm2: FloatArray


@dataclass(frozen=True)
class Colour:
    """Where a photo's colours come from: a card, or the person's own skin."""

    source: str  # card, skin
    error_de00: float  # of patches that the fit has not seen; NaN without a card
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One photo as a frame with pigment maps: all that is known before anything is looked for in it."""

    sha256: str  # of the file
    frame: Frame
    face: Face | None  # in pixels of the original photo; None on a close-up
    colour: Colour
    quality: Quality
    maps: SkinMaps
    camera: str  # maker and model, empty where the file does not say
    witnesses: dict[str, FloatArray]  # name -> (3,) density of what keeps its colour, see observe/witnesses.py
    jpeg_quality: float  # of the file, NaN for other formats


@dataclass(frozen=True)
class Found:
    """What was found in one photo, in the pixels of its frame."""

    segmentation: Segmentation
    contrasts: dict[str, FloatArray]  # finding -> (h, w) OD, see measure/objects.py
    lengths: dict[str, FloatArray]  # line finding -> (h, w) mm
    objects: dict[str, Objects]
    pieces: dict[str, Pieces]  # of the findings that are counted
    fields: dict[str, dict[str, FloatArray | BoolArray]]  # (h, w) of tone and texture, see measure/field_maps.py


@dataclass(frozen=True)
class Shot:
    """Everything known about one photo once it has been looked at and found again in the baseline."""

    entry: PhotoEntry
    seen: Seen
    found: Found
    alignment: Alignment
    difference: PhotoDifference = SAME  # of this photo from the baseline's


@dataclass(frozen=True)
class CellTotals:
    """Sums over the cells of a frame: a cell is what one tile shares with one combination of regions.

    Every metric is a function of such sums (metrics.py), so a region is a sum of cells and a bootstrap resamples tiles.
    Tiles are numbered in the baseline's frame, so that the same tile of two sessions is the same skin.
    """

    region_bits: BitArray  # (n,)
    tile: npt.NDArray[np.int64]  # (n,)
    totals: dict[str, dict[str, npt.NDArray[np.float64]]]  # finding -> quantity -> (n,)
