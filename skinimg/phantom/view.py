"""A camera looks at a head: pose, perspective, and for every pixel of the photo the point of the chart that it sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from skinimg.phantom.draws import normal
from skinimg.phantom.head import AXIS_Z_MM, Head, to_chart

PIVOT_MM = (0.0, 70.0, AXIS_Z_MM + 25)  # heads turn about the top of the neck
FIELD_MM = 255.0  # height of a portrait at the eyes: crown to collar
NEAR_MM, FAR_MM = 190.0, 260.0  # depth searched before and behind the pivot's plane
FLAT_MM = 9.0  # of depth within 7.5 mm: steeper ground may hide an edge
MARCH_MM = 3.0  # step of the first search; no part of a face that matters is thinner along a ray


@dataclass(frozen=True)
class Viewpoint:
    """Pose and camera of one photo. Angles as in `records.Face`, pixels with centres at integers.

    rotation : (3, 3) head axes -> camera axes. shift : (3,) camera coordinates of the head's origin, mm. Both are on
    the CPU and follow what they are applied to.
    focal_px : focal length in pixels; the optical axis meets the middle of the photo.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    rotation: Tensor
    shift: Tensor
    focal_px: float
    shape: tuple[int, int]  # (H, W)

    @property
    def px_per_mm(self) -> float:
        """Scale at the eyes."""
        return self.focal_px / float(self.shift[2])

    def project(self, points: Tensor) -> Tensor:
        """Head coordinates (..., 3) -> (..., 3): x and y in pixels, and the distance from the camera's plane in mm."""
        camera = points @ self.rotation.to(points).T + self.shift.to(points)
        depth = camera[..., 2]
        h, w = self.shape
        x = camera[..., 0] / depth * self.focal_px + (w - 1) / 2
        y = camera[..., 1] / depth * self.focal_px + (h - 1) / 2
        return torch.stack([x, y, depth], -1)

    @property
    def eye_point(self) -> Tensor:
        """The camera in head coordinates (3,), mm."""
        return -self.shift @ self.rotation


