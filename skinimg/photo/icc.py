"""Colour profiles: from the codes of a file to linear sRGB, with full precision and colours outside sRGB kept.

Pillow applies ICC profiles in 8 bits and clips to sRGB. Skin needs neither loss, so the usual kind of profile (three
tone curves and a 3 x 3 matrix, or one curve for grey) is read here: ICC.1:2022, sections 7.3, 8.2 to 8.3, 10.6, 10.18.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ImageCms

from skinimg.photo.colour import LINEAR_TO_XYZ, WHITE_D65, FloatArray, apply_matrix, apply_table, srgb_to_linear

Array = npt.NDArray[np.float64]
Curve = Callable[[Array], Array]  # encoded 0..1 -> linear light 0..1

WHITE_D50: Array = np.array([0.9642, 1.0, 0.8249])  # of the ICC's connection space
BRADFORD: Array = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
XYZ_TO_LINEAR: Array = np.linalg.inv(LINEAR_TO_XYZ)


@dataclass(frozen=True)
class ColourProfile:
    """How codes become linear sRGB.

    curves : one tone curve per channel, three for colour and one for grey.
    matrix : (3, 3) from the profile's linear RGB to linear sRGB; None where they are the same.
    look_up : the profile is a table of colours that only a colour engine can apply; curves are then empty.
    """

    name: str
    curves: tuple[Curve, ...]
    matrix: Array | None = None
    look_up: bool = False

    @property
    def grey(self) -> bool:
        """One channel: the profile describes pictures without colour."""
        return len(self.curves) == 1


def read_profile(icc: bytes) -> ColourProfile:
    """Understand an ICC profile.

    Raises
    ------
    ValueError
        The profile is damaged, or belongs to neither RGB nor grey.
    """
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(icc))).strip() or "unnamed"
        tags = _tags(icc)
        space = icc[16:20].decode("ascii").strip()
        if space == "GRAY":
            return ColourProfile(name, (_sane(_curve(tags["kTRC"])),))
        if space != "RGB":
            raise ValueError(f"a profile for {space}, not for RGB or grey")
        if not {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"} <= tags.keys():
            return ColourProfile(name, (), look_up=True)
        colorants = np.stack([_xyz(tags[channel + "XYZ"]) for channel in "rgb"], axis=1)  # (3, 3) columns R, G, B
        curves = tuple(_sane(_curve(tags[channel + "TRC"])) for channel in "rgb")
    except (ImageCms.PyCMSError, OSError, KeyError, IndexError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"a damaged profile ({error})") from error
    matrix = XYZ_TO_LINEAR @ adaptation(WHITE_D50, WHITE_D65) @ colorants
    if abs(np.linalg.det(matrix)) < 1e-3:
        raise ValueError("a damaged profile (its primaries do not span a colour space)")
    return _as_srgb_if_equal(ColourProfile(name, curves, matrix))


def _sane(curve: Curve) -> Curve:
    """A tone curve rises from about black to about white, half-way neither; another one is damage."""
    with np.errstate(all="ignore"):
        values = curve(np.linspace(0, 1, 256))
    steps = np.diff(values)
    whole = np.isfinite(values).all() and values[-1] - values[0] > 0.5 and values[-1] < 2
    if not (whole and steps.min() > -1e-3 and 0.02 < values[128] < 0.95):
        raise ValueError("a damaged profile (a senseless tone curve)")
    return curve


def to_linear(codes: npt.NDArray[Any], profile: ColourProfile) -> FloatArray:
    """(H, W, 3) or (H, W) codes, uint8 or uint16 -> (H, W, 3) linear sRGB, not clipped."""
    if profile.curves == SRGB.curves and profile.matrix is None:
        linear = srgb_to_linear(codes)
    else:
        levels = np.linspace(0, 1, np.iinfo(codes.dtype).max + 1)
        linear = apply_table(codes, np.stack([curve(levels) for curve in profile.curves], axis=-1).squeeze())
    if codes.ndim == 2:
        return np.repeat(linear[..., None], 3, axis=-1)
    return linear if profile.matrix is None else apply_matrix(linear, profile.matrix)


def adaptation(source: Array, target: Array) -> Array:
    """(3, 3) Bradford matrix that turns XYZ seen under one white into XYZ under another."""
    gain = (BRADFORD @ target) / (BRADFORD @ source)
    return np.linalg.inv(BRADFORD) @ np.diag(gain) @ BRADFORD


def _srgb_curve(encoded: Array) -> Array:
    return srgb_to_linear(encoded).astype(np.float64)


def _adobe_curve(encoded: Array) -> Array:
    return np.asarray(encoded ** (563 / 256), np.float64)  # Adobe RGB (1998) Color Image Encoding, 4.3.1.2


def _primaries_to_srgb(xy: list[tuple[float, float]]) -> Array:
    """(3, 3) to linear sRGB from the chromaticities of three primaries whose white is D65."""
    xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in xy]).T
    return np.asarray(XYZ_TO_LINEAR @ (xyz * np.linalg.solve(xyz, WHITE_D65)), np.float64)


SRGB = ColourProfile("sRGB (assumed)", (_srgb_curve,) * 3)
DISPLAY_P3 = ColourProfile(
    "Display P3", (_srgb_curve,) * 3, _primaries_to_srgb([(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)])
)
ADOBE_RGB = ColourProfile(
    "Adobe RGB (1998)", (_adobe_curve,) * 3, _primaries_to_srgb([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)])
)


def _as_srgb_if_equal(profile: ColourProfile) -> ColourProfile:
    """The many editions of the sRGB profile differ by rounding; all of them mean sRGB, to the last bit."""
    levels = np.linspace(0, 1, 256)
    same_curves = all(np.abs(curve(levels) - _srgb_curve(levels)).max() < 2e-3 for curve in profile.curves)
    if same_curves and profile.matrix is not None and np.abs(profile.matrix - np.eye(3)).max() < 5e-3:
        return ColourProfile(profile.name, SRGB.curves)
    return profile


def _tags(icc: bytes) -> dict[str, bytes]:
    """Tag table (ICC.1:2022, 7.3): signature -> data."""
    (count,) = struct.unpack_from(">I", icc, 128)
    if count > 200:
        raise ValueError(f"a damaged profile ({count} tags)")
    entries = [struct.unpack_from(">4sII", icc, 132 + 12 * k) for k in range(count)]
    return {signature.decode("ascii"): icc[start : start + size] for signature, start, size in entries}


def _xyz(tag: bytes) -> Array:
    """XYZType (10.31): three s15Fixed16 numbers."""
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536.0


def _curve(tag: bytes) -> Curve:
    """curveType (10.6) or parametricCurveType (10.18)."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return lambda encoded: encoded
        if count == 1:
            gamma = struct.unpack_from(">H", tag, 12)[0] / 256
            return lambda encoded: np.asarray(encoded**gamma, np.float64)
        table = np.frombuffer(tag, ">u2", count, 12) / 65535.0
        return lambda encoded: np.interp(encoded, np.linspace(0, 1, count), table)
    if tag[:4] != b"para":
        raise ValueError("a damaged profile (unknown kind of tone curve)")
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError("a damaged profile (unknown kind of tone curve)")
    values = [v / 65536.0 for v in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)]
    return _parametric(kind, values)


def _parametric(kind: int, values: list[float]) -> Curve:
    """Y = (aX + b)^g + e above the knee d, cX + f below; the simpler kinds leave parameters out (table 68)."""
    g, a, b, c, d, e, f = values[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    if kind in (1, 2):
        a, b = values[1:3]
        d = -b / a if a else 0.0
        e = f = values[3] if kind == 2 else 0.0
    elif kind in (3, 4):
        a, b, c, d = values[1:5]
        e, f = values[5:7] if kind == 4 else (0.0, 0.0)

    def curve(encoded: Array) -> Array:
        above = np.maximum(a * encoded + b, 0.0) ** g + e
        return np.where(encoded >= d, above, c * encoded + f)

    return curve
