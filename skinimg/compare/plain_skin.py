"""What the plain skin of a pair of sessions tells of its noise: placebo lesions, and the gain of unchanged texture.

Nothing was treated where nothing is found, so whatever differs there is error of measurement, of this very pair: its
grain, its lamp, its registration (additive), and its focus and tone curve (gain). See docs/METHODS.md, Change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.parallel import each
from skinimg.base.records import BitArray, BoolArray, FloatArray, Shot
from skinimg.skin.masked_blur import masked_blurs

Values = npt.NDArray[np.float64]

_PLACES = 150  # with 150 the spread is known to 6 %, with 30 to 13 %
# The least share of the outline that must fall on plain skin. What falls beside it is filled in with the mean of what
# does not, so a small share overstates the spread.
_LEAST_ON_PLAIN = 0.3
_FEWEST = 20  # places of a region with that share; below it, the spread of the whole view stands in
_MOST_PIXELS = 60_000  # of a support; larger ones are summed over blocks: 2 x 2 pixels, or 4 x 4
_PLAIN_BELOW, _PLAIN_MARGIN_MM = 0.3, 0.3  # as the ring of `contrast_maps`
_GAIN_MM = (0.3, 3.0)  # band in which texture is compared: below it is grain, above it the lamp
# No null pair of real faces with one camera went beyond these, nine of eleven with another one did
# (docs/benchmarks/precision.md). Cast: of 41 faces, one phone differs from itself by 0.07 at most, another one by 0.07 to
# 0.24 where the gate lets it pass; a white balance that wanders by 2.5 % (SD) in every channel of both photos passes
# 0.08 in one pair of sixty, and 0.10 in one of six hundred.
_ONE_CAMERA_CAST_OD = 0.10
_ONE_CAMERA_GAIN = 0.33
_LEAST_PLAIN_PX = 20_000  # two square centimetres, from which an amplitude is known to a few per cent


@dataclass(frozen=True)
class PlainSkin:
    """What unchanged skin says about a pair; both empty where too little of it is seen.

    placebo : (region, finding) -> SD in mm2 OD of the change of load that the finding's own outline shows when it is laid
        on plain skin
    gain : contrast map -> ln of the amplitude of its texture on plain skin, follow-up over baseline; 0 for equal photos
    light_od : SD over the shared skin of the difference in broad brightness, by `photo_pair.light_difference_od`
    colour_od : by how much the cast of the skin differs, largest channel against their mean, before it is corrected
    turn_deg : by how much the head is turned and nods against the baseline, 0 on a close-up
    features_gain : not of skin: by how much, in ln, brows and eyes say that contrast differs
    """

    placebo: dict[tuple[str, str], float]
    gain: dict[str, float]
    light_od: float = 0.0
    colour_od: float = 0.0
    turn_deg: float = 0.0
    features_gain: float = 0.0

    def gain_of(self, finding: str) -> float:
        """Of the map in which the finding is seen; tone and texture go by relief."""
        return self.gain.get(FINDINGS[finding].contrast_map or "relief", 0.0)


def looks_like_another_camera(told: PlainSkin) -> bool:
    """Whether two photos differ in cast or texture by more than one camera does from session to session."""
    return told.colour_od > _ONE_CAMERA_CAST_OD or max(map(abs, told.gain.values()), default=0.0) > _ONE_CAMERA_GAIN


def carried_contrasts(shot: Shot) -> dict[str, FloatArray]:
    """Kind of contrast -> (h, w) contrasts of a shot in the baseline's frame; findings seen in one map have one kind."""
    maps = {_kind(name): shot.found.contrasts[name] for name in MASK_FINDINGS}
    if shot.alignment.is_identity:
        return maps
    return {kind: cv2.remap(m, shot.alignment.to_session, None, cv2.INTER_LINEAR) for kind, m in maps.items()}


def _kind(finding: str) -> str:
    return "scars" if finding == "scars" else FINDINGS[finding].contrast_map


