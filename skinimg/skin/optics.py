"""From the colour of skin to melanin, haemoglobin and shading, by inverting a two-layer optical model.

A photo's density D = -ln(linear sRGB) is the skin's own density, plus light and relief that weigh on all three channels
alike, plus three unknown numbers per session (exposure and white balance). Looking across (1, 1, 1) removes the second;
shifting each session so that its unaffected skin matches the baseline's removes the third (docs/CONSTANTS.md 2, method f:
0 to 5 points of error under exposure, white balance, light-gradient and phone changes, where per-image ICA drifts).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from skinimg.base.errors import PhotoError
from skinimg.base.reasons import why
from skinimg.base.records import BoolArray, FloatArray, SkinAnchor, SkinMaps
from skinimg.photo.colour import colours_of, ita_deg, linear_to_lab, median_colour
from skinimg.skin.masked_blur import masked_blur

# Density of skin as a polynomial in x = sqrt(melanosome fraction), y = sqrt(blood fraction): power of x, power of y,
# then the coefficients of R, G, B. Fitted to an adding-doubling table; median error 0.13 delta E 76 (docs/CONSTANTS.md 1.4).
POLYNOMIAL: tuple[tuple[int, int, tuple[float, float, float]], ...] = (
    (0, 0, (0.1803, 0.0961, 0.1370)),
    (0, 1, (1.7325, 5.5739, 6.4075)),
    (0, 2, (1.8206, -1.1274, -8.5937)),
    (0, 3, (-4.8014, -9.1047, 1.5632)),
    (1, 0, (1.9864, 3.7302, 6.6427)),
    (1, 1, (-2.2171, -6.5880, -13.4671)),
    (1, 2, (1.1667, 4.4624, 13.9543)),
    (2, 0, (7.9471, 8.7439, 8.9837)),
    (2, 1, (0.8078, 1.6144, 4.8863)),
    (3, 0, (-6.8554, -9.0509, -12.9009)),
)
MELANIN_RANGE = (0.004, 0.30)  # melanosome volume fraction over which the polynomial holds
BLOOD_RANGE = (0.001, 0.08)  # blood volume fraction over which it holds

TONES = ("light", "dark")

# Pigment maps are densities in the green channel, each with the other pigment at a middling value, so that one number
# per pixel is left: blood 1.2 % and melanin 3 % are the middle of the published group fits (docs/CONSTANTS.md 1.3).
_MIDDLE_BLOOD = 0.012
_MIDDLE_MELANIN = 0.03

_ACROSS = np.array([[1, -1, 0], [1, 1, -2]], np.float64) / np.sqrt([[2.0], [6.0]])  # rows span the plane across (1,1,1)
_NOISE = 0.1  # density: pixel noise of an 8-bit photo in the shadows
_DARKEST = 1e-3  # linear; darker carries no colour in 8 bits
_REMAP_SIDE = 32000  # cv2.remap refuses sides above 32767

_GLARE_LIFT = 0.25  # density by which shine outshines its surroundings (docs/CONSTANTS.md 3, highlight fraction)
_GLARE_FADE = 0.8  # of the anchor's colourfulness: shine is lamp-coloured, so it lies nearer to grey
_GLARE_SURROUND_MM = 8.0  # light itself varies on this scale (docs/CONSTANTS.md 6)
LIGHT_MM = 4.0  # light and the shape of a face vary more slowly; scars and folds more quickly


def skin_density(melanin: npt.ArrayLike, blood: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Density -ln(linear sRGB) of skin, body reflectance under D65: (..., 3), R, G, B.

    melanin, blood : volume fractions in MELANIN_RANGE and BLOOD_RANGE, any matching shapes.
    """
    x, y = np.broadcast_arrays(np.sqrt(melanin), np.sqrt(blood))
    terms = [np.multiply.outer(x**i * y**j, np.asarray(k)) for i, j, k in POLYNOMIAL]
    return np.sum(terms, axis=0)


