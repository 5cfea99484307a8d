"""Change without an edge: erythema and hyperpigmentation, summed on the registered maps of both sessions.

Where the difference of the two maps stands out of what unchanged skin of this pair shows, in either direction, the skin
is *affected*; the change is the sum of the difference over it and a rim of 3 mm, above what the unaffected skin around
foretells (reference.py). Nothing is cut off within: a pixel counts with its sign. The baseline's load is what is redder
or darker than the person's reference skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.noise import Z95
from skinimg.base.parallel import each
from skinimg.base.reasons import Reason, why
from skinimg.base.records import BoolArray, FloatArray
from skinimg.compare.consensus import Witness, agreed
from skinimg.compare.paired_maps import STEP_MM, PairedSkin
from skinimg.compare.reference import Kriging, field_of
from skinimg.measure.above_reference import SMOOTH_MM, plainest, reference_level
from skinimg.photo.colour import linear_to_srgb8
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import along_axes, invert

_CELL = 4  # points to a side of the cells of the random field: 4 mm
_SCALES_MM = (2.0, 4.0, 8.0)  # SD of the Gaussian means in which a change may stand out: patches of 5 mm to 4 cm
_STANDS_OUT = (
    5.0  # robust SDs: about 1,000 places are looked at, and real differences have longer tails than normal ones
)
_BELONGS = 2.0  # robust SDs in the finest mean: what is connected to such a place
# SD in levels of 255: a JPEG rounds the colour of smooth skin alike over centimetres. What quality 90 leaves is 0.003 to
# 0.006 OD of either pigment in fair skin and three times that in the darkest, where a level is more of the light.
# A file's steps grow with 100 - quality (T.81, as libjpeg scales its tables). At 80 to 95 none of three people was
# called, at 75 each of them: below COARSE_QUALITY rounding is taken as that of the steps, and what does not stand out
# of it says nothing (field_changes.py).
_ROUNDING_LEVELS, _ROUNDING_QUALITY, COARSE_QUALITY = 0.12, 90.0, 79.0
# Half of a change lies so far from where the skin ends. A strip along the hair line is strands that lie otherwise: on a
# real face a false 26 mm2 OD, a third of it well inside; patches painted on faces have two thirds and more.
_WELL_INSIDE_MM, _LEAST_WELL_INSIDE = 5.0, 0.5
_RIM_MM = 3.0  # of a soft edge, below what stands out
SMALLEST_PATCH_MM = 10.0  # radius of the patch whose least change that is found is the mdc95
_LEAST_REFERENCE_MM2 = 1500.0  # a tenth of the skin that a face shows: less cannot tell a lamp from a flush
_RIM_OF_SKIN_MM = 2.0
_ROUNDS = 3
NO_REFERENCE = why("no_unaffected_skin")


@dataclass(frozen=True)
class FieldChange:
    """One pigment of a pair, at the points of PairedSkin.

    before : (r, c) OD, baseline; level : OD of the baseline's plain skin
    change : (r, c) OD above what unchanged skin foretells, 0 outside `affected`
    doubt : (r, c) OD, half of what two inversions of the optical model differ by, with its sign: noise sums to little
    """

    before: FloatArray
    level: float
    change: FloatArray
    doubt: FloatArray
    affected: BoolArray
    reference: BoolArray
    rounding_od: float  # SD of what the file's rounding makes of a patch
    least_mm2_od: float  # change of a patch of 10 mm radius that is found in 95 %
    cells: _Cells

    def error_of(self, area_mm2: FloatArray) -> float:
        """Standard error (mm2 OD) of the change summed with these areas (r, c): what was foretold, and the rounding.

        Rounding is alike over a patch and differs between patches, so it grows with the root of their number.
        """
        mine = np.where(self.affected, area_mm2, 0)
        patch_mm2 = np.pi * SMALLEST_PATCH_MM**2
        rounding = self.rounding_od * np.sqrt(patch_mm2 * float(mine.sum()))
        return float(np.hypot(self.cells.error_of(mine), rounding))


@dataclass(frozen=True)
class _Cells:
    """Affected cells and the covariance of what was foretold there."""

    number: npt.NDArray[np.int64]  # (r, c) of the cell that holds a point
    affected: npt.NDArray[np.int64]  # (n,) numbers
    covariance: npt.NDArray[np.float64]  # (n, n) OD2

    def error_of(self, weights_mm2: FloatArray) -> float:
        """Standard error (mm2 OD) of a sum of the change with these weights (r, c), 0 outside what is affected."""
        total = np.bincount(self.number.ravel(), weights_mm2.ravel(), minlength=int(np.max(self.number)) + 1)
        mine = total[self.affected]
        return float(np.sqrt(np.maximum(mine @ self.covariance @ mine, 0.0)))


@dataclass(frozen=True)
class Compared:
    """Erythema and hyperpigmentation of a pair, empty with a `refusal`; what the light was told by, what was not."""

    fields: dict[str, FieldChange]
    source: str
    refusal: Reason | None = None
    left_out: Reason | None = None
    witness: Witness | None = None  # by which the colour of all skin can be compared
    edited: Reason | None = None  # why no finding at all can be compared


def compared_fields(skin: PairedSkin) -> Compared:
    """Both pigments against unaffected skin; one that all of the skin changed against what else keeps its colour."""
    inner = _inner(skin.shown)
    reference = plain = _plainest(skin, inner) if inner.any() else inner
    affected: dict[str, BoolArray] = {}
    for _ in range(_ROUNDS):
        if float(skin.area_mm2[reference].sum()) < _LEAST_REFERENCE_MM2:
            break
        pigments = pigments_of(skin, _light_of(skin, reference))
        affected = {name: _affected(p, inner, reference) for name, p in pigments.items()}
        reference = inner & ~np.logical_or.reduce(list(affected.values()))
    enough = float(skin.area_mm2[reference].sum()) >= _LEAST_REFERENCE_MM2
    start = reference if enough else plain
    if not start.any():
        return Compared({}, "none", NO_REFERENCE)
    told = agreed(_light_of(skin, start), *skin.witnesses, skin.anchor)
    if told.refusal or (told.light is None and not enough):
        return Compared({}, told.source, told.refusal or NO_REFERENCE, told.left_out, told.witness, told.edited)
    found: dict[str, FieldChange] = {}
    if told.light is not None:
        by_witness = pigments_of(skin, told.light)
        whole = [name for name in by_witness if name in told.moved or not enough]
        found = {name: _whole_change(by_witness[name], plain, skin, told.sd) for name in whole}
    if enough:
        pigments = pigments_of(skin, _light_of(skin, reference))
        beside = [name for name in pigments if name not in found]
        changes = each(lambda name: _field_change(pigments[name], affected[name], reference, plain, skin), beside)
        found |= dict(zip(beside, changes, strict=True))
    return Compared(found, told.source, None, told.left_out, told.witness)


def _light_of(skin: PairedSkin, reference: BoolArray) -> FloatArray:
    """(3,) density by which the second session's light differs, if reference skin did not change."""
    return np.asarray(np.median((skin.after - skin.before)[reference], axis=0), np.float32)


