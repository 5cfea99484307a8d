"""A head that nobody has: its surface in millimetres, and a chart on which skin can be painted.

Head coordinates: origin between the pupils, x to the person's left (the right of a photo), y down, z away from the
camera, in mm. The chart unrolls the head onto a cylinder about the vertical axis x = 0, z = AXIS_Z_MM: a chart point is
(u, v) in mm, u = CYLINDER_MM * angle, v = y, and the surface is one number per chart point, its distance from the axis.
Over the face that distance is close to CYLINDER_MM, so a millimetre of chart is nearly a millimetre of skin
(`area_factor` says exactly how much).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from skinimg.base.records import FloatArray

AXIS_Z_MM = 55.0  # the plane of the ears, from the mean landmarks
CYLINDER_MM = 70.0
U_MM = (-np.pi * CYLINDER_MM, np.pi * CYLINDER_MM)
V_MM = (-135.0, 265.0)
GRID_MM = 0.5  # spacing of the surface; finer relief is a height map on the skin canvas

EYEBALL_RADIUS_MM = 12.0  # axial length 24 mm of adults
LID_SHARE = 0.86  # margins of 0.6 mm above and below on an opening of 9 mm

RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
RIGHT_IRIS, LEFT_IRIS = 468, 473
MOUTH_LINE = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
NOSTRILS = ((166, 75, 60, 20, 238, 239, 79), (392, 305, 290, 250, 458, 459, 309))


@dataclass(frozen=True)
class Head:
    """One head.

    radius_mm : (h, w) float32, distance of the surface from the axis on the chart grid of GRID_MM over U_MM x V_MM.
    bare_radius_mm : the same without hair and clothes.
    landmarks_mm : (478, 3) head coordinates of MediaPipe's landmarks, on the surface.
    landmarks_uv : (478, 2) the same points on the chart.
    eye_centres_mm : (2, 3) centres of the eyeballs, the person's right eye first.
    """

    radius_mm: Tensor
    bare_radius_mm: Tensor
    landmarks_mm: FloatArray
    landmarks_uv: FloatArray
    eye_centres_mm: FloatArray

    @property
    def device(self) -> torch.device:
        """Where the surface is."""
        return self.radius_mm.device

    def to(self, device: torch.device | str) -> Head:
        """The same head with its surface on a device; the landmarks stay arrays."""
        return replace(self, radius_mm=self.radius_mm.to(device), bare_radius_mm=self.bare_radius_mm.to(device))

    def radius_at(self, u: Tensor, v: Tensor, bare: bool = False) -> Tensor:
        """Distance of the surface from the axis at chart points of any shape, bilinear."""
        grid = self.bare_radius_mm if bare else self.radius_mm
        return sample_grid(grid[None], u, v)[0]

    def points(self, u: Tensor, v: Tensor, bare: bool = False) -> Tensor:
        """Head coordinates (..., 3) of the surface at chart points."""
        return from_chart(u, v, self.radius_at(u, v, bare))


def from_chart(u: Tensor, v: Tensor, radius: Tensor) -> Tensor:
    """Chart point and distance from the axis -> head coordinates (..., 3) in mm."""
    angle = u / CYLINDER_MM
    return torch.stack([radius * angle.sin(), v, AXIS_Z_MM - radius * angle.cos()], -1)


def to_chart(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Head coordinates (..., 3) -> u, v and the distance from the axis."""
    x, toward = points[..., 0], AXIS_Z_MM - points[..., 2]
    return CYLINDER_MM * torch.atan2(x, toward), points[..., 1], torch.hypot(x, toward)