def rotation_of(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Tensor:
    """Head axes -> camera axes: yaw to the person's left, then pitch upwards, then roll clockwise as seen."""
    a, b, c = (math.radians(x) for x in (yaw_deg, pitch_deg, roll_deg))
    yaw = torch.tensor([[math.cos(a), 0, -math.sin(a)], [0, 1, 0], [math.sin(a), 0, math.cos(a)]])
    pitch = torch.tensor([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]])
    roll = torch.tensor([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    return (roll @ pitch @ yaw).float()


def look_at(
    pose_deg: tuple[float, float, float],
    shape: tuple[int, int],
    distance_mm: float,
    field_mm: float,
    offset_mm: tuple[float, float],
) -> Viewpoint:
    """A camera `distance_mm` before the eyes; its picture is `field_mm` high there, the face `offset_mm` off centre."""
    rotation = rotation_of(*pose_deg)
    pivot = torch.tensor(PIVOT_MM)
    at_rest = torch.tensor([offset_mm[0], -16.0 + offset_mm[1], distance_mm])  # eyes a little above the middle
    shift = at_rest + pivot - rotation @ pivot
    focal = shape[0] / field_mm * distance_mm
    return Viewpoint(*pose_deg, rotation, shift, focal, shape)


def sample_view(generator: torch.Generator, shape: tuple[int, int], yaw_deg: float, looseness: float) -> Viewpoint:
    """A standardized portrait: the asked yaw, and the small errors of pose, distance and framing that remain."""
    pose = (
        yaw_deg + normal(generator, 0, 2.2) * looseness,
        normal(generator, 0, 2.0) * looseness,
        normal(generator, 0, 1.5) * looseness,
    )
    distance = 1000 * math.exp(normal(generator, 0, 0.05) * looseness)
    field = FIELD_MM * math.exp(normal(generator, 0, 0.03) * looseness)
    offset = (normal(generator, 0, 4) * looseness, normal(generator, 0, 4) * looseness)
    return look_at(pose, shape, distance, field, offset)


@dataclass(frozen=True)
class Traced:
    """What each pixel (H, W) of a photo sees: chart point `u`, `v` and `depth` in mm; `hit`: the head, not the wall."""

    u: Tensor
    v: Tensor
    depth: Tensor
    hit: Tensor


def trace(head: Head, view: Viewpoint) -> Traced:
    """Cast a ray per pixel onto the head: a search at an eighth of the resolution, then refinement in every pixel."""
    h, w = view.shape
    eye = view.eye_point.to(head.device)
    centre_depth = float(view.shift[2]) + AXIS_Z_MM
    coarse = max(4, round(3.0 * view.px_per_mm / 2))  # a coarse ray every 1.5 mm
    rays = _rays(view, h + coarse, w + coarse, coarse, head.device)
    first = torch.full(rays.shape[:2], float("inf"), device=head.device)
    for depth in torch.arange(centre_depth + FAR_MM, centre_depth - NEAR_MM, -MARCH_MM).tolist():
        inside = _clearance(head, eye, rays, torch.tensor(depth, device=head.device)) < 0
        first = torch.where(inside, depth, first)  # from behind: the last to be written is the nearest
    nearest = -functional.max_pool2d(-first[None, None], 5, 1, 2)  # a pixel may see what its neighbours' rays meet
    flat = functional.max_pool2d(first[None, None], 5, 1, 2) - nearest < FLAT_MM
    cells = torch.cat([nearest, flat.float()], 1).repeat_interleave(coarse, 2).repeat_interleave(coarse, 3)
    half = coarse // 2
    start, smooth = functional.pad(cells, (half, 0, half, 0), mode="replicate")[0, :, :h, :w]
    depth = start - MARCH_MM
    rays = _rays(view, h, w, 1, head.device)
    pixels = torch.nonzero(torch.isfinite(depth.flatten())).flatten()
    d, r = depth.flatten()[pixels], rays.reshape(-1, 3)[pixels]
    # over flat ground most of the gap can be stepped at once; near edges the surface may rise towards the ray
    gain = 0.3 + 0.45 * smooth.flatten()[pixels]
    d, missed = _refine(head, eye, r, d, gain, centre_depth + FAR_MM)
    depth = torch.full_like(depth.flatten(), torch.inf).index_put((pixels,), torch.where(missed, torch.inf, d))
    depth = depth.reshape(h, w)
    hit = torch.isfinite(depth)
    u, v, _ = to_chart(eye + rays * torch.where(hit, depth, centre_depth)[..., None])
    return Traced(u, v, depth, hit)


def _rays(view: Viewpoint, rows: int, columns: int, step: int, device: torch.device) -> Tensor:
    """(h, w, 3) direction of every `step`-th pixel's ray in head axes, one mm of depth long."""
    h, w = view.shape
    y, x = torch.meshgrid(
        torch.arange(0, rows, step, dtype=torch.float32, device=device),
        torch.arange(0, columns, step, dtype=torch.float32, device=device),
        indexing="ij",
    )
    camera = torch.stack([(x - (w - 1) / 2) / view.focal_px, (y - (h - 1) / 2) / view.focal_px, torch.ones_like(x)], -1)
    return camera @ view.rotation.to(camera)


def _clearance(head: Head, eye: Tensor, rays: Tensor, depth: Tensor) -> Tensor:
    """How far outside the surface the points at `depth` on the rays are, measured from the axis, mm."""
    u, v, radius = to_chart(eye + rays * depth[..., None])
    return radius - head.radius_at(u, v)


def _refine(head: Head, eye: Tensor, rays: Tensor, depth: Tensor, gain: Tensor, last: float) -> tuple[Tensor, Tensor]:
    """First crossing at or after `depth` (n,): steps of `gain` x the gap, then a secant; and which rays miss."""
    active = torch.arange(len(depth), device=depth.device)
    low, high = depth.clone(), torch.full_like(depth, torch.inf)
    for step in range(90):
        at = low[active]
        gap = _clearance(head, eye, rays[active], at)
        below = gap < 0
        high[active[below]] = at[below]
        advance = (gap * gain[active]).clamp(0.15, 6.0)
        if step > 14:
            advance = advance.clamp_min(0.6)  # grazing rays
        low[active] = torch.where(below, at, at + advance)
        active = active[~below & (at < last)]
        if len(active) == 0:
            break
    missed = ~torch.isfinite(high)
    a = torch.where(missed, depth, high - 1.2)
    b = torch.where(missed, depth + 1, high)
    fa, fb = (_clearance(head, eye, rays, t) for t in (a, b))
    for _ in range(4):  # regula falsi with halved weights (Illinois)
        t = b - fb * (b - a) / torch.where((fb - fa).abs() < 1e-6, torch.full_like(fb, -1e-6), fb - fa)
        t = torch.where((t >= a) & (t <= b), t, (a + b) / 2)
        ft = _clearance(head, eye, rays, t)
        outside = ft > 0
        a, fa, fb_next = torch.where(outside, t, a), torch.where(outside, ft, fa / 2), torch.where(outside, fb / 2, ft)
        b, fb = torch.where(outside, b, t), fb_next
    return t, missed
