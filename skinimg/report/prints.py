"""Pictures for paper: photographs, maps, outlines and the map of change as JPEG, with a scale bar drawn in."""

from __future__ import annotations

import base64
import io
import re

from PIL import Image, ImageColor, ImageDraw

from skinimg.base.findings import FINDINGS
from skinimg.report.content import ViewContent
from skinimg.report.lesions import Track
from skinimg.report.pictures import ViewPictures, colour_stops

SIGNS = {"resolved": "×", "new": "+", "persisting": "○"}
_COLOURS = {"resolved": "#0060a0", "new": "#b33c00", "persisting": "#1d2629"}  # as in report.css


def jpeg(pictures: ViewPictures, prefix: str, layer: str) -> io.BytesIO:
    """A part of the page as JPEG, 900 px wide at most, outlines drawn in."""
    parts = {part.id: part for part in pictures.parts}
    image = _part(pictures, f"{prefix}-{'photo' if layer == 'outlines' else layer}")
    if layer == "outlines":
        draw = ImageDraw.Draw(image)
        for finding in pictures.findings:
            for ring in _rings(parts[f"{prefix}-{finding}"].path, image.width / pictures.width):
                draw.line(ring, fill=FINDINGS[finding].colour, width=2)
    return _file(image, pictures)


def change_map(view: ViewContent) -> io.BytesIO:
    """The baseline with the marks of the first finding at the last session, as the page shows it at first."""
    assert view.pictures is not None
    image = _part(view.pictures, f"{view.pictures.sessions[0].prefix}-photo")
    zoom, draw = image.width / view.pictures.width, ImageDraw.Draw(image)
    for width, colours in ((5, dict.fromkeys(_COLOURS, "white")), (2, _COLOURS)):  # a halo first
        for track in (t for t in view.tracks if t.finding == view.tracks[0].finding):
            if (status := track.statuses[-1]) in colours:
                _mark(draw, track, zoom, status, colours[status], width)
    return _file(image, view.pictures)


def field_map(pictures: ViewPictures, finding: str) -> tuple[str, io.BytesIO]:
    """The last session that has a map of change of this finding, and the map; a point of it is a millimetre."""
    parts = {part.id for part in pictures.parts}
    last = next(one for one in reversed(pictures.sessions) if f"{one.prefix}-{finding}-change" in parts)
    image = _part(pictures, f"{last.prefix}-{finding}-change")
    size = (900, round(900 * pictures.height / pictures.width))
    return last.session, _file(image.resize(size, Image.Resampling.BILINEAR), pictures)


def ramp(finding: str) -> io.BytesIO:
    """The colours of a map of change from less to more, as PNG."""
    image = Image.new("RGB", (len(colour_stops(finding)), 1))
    for x, colour in enumerate(colour_stops(finding)):
        image.putpixel((x, 0), ImageColor.getrgb(colour))
    file = io.BytesIO()
    image.resize((180, 8), Image.Resampling.BILINEAR).save(file, "PNG")
    file.seek(0)
    return file


def _mark(draw: ImageDraw.ImageDraw, track: Track, zoom: float, status: str, colour: str, width: int) -> None:
    x, y, r = track.x * zoom, track.y * zoom, track.radius * zoom
    if status == "persisting":
        draw.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=width)
        return
    lines = {
        "resolved": ((x - r, y - r, x + r, y + r), (x - r, y + r, x + r, y - r)),
        "new": ((x - r, y, x + r, y), (x, y - r, x, y + r)),
    }
    for line in lines[status]:
        draw.line(line, fill=colour, width=width)


def _part(pictures: ViewPictures, id: str) -> Image.Image:
    """A picture of the page, 900 px wide at most."""
    href = next(part.href for part in pictures.parts if part.id == id)
    image = Image.open(io.BytesIO(base64.b64decode(href.partition(",")[2]))).convert("RGB")
    image.thumbnail((900, 1200))
    return image


def _file(image: Image.Image, pictures: ViewPictures) -> io.BytesIO:
    _draw_scale(image, pictures)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    file.seek(0)
    return file


def _draw_scale(image: Image.Image, pictures: ViewPictures) -> None:
    """The scale bar of the page, with its length; nothing where no millimetres are known."""
    if pictures.mm_per_px is None:
        return
    unit, length = image.width / 100, pictures.bar_mm / pictures.mm_per_px * image.width / pictures.width
    left, bottom = 3 * unit, image.height - 3 * unit
    draw = ImageDraw.Draw(image)
    draw.rectangle((left - unit, bottom - 5 * unit, left + length + unit, bottom + unit), fill="white")
    draw.line((left, bottom, left + length, bottom), fill="black", width=max(2, round(0.7 * unit)))
    middle = (left + length / 2, bottom - unit)
    draw.text(middle, f"{pictures.bar_mm} mm", fill="black", anchor="ms", font_size=3 * unit)


def _rings(path: str, zoom: float) -> list[list[tuple[float, float]]]:
    """Closed rings of a path of pictures.outline: one M, then steps."""
    rings = []
    for piece in path.split("z")[:-1]:
        numbers = [int(n) for n in re.findall(r"-?\d+", piece)]
        x, y = numbers[0], numbers[1]
        ring = [(x * zoom, y * zoom)]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x * zoom, y * zoom))
        rings.append([*ring, ring[0]])
    return rings
