"""Pictures as parts of one SVG: every image and outline is in the page once and shown many times by `<use>`.

So sliders, magnifiers, crops, the map of change and the checkerboard cost no further bytes and work in print and
without JavaScript. Coordinates of all parts are pixels of the baseline's frame.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import matplotlib as mpl
import numpy as np
from PIL import Image

from skinimg.base.findings import MASK_FINDINGS, PAIRED_FINDINGS
from skinimg.base.parallel import each
from skinimg.base.records import BoolArray, ByteArray, FloatArray
from skinimg.base.results import SessionPictures

Pixels = TypeVar("Pixels", ByteArray, FloatArray)

MAX_SESSIONS = 12  # pictures shown per view; the curves and tables have them all
# Long side of a photograph with up to PICTURES of them: the whole of a face at the working scale of 0.1 mm/px. Four
# sessions of a 12-megapixel face come to about 3 MB (measured); more pictures share the same bytes.
LONG_SIDE, PICTURES, SHORTEST = 2000, 6, 640
QUALITY = 76
# Perceptually uniform and safe for colour-blind readers.
COLOUR_MAPS = {"melanin": "cividis", "haemoglobin": "magma"}
CHANGE_COLOURS = "RdBu_r"  # blue: less than before, red: more; white: the same
LEAST_CHANGE_OD = 0.05  # of the colour scale: what is within the noise stays pale
UNSEEN = (205, 208, 210)
COVER = (96, 100, 104)


@dataclass(frozen=True)
class Part:
    """One thing that `<use href="#id">` can show: an image or the outline of a finding."""

    id: str
    href: str = ""  # data URI of an image
    path: str = ""  # outline
    finding: str = ""


@dataclass(frozen=True)
class ShownSession:
    """One session in the pictures. `prefix` starts the ids of its parts."""

    session: str
    date: str
    prefix: str


@dataclass(frozen=True)
class ViewPictures:
    """All pictures of one view, ready for the templates."""

    key: str
    width: int
    height: int
    mm_per_px: float | None  # None: no known scale, no scale bar
    sessions: tuple[ShownSession, ...]
    hidden_sessions: int
    parts: tuple[Part, ...]
    map_ranges: dict[str, tuple[float, float]]
    change_ranges: dict[str, float]  # finding -> density at the ends of the scale of its maps of change
    still: tuple[str, ...]  # findings whose maps of change show nothing in any session: said, not shown
    findings: tuple[str, ...]
    eyes_covered: bool

    @property
    def lens_px(self) -> float:
        """Half side of what the magnifier shows: 8 mm, or a twelfth of the width where there is no scale."""
        return min(8.0 / self.mm_per_px if self.mm_per_px else self.width / 12, min(self.width, self.height) / 2)

    @property
    def bar_mm(self) -> int:
        """Length of the scale bar: the largest of 1, 2, 5, 10, 20, 50 mm below a fifth of the width."""
        room = self.width * (self.mm_per_px or 0) / 5
        return max([mm for mm in (1, 2, 5, 10, 20, 50) if mm <= room], default=1)


def choose_sessions(count: int) -> list[int]:
    """At most MAX_SESSIONS of them, evenly, the first and the last among them."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, MAX_SESSIONS))})


