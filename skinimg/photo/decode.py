"""One photo file -> upright linear sRGB.

JPEG, PNG, TIFF, WebP and HEIC, 8 and 16 bits, by content whatever the extension. The colour profile and the turn of
the camera are honoured; everything else that the file says (place, owner, thumbnail) is left behind.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg
from PIL import Image, ImageCms

from skinimg.base.errors import PhotoError
from skinimg.base.reasons import why
from skinimg.base.records import Photo
from skinimg.photo import icc
from skinimg.photo.damage import FramedError, refuse_missing_strips, refuse_torn_blocks, refuse_torn_rows
from skinimg.photo.header import DECODER_ERRORS, MAX_MEGAPIXELS, PhotoHeader, open_image
from skinimg.photo.resaved import earlier_quality
from skinimg.photo.webp import refuse_bytes_left_over

Codes = npt.NDArray[Any]  # uint8 or uint16

# ITU-T H.273: primaries of sRGB and P3; the curves of sRGB, of PQ and HLG
_NCLX_SRGB, _NCLX_P3, _NCLX_SRGB_CURVE, _NCLX_HDR_CURVES = 1, 12, 13, (16, 18)


def read_photo(path: str | Path, max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """Decode a photo.

    Grey photos come out as three equal channels. An alpha channel is dropped if it is opaque. Of a phone's JPEG or
    HEIC with several pictures (depth map, live photo) the main one is read.

    Raises
    ------
    PhotoError
        A folder, unreadable, empty, damaged or truncated; another format; above `max_megapixels` (checked before
        decoding); below 32 pixels; several pages or animated; CMYK, palette, 32 bits; transparent pixels; a damaged
        profile or an HDR tone curve.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise PhotoError(why("photo_is_a_folder", file=path.name)) from error
    except OSError as error:
        raise PhotoError(why("photo_not_opened", file=path.name, cause=error.strerror or str(error))) from error
    with open_image(BytesIO(data), path, max_megapixels) as (image, header):
        profile = colour_profile(header, path)
        codes = _opaque(_decode(data, image, header, profile, path), path)
    quality = float(np.fmin(header.jpeg_quality, earlier_quality(codes)))
    codes = np.ascontiguousarray(_upright(codes, header.orientation))
    profile = _fitted(profile, codes, path)
    linear = icc.to_linear(codes, profile)
    return Photo(
        linear,
        hashlib.sha256(data).hexdigest(),
        profile.name,
        header.bits,
        header.date,
        header.camera,
        header.chroma,
        quality,
    )


def _fitted(profile: icc.ColourProfile, codes: Codes, path: Path) -> icc.ColourProfile:
    """The profile in the form that fits the decoded codes: colour or grey."""
    if profile.look_up:
        return replace(icc.SRGB, name=f"{profile.name} (colour table, applied in 8 bits)")
    if codes.ndim == 2 and not profile.grey:
        return icc.ColourProfile(f"{profile.name}, grey", profile.curves[:1])
    if codes.ndim == 3 and profile.grey:
        raise PhotoError(why("profile_of_grey", file=path.name))
    return profile


def colour_profile(header: PhotoHeader, path: Path) -> icc.ColourProfile:
    """The colour profile: embedded, else what camera or HEIC say of the primaries, else sRGB; raises PhotoError."""
    if header.icc and not (header.format == "PNG" and header.nclx):  # PNG, third edition: cICP comes first
        try:
            return icc.read_profile(header.icc)
        except ValueError as error:
            raise PhotoError(why("profile_unusable", file=path.name, cause=str(error))) from error
    if header.format == "PNG" and header.nclx:
        return _named_profile(header.nclx, path)
    if header.odd_colours:
        raise PhotoError(why("colours_without_profile", file=path.name, described=header.odd_colours))
    if header.nclx.get("transfer_characteristics") in _NCLX_HDR_CURVES:
        raise PhotoError(why("hdr", file=path.name))
    if header.nclx.get("color_primaries") == _NCLX_P3:
        return icc.DISPLAY_P3
    return icc.ADOBE_RGB if header.adobe_rgb else icc.SRGB


def _named_profile(nclx: dict[str, int], path: Path) -> icc.ColourProfile:
    """What a PNG's cICP chunk names (ITU-T H.273); only primaries and curves that are known are believed."""
    primaries, curve = nclx["color_primaries"], nclx["transfer_characteristics"]
    if curve in _NCLX_HDR_CURVES:
        raise PhotoError(why("hdr", file=path.name))
    known = curve == _NCLX_SRGB_CURVE and primaries in (_NCLX_SRGB, _NCLX_P3)
    if not known or nclx["matrix_coefficients"] or not nclx["full_range_flag"]:  # a PNG holds RGB of the full range
        named = {"primaries": primaries, "curve": curve, "matrix": nclx["matrix_coefficients"]}
        raise PhotoError(why("colours_not_known", file=path.name, **named))
    return icc.DISPLAY_P3 if primaries == _NCLX_P3 else icc.SRGB


