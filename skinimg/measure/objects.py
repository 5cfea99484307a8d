"""What stands out: how strongly a pixel differs from the plain skin around it, and the separate things of a finding."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from skimage import measure, morphology

from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.parallel import each, together
from skinimg.base.records import BoolArray, FloatArray, Frame, Objects, Segmentation, SkinMaps
from skinimg.skin.optics import density, haemoglobin_density, smooth_light

# The ring of plain skin that a finding is compared with lies 0.3 to 2 mm outside it (docs/ARCHITECTURE.md).
_RING_INNER_MM = 0.3
_RING_OUTER_MM = 2.0
# Share of the blood that a pixel's colour tells which is believed against darkness: the rest is noise of a colour that a
# JPEG stores at half the resolution. Spots painted on eleven people and photographed again, and the same unchanged: with
# the model's melanin alone the fall was off by 21 % (RMS) and null pairs strayed by 4.3 mm2 OD, with 0, 0.5 and 1 of the
# blood by 14, 14 and 16 %, and by 1.4, 1.0 and 1.1 mm2 OD.
_TOLD_BLOOD = np.float32(0.5)
_RELIEF = tuple(name for name in MASK_FINDINGS if FINDINGS[name].contrast_map == "relief")


def contrast_maps(frame: Frame, maps: SkinMaps, segmentation: Segmentation) -> dict[str, FloatArray]:
    """(h, w) contrast of every pixel for each finding: its density minus that of the plain skin around it.

    Melanin is darkness in green less what blood and uneven light explain, not the optical model's melanin: green is
    stored at full resolution while colour is not (`_TOLD_BLOOD`). A small mark has no shade of its own, but across a mark
    of centimetres the light varies as much as the pigment: two of nine people's melasma, painted and halved, read -15
    instead of 63 and 34 instead of 143 mm2 OD where the light was left in.

    Redness is compared with the person's unaffected skin as a whole (the anchor), because erythema fills cheeks and has
    no ring. Scars show a dark and a bright wall, so their contrast is the size of the difference, whatever its sign.

    Relief is darkness in green, not the optical model's shading. A photo stores colour at half the resolution of
    brightness (JPEG 4:2:0), so a thin dark line takes the same from each channel, most of it from blue, and the model
    reads that as melanin: on six phantom faces its shading made true pores paler than the skin around in five, and true
    wrinkles in three of four; in green they were 0.11 to 0.62 OD darker in all.
    """
    mm_per_px = frame.mm_per_px
    sigma_px = _RING_OUTER_MM / mm_per_px / 2
    usable = frame.skin & ~maps.glare
    # Without everything found, so that a spot on a red patch is not the ring of that patch; but a pore in a dark patch
    # is compared with the patch.

    def against(values: FloatArray, found: Sequence[str]) -> FloatArray:
        return values - _surroundings(values, usable & ~widely_found(segmentation, found, mm_per_px), sigma_px)

    darkness = density(frame.linear[..., 1])

    def pigment() -> FloatArray:
        return darkness - _TOLD_BLOOD * maps.haemoglobin - smooth_light(maps, frame.skin, mm_per_px)

    melanin, relief = together(lambda: against(pigment(), MASK_FINDINGS), lambda: against(darkness, _RELIEF))
    around = {
        "melanin": melanin,
        "haemoglobin": maps.haemoglobin - np.float32(haemoglobin_density(maps.anchor.haemoglobin)),
        "relief": relief,
    }
    contrasts = {name: around[FINDINGS[name].contrast_map] for name in MASK_FINDINGS}
    contrasts["scars"] = np.abs(cv2.GaussianBlur(around["relief"], (0, 0), 0.2 / mm_per_px))
    return contrasts


def widely_found(segmentation: Segmentation, names: Sequence[str], mm_per_px: float) -> BoolArray:
    """Where any of these findings may be, and the skin right beside it: (h, w)."""
    planes = (segmentation.probability[segmentation.findings.index(name)] for name in names)
    anything = np.logical_or.reduce([plane > 0.3 for plane in planes])
    inner = max(round(_RING_INNER_MM / mm_per_px), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * inner + 1, 2 * inner + 1))
    return cv2.dilate(anything.astype(np.uint8), kernel).astype(bool)


def _surroundings(values: FloatArray, plain: BoolArray, sigma_px: float) -> FloatArray:
    """What plain skin nearby looks like, also in the middle of a large lesion.

    Normalised convolution over plain skin; where none lies within reach, the reach doubles. Each doubling halves the
    image, so the cost is that of the first blur.
    """
    total, weight = cv2.copyTo(values, plain.view(np.uint8)), plain.astype(np.float32)
    levels = []
    for _ in range(7):  # the 7th reaches 64 times as far as the first, across any face
        small = (max(total.shape[1] // 2, 1), max(total.shape[0] // 2, 1))
        total, weight = (cv2.resize(image, small, interpolation=cv2.INTER_AREA) for image in (total, weight))
        blurred = [cv2.GaussianBlur(image, (0, 0), max(sigma_px / 2, 1.0)) for image in (total, weight)]
        levels.append((blurred[0], blurred[1]))
    filled = np.full_like(levels[-1][0], float(values[plain].mean()) if plain.any() else 0.0)
    for summed, count in reversed(levels):
        filled = cv2.resize(filled, summed.shape[::-1], interpolation=cv2.INTER_LINEAR)
        trust = count / (count + 0.02)  # below 2 % plain skin in reach, the wider level takes over
        mean = np.divide(summed, count, out=filled.copy(), where=count > 1e-6)
        filled = trust * mean + (1 - trust) * filled
    return cv2.resize(filled, values.shape[::-1], interpolation=cv2.INTER_LINEAR)


def line_lengths(segmentation: Segmentation, mm_per_px: float) -> dict[str, FloatArray]:
    """For every line finding, the length in mm that each pixel of the skeleton of its mask stands for: (h, w)."""
    lines = [name for name in segmentation.findings if FINDINGS[name].kind == "line"]
    masks = [segmentation.probability[segmentation.findings.index(name)] > 0.5 for name in lines]
    return {
        name: skeleton_length_px(morphology.skeletonize(mask)) * np.float32(mm_per_px)
        for name, mask in zip(lines, masks, strict=True)
    }


def find_objects(
    segmentation: Segmentation,
    contrasts: dict[str, FloatArray],
    lengths: dict[str, FloatArray],
    pixel_area_mm2: FloatArray,
) -> dict[str, Objects]:
    """Separate things of every finding: connected pieces of probability above one half, with their soft rim.

    pixel_area_mm2 : (h, w) area that each pixel of the frame stands for; lengths : of `line_lengths`
    """

    def objects(channel: int) -> Objects:
        name, probability = segmentation.findings[channel], segmentation.probability[channel]
        labels = measure.label(probability > 0.5, connectivity=2)
        ys, xs, label = _widened(labels)
        n = int(labels.max()) + 1
        weight = probability[ys, xs] * pixel_area_mm2[ys, xs]
        area = np.bincount(label, weight, minlength=n)
        line = lengths[name][ys, xs] if name in lengths else np.zeros(len(xs), np.float32)
        sums = [np.bincount(label, weight * v, minlength=n) for v in (xs, ys, contrasts[name][ys, xs])]
        x, y, contrast = (total / np.maximum(area, 1e-9) for total in sums)
        columns = (x, y, area, contrast, np.bincount(label, line, minlength=n))
        order = [k for k in np.argsort(-area, kind="stable") if k > 0 and area[k] >= FINDINGS[name].smallest_mm2]
        return Objects(*(column[order].astype(np.float32) for column in columns))

    return dict(zip(segmentation.findings, each(objects, range(len(segmentation.findings))), strict=True))


def _widened(labels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """Rows, columns and labels (n,) of all pixels of every label grown by 2 px without touching its neighbours."""
    if not labels.any():
        return (np.zeros(0, np.int64),) * 3
    distance, nearest = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    inside = labels > 0
    own = np.zeros(int(nearest.max()) + 1, np.int64)
    own[nearest[inside]] = labels[inside]
    ys, xs = np.nonzero(distance <= 2)
    return ys, xs, own[nearest[ys, xs]]


def skeleton_length_px(skeleton: BoolArray) -> FloatArray:
    """(h, w) length that each skeleton pixel stands for: half of its steps to neighbours, 1 or sqrt 2 each."""
    one = skeleton.astype(np.float32)
    straight = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
    beside = cv2.filter2D(one, cv2.CV_32F, straight, borderType=cv2.BORDER_CONSTANT)
    slanted = np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]], np.float32)
    diagonal = cv2.filter2D(one, cv2.CV_32F, slanted, borderType=cv2.BORDER_CONSTANT)
    # A diagonal step that two straight ones already make is not counted again.
    length: FloatArray = one * np.minimum(0.5 * beside + np.sqrt(0.5) * np.maximum(diagonal - beside, 0), np.sqrt(2))
    return length.astype(np.float32)
