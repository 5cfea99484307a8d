"""What a photo file says of itself before its pixels are decoded: format, size, turn, depth, profile, date.

Nothing here is large or slow, so a whole study can be looked through in seconds, and a picture that would fill the
memory is refused while it is still a few bytes.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from skinimg.base.errors import PhotoError

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")  # and HEIF, registered on demand
MAX_MEGAPIXELS = 200.0
MIN_SIDE_PX = 32  # less is an icon: 16 mm of skin at 2 px/mm, the coarsest resolution at which anything is measured
READABLE = "a JPEG, PNG, TIFF, WebP or HEIC photo"

# What the decoders raise on damaged files (found by flipping bytes in every format, tests/test_photo.py).
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

_ORIENTATION, _EXIF_BLOCK, _INTEROP_BLOCK = 0x0112, 0x8769, 0xA005
_MAKE, _MODEL = 0x010F, 0x0110
_DATE_TAKEN, _DATE_DIGITIZED, _BITS_PER_SAMPLE = 0x9003, 0x9004, 258
_MODES = ("RGB", "RGBA", "RGBX", "L", "LA", "I;16", "I;16L", "I;16B", "YCbCr")


@dataclass(frozen=True)
class PhotoHeader:
    """What is known without decoding. Width and height are of the upright photo."""

    format: str
    width: int
    height: int
    bits: int  # per channel
    pages: int  # pictures in the file that count as photos: pages of a TIFF, frames of an animation
    icc: bytes  # empty if there is none
    date: str  # ISO date of capture, empty if absent
    camera: str  # maker and model, empty if absent
    orientation: int  # EXIF 1..8 that is still to be applied to the decoded pixels
    adobe_rgb: bool  # the camera says Adobe RGB in EXIF, as cameras do that embed no profile
    nclx: dict[str, int]  # the HEIC way of naming primaries and tone curve where there is no ICC profile


def read_header(path: Path, max_megapixels: float = MAX_MEGAPIXELS) -> PhotoHeader:
    """Header of a photo file; raises PhotoError as `open_image` does."""
    try:
        with path.open("rb") as file, open_image(file, path, max_megapixels) as (_, header):
            return header
    except IsADirectoryError as error:
        raise PhotoError(f"{path} is a folder", needed=READABLE) from error
    except OSError as error:
        raise PhotoError(f"{path} cannot be opened", found=error.strerror or str(error), needed=READABLE) from error


@contextmanager
def open_image(file: BinaryIO, path: Path, max_megapixels: float) -> Iterator[tuple[Image.Image, PhotoHeader]]:
    """Open without decoding; Pillow's warnings stay inside, also while the caller decodes within the block.

    Raises
    ------
    PhotoError
        Empty, no known format, too large or too small, several pages, or a kind of pixels that is refused (CMYK,
        palette, Lab, 32 bits, black and white).
    """
    start = file.read(16)
    file.seek(0)
    if not start:
        raise PhotoError(f"{path} is empty", found="0 bytes", needed=READABLE, next_step="Copy the photo again.")
    formats: tuple[str, ...] = FORMATS
    if start[4:8] == b"ftyp":
        import pillow_heif  # only where it is needed: 40 ms

        pillow_heif.register_heif_opener(thumbnails=False)
        formats = ("HEIF",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _without_pillow_limit():
                image = Image.open(file, formats=formats)
            header = _header(image)
        except DECODER_ERRORS as error:
            raise PhotoError(
                f"{path} is not a photo that can be read",
                found="a damaged file or another format",
                needed=READABLE,
                next_step="Export the photo again as JPEG or PNG.",
            ) from error
        _refuse_unfit(image, header, path, max_megapixels)
        yield image, header


def _header(image: Image.Image) -> PhotoHeader:
    """Collect the header of an opened image."""
    # Pillow's PNG reader would decode the whole picture in search of EXIF behind the pixels.
    exif = image.getexif() if image.format != "PNG" or "exif" in image.info else Image.Exif()
    # Pillow turns TIFF and HEIC upright itself and reports their size so.
    orientation = exif.get(_ORIENTATION, 1) if image.format not in ("TIFF", "HEIF") else 1
    orientation = orientation if orientation in range(1, 9) else 1
    width, height = image.size if orientation < 5 else image.size[::-1]
    details = exif.get_ifd(_EXIF_BLOCK)
    taken = details.get(_DATE_TAKEN) or details.get(_DATE_DIGITIZED) or ""
    return PhotoHeader(
        format=image.format or "",
        width=width,
        height=height,
        bits=_bits(image),
        # The further pictures in a phone's JPEG or HEIC are depth and gain maps of the main one.
        pages=getattr(image, "n_frames", 1) if image.format in ("PNG", "TIFF", "WEBP") else 1,
        icc=image.info.get("icc_profile") or b"",
        date=_iso_date(taken),
        camera=" ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL)).strip(),
        orientation=orientation,
        adobe_rgb=str(exif.get_ifd(_INTEROP_BLOCK).get(1, "")).strip("\0 ") == "R03",
        nclx=image.info.get("nclx_profile") or {},
    )


def _refuse_unfit(image: Image.Image, header: PhotoHeader, path: Path, max_megapixels: float) -> None:
    megapixels = header.width * header.height / 1e6
    if megapixels > max_megapixels:
        raise PhotoError(
            f"{path} is too large",
            found=f"{header.width} x {header.height} = {megapixels:.0f} megapixels",
            needed=f"at most {max_megapixels:g}",
            next_step="If it is a real photo, raise `max_megapixels` in the settings.",
        )
    if min(header.width, header.height) < MIN_SIDE_PX:
        raise PhotoError(
            f"{path} is too small",
            found=f"{header.width} x {header.height} pixels",
            needed=f"at least {MIN_SIDE_PX} on each side",
        )
    if header.pages > 1:
        raise PhotoError(
            f"{path} holds several pictures",
            found=f"{header.pages} pages or animation frames",
            needed="one photo per file",
            next_step="Export the page that you mean as its own file.",
        )
    if image.mode not in _MODES:
        raise PhotoError(
            f"{path} has pixels of a kind that cannot be measured",
            found={"P": "a palette", "1": "black and white"}.get(image.mode, image.mode),
            needed="RGB or grey with 8 or 16 bits",
            next_step="Export the photo again as an RGB JPEG, PNG or TIFF.",
        )


def _bits(image: Image.Image) -> int:
    """Bits per channel in the file; Pillow's mode does not tell, as it reads 16-bit RGB as 8-bit."""
    if image.format == "HEIF":
        return int(image.info.get("bit_depth", 8))
    if image.format == "TIFF":
        return int(image.tag_v2.get(_BITS_PER_SAMPLE, (8,))[0])  # type: ignore[attr-defined]
    raw_mode = str(image.tile[0][3]) if getattr(image, "tile", None) else ""  # type: ignore[attr-defined]
    return 16 if "16" in raw_mode or "16" in image.mode else 8


def _iso_date(exif_time: object) -> str:
    """'2024:01:05 10:11:12' -> '2024-01-05'; anything else, such as a clock never set, -> ''."""
    try:
        return date.fromisoformat(str(exif_time)[:10].replace(":", "-")).isoformat()
    except ValueError:
        return ""


@contextmanager
def _without_pillow_limit() -> Iterator[None]:
    """Pillow refuses 179 megapixels by itself; the limit of this project is the one that the user can set."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
