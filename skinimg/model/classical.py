"""The named baseline `--weights classical`: one fixed filter per finding, sizes in mm, thresholds in robust SD.

A trained network earns its place only by beating these (docs/CONSTANTS.md 7). Each detector returns a soft probability, so
that areas are sums here as they are for the network.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.special import expit
from skimage import measure, morphology

from skinimg.base.records import BoolArray, FloatArray, Frame, SkinMaps
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import haemoglobin_density

NAME = "classical"


def probabilities(frame: Frame, maps: SkinMaps) -> FloatArray:
    """(5, h, w) soft masks in the order of findings.MASK_FINDINGS: spots, redness, pores, scars, wrinkles."""
    mm = 1.0 / frame.mm_per_px  # pixels per mm
    relief = maps.shading
    # Folds beside the nose and the corners of the eyes are shadow, not pigment (docs/CONSTANTS.md 6 keeps off s above 0.6).
    lit = masked_blur(relief, frame.skin, 0.5 * mm) - masked_blur(relief, frame.skin, 8 * mm) < 0.4
    skin = frame.skin & ~maps.glare & lit
    spots = _spots(maps.melanin, skin, mm)
    wrinkles = _wrinkles(relief, skin, mm)
    stack = np.stack(
        [
            spots,
            _redness(maps, skin, mm),
            _pores(relief, skin & (spots < 0.5), mm),
            _scars(relief, skin & (wrinkles < 0.5), mm),
            wrinkles,
        ]
    )
    return stack * frame.skin


def robust_sd(values: FloatArray) -> float:
    """1.4826 x median absolute deviation; a floor keeps a perfectly even image from dividing by zero."""
    if values.size == 0:
        return 1.0
    return max(1.4826 * float(np.median(np.abs(values - np.median(values)))), 1e-4)


def _soft(z: FloatArray, threshold: float, width: float) -> FloatArray:
    return expit((z - threshold) / width).astype(np.float32)


def _keep(labels: npt.NDArray[np.int64], good: npt.NDArray[np.bool_]) -> BoolArray:
    """Mask of the labels whose entry of `good` (index = label, 0 = background) is true."""
    good[0] = False
    return good[labels]


def _spots(melanin: FloatArray, skin: BoolArray, mm: float) -> FloatArray:
    """Darker in melanin than the 8 mm around: hysteresis 3 / 1.5 robust SD, at least 0.8 mm2, solidity above 0.6.

    The rim of a spot is where it has half of its own peak: there, blur moves as much in as out.
    """
    smooth = masked_blur(melanin, skin, 0.3 * mm)  # half the smallest spot: patches stay whole, pores drop out
    excess = smooth - masked_blur(melanin, skin, 8 * mm)
    noise = robust_sd(excess[skin])
    found = morphology.remove_small_objects(
        _hysteresis(np.where(skin, excess / noise, 0), 1.5, 3.0), max_size=int(0.8 * mm**2) - 1
    )
    labels = measure.label(found)
    peaks = np.zeros(labels.max() + 1, np.float32)
    for region in measure.regionprops(labels, excess):
        if region.solidity > 0.6:
            peaks[region.label] = region.intensity_max
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(0.3 * mm) + 1,) * 2)
    peak = cv2.dilate(peaks[labels], kernel)  # (h, w), 0 away from spots
    rim = np.maximum(0.5 * peak, 1.5 * noise)
    return np.where(peak > 0, expit((excess - rim) / (0.1 * rim)), 0).astype(np.float32)


def _hysteresis(z: FloatArray, low: float, high: float) -> BoolArray:
    """(h, w) what lies above `low` and touches, corners included, what lies above `high`.

    scikit-image's `apply_hysteresis_threshold` does not let corners touch: slanted lines fall apart, and of the two
    phantoms of samples/ it leaves 4 to 11 % less area of lines, and -1 to 11 % more of scars, where there are none.
    """
    joined: BoolArray = ndimage.binary_propagation(z > high, structure=np.ones((3, 3)), mask=z > low)
    return joined


def _redness(maps: SkinMaps, skin: BoolArray, mm: float) -> FloatArray:
    """More than 1.5 x the blood of the anchor skin, smoothed 1 mm, patches of at least 4 mm2."""
    plain = haemoglobin_density(maps.anchor.haemoglobin)
    limit = haemoglobin_density(1.5 * maps.anchor.haemoglobin)
    smooth = masked_blur(maps.haemoglobin, skin, 1.0 * mm)
    half = (limit - plain) / 4  # from plain to limit the mask rises from 2 % to 50 %
    found = morphology.remove_small_objects(skin & (smooth > limit - half), max_size=int(4 * mm**2) - 1)
    return np.where(found, _soft(smooth, float(limit), float(half) / 2), 0).astype(np.float32)


def _hessian(image: FloatArray, sigma: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scale-normalised second derivatives xx, xy, yy at a Gaussian scale in pixels."""
    smooth = cv2.GaussianBlur(image, (0, 0), sigma)
    xx = cv2.filter2D(smooth, cv2.CV_32F, np.array([[1, -2, 1]], np.float32))
    yy = cv2.filter2D(smooth, cv2.CV_32F, np.array([[1], [-2], [1]], np.float32))
    xy = cv2.filter2D(smooth, cv2.CV_32F, np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]], np.float32) / 4)
    return sigma**2 * xx, sigma**2 * xy, sigma**2 * yy