def _inner(shown: BoolArray, margin_mm: float = _RIM_OF_SKIN_MM) -> BoolArray:
    """Skin farther from where it ends: at hair, lids and lips half a pixel of registration is a difference."""
    framed = cv2.copyMakeBorder(shown.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return (cv2.distanceTransform(framed, cv2.DIST_L2, 5) > margin_mm / STEP_MM)[1:-1, 1:-1]


def _plainest(skin: PairedSkin, inner: BoolArray) -> BoolArray:
    """Skin to begin with: neither red nor dark, in both sessions together, so that it favours none of them.

    The less red half and the less dark two thirds of the face; what did not change joins them in later rounds.
    """
    apart = skin.after - skin.before
    together = skin.before + (apart - np.median(apart[inner], axis=0)) / 2
    melanin, haemoglobin, _ = invert(_on_model(together, skin))
    red, dark = (masked_blur(v, inner, 3.0 / STEP_MM) for v in (haemoglobin, melanin))
    return plainest(red, dark, inner)


def _on_model(densities: FloatArray, skin: PairedSkin) -> FloatArray:
    return (densities - np.asarray(skin.anchor.offset)).astype(np.float32)


@dataclass(frozen=True)
class Pigment:
    """Maps of one pigment (r, c) in the baseline's light.

    doubt : half of what two inversions differ by; rounding_od : what the file's rounding makes of a patch
    """

    before: FloatArray
    difference: FloatArray
    doubt: FloatArray
    rounding_od: float


def pigments_of(skin: PairedSkin, light: FloatArray) -> dict[str, Pigment]:
    """Both pigments, with the second session brought to the first one's light.

    Two inversions are averaged: each pixel's own place on the model, right where skin differs by its pigments, and the
    axes of the person's plain skin, right where it differs by shine and stray light.
    """
    first, second = (invert(_on_model(d, skin)) for d in (skin.before, skin.after - light))
    tangent = along_axes((skin.after - light - skin.before).astype(np.float32), skin.anchor)
    rounding = _rounding_od(skin)
    made = {}
    for name, k in (("erythema", 1), ("hyperpigmentation", 0)):
        by_pixel = second[k] - first[k]
        mean, apart = (by_pixel + tangent[k]) / 2, (by_pixel - tangent[k]) / 2
        made[name] = Pigment(first[k], mean.astype(np.float32), apart.astype(np.float32), rounding[k])
    return made


def _rounding_od(skin: PairedSkin) -> tuple[float, float]:
    """SD (OD of melanin, of haemoglobin) that rounding leaves in skin as bright as this person's."""
    level = linear_to_srgb8(np.exp(-np.median(skin.before[skin.shown], axis=0, keepdims=True))[None])[0, 0]
    # Density -ln(((v / 255 + 0.055) / 1.055)^2.4) by v, IEC 61966-2-1.
    steps = (100 - skin.jpeg_quality) / (100 - _ROUNDING_QUALITY)
    coarser = steps if skin.jpeg_quality < COARSE_QUALITY else 1.0
    each = coarser * _ROUNDING_LEVELS * 2.4 / (level.astype(np.float32) + 0.055 * 255)
    melanin, haemoglobin = along_axes(np.diag(each).astype(np.float32), skin.anchor)
    return float(np.linalg.norm(melanin)), float(np.linalg.norm(haemoglobin))


def _affected(pigment: Pigment, inner: BoolArray, reference: BoolArray) -> BoolArray:
    """Where a difference, up or down, stands out of that of reference skin, grown to its rim."""
    difference, well_inside = pigment.difference, _inner(inner, _WELL_INSIDE_MM - _RIM_OF_SKIN_MM)
    stands, belongs = np.zeros_like(inner), np.zeros_like(inner)
    for scale in _SCALES_MM:
        mean = masked_blur(difference, inner, scale / STEP_MM)
        plain = mean[reference]
        middle = float(np.median(plain))
        spread = float(np.hypot(1.4826 * np.median(np.abs(plain - middle)), pigment.rounding_od))
        away = np.abs(mean - middle) / spread
        stands |= inner & (away > _STANDS_OUT)
        belongs |= inner & (away > (_BELONGS if scale == _SCALES_MM[0] else _STANDS_OUT))
    count, labels = cv2.connectedComponents((belongs | stands).astype(np.uint8), connectivity=4)
    share = np.bincount(labels[well_inside], minlength=count) / np.bincount(labels.ravel(), minlength=count)
    told = (np.bincount(labels[stands], minlength=count) > 0) & (share >= _LEAST_WELL_INSIDE)
    kept = told[labels] & (labels > 0)
    radius = round(_RIM_MM / STEP_MM)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(kept.astype(np.uint8), disc).astype(bool)


def _cells_of(shape: tuple[int, ...]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Number of the cell of every point (r, c), and the middles (n, 2) of the cells in mm."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    across = shape[1] // _CELL + 1
    number = ((rows // _CELL) * across + columns // _CELL).astype(np.int64)
    every = np.arange(int(np.max(number)) + 1)
    middle = (np.stack([every % across, every // across], axis=1) + 0.5) * (_CELL * STEP_MM)
    return number, middle.astype(np.float64)


def _whole_change(pigment: Pigment, plain: BoolArray, skin: PairedSkin, sd: float) -> FieldChange:
    """The change of all skin, in a light told by something else, whose error is alike everywhere."""
    number, middle = _cells_of(skin.shown.shape)
    difference = np.where(skin.shown, pigment.difference, 0).astype(np.float32)
    mine = np.arange(len(middle))
    cells = _Cells(number, mine, np.full((len(mine), len(mine)), sd**2))
    least = Z95 * sd * float(skin.area_mm2[skin.shown].sum())
    level = _level(pigment, plain, skin)
    nothing = np.zeros_like(skin.shown)
    return FieldChange(
        pigment.before, level, difference, pigment.doubt, skin.shown, nothing, pigment.rounding_od, least, cells
    )


def _level(pigment: Pigment, plain: BoolArray, skin: PairedSkin) -> float:
    return reference_level(masked_blur(pigment.before, skin.shown, SMOOTH_MM / STEP_MM), plain)


def _field_change(
    pigment: Pigment, affected: BoolArray, reference: BoolArray, plain: BoolArray, skin: PairedSkin
) -> FieldChange:
    """The change above what the reference skin foretells, with the covariance of the foretelling."""
    difference = pigment.difference
    number, middle = _cells_of(difference.shape)
    count = len(middle)

    def per_cell(values: npt.NDArray[np.floating], where: BoolArray) -> npt.NDArray[np.float64]:
        return np.bincount(number[where], values[where], minlength=count).astype(np.float64)

    ones = np.ones_like(difference)
    told = per_cell(ones, reference)
    full = told >= _CELL**2 / 2
    mean = per_cell(difference, reference)[full] / told[full]
    field = field_of(middle[full], mean, per_cell(skin.area_mm2, reference)[full])
    kriging = Kriging(field)
    longer = max(kriging.placebo_ratio(SMALLEST_PATCH_MM), 1.0)
    summed = affected & skin.shown
    mine = np.flatnonzero(per_cell(ones, summed) > 0)
    foretold = kriging.foretell(middle[mine])
    expected = np.zeros(count)
    expected[mine] = foretold.mean
    change = np.where(summed, difference - expected[number], 0).astype(np.float32)
    cells = _Cells(number, mine, foretold.covariance * longer**2)
    least = _least(kriging, longer, pigment.rounding_od)
    level = _level(pigment, plain, skin)
    return FieldChange(
        pigment.before, level, change, pigment.doubt, summed, reference, pigment.rounding_od, least, cells
    )


def _least(kriging: Kriging, longer: float, rounding_od: float) -> float:
    """Change (mm2 OD) of a patch of 10 mm radius that stands out, and by how much more in 95 % of such patches."""
    steps = np.arange(-SMALLEST_PATCH_MM + 2, SMALLEST_PATCH_MM, _CELL)
    x, y = (v.ravel() for v in np.meshgrid(steps, steps))
    disc = np.hypot(x, y) < SMALLEST_PATCH_MM
    places = np.stack([x[disc], y[disc]], axis=1) + kriging.field.origin
    covariance = kriging.foretell(places).covariance
    cell_mm2 = _CELL**2 * STEP_MM**2
    error = np.hypot(longer * np.sqrt(covariance.sum()), rounding_od * len(places)) * cell_mm2
    return float((_STANDS_OUT + 1.645) * error)