def plain_skin(
    baseline: Sequence[Shot],
    shots: Sequence[Shot],
    contrasts: Sequence[dict[str, FloatArray]],
    shared: BoolArray,
    support: FloatArray,
    seed: int,
) -> PlainSkin:
    """Lay every finding on plain skin, and compare the texture of plain skin.

    The first shot of the baseline lends its frame (h, w).

    contrasts : of all shots, the baseline's first, in that frame, of `carried_contrasts`
    shared : (h, w) skin that all of them show; support : (n_findings, h, w) of `common_support`, in that frame
    """
    first = baseline[0]
    plain = shared & ~_near_findings(support, first.seen.frame.mm_per_px)
    light = max(shot.difference.light_difference_od for shot in shots)
    colour = max(_cast(first, shot) for shot in shots)
    turn = max(shot.difference.turn_deg for shot in shots)
    features = max(shot.difference.features_gain for shot in shots)
    if plain.sum() < _LEAST_PLAIN_PX:
        return PlainSkin({}, {}, light, colour, turn, features)
    area = first.alignment.jacobian * np.float32(first.seen.frame.mm_per_px**2)
    at_first, later = contrasts[: len(baseline)], contrasts[len(baseline) :]
    means = {kind: (_mean(at_first, kind), _mean(later, kind)) for kind in contrasts[0]}
    codes = np.flatnonzero(np.bincount(first.seen.frame.region_bits[shared])).astype(np.uint16)
    numbers = np.zeros(1 << 16, np.uint16)
    numbers[codes] = np.arange(len(codes))
    code = np.where(shared, numbers[first.seen.frame.region_bits], 0)

    def laid(channel: int) -> _Drawn:
        name = first.found.segmentation.findings[channel]
        before, after = means[_kind(name)]
        return _laid_elsewhere(
            after - before, plain, cv2.copyTo(area, shared.view(np.uint8)) * support[channel], code, len(codes), seed
        )

    drawn = each(laid, range(len(support)))
    placebo = {
        (region, name): _spread(mine, (codes >> np.uint16(bit)) & 1 == 1)
        for name, mine in zip(first.found.segmentation.findings, drawn, strict=True)
        for bit, region in enumerate(first.seen.frame.regions)
    }
    kept = [kind for kind in means if kind != "scars"]
    told = each(lambda kind: _gain(*means[kind], plain, first.seen.frame.mm_per_px), kept)
    gain = dict(zip(kept, told, strict=True))
    return PlainSkin(placebo, gain, light, colour, turn, features)


def _cast(baseline: Shot, session: Shot) -> float:
    """OD by which the colour of plain skin differs; exposure, common to the channels, drops out."""
    apart = np.subtract(session.seen.maps.anchor.offset, baseline.seen.maps.anchor.offset)
    return float(np.abs(apart - apart.mean()).max())