def _eigenvalues(xx: FloatArray, xy: FloatArray, yy: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues of the Hessian, the smaller and the larger one."""
    mean, apart = (xx + yy) / 2, cv2.magnitude((xx - yy) / 2, xy)
    return mean - apart, mean + apart


def _filled(image: FloatArray, skin: BoolArray, mm: float) -> FloatArray:
    """The image with everything that is not skin replaced by the skin around it, so that borders do not ring."""
    return np.where(skin, image, masked_blur(image, skin, 3 * mm)).astype(np.float32)


def _inside(skin: BoolArray, margin_px: float) -> BoolArray:
    """Skin further than the margin from its border: the jaw and the hairline are edges, not lines or dents."""
    padded = cv2.copyMakeBorder(skin.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1] > margin_px


def _pores(relief: FloatArray, skin: BoolArray, mm: float) -> FloatArray:
    """Dark round dots: determinant of the Hessian over radii 0.1 to 0.3 mm, roundness above 0.4, 4 robust SD.

    docs/CONSTANTS.md 7 starts at 0.06 mm, which is 0.6 px at the working scale: below the sampling limit, so left out.
    """
    image = _filled(relief, skin, mm)
    best = np.zeros_like(image)
    radius = np.zeros_like(image)
    for r in (0.10, 0.14, 0.20, 0.28):
        low, high = _eigenvalues(*_hessian(image, r * mm / np.sqrt(2)))  # a dark dot is bright in density
        response = np.where((high < 0) & (high < 0.4 * low), np.sqrt(np.maximum(low * high, 0)), 0)
        better = response > best
        best[better] = response[better]
        radius[better] = r * mm
    inside = _inside(skin, 0.5 * mm)
    noise = robust_sd(_hessian(image, 0.14 * mm)[0][inside])
    peak = (best == cv2.dilate(best, np.ones((3, 3), np.uint8))) & (best > 4 * noise) & inside
    return _discs(peak, radius)


def _discs(peak: BoolArray, radius_px: FloatArray) -> FloatArray:
    """A soft disc around every peak, edge 1 px wide: distance to the nearest peak against that peak's radius."""
    if not peak.any():
        return np.zeros(peak.shape, np.float32)
    distance, nearest = cv2.distanceTransformWithLabels(
        (~peak).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE, labelType=cv2.DIST_LABEL_PIXEL
    )
    own = np.zeros(int(nearest.max()) + 1, np.float32)
    own[nearest[peak]] = radius_px[peak]
    return np.clip(own[nearest] - distance + 0.5, 0, 1).astype(np.float32)


def _wrinkles(relief: FloatArray, skin: BoolArray, mm: float) -> FloatArray:
    """Dark lines: Frangi over 0.1 to 0.3 mm (beta 0.5, c half the largest norm), hysteresis, at least 3 mm long."""
    image = _filled(relief, skin, mm)
    inner = _inside(skin, 1.5 * mm)
    best = np.zeros_like(image)
    for sigma in (0.1, 0.17, 0.3):
        low, high = _eigenvalues(*_hessian(image, sigma * mm))  # low: across a dark line, strongly negative
        norm = cv2.magnitude(low, high)
        # c = half the largest norm would let one mole decide: the 99.9th percentile of skin is used instead.
        c = 0.5 * float(np.percentile(norm[inner], 99.9)) if inner.any() else 1.0
        blob = (high / np.where(low < 0, low, -1)) ** 2
        vesselness = np.exp(-blob / (2 * 0.5**2)) * (1 - np.exp(-(norm**2) / (2 * max(c, 1e-4) ** 2)))
        best = np.maximum(best, np.where((low < 0) & inner, vesselness, 0))
    labels = measure.label(_hysteresis(best.astype(np.float32), 0.10, 0.30))
    long = np.zeros(labels.max() + 1, np.bool_)
    for region in measure.regionprops(labels):
        long[region.label] = region.axis_major_length >= 3 * mm and region.eccentricity > 0.95
    return np.where(_keep(labels, long), _soft(best, 0.12, 0.03), 0).astype(np.float32)


def _scars(relief: FloatArray, skin: BoolArray, mm: float) -> FloatArray:
    """Dents: difference of Gaussians of the shading over radii 0.5 to 2 mm, hysteresis 4 / 2.5 robust SD, 0.8 mm2.

    Sensitive to the direction of the light; comparable only between photos of one lighting.
    """
    image = _filled(relief, skin, mm)
    inner = _inside(skin, 3.0 * mm)
    best = np.zeros_like(image)
    for r in (0.5, 1.0, 2.0):
        sigma = r * mm / np.sqrt(2)
        dent = masked_blur(image, skin, sigma) - masked_blur(image, skin, 1.6 * sigma)
        best = np.maximum(best, dent / robust_sd(dent[inner]))
    z = np.where(inner, best, 0).astype(np.float32)
    found = morphology.remove_small_objects(_hysteresis(z, 2.5, 4.0), max_size=int(0.8 * mm**2) - 1)
    return np.where(found, _soft(z, 2.5, 0.4), 0).astype(np.float32)