def melanin_density(melanin: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Green density that melanin adds over the palest skin of the model, at 1.2 % blood."""
    return (skin_density(melanin, _MIDDLE_BLOOD) - skin_density(MELANIN_RANGE[0], _MIDDLE_BLOOD))[..., 1]


def haemoglobin_density(blood: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Green density that blood adds over nearly bloodless skin, at 3 % melanin."""
    return (skin_density(_MIDDLE_MELANIN, blood) - skin_density(_MIDDLE_MELANIN, BLOOD_RANGE[0]))[..., 1]


class _Forward(NamedTuple):
    """The model on a grid: what each pair of fractions looks like across (1, 1, 1)."""

    ln_melanin: npt.NDArray[np.float64]  # (n, n)
    ln_blood: npt.NDArray[np.float64]  # (n, n)
    density: npt.NDArray[np.float64]  # (n, n, 3)
    across: npt.NDArray[np.float64]  # (n, n, 2)


def _log_steps(low: float, high: float) -> npt.NDArray[np.float64]:
    return np.linspace(np.log(low), np.log(high), 160)


@lru_cache(maxsize=1)
def _forward() -> _Forward:
    ln_melanin, ln_blood = np.meshgrid(_log_steps(*MELANIN_RANGE), _log_steps(*BLOOD_RANGE), indexing="ij")
    density = skin_density(np.exp(ln_melanin), np.exp(ln_blood))
    return _Forward(ln_melanin, ln_blood, density, density @ _ACROSS.T)


class _Inverse(NamedTuple):
    """The model backwards, on a regular grid of the plane across (1, 1, 1)."""

    origin: tuple[float, float]
    step: float
    table: FloatArray  # (rows along the 2nd axis, columns along the 1st, 3): melanin, haemoglobin, mean density


@lru_cache(maxsize=1)
def _inverse() -> _Inverse:
    """Nearest node of the forward grid, corrected by the local linear inverse.

    The correction runs on a little outside the model's range, so that noise around very pale or bloodless skin stays
    unbiased (clipping it would add blood to skin that has none), and stops there: the middle of a mole or of a fresh
    papule lies further out, and a straight line that far turned its melanin or blood negative. Where the two axes fold
    onto each other (the darkest skin), it is damped instead of exploding.
    """
    forward = _forward()
    values = np.stack(
        [
            melanin_density(np.exp(forward.ln_melanin)),
            haemoglobin_density(np.exp(forward.ln_blood)),
            forward.density.mean(axis=-1),
        ],
        axis=-1,
    )  # (n, n, 3)
    by_node = np.stack([np.gradient(values, axis=axis) for axis in (0, 1)], axis=-1)  # (n, n, 3, 2)
    across_by_node = np.stack([np.gradient(forward.across, axis=axis) for axis in (0, 1)], axis=-1)  # (n, n, 2, 2)
    scale = np.linalg.norm(across_by_node, axis=(-2, -1))[..., None, None]
    gram = np.swapaxes(across_by_node, -1, -2) @ across_by_node + (0.05 * scale) ** 2 * np.eye(2)
    slope = by_node @ np.linalg.solve(gram, np.swapaxes(across_by_node, -1, -2))  # (n, n, 3, 2)

    origin, step, size = (-1.4, -1.9), 0.006, (340, 400)
    p, q = np.meshgrid(origin[0] + step * np.arange(size[0]), origin[1] + step * np.arange(size[1]))
    points = np.stack([p, q], axis=-1)  # (rows, columns, 2)
    _, nearest = cKDTree(forward.across.reshape(-1, 2)).query(points.reshape(-1, 2))
    away = points.reshape(-1, 2) - forward.across.reshape(-1, 2)[nearest]
    away *= np.minimum(1.0, _NOISE / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9))
    table = values.reshape(-1, 3)[nearest] + np.einsum("nij,nj->ni", slope.reshape(-1, 3, 2)[nearest], away)
    return _Inverse(origin, step, table.reshape(*points.shape[:2], 3).astype(np.float32))


