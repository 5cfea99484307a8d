"""What a photo file says of itself before its pixels are decoded: format, size, turn, depth, profile, date.

Nothing here is large or slow, so a whole study can be looked through in seconds, and a picture that would fill the
memory is refused while it is still a few bytes.
"""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from PIL import Image, JpegImagePlugin

from skinimg.base.errors import PhotoError
from skinimg.base.reasons import why
from skinimg.photo.png import cicp, odd_colours

# Extensions of photos: those that are read, and those that are known to be photos but are refused with a next step.
_READ = "jpg jpeg jpe jfif jif jfi pjpeg pjp mpo png tif tiff webp heic heif hif"
_RAW = "nef nrw crw cr2 cr3 arw srf sr2 dng raf orf rw2 rwl pef srw x3f iiq 3fr fff mef mos mrw erf dcr kdc gpr"
_OTHERS = "bmp dib gif avif avifs heics jxl jp2 j2k jpf jpx jxr psd psb tga raw dcm ppm pgm exr xcf"
READ = frozenset(f".{kind}" for kind in _READ.split())
RAW = frozenset(f".{kind}" for kind in _RAW.split())
NOT_READ = RAW | {f".{kind}" for kind in _OTHERS.split()}
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")  # and HEIF, registered on demand
MAX_MEGAPIXELS = 200.0
MIN_SIDE_PX = 32  # less is an icon: 16 mm of skin at 2 px/mm, the coarsest resolution at which anything is measured

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
_NEW_SUBFILE_TYPE, _REDUCED, _PLANAR, _SEPARATE = 254, 1, 284, 2  # TIFF 6.0
_CLOCK_NEVER_SET = date(2000, 1, 1)  # where clocks begin that nobody set: 1970, 1980, 2000
_LUMINANCE_SUM_AT_50 = 3688  # of the 64 steps
_WHITE_IS_ZERO, _PHOTOMETRIC = 0, 262
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
    chroma: str  # at which resolution the file keeps colour: 4:4:4, 4:2:2, 4:2:0
    jpeg_quality: float  # NaN for other formats
    odd_colours: str = ""  # what a PNG without a profile says of its colours, where that is not sRGB


def read_header(path: Path, max_megapixels: float = MAX_MEGAPIXELS) -> PhotoHeader:
    """Header of a photo file; raises PhotoError as `open_image` does."""
    try:
        with path.open("rb") as file, open_image(file, path, max_megapixels) as (_, header):
            return header
    except IsADirectoryError as error:
        raise PhotoError(why("photo_is_a_folder", file=path.name)) from error
    except OSError as error:
        raise PhotoError(why("photo_not_opened", file=path.name, cause=error.strerror or str(error))) from error


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
    if path.suffix.casefold() in RAW:  # most are TIFF files inside, and would be read as the preview in them
        raise PhotoError(why("raw_file", file=path.name, suffix=path.suffix))
    if not start:
        raise PhotoError(why("empty_file", file=path.name))
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
            raise PhotoError(why("not_a_photo", file=path.name)) from error
        _refuse_unfit(image, header, path, max_megapixels)
        yield image, header


def _header(image: Image.Image) -> PhotoHeader:
    """Collect the header of an opened image."""
    # Pillow's PNG reader would decode the whole picture in search of EXIF behind the pixels.
    exif = image.getexif() if image.format != "PNG" or "exif" in image.info else Image.Exif()
    # Pillow turns TIFF and HEIC upright itself and reports their size so.
    stated = exif.get(_ORIENTATION) or _xmp_orientation(image)
    orientation = stated if image.format not in ("TIFF", "HEIF") else 1
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
        pages=_pages(image),
        icc=image.info.get("icc_profile") or b"",
        date=_iso_date(taken),
        camera=" ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL)).strip(),
        orientation=orientation,
        adobe_rgb=_interoperability(exif) == "R03",
        chroma=_chroma(image),
        jpeg_quality=_jpeg_quality(image),
        odd_colours=odd_colours(image),
        nclx=cicp(image) if image.format == "PNG" else image.info.get("nclx_profile") or {},
    )


