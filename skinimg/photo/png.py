"""What a PNG says of its colours apart from an ICC profile (W3C, Portable Network Graphics, third edition, 11.3.2)."""

from __future__ import annotations

from PIL import Image

_SRGB_GAMMA = 1 / 2.2  # as PNG says it of sRGB
_SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # white, red, green, blue
_PNG_START = b"\x89PNG\r\n\x1a\n"


def odd_colours(image: Image.Image) -> str:
    """gAMA and cHRM of a PNG (third edition, 11.3.2) where nothing better says its colours and they are not sRGB's."""
    if image.format != "PNG" or "srgb" in image.info or image.info.get("icc_profile"):
        return ""
    gamma, primaries = image.info.get("gamma", _SRGB_GAMMA), image.info.get("chromaticity", _SRGB_PRIMARIES)
    if abs(gamma - _SRGB_GAMMA) > 0.01:
        return f"gAMA {gamma:g}"
    if max(abs(a - b) for a, b in zip(primaries, _SRGB_PRIMARIES, strict=True)) > 0.005:
        return "cHRM " + " ".join(f"{value:g}" for value in primaries)
    return ""


def cicp(image: Image.Image) -> dict[str, int]:
    """The cICP chunk of a PNG under the names that HEIC has for its fields; empty where there is none."""
    file = getattr(image, "fp", None)  # Pillow's types leave it out
    if file is None:
        return {}
    place = file.tell()
    file.seek(len(_PNG_START))
    found: dict[str, int] = {}
    while len(head := file.read(8)) == 8 and head[4:] not in (b"IDAT", b"IEND"):
        size = int.from_bytes(head[:4], "big")
        if head[4:] == b"cICP" and size == 4:
            names = ("color_primaries", "transfer_characteristics", "matrix_coefficients", "full_range_flag")
            found = dict(zip(names, file.read(4), strict=True))
            break
        file.seek(size + 4, 1)
    file.seek(place)
    return found
