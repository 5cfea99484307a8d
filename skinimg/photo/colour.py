"""The one place where colours change their coordinates: sRGB, linear light, CIELAB, ITA.

Channel order is RGB, the last axis is the channel, the white is D65 and the observer 2 degrees throughout. Linear sRGB
has white = 1; values outside [0, 1] are colours that sRGB cannot show and survive every conversion to floats.

Sources: IEC 61966-2-1 (sRGB), CIE 15:2004 (CIELAB), Chardon 1991 (ITA).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]

# Primaries of IEC 61966-2-1 with the white below, seven digits; each row sums to the white.
LINEAR_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE_D65: npt.NDArray[np.float64] = np.array([0.95047, 1.0, 1.08883])

# Lower edges of the ITA classes in degrees (Chardon 1991, Del Bino 2006; docs/CONSTANTS.md 3).
ITA_CLASSES: tuple[tuple[str, float], ...] = (
    ("very light", 55.0),
    ("light", 41.0),
    ("intermediate", 28.0),
    ("tan", 10.0),
    ("brown", -30.0),
    ("dark", -np.inf),
)


def srgb_to_linear(srgb: npt.NDArray[Any]) -> FloatArray:
    """Linear light of encoded sRGB: uint8 (0..255), uint16 (0..65535) or float (0..1), any shape -> float32.

    Floats outside [0, 1] follow the curve mirrored at 0 (extended sRGB).
    """
    if srgb.dtype in (np.uint8, np.uint16):
        top = np.iinfo(srgb.dtype).max
        return apply_table(srgb, _decode(np.arange(top + 1) / top))
    return _decode(np.asarray(srgb, np.float32))


def linear_to_srgb(linear: npt.NDArray[np.floating]) -> FloatArray:
    """Encoded sRGB as float32, white = 1; values outside [0, 1] are kept (the curve is mirrored at 0)."""
    linear = np.asarray(linear, np.float32)
    size = np.abs(linear)
    encoded = np.where(size <= 0.0031308, 12.92 * size, 1.055 * np.power(size, np.float32(1 / 2.4)) - 0.055)
    signed: FloatArray = np.copysign(encoded, linear).astype(np.float32, copy=False)
    return signed


def linear_to_srgb8(linear: npt.NDArray[np.floating]) -> ByteArray:
    """Encoded sRGB as uint8, clipped to what a screen can show, rounded to the nearest code."""
    # 65,536 steps of linear light are at least 20 steps per code, also in the dark end where the curve is steepest.
    steps = np.asarray(linear, np.float32) * np.float32(65535)
    steps += np.float32(0.5)
    picked: ByteArray = _codes_of_steps()[np.clip(steps, 0, 65535, out=steps).astype(np.uint16)]
    return picked


@lru_cache(maxsize=1)
def _codes_of_steps() -> ByteArray:
    """(65536,) code of sRGB of every step of linear light."""
    return np.rint(linear_to_srgb(np.arange(65536) / np.float32(65535)) * 255).astype(np.uint8)


def linear_to_lab(linear: npt.NDArray[np.floating]) -> FloatArray:
    """(..., 3) linear sRGB -> CIELAB (D65, 2 degrees)."""
    relative = apply_matrix(linear, LINEAR_TO_XYZ / WHITE_D65[:, None])  # XYZ over that of the white
    epsilon, kappa = np.float32(216 / 24389), np.float32(24389 / 27)
    f = np.cbrt(relative)
    dark = relative <= epsilon
    f[dark] = (kappa * relative[dark] + 16) / 116
    lab = np.empty_like(f)
    lab[..., 0] = 116 * f[..., 1] - 16
    lab[..., 1] = 500 * (f[..., 0] - f[..., 1])
    lab[..., 2] = 200 * (f[..., 1] - f[..., 2])
    return lab


def ita_deg(l_star: npt.ArrayLike, b_star: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Individual typology angle in degrees, atan2(L* - 50, b*) (Chardon 1991).

    The angle of the mean colour is not the mean of the pixels' angles: average L* and b* first (docs/CONSTANTS.md 3).
    """
    return np.degrees(np.arctan2(np.asarray(l_star, np.float64) - 50.0, np.asarray(b_star, np.float64)))


def ita_class(ita: float) -> str:
    """Name of the skin colour class of an ITA in degrees: very light, light, intermediate, tan, brown, dark."""
    return next((name for name, edge in ITA_CLASSES if ita > edge), ITA_CLASSES[-1][0])


def colours_of(image: FloatArray, where: npt.NDArray[np.bool_]) -> FloatArray:
    """(n, 3) `image[where]` of an image (..., 3) and a mask (...), in a sixth of the time."""
    return image.reshape(-1, 3).take(np.flatnonzero(where), axis=0)


def median_colour(colours: npt.NDArray[np.floating]) -> FloatArray:
    """(n, 3) -> (3,) median of each channel; channel by channel, as along an axis of 3 it takes several times as long."""
    return np.array([np.median(channel) for channel in np.ascontiguousarray(colours.T)], colours.dtype)


def apply_table(codes: npt.NDArray[Any], table: npt.NDArray[np.floating]) -> FloatArray:
    """Look every uint8 or uint16 code up in a table of 256 or 65,536 values, or (codes, 3) values per channel.

    With three columns the last axis of `codes` is the channel.
    """
    table = table.astype(np.float32)
    values: FloatArray
    if codes.dtype == np.uint8 and codes.ndim == 3 and codes.size:
        values = np.asarray(cv2.LUT(codes, table.reshape(1, 256, -1)), np.float32).reshape(codes.shape)
    elif table.ndim == 1:
        values = table[codes]
    else:
        values = table[codes, np.arange(3)]
    return values


def apply_matrix(values: npt.NDArray[np.floating], matrix: npt.NDArray[np.floating]) -> FloatArray:
    """(..., 3) values times a 3 x 3 matrix that acts on columns: out_i = sum_j matrix[i, j] values_j."""
    flat = np.ascontiguousarray(values, np.float32).reshape(-1, 1, 3)
    if flat.size == 0:
        return flat.reshape(np.shape(values))
    return np.asarray(cv2.transform(flat, matrix.astype(np.float32)), np.float32).reshape(np.shape(values))


def _decode(encoded: npt.NDArray[np.floating]) -> FloatArray:
    """Inverse sRGB curve of IEC 61966-2-1, mirrored at 0."""
    size = np.abs(encoded)
    linear = np.where(size <= 0.04045, size / 12.92, np.power((size + 0.055) / 1.055, 2.4))
    signed: FloatArray = np.copysign(linear, encoded).astype(np.float32, copy=False)
    return signed
