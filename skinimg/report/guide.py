"""One page to hold beside the camera: the baseline as a ghost, its pose and its light in words. PNG and PDF."""

from __future__ import annotations

import textwrap
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skinimg.base.entries import PhotoEntry
from skinimg.base.reasons import Reason
from skinimg.base.records import ByteArray, Face, FloatArray, Frame
from skinimg.compare.glance import glance
from skinimg.face import mesh
from skinimg.photo.colour import linear_to_srgb8
from skinimg.photo.decode import read_photo
from skinimg.skin.optics import density

_A4_INCHES = (8.27, 11.69)
_LONGEST_PX = 1400  # of the ghost: 150 dpi on A4
_PALE = 0.55  # of white over the ghost
_TURNED_DEG, _LIT = 3.0, 0.05  # below, a pose is straight and light even
_LINES = 92  # characters


def write_guide(baseline: Path, out: Path) -> tuple[Path, Path]:
    """Write `guide.png` and `guide.pdf` under `out`, which is made if absent; neither names the photo's file.

    Raises
    ------
    PhotoError
        The baseline cannot be read, shows no face, or is too bad to be measured.
    """
    seen = glance(PhotoEntry("", "", baseline, baseline.name), None)
    figure = _page(_ghost(baseline), seen.face, _advice(seen.frame, seen.face, seen.quality.reasons))
    out.mkdir(parents=True, exist_ok=True)
    paths = out / "guide.png", out / "guide.pdf"
    figure.savefig(paths[0], dpi=150, metadata={"Software": None})
    figure.savefig(paths[1], metadata={"Creator": None, "Producer": None, "CreationDate": None})
    return paths


def _ghost(path: Path) -> tuple[ByteArray, float]:
    """The photo, paler, and its size over the original's."""
    linear = read_photo(path).linear
    zoom = min(_LONGEST_PX / max(linear.shape[:2]), 1.0)
    codes = linear_to_srgb8(np.asarray(cv2.resize(linear, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)))
    return (255 * _PALE + (1 - _PALE) * codes).astype(np.uint8), zoom


def _page(ghost: tuple[ByteArray, float], face: Face, advice: list[str]) -> Figure:
    picture, zoom = ghost
    figure = Figure(figsize=_A4_INCHES)
    figure.text(0.06, 0.965, "The next photo, like the first one", fontsize=17, weight="bold", va="top")
    axes = figure.add_axes((0.06, 0.40, 0.88, 0.53))
    axes.imshow(picture)
    axes.set_axis_off()
    _lines(axes, face.landmarks[:, :2] * zoom, picture.shape[1])
    text = "\n".join(textwrap.fill(line, _LINES, initial_indent="- ", subsequent_indent="  ") for line in advice)
    figure.text(0.06, 0.375, text, fontsize=10.5, va="top", linespacing=1.45)
    return figure


def _lines(axes: Axes, points: FloatArray, width: int) -> None:
    """Outline of the face, the line of the eyes and the middle of the face, to be laid over the camera's picture."""
    outline = points[[*mesh.OVAL, mesh.OVAL[0]]]
    axes.plot(outline[:, 0], outline[:, 1], color="#0072b2", linewidth=1.2)
    axes.plot([0, width - 1], np.full(2, points[[468, 473], 1].mean()), color="#d55e00", linewidth=0.8)
    axes.plot(points[[10, 152], 0], points[[10, 152], 1], color="#d55e00", linewidth=0.8)


def _advice(frame: Frame, face: Face, reasons: tuple[Reason, ...]) -> list[str]:
    """Pose, distance and light of the baseline in words, and what always holds."""
    width = 100 * float(np.ptp(face.landmarks[:, 0])) / frame.photo_shape[1]
    return [
        f"Pose: {_pose(face)}. The eyes on the upper line, the nose on the middle one.",
        f"Distance: the face fills {width:.0f} % of the width of the picture ({frame.native_px_per_mm:.1f} px/mm); "
        "the same camera and lens, from the same place, without zoom.",
        f"Light: {_light(frame)}. The same lamps at the same places, no window, no flash that the first photo lacks.",
        "Face: relaxed, mouth closed, eyes open and into the lens.",
        "Uncovered: no glasses, mask or jewellery; hair back as here; no make-up, cream or shine; wait 15 minutes.",
        "Background: the same plain wall or cloth.",
        "File: the camera's own, at full size; no filter, portrait mode, editor or messenger.",
        "Then run `skinimg check`: it says in a second per photo what differs.",
        *(f"The first photo itself: {reason}" for reason in reasons),
    ]


def _pose(face: Face) -> str:
    said = [
        _turned(face.yaw_deg, "turned to the person's left", "turned to the person's right"),
        _turned(face.pitch_deg, "chin raised", "chin lowered"),
        _turned(face.roll_deg, "tilted clockwise as seen", "tilted anticlockwise as seen"),
    ]
    return ", ".join(part for part in said if part) or "straight into the camera"


def _turned(degrees: float, more: str, less: str) -> str:
    if abs(degrees) < _TURNED_DEG:
        return ""
    return f"{more if degrees > 0 else less} by {abs(degrees):.0f} degrees"


def _light(frame: Frame) -> str:
    """Where the skin is brighter, from a plane through its density; red, where pigments weigh least."""
    rows, columns = np.nonzero(frame.skin)
    red = density(frame.linear[..., 0])[frame.skin]
    across, down = (2 * (v - v.mean()) / max(float(np.ptp(v)), 1.0) for v in (columns, rows))
    _, to_right, to_bottom = np.linalg.lstsq(np.column_stack([np.ones_like(across), across, down]), red, rcond=None)[0]
    said = [
        _brighter(-to_right, "right of the picture", "left of the picture"),
        _brighter(-to_bottom, "chin", "forehead"),
    ]
    return ", ".join(part for part in said if part) or "even over the face"


def _brighter(gain: float, here: str, there: str) -> str:
    """`gain` in ln from the middle of the face to its rim."""
    if abs(gain) < _LIT:
        return ""
    return f"brighter towards the {here if gain > 0 else there}, by {100 * (np.exp(abs(gain)) - 1):.0f} % at the rim"