def sample_grid(maps: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Values of (c, h, w) maps on the whole chart at chart points of any shape: (c, ...)."""
    gx = u * (2 / (U_MM[1] - U_MM[0]))
    gy = (v - V_MM[0]) * (2 / (V_MM[1] - V_MM[0])) - 1
    flat = torch.stack([gx, gy], -1).reshape(1, 1, -1, 2)
    values = functional.grid_sample(maps[None], flat, align_corners=True, padding_mode="border")
    return values.reshape(len(maps), *u.shape)


def chart_grid(spacing_mm: float, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """u and v (h, w) of a regular grid over the whole chart, corners included."""
    w = round((U_MM[1] - U_MM[0]) / spacing_mm) + 1
    h = round((V_MM[1] - V_MM[0]) / spacing_mm) + 1
    # Made on the CPU and moved: its nodes are the same on every device.
    v, u = torch.meshgrid(torch.linspace(*V_MM, h), torch.linspace(*U_MM, w), indexing="ij")
    return u.to(device), v.to(device)


def ear_frame(u: Tensor, v: Tensor, landmarks: FloatArray) -> tuple[Tensor, Tensor, Tensor]:
    """Place relative to the nearer auricle, an ellipse of 62 x 32 mm that leans back: mm backwards, mm downwards, and
    the distance from its middle, 1 at its rim."""
    tragus = (landmarks[234] * (-1, 1, 1) + landmarks[454]) / 2
    start = CYLINDER_MM * float(np.arctan2(tragus[0], AXIS_Z_MM - tragus[2])) + 5
    down = v - (float(tragus[1]) - 8)
    back = u.abs() - start - 13 + 0.20 * down
    return back, down, torch.sqrt((back / 15) ** 2 + (down * (1 + 0.006 * down.clamp(-50, 50)) / 31) ** 2)


def smooth_line(points: FloatArray, samples: int = 60, closed: bool = False) -> FloatArray:
    """Points (n, 2) joined by a smooth curve through all of them, (samples, 2)."""
    from scipy.interpolate import CubicSpline

    points = np.concatenate([points, points[:1]]) if closed else points
    step = np.linalg.norm(np.diff(points, axis=0), axis=1)
    at = np.concatenate([[0], np.cumsum(np.sqrt(step + 1e-3))])  # centripetal: no overshoot at tight corners
    curve = CubicSpline(at, points, bc_type="periodic" if closed else "not-a-knot")
    return curve(np.linspace(0, at[-1], samples)).astype(np.float32)


def eye_outline(landmarks_uv: FloatArray, eye: int, samples: int = 96) -> FloatArray:
    """The opening of the lids, (samples, 2): smooth through the eye's 16 landmarks, sharp at both corners.

    The landmarks follow the outer edge of the lids' margins; what shows of the eye is LID_SHARE of that height.
    """
    ring = landmarks_uv[list(RIGHT_EYE if eye == 0 else LEFT_EYE)][:, :2].copy()
    inner, outer = ring[8], ring[0]
    along = ((ring - outer) @ (inner - outer) / ((inner - outer) @ (inner - outer)))[:, None]
    axis = outer + along * (inner - outer)
    ring = axis + LID_SHARE * (ring - axis)
    lower, upper = ring[:9], np.concatenate([ring[8:], ring[:1]])
    half = samples // 2
    return np.concatenate([smooth_line(lower, half), smooth_line(upper, half)[1:-1]])


def surface_normals(radius: Tensor, u: Tensor, spacing_mm: float) -> Tensor:
    """Unit normals (h, w, 3) in head axes of a surface given by its distance from the axis on a regular chart grid."""
    dv, du = torch.gradient(radius, spacing=spacing_mm)
    angle = u / CYLINDER_MM
    out, along = (angle.sin(), -angle.cos()), (angle.cos(), angle.sin())  # x and z of the cylinder's own axes
    lean = du * CYLINDER_MM / radius.clamp_min(5.0)
    normals = torch.stack([out[0] - along[0] * lean, -dv, out[1] - along[1] * lean], -1)
    return normals / normals.norm(dim=-1, keepdim=True)


def area_factor(head: Head, u: Tensor, v: Tensor) -> Tensor:
    """mm2 of skin per mm2 of chart at chart points (h, w): the shape of the head counts, the relief of skin not."""
    step = 0.5
    r = head.radius_at(u, v, bare=True)
    du = (head.radius_at(u + step, v, bare=True) - head.radius_at(u - step, v, bare=True)) / (2 * step)
    dv = (head.radius_at(u, v + step, bare=True) - head.radius_at(u, v - step, bare=True)) / (2 * step)
    stretch = r / CYLINDER_MM
    return torch.sqrt(stretch**2 * (1 + dv**2) + du**2)
