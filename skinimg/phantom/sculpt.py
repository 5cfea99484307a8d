"""The surface of a head through 478 landmarks: a spline over a skull, then ears, lids, lips, nose and eyeballs."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from skinimg.base.records import FloatArray
from skinimg.face.pose import IRIS_DIAMETER_MM
from skinimg.phantom.head import (
    AXIS_Z_MM,
    CYLINDER_MM,
    EYEBALL_RADIUS_MM,
    GRID_MM,
    LEFT_EYE,
    LEFT_IRIS,
    MOUTH_LINE,
    NOSTRILS,
    RIGHT_EYE,
    RIGHT_IRIS,
    U_MM,
    V_MM,
    Head,
    chart_grid,
    ear_frame,
    eye_outline,
    from_chart,
    sample_grid,
    smooth_line,
    to_chart,
)

SPLINE_MM = 2.0  # spacing at which the spline is evaluated, before it is interpolated to GRID_MM
EYELID_MM = 0.9  # how far the eye lies behind the lids' edges: about a lid margin
WINGS = ((129, 102, 64, 98), (358, 331, 294, 327))  # where the wings of the nose meet the cheek
LIDS = ((246, 161, 160, 159, 158, 157, 173), (466, 388, 387, 386, 385, 384, 398))  # upper rims
LID_RINGS = ((247, 30, 29, 27, 28, 56, 190), (467, 260, 259, 257, 258, 286, 414))  # half-way to the brows


def build_head(landmarks: FloatArray, lid_crease: float = 1.0) -> Head:
    """The bare head through 478 landmarks (mm): a spline on top of an ellipsoid skull and neck, with lids, lips, nose.

    Made on the CPU whatever draws it later (`Head.to`): a few hundred nodes in float64, once per person.

    lid_crease : depth of the fold of the upper lid in mm, 0 for none.
    """
    landmarks = landmarks.copy()
    iris = [*range(468, 478)]
    uv_u, uv_v, radius = (t.numpy() for t in to_chart(torch.from_numpy(landmarks)))
    uv = np.stack([uv_u, uv_v], 1)
    surface = _spline_surface(np.delete(uv, iris, 0), np.delete(radius, iris), landmarks)
    u, v = chart_grid(GRID_MM)
    surface += _ears(u, v, landmarks)
    surface = _grooves(surface, uv, lid_crease)
    surface, centres = _eyeballs(surface, u, v, landmarks)
    head = Head(surface, surface, landmarks, uv, centres)
    for centre in (RIGHT_IRIS, LEFT_IRIS):
        landmarks[centre : centre + 5] = _iris_ring(landmarks[centre])
    points = torch.from_numpy(landmarks)
    for _ in range(3):  # the iris ring is given in x, y: find its place on the curved eye
        uu, vv, _ = to_chart(points)
        on_surface = head.points(uu, vv)
        points[468:, 2] = on_surface[468:, 2]
    uu, vv, _ = to_chart(points)
    final = head.points(uu, vv).numpy()
    return Head(surface, surface, final, torch.stack([uu, vv], 1).numpy(), centres)


def _iris_ring(centre: FloatArray) -> FloatArray:
    """Iris landmarks of either eye as MediaPipe lists them: the centre, the points to +x, above, to -x and below."""
    r = IRIS_DIAMETER_MM / 2
    ring = np.array([[0, 0, 0], [r, 0, 0], [0, -r, 0], [-r, 0, 0], [0, r, 0]], np.float32)
    return centre + ring


def _spline_surface(uv: FloatArray, radius: FloatArray, landmarks: FloatArray) -> Tensor:
    """Thin-plate spline of the landmarks' distance from the skull-and-neck base, (h, w) at GRID_MM."""
    u, v = chart_grid(SPLINE_MM)
    base = _skull(u, v, landmarks)
    at = sample_grid(base[None], torch.from_numpy(uv[:, 0]), torch.from_numpy(uv[:, 1]))[0].double()
    # far from the face the base itself holds
    au, av = torch.meshgrid(torch.arange(-210, 211, 20.0), torch.arange(-130, 261, 15.0), indexing="ij")
    free = torch.stack([au.ravel(), av.ravel()], 1)
    hull = cv2.convexHull(uv.astype(np.float32))
    away = np.array([-cv2.pointPolygonTest(hull, (float(a), float(b)), True) for a, b in free.numpy()])
    free = free[torch.from_numpy(away > 22)]
    nodes = torch.cat([torch.from_numpy(uv).double(), free.double()])
    values = torch.cat([torch.from_numpy(radius).double() - at, torch.zeros(len(free), dtype=torch.float64)])
    n = len(nodes)
    kernel = _thin_plate(torch.cdist(nodes, nodes)) + 4.0 * torch.eye(n, dtype=torch.float64)  # 4: bumps under 0.3 mm
    ones = torch.cat([torch.ones(n, 1, dtype=torch.float64), nodes], 1)
    system = torch.cat([torch.cat([kernel, ones], 1), torch.cat([ones.T, torch.zeros(3, 3, dtype=torch.float64)], 1)])
    weights = torch.linalg.solve(system, torch.cat([values, torch.zeros(3, dtype=torch.float64)])).float()
    grid = torch.stack([u.ravel(), v.ravel()], 1)
    parts = [
        _thin_plate(torch.cdist(chunk, nodes.float())) @ weights[:n] + weights[n] + chunk @ weights[n + 1 :]
        for chunk in torch.split(grid, 16384)  # 16384 x 800 distances are 50 MB
    ]
    coarse = base + torch.cat(parts).reshape(u.shape)
    fine, _ = chart_grid(GRID_MM)
    smooth = functional.interpolate(coarse[None, None], fine.shape, mode="bicubic", align_corners=True)[0, 0].numpy()
    smooth = cv2.GaussianBlur(smooth, (0, 0), 1.2 / GRID_MM)  # bicubic patches would show as bands
    above = functional.interpolate(base[None, None], fine.shape, mode="nearest")[0, 0] < 0
    return torch.where(above, -8.0, torch.from_numpy(smooth))