def _near_findings(support: FloatArray, mm_per_px: float) -> BoolArray:
    reach = max(round(_PLAIN_MARGIN_MM / mm_per_px), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate((support.max(axis=0) > _PLAIN_BELOW).astype(np.uint8), kernel).astype(bool)


def _mean(session: Sequence[dict[str, FloatArray]], kind: str) -> FloatArray:
    """(h_b, w_b) contrast of a session, averaged over its shots."""
    maps = [contrasts[kind] for contrasts in session]
    return maps[0] if len(maps) == 1 else np.asarray(np.mean(maps, axis=0), np.float32)


@dataclass(frozen=True)
class _Drawn:
    """Sums under an outline laid at random places, by combination of regions: (places, codes), and its own (codes,)."""

    load: Values  # mm2 OD on plain skin
    on_plain: Values  # mm2 of the outline on plain skin
    whole: Values  # mm2


def _laid_elsewhere(
    difference: FloatArray, plain: BoolArray, weight: FloatArray, code: BitArray, codes: int, seed: int
) -> _Drawn:
    """The outline `weight` (h, w) mm2 shifted, half of the times mirrored, over the difference of two sessions."""
    block = next((b for b in (1, 2) if (weight > 0).sum() <= _MOST_PIXELS * b * b), 4)
    mass = _block_means(weight, block).astype(np.float64) * block**2
    rows, columns = mass.shape
    ys, xs = np.nonzero(mass > 0)
    places = np.arange(len(ys))
    outline = csr_array((mass[ys, xs], (code[ys * block, xs * block], places)), shape=(codes, len(ys)))
    del mass, weight  # a face at full size is 34 MB, and several findings are laid at once
    sheet = _sheet(difference, plain, block)
    del difference
    straight, mirrored = (ys * (2 * columns) + x for x in (xs, columns - 1 - xs))
    rng = np.random.default_rng(seed)
    drawn = np.zeros((2, _PLACES, codes))  # load, on plain
    for place in range(_PLACES):
        dy, dx = rng.integers(-rows // 2, rows // 2), rng.integers(-columns // 2, columns // 2)
        start = dy % rows * (2 * columns) + dx % columns
        under = sheet.take((mirrored if place % 2 else straight) + start, mode="wrap")
        drawn[:, place] = (outline @ under.view(np.float32).reshape(-1, 2)).T
    return _Drawn(drawn[0], drawn[1], outline.sum(axis=1))


def _block_means(values: FloatArray, block: int) -> FloatArray:
    """(rows, columns) mean of each block of (h, w) values; what is left over at the lower and right rim is cut off."""
    rows, columns = (side // block for side in values.shape)
    whole = values[: rows * block, : columns * block]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA))


def _sheet(difference: FloatArray, plain: BoolArray, block: int) -> npt.NDArray[np.complex64]:
    """The difference on plain skin, and the share of plain skin, as the two halves of one number: one look fetches both.

    What leaves the image on one side comes in on the other. Row after row, twice side by side, a shift is an offset: what
    runs over the right rim meets the second copy, and what runs over the lower rim begins again (`take(mode="wrap")`).
    """
    rows, columns = (side // block for side in plain.shape)
    sheet = np.empty((rows, 2, columns), np.complex64)  # filled in place: at full size it is 46 MB
    on_plain = cv2.copyTo(difference, plain.view(np.uint8))
    for half, values in ((sheet.real, on_plain), (sheet.imag, plain.astype(np.float32))):
        half[:] = _block_means(values, block)[:, None]
    return sheet.reshape(-1)


def _spread(drawn: _Drawn, inside: BoolArray) -> float:
    """Root mean square in mm2 OD of the change of load that a region's outlines show on plain skin."""
    whole = float(drawn.whole[inside].sum())
    if whole == 0:
        return 0.0
    for chosen in (inside, np.ones_like(inside)):
        on_plain = drawn.on_plain[:, chosen].sum(axis=1)
        mass = float(drawn.whole[chosen].sum())
        enough = on_plain >= _LEAST_ON_PLAIN * mass
        if enough.sum() >= _FEWEST:
            mean_od = drawn.load[enough][:, chosen].sum(axis=1) / on_plain[enough]
            # fewer outlines than the whole view has average less away: variance of a sum goes with what is summed
            return float(np.sqrt((mean_od**2).mean() * mass * whole))
    return float("nan")


def _gain(before: FloatArray, after: FloatArray, plain: BoolArray, mm_per_px: float) -> float:
    """ln of the ratio of the amplitudes of texture between 0.3 and 3 mm."""
    low, high = (side / 2 / mm_per_px for side in _GAIN_MM)
    amplitudes = []
    fine, broad = ([m[plain] for m in masked_blurs((before, after), plain, sigma)] for sigma in (low, high))
    for small, large in zip(fine, broad, strict=True):
        amplitudes.append(float(np.median(np.abs(small - large))))  # robust: a missed spot is no texture
    return float(np.log(max(amplitudes[1], 1e-6) / max(amplitudes[0], 1e-6)))