def view_pictures(
    number: int, pictures: Sequence[SessionPictures], has_scale: bool, deidentify: bool, all_pictures: int
) -> ViewPictures | None:
    """Encode one view's pictures; None where it may not be shown because the eyes cannot be covered."""
    shown = [pictures[i] for i in choose_sessions(len(pictures))]
    key, first = shown[0].view_key, shown[0]
    cover = _eyes(pictures) if deidentify and not key.startswith("closeup") else None
    if deidentify and cover is None and not key.startswith("closeup"):
        return None
    shrink = _shrink(first.aligned.shape[:2], min(all_pictures, MAX_SESSIONS * (1 + all_pictures // len(pictures))))
    ranges = {name: _range([getattr(p, name)[p.valid] for p in shown]) for name in COLOUR_MAPS}
    changed = {name: _most([p.changes[name] for p in shown if name in p.changes]) for name in PAIRED_FINDINGS}
    change_ranges = {name: most for name, most in changed.items() if most}
    still = tuple(name for name, most in changed.items() if most == 0)
    sessions = [ShownSession(p.session, p.date, f"v{number}-{place}") for place, p in enumerate(shown)]

    def parts_of(place: int) -> list[Part]:
        return _session_parts(shown[place], sessions[place].prefix, cover, shrink, ranges, change_ranges)

    parts = [part for made in each(parts_of, range(len(shown))) for part in made]
    findings = tuple(f for f in MASK_FINDINGS if any(part.finding == f and part.path for part in parts))
    height, width = first.aligned.shape[:2]
    scale = first.mm_per_px if has_scale and math.isfinite(first.mm_per_px) and first.mm_per_px > 0 else None
    hidden = len(pictures) - len(shown)
    return ViewPictures(
        key,
        width,
        height,
        scale,
        tuple(sessions),
        hidden,
        tuple(parts),
        ranges,
        change_ranges,
        still,
        findings,
        cover is not None,
    )


def _session_parts(
    picture: SessionPictures,
    prefix: str,
    cover: tuple[int, int, int, int] | None,
    shrink: float,
    ranges: dict[str, tuple[float, float]],
    change_ranges: dict[str, float],
) -> list[Part]:
    """Photograph, maps and outlines of one session."""
    made = [Part(f"{prefix}-photo", _webp(_smaller(_covered(picture.aligned, cover, COVER), shrink)))]
    for name, limits in ranges.items():
        coloured = _coloured(_covered(getattr(picture, name), cover, math.nan), limits, COLOUR_MAPS[name], shrink)
        made.append(Part(f"{prefix}-{name}", _webp(coloured)))
    made += _change_parts(picture, prefix, change_ranges)
    for finding in MASK_FINDINGS:
        mask = picture.probability.get(finding)
        if mask is not None:
            made.append(Part(f"{prefix}-{finding}", path=outline(mask > 127), finding=finding))
    return made


def _change_parts(picture: SessionPictures, prefix: str, ranges: dict[str, float]) -> list[Part]:
    """One map per finding whose change is that of the paired map; 1 mm to a pixel, so not made smaller."""
    return [
        Part(f"{prefix}-{name}-change", _webp(_coloured(picture.changes[name], (-most, most), CHANGE_COLOURS, 2.0)))
        for name, most in ranges.items()
        if name in picture.changes
    ]


def _shrink(shape: tuple[int, ...], count: int) -> float:
    side = max(SHORTEST, LONG_SIDE * math.sqrt(min(1.0, PICTURES / max(count, 1))))
    return min(1.0, side / max(shape))


def _eyes(pictures: Sequence[SessionPictures]) -> tuple[int, int, int, int] | None:
    """A box around both eyes in every session, a quarter larger on each side; None where no session knows them."""
    boxes = np.array([p.eyes for p in pictures if p.eyes is not None])
    if not len(boxes):
        return None
    (x0, y0), (x1, y1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    dx, dy = (x1 - x0) / 8, (y1 - y0) / 4
    return int(x0 - dx), int(y0 - dy), int(x1 + dx), int(y1 + dy)


def _covered(image: Pixels, box: tuple[int, int, int, int] | None, colour: tuple[int, int, int] | float) -> Pixels:
    if box is None:
        return image
    x0, y0, x1, y1 = (max(0, edge) for edge in box)
    image = image.copy()
    image[y0:y1, x0:x1] = colour  # painted over, not blurred: nothing is left to be restored
    return image


def _range(maps: Sequence[FloatArray]) -> tuple[float, float]:
    """1st to 99.5th percentile of the skin of all sessions, so that one colour means one density in all of them."""
    values = np.concatenate([m[::8] for m in maps])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = np.percentile(values, [1, 99.5])
    return float(low), float(max(high, low + 1e-3))


def _most(maps: Sequence[FloatArray]) -> float | None:
    """99th percentile of the size of a change in all sessions, at least LEAST_CHANGE_OD; 0 where nothing changed, None
    where there are no maps."""
    values = np.concatenate([np.abs(m[np.isfinite(m)]) for m in maps]) if maps else np.zeros(0)
    if not values.any():
        return 0.0 if values.size else None
    return max(float(np.percentile(values, 99)), LEAST_CHANGE_OD)


def _coloured(values: FloatArray, limits: tuple[float, float], name: str, shrink: float) -> ByteArray:
    """A map in colour at half the size of the photograph: pigment varies slowly."""
    values = _smaller(values, shrink / 2)
    low, high = limits
    table = (mpl.colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255).round().astype(np.uint8)  # (256, 3)
    known = np.isfinite(values)
    level = np.clip((np.where(known, values, low) - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    image = np.take(table, level, axis=0)
    image[~known] = UNSEEN
    return np.asarray(image, np.uint8)


def _smaller(image: Pixels, shrink: float) -> Pixels:
    if shrink >= 1:
        return image
    size = (max(1, round(image.shape[1] * shrink)), max(1, round(image.shape[0] * shrink)))
    return cast(Pixels, cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _webp(image: ByteArray) -> str:
    """A data URI without metadata."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", quality=QUALITY, method=2)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def outline(mask: BoolArray) -> str:
    """SVG path around every piece of a mask, holes included (fill-rule evenodd); empty where the mask is."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_TC89_L1)
    pieces = []
    for contour in contours:
        points = contour[:, 0]  # (n, 2)
        if len(points) < 3:  # too small for a ring: a 2 px diamond keeps it visible
            x, y = points[0]
            pieces.append(f"M{x - 1} {y}l1-1 1 1-1 1z")
            continue
        steps = "".join(f"{dx} {dy} " for dx, dy in np.diff(points, axis=0))
        pieces.append(f"M{points[0][0]} {points[0][1]}l{steps}z".replace(" z", "z"))
    return "".join(pieces)


def colour_stops(name: str) -> list[str]:
    """Colours of a map from low to high, for its colour bar; any other name than a pigment's is a map of change."""
    return [mpl.colors.to_hex(mpl.colormaps[COLOUR_MAPS.get(name, CHANGE_COLOURS)](x)) for x in np.linspace(0, 1, 9)]