def _thin_plate(r: Tensor) -> Tensor:
    return r**2 * torch.log(r.clamp_min(1e-6))


def _skull(u: Tensor, v: Tensor, landmarks: FloatArray) -> Tensor:
    """Radius of an ellipsoid skull on a neck on shoulders; the face is fitted on top of it."""
    angle = torch.sqrt((u / CYLINDER_MM) ** 2 + 0.03)  # |angle| without a crease down the middle
    front, side, chin = landmarks[151], landmarks[234], landmarks[152]
    ahead = AXIS_Z_MM - front[2] + 2
    wide = abs(side[0]) + 6
    cos, sin = angle.cos(), angle.sin()
    long = torch.where(cos > 0, torch.full_like(cos, float(ahead)), torch.full_like(cos, 112.0))
    around = ((cos / long) ** 2 + (sin / wide) ** 2) ** -0.5
    height = float(chin[1]) + 118  # vertex to chin is about 230 mm of adults
    centre = float(chin[1]) - 130
    below = torch.where(v > centre, torch.full_like(v, 175.0), torch.full_like(v, height - 130 + 2))
    rise = ((v - centre) / below).abs().clamp(max=1.0)
    skull = around * (1 - rise**2.3) ** 0.5  # a little fuller than an ellipsoid, as crowns are
    neck_r, neck_z = 57.0, 17.0  # circumference 36 cm, centred behind the axis
    neck = -neck_z * cos + (neck_r**2 - (neck_z * sin) ** 2).clamp_min(1).sqrt()
    drop = v - float(chin[1])
    slope = torch.sigmoid((drop - 62 + 26 * sin) / 9.0)
    shoulders = (120 * sin**2 + 42 * cos.clamp_min(0) + 55 * (-cos).clamp_min(0)) * slope
    neck = neck + shoulders + 0.35 * (drop - 30).clamp_min(0) * (0.4 + 0.6 * sin)
    bottom = float(chin[1]) + torch.where(cos > 0, 13 - 46 * sin**1.5, -33 - 15 * (-cos))  # lower border of the jaw
    blend = torch.sigmoid((v - bottom) / 4.5)
    skull = torch.where(rise < 1, skull, -8.0)  # above the crown a ray meets nothing
    return skull * (1 - blend) + neck * blend


def _ears(u: Tensor, v: Tensor, landmarks: FloatArray) -> Tensor:
    """Auricles as ridges on the side of the head, standing off by up to 18 mm at the back."""
    back, down, rho = ear_frame(u, v, landmarks)
    body = torch.sigmoid((1 - rho) * 11)
    rim = torch.exp(-(((rho - 0.86) / 0.12) ** 2)) * torch.sigmoid(back + 9)
    bowl = torch.exp(-(((back + 4) / 6) ** 2) - ((down - 3) / 11) ** 2)
    rise = ((back + 15) / 30).clamp(0, 1)
    return body * (1.5 + 17 * rise) + 3.0 * rim * (0.3 + rise) - 7 * bowl * body