def _interoperability(exif: Image.Exif) -> str:
    """Index of the interoperability block, `R03` for Adobe RGB; "" where there is none."""
    try:
        return str(exif.get_ifd(_INTEROP_BLOCK).get(1, "")).strip("\0 ")
    except KeyError:  # Pillow before 13 raises it for a photo without the block
        return ""


def _xmp_orientation(image: Image.Image) -> int:
    """Orientation that a PNG states in XMP, which Pillow reads in JPEG, TIFF and WebP only; 1 where there is none."""
    text = image.info.get("XML:com.adobe.xmp", "")
    match = re.search(r'tiff:Orientation(?:="|>)([1-8])', str(text)) if image.format == "PNG" else None
    return int(match[1]) if match else 1


def _chroma(image: Image.Image) -> str:
    """JPEG says how it samples colour; lossy WebP and what phones write as HEIC are 4:2:0, the rest keeps all of it."""
    if image.format in ("JPEG", "MPO"):
        return {0: "4:4:4", 1: "4:2:2"}.get(JpegImagePlugin.get_sampling(image), "4:2:0")
    return "4:2:0" if image.format in ("HEIF", "WEBP") else "4:4:4"


def _jpeg_quality(image: Image.Image) -> float:
    """Quality by the mean of the luminance table against that of ITU-T T.81, Annex K, at 50; NaN for other formats."""
    tables = getattr(image, "quantization", None) or {}
    if image.format not in ("JPEG", "MPO") or not tables:
        return float("nan")
    scale = 100 * sum(tables[min(tables)]) / _LUMINANCE_SUM_AT_50
    return (200 - scale) / 2 if scale <= 100 else 5000 / scale


def _pages(image: Image.Image) -> int:
    """Pictures in the file that count as photos: not the small copies that a TIFF marks as such."""
    frames = getattr(image, "n_frames", 1) if image.format in ("PNG", "TIFF", "WEBP") else 1
    if image.format != "TIFF" or frames == 1:
        return frames
    photos = 0
    for page in range(frames):
        image.seek(page)
        photos += not image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED  # type: ignore[attr-defined]
    image.seek(0)
    first_is_small = bool(image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED)  # type: ignore[attr-defined]
    return frames if first_is_small else photos


def _refuse_unfit(image: Image.Image, header: PhotoHeader, path: Path, max_megapixels: float) -> None:
    megapixels = header.width * header.height / 1e6
    size: dict[str, int] = {"width": header.width, "height": header.height}
    if megapixels > max_megapixels:
        raise PhotoError(
            why("too_many_pixels", file=path.name, **size, megapixels=megapixels, limit=float(max_megapixels))
        )
    if min(header.width, header.height) < MIN_SIDE_PX:
        raise PhotoError(why("too_few_pixels", file=path.name, **size, least=MIN_SIDE_PX))
    if header.pages > 1:
        raise PhotoError(why("several_pictures", file=path.name, count=header.pages))
    if header.format == "TIFF" and header.bits > 8:
        _refuse_odd_tiff(image, header, path)
    if image.mode not in _MODES:
        kind = {"P": why("kind_palette"), "1": why("kind_black_and_white")}.get(image.mode, image.mode)
        raise PhotoError(why("odd_pixels", file=path.name, kind=kind))


def _refuse_odd_tiff(image: Image.Image, header: PhotoHeader, path: Path) -> None:
    """16-bit layouts that OpenCV reads as something else."""
    if header.format == "TIFF" and header.bits > 8 and image.tag_v2.get(_PLANAR, 1) == _SEPARATE:  # type: ignore[attr-defined]
        raise PhotoError(why("separate_planes", file=path.name))
    inverted = header.format == "TIFF" and image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO  # type: ignore[attr-defined]
    if inverted and header.bits > 8:
        raise PhotoError(why("negative", file=path.name))


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
        day = date.fromisoformat(str(exif_time)[:10].replace(":", "-"))
    except ValueError:
        return ""
    return day.isoformat() if day > _CLOCK_NEVER_SET else ""


@contextmanager
def _without_pillow_limit() -> Iterator[None]:
    """Pillow refuses 179 megapixels by itself; the limit of this project is the one that the user can set."""
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