def density(linear: FloatArray) -> FloatArray:
    """-ln of linear sRGB, floored at the darkest value that carries colour: same shape, float32."""
    if linear.size == 0:  # cv2.log returns None for it
        return linear.astype(np.float32)
    lifted = np.maximum(linear, np.float32(_DARKEST)).reshape(len(linear), -1)
    cv2.log(lifted, dst=lifted)
    return np.negative(lifted, out=lifted).reshape(linear.shape)


def less_offset(densities: FloatArray, offset: npt.NDArray[np.floating]) -> FloatArray:
    """(h, w, 3) densities less a number (3,) per channel, in place: row by row, as an axis of 3 takes three times as long."""
    rows = densities.reshape(len(densities), -1)
    rows -= np.tile(offset.astype(np.float32), densities.shape[1])
    return densities


def invert(skin_densities: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Melanin, haemoglobin and shading densities of (..., 3) densities whose session offset has been removed."""
    inverse = _inverse()
    shape = skin_densities.shape[:-1]
    rows = skin_densities if skin_densities.ndim == 3 else skin_densities.reshape(1, -1, 3)
    p, q = (
        cv2.transform(rows, ((row / inverse.step)[None]).astype(np.float32)) - np.float32(start / inverse.step)
        for row, start in zip(_ACROSS, inverse.origin, strict=True)
    )
    parts = [np.s_[:, i : i + _REMAP_SIDE] for i in range(0, max(p.shape[1], 1), _REMAP_SIDE)]
    found = [
        cv2.remap(inverse.table, p[part], q[part], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for part in parts
    ]
    melanin, haemoglobin, mean = cv2.split(np.concatenate(found, axis=1) if len(found) > 1 else found[0])
    red, green, blue = cv2.split(rows)
    shading = (red + green + blue) / 3 - mean
    return melanin.reshape(shape), haemoglobin.reshape(shape), shading.reshape(shape)


def pigment_axes(anchor: SkinAnchor) -> FloatArray:
    """(2, 3) change of density per OD of melanin, and of haemoglobin, in skin like the anchor's."""
    little = 1.01
    here = skin_density(anchor.melanin, anchor.haemoglobin)
    more = (
        (anchor.melanin * little, anchor.haemoglobin, melanin_density, anchor.melanin),
        (anchor.melanin, anchor.haemoglobin * little, haemoglobin_density, anchor.haemoglobin),
    )
    axes = [
        (skin_density(melanin, blood) - here) / (scale(fraction * little) - scale(fraction))
        for melanin, blood, scale, fraction in more
    ]
    return np.stack(axes).astype(np.float32)


def along_axes(change: FloatArray, anchor: SkinAnchor) -> tuple[FloatArray, FloatArray]:
    """Melanin and haemoglobin densities that explain a small change (..., 3) of density around the anchor's skin.

    The model's tangent: a second opinion to `invert`, whose axes turn from pixel to pixel with shine and shade.
    """
    across = pigment_axes(anchor) @ _ACROSS.T  # (2, 2)
    to_pigments = (np.linalg.inv(across.T) @ _ACROSS).astype(np.float32)  # (2, 3)
    return change @ to_pigments[0], change @ to_pigments[1]


def baseline_anchor(skin: FloatArray, white_balance_sd: float = 0.10) -> SkinAnchor:
    """The anchor of a baseline photo from the median density of its unaffected skin.

    The fractions are the most probable ones given that a camera's white balance is off by `white_balance_sd` (density)
    and that faces have 1.2 % blood within a factor of 1.6 (docs/CONSTANTS.md 1.3): a warm lamp must not be read as blood.

    skin : (3,) median density of unaffected skin
    """
    forward = _forward()
    misfit = ((forward.across - _ACROSS @ skin) ** 2).sum(axis=-1) / white_balance_sd**2
    unlikely = ((forward.ln_blood - np.log(_MIDDLE_BLOOD)) / np.log(1.6)) ** 2
    best = np.unravel_index(np.argmin(misfit + unlikely), misfit.shape)
    return _anchor_at(float(np.exp(forward.ln_melanin[best])), float(np.exp(forward.ln_blood[best])), skin)


def session_anchor(skin: FloatArray, baseline: SkinAnchor) -> SkinAnchor:
    """The anchor of a later session: the same skin as at the baseline, seen in another light."""
    return _anchor_at(baseline.melanin, baseline.haemoglobin, skin)


_DARK_BEYOND_OD = 0.8


def tone_of(anchor: SkinAnchor) -> str:
    """`light` or `dark`: the classes by which noise is stated.

    The border is that of phototypes IV and V, 6.2 % melanosomes, ITA 10 degrees (docs/CONSTANTS.md 1.3): beyond it shine and
    noise weigh several times as much (docs/CONSTANTS.md 2). Grey stray light takes the colour from the darkest skin, so
    skin that is much darker in the photo than its colour says counts, too: of 28 people of the standardized sets the
    four Black ones lie 0.9 to 2.0 OD beyond what the model makes of their colour, all others below 0.45.
    """
    return TONES[int(anchor.melanin > 0.062 or np.mean(anchor.offset) > _DARK_BEYOND_OD)]


def _anchor_at(melanin: float, blood: float, skin: FloatArray) -> SkinAnchor:
    lab = linear_to_lab(np.exp(-skin).astype(np.float32))
    offset = skin - skin_density(melanin, blood)
    return SkinAnchor(
        melanin, blood, float(ita_deg(lab[0], lab[2])), (float(offset[0]), float(offset[1]), float(offset[2]))
    )


def unaffected_density(linear: FloatArray, skin: BoolArray, excluded: BoolArray | None = None) -> FloatArray:
    """Median density (3,) of skin without shine, deep shadow and, where known, findings.

    Raises
    ------
    PhotoError
        Fewer than 1,000 pixels are left.
    """
    chosen = density(colours_of(linear, skin if excluded is None else skin & ~excluded))  # (n, 3)
    if len(chosen) < 1000:
        raise PhotoError(why("little_plain_skin", found=len(chosen), needed=1000))
    grey = (chosen[:, 0] + chosen[:, 1] + chosen[:, 2]) / 3
    low, high = np.percentile(grey, [10, 75])  # the bright tenth is shine, the dark quarter shadow and hair
    return median_colour(colours_of(chosen, (grey >= low) & (grey <= high)))


def skin_maps(linear: FloatArray, skin: BoolArray, mm_per_px: float, anchor: SkinAnchor) -> SkinMaps:
    """Melanin, haemoglobin, shading and shine of a frame.

    linear : (h, w, 3) linear sRGB; skin : (h, w) bool; anchor : of this very photo
    """
    densities = less_offset(density(linear), np.asarray(anchor.offset))
    melanin, haemoglobin, shading = invert(densities)
    across = cv2.transform(densities, _ACROSS.astype(np.float32))  # (h, w, 2)
    plain = _ACROSS @ skin_density(anchor.melanin, anchor.haemoglobin)
    pale = cv2.magnitude(across[..., 0], across[..., 1]) < _GLARE_FADE * np.linalg.norm(plain)
    lifted = shading - masked_blur(shading, skin, _GLARE_SURROUND_MM / mm_per_px) < -_GLARE_LIFT
    clipped = np.maximum.reduce(cv2.split(linear)) >= 0.99
    return SkinMaps(melanin, haemoglobin, shading, (pale & lifted) | clipped, anchor)


def smooth_light(maps: SkinMaps, skin: BoolArray, mm_per_px: float) -> FloatArray:
    """(h, w) density of uneven light: the smooth part of the shading, which neither pigment explains."""
    return masked_blur(maps.shading, skin, LIGHT_MM / mm_per_px)