def _distance_to(line: FloatArray) -> Tensor:
    """(h, w) distance in mm of every node of the chart grid from a polyline (n, 2) on the chart."""
    grid, _ = chart_grid(GRID_MM)
    canvas = np.full(tuple(grid.shape), 255, np.uint8)
    pixels = (line - (U_MM[0], V_MM[0])) / GRID_MM
    cv2.polylines(canvas, [np.round(pixels * 16).astype(np.int32)], False, 0, 1, cv2.LINE_8, 4)
    return torch.from_numpy(cv2.distanceTransform(canvas, cv2.DIST_L2, 5)) * GRID_MM


def _groove(surface: Tensor, line: FloatArray, depth_mm: float, width_mm: float) -> Tensor:
    return surface - depth_mm * torch.exp(-((_distance_to(line) / width_mm) ** 2))


def _grooves(surface: Tensor, uv: FloatArray, lid_crease: float) -> Tensor:
    """What a smooth spline misses: the lines between the lips, at the wings of the nose, over the eyes; nostrils."""
    surface = _groove(surface, smooth_line(uv[list(MOUTH_LINE)]), 1.7, 1.3)
    for wing in WINGS:
        surface = _groove(surface, smooth_line(uv[list(wing)]), 1.1, 1.4)
    for lid, ring in zip(LIDS, LID_RINGS, strict=True):
        crease = 0.62 * uv[list(lid)] + 0.38 * uv[list(ring)]
        surface = _groove(surface, smooth_line(crease), lid_crease, 0.8)
    u, v = chart_grid(GRID_MM)
    for ring in NOSTRILS:
        c = uv[list(ring)].mean(0)
        tilt = 0.25 * float(np.sign(c[0]))
        a, b = u - float(c[0]), v - float(c[1]) - tilt * (u - float(c[0]))
        surface = surface - 5 * torch.exp(-(((a / 3.4) ** 2 + (b / 1.6) ** 2) ** 1.5))
    philtrum = torch.exp(-((u / 3.2) ** 2)) - 0.5 * torch.exp(-(((u.abs() - 5) / 2.5) ** 2))
    top, bottom = float(uv[2, 1]) + 3, float(uv[0, 1])
    along = torch.sigmoid((v - top) / 1.5) * torch.sigmoid((bottom - v) / 1.2)
    return surface - 0.9 * philtrum * along


def _eyeballs(surface: Tensor, u: Tensor, v: Tensor, landmarks: FloatArray) -> tuple[Tensor, FloatArray]:
    """Put a sphere behind each opening of the lids."""
    centres = np.zeros((2, 3), np.float32)
    uu, vv, _ = to_chart(torch.from_numpy(landmarks))
    uv = torch.stack([uu, vv], 1).numpy()
    for eye, (ring, iris) in enumerate(((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS))):
        ids = list(ring)
        rim_r = sample_grid(surface[None], uu[ids], vv[ids])[0]
        rim = from_chart(uu[ids], vv[ids], rim_r).numpy()
        centre = np.array([*landmarks[iris, :2], 0], np.float32)
        centre[:2] = 0.5 * centre[:2] + 0.5 * rim[:, :2].mean(0)
        across = np.hypot(*(rim[:, :2] - centre[:2]).T).clip(0, EYEBALL_RADIUS_MM - 0.5)
        sphere_front = rim[:, 2] + np.sqrt(EYEBALL_RADIUS_MM**2 - across**2)
        centre[2] = np.median(sphere_front[[3, 4, 5, 11, 12, 13]]) + EYELID_MM  # the middles of both lids touch it
        centres[eye] = centre
        # intersection of the chart ray (axis -> outward) with the sphere
        angle = u / CYLINDER_MM
        dx, dz = angle.sin(), -angle.cos()
        oz = AXIS_Z_MM - float(centre[2])
        along = dx * float(centre[0]) - dz * oz
        rest = float(centre[0]) ** 2 + oz**2 + (v - float(centre[1])) ** 2 - EYEBALL_RADIUS_MM**2
        ball = along + (along**2 - rest).clamp_min(0).sqrt()
        outline = eye_outline(uv, eye)
        mask = np.zeros(tuple(u.shape), np.float32)
        pixels = (outline - (U_MM[0], V_MM[0])) / GRID_MM
        cv2.fillPoly(mask, [np.round(pixels * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
        opening = torch.from_numpy(cv2.GaussianBlur(mask, (0, 0), 0.8))
        surface = surface * (1 - opening) + torch.minimum(torch.maximum(ball, surface - 2.0), surface + 1.5) * opening
    return surface, centres