def _decode(data: bytes, image: Image.Image, header: PhotoHeader, profile: icc.ColourProfile, path: Path) -> Codes:
    """(H, W), (H, W, 2), (H, W, 3) or (H, W, 4) codes: grey, grey + alpha, RGB, RGB + alpha."""
    try:
        if header.format == "TIFF":
            refuse_missing_strips(image)
        if header.format not in ("JPEG", "MPO") or profile.look_up:
            image.load()  # also for 16 bits, where it finds damage before OpenCV sees the file
        if profile.look_up:
            return _through_engine(image, header)
        if header.format == "HEIF" and header.bits > 8:
            return _heif16(data)
        if header.bits > 8:
            return _deep(data, np.asarray(image), path)
        if header.format in ("JPEG", "MPO") and image.mode in ("RGB", "L"):
            return whole_jpeg(data, grey=image.mode == "L")
        if image.mode in ("YCbCr", "RGBX"):
            image = image.convert("RGB")
        codes = np.asarray(image)
        if header.format == "HEIF":
            refuse_torn_blocks(codes)
        if header.format == "WEBP":
            refuse_bytes_left_over(data)
        return codes
    except MemoryError as error:
        raise PhotoError(why("no_memory", file=path.name, width=header.width, height=header.height)) from error
    except (*DECODER_ERRORS, cv2.error) as error:
        raise not_whole(path, error) from error


def not_whole(path: Path, error: Exception) -> PhotoError:
    """What a decoder's error says of a photo: it is damaged, or a screenshot."""
    if isinstance(error, FramedError):
        return PhotoError(why("framed", file=path.name))
    return PhotoError(why("damaged", file=path.name, cause=str(error)))


def whole_jpeg(data: bytes, *, grey: bool) -> Codes:
    """A JPEG whose decoder had nothing to warn of, and whose rows join; ValueError for any other."""
    codes = simplejpeg.decode_jpeg(data, "GRAY" if grey else "RGB", strict=True)
    codes = codes[..., 0] if grey else codes
    refuse_torn_rows(codes)
    return codes


def _deep(data: bytes, opinion: Codes, path: Path) -> Codes:
    """16-bit PNG and TIFF by OpenCV, as Pillow would cut them to 8 bits.

    opinion : what Pillow made of the same file, 8 bits or 16; the two must see the same picture.
    """
    codes = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if codes is None or codes.dtype != np.uint16:
        kind = why("kind_odd_16_bits") if codes is None else str(codes.dtype)
        raise PhotoError(why("odd_pixels", file=path.name, kind=kind))
    codes = codes[..., [2, 1, 0, 3][: codes.shape[2]]] if codes.ndim == 3 else codes  # BGR(A) -> RGB(A)
    if codes.shape[:2] == opinion.shape[:2] and codes.ndim == opinion.ndim:
        channels = min(codes.shape[-1], opinion.shape[-1])  # Pillow and OpenCV differ in whether they keep alpha
        ours = codes if opinion.dtype == np.uint16 else (codes >> 8).astype(np.uint8)
        if np.array_equal(ours[..., :channels], opinion[..., :channels]):
            return codes
    raise ValueError("two decoders see different pictures in it")


def _heif16(data: bytes) -> Codes:
    """HEIC with 10 or 12 bits, scaled to the full range of 16."""
    import pillow_heif

    return np.asarray(pillow_heif.open_heif(data, convert_hdr_to_8bit=False))


def _through_engine(image: Image.Image, header: PhotoHeader) -> Codes:
    """A profile that is a table of colours: Little CMS to sRGB, 8 bits, clipped to sRGB."""
    srgb = ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    profile = ImageCms.ImageCmsProfile(BytesIO(header.icc))
    try:
        turned = ImageCms.profileToProfile(image.convert("RGB"), profile, srgb, intent, outputMode="RGB")
    except ImageCms.PyCMSError as error:
        raise ValueError(f"its colour profile cannot be applied ({error})") from error
    return np.asarray(turned)


def _opaque(codes: Codes, path: Path) -> Codes:
    """Without the alpha channel, which must hide nothing."""
    if codes.ndim == 2 or codes.shape[2] == 3:
        return codes
    alpha = codes[..., -1]
    hidden = float(np.mean(alpha < np.iinfo(codes.dtype).max))
    if hidden > 0:
        raise PhotoError(why("transparent", file=path.name, percent=100 * hidden))
    return codes[..., 0] if codes.shape[2] == 2 else codes[..., :3]


def _upright(codes: Codes, orientation: int) -> Codes:
    """Apply the EXIF orientation 1..8 (CIPA DC-008, 4.6.4): where the photo's row 0 and column 0 lie."""
    if orientation >= 5:
        codes = codes.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        codes = codes[:, ::-1]
    if orientation in (3, 4, 7, 8):
        codes = codes[::-1]
    return codes
