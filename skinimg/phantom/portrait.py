"""From a person to a photograph: a sitter is drawn once, a session is painted, lit, seen and developed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from skinimg.phantom.camera import PIXEL_PX, Camera, develop, rendered_plane
from skinimg.phantom.colour_card import with_card
from skinimg.phantom.draws import spawn, uniform
from skinimg.phantom.features import Overlay, paint_features
from skinimg.phantom.filters import blur
from skinimg.phantom.hair import LAYER_MM, Outside, dress
from skinimg.phantom.head import (
    Head,
    chart_grid,
    sample_grid,
    surface_normals,
)
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.light import openness_of, refilled, scattered_light
from skinimg.phantom.lighting import (
    Lighting,
    coarse_normals,
    light_vectors,
    sky_visibility,
    sphere_directions,
)
from skinimg.phantom.painting import Painted, paint
from skinimg.phantom.people import Looks, sample_landmarks, sample_looks
from skinimg.phantom.sculpt import build_head
from skinimg.phantom.sheet import FaceSheet, make_sheet
from skinimg.phantom.shown import GREEN, SHOWN_BY_LIGHT, Surface, darkness
from skinimg.phantom.skin import Person, SkinState, albedo, draw_skin, sample_person, skin_colour, wear_makeup
from skinimg.phantom.view import Traced, Viewpoint, trace

BACKGROUND = 0.20  # linear grey of the studio's wall, the same in every session
_F0 = 0.028  # Fresnel reflectance of skin and of the cornea (n = 1.38 to 1.40)


@dataclass(frozen=True)
class Sitter:
    """Everything about one person that no session changes, drawn at one scale of the face's sheet."""

    person: Person
    looks: Looks
    head: Head
    sheet: FaceSheet
    overlay: Overlay
    outside: Outside
    skin: SkinState  # without lesions
    lesions: tuple[Lesion, ...]  # before any treatment
    visibility: Tensor  # (directions, h, w) on the coarse chart, see lighting.py

    def paint(self, lesions: Sequence[Lesion] | None = None) -> Painted:
        """The sitter's skin with these lesions, by default those before any treatment."""
        return paint(self.skin, self.sheet.canvas, self.lesions if lesions is None else lesions)


_MADE_UP = 0.08  # share of people who come with foundation, though they were asked not to; a guess


def sample_sitter(
    generator: torch.Generator, mm_per_px: float, phototype: int | None = None, device: torch.device | str = "cpu"
) -> Sitter:
    """A new person, drawn on `device`; a generator on the CPU gives the same one on every device.

    mm_per_px : of the sheet of skin; two thirds of the photo's keeps its detail.
    """
    person = sample_person(spawn(generator), phototype)
    looks = sample_looks(person, spawn(generator))
    head = build_head(sample_landmarks(spawn(generator), 0.15 if person.male else 0.85), looks.lid_crease_mm).to(device)
    sheet = make_sheet(head, mm_per_px)
    overlay = paint_features(sheet, head, looks, person)
    head, outside = dress(head, looks, person, spawn(generator))
    skin = _with_lips(draw_skin(sheet.canvas, person, spawn(generator)), sheet, looks)
    outside = _matched(outside, sheet, albedo(skin, person), person)
    lesions = sample_lesions(sheet.canvas, person, spawn(generator))
    bag = spawn(generator)
    if uniform(bag) < _MADE_UP:
        skin = wear_makeup(skin, sheet.canvas, uniform(bag, 0.15, 0.5), bag)
    return Sitter(person, looks, head, sheet, overlay, outside, skin, lesions, sky_visibility(head))


def _matched(outside: Outside, sheet: FaceSheet, skin: Tensor, person: Person) -> Outside:
    """The plain skin of ears and neck in the mean colour of the sheet's own sides, so that no seam shows."""
    sides = (sheet.u.abs() > 0.8 * float(sheet.u.max())) & (sheet.v > 0)
    tint = skin[sides].mean(0) / skin_colour(person.melanin, person.blood).to(skin)
    tinted = outside.albedo * tint[:, None, None]
    return replace(outside, albedo=torch.lerp(tinted, outside.albedo, outside.hair))


def _with_lips(skin: SkinState, sheet: FaceSheet, looks: Looks) -> SkinState:
    """Lips have more blood near the surface, less melanin, fine upright furrows, and they are moist."""
    lips = sheet.lips
    furrows = torch.sin(sheet.u * 4.4 + 2.0 * torch.sin(sheet.v * 0.9) + 1.3 * torch.sin(sheet.u * 1.7))
    return replace(
        skin,
        blood=skin.blood * (1 + (looks.lip_blood - 1) * lips),
        melanin=skin.melanin * (1 - 0.25 * lips),
        height_mm=skin.height_mm * (1 - 0.6 * lips) - 0.05 * lips * furrows.clamp_min(-0.3),
        gloss=skin.gloss * (1 - lips) + 1.6 * lips,
        hair=skin.hair * (1 - lips),
    )


@dataclass(frozen=True)
class Picture:
    """One photo and how it came about.

    srgb : (H, W, 3) uint8. dark : finding -> (h, w) on the sheet, density that it adds as this photo shows it
    (shown.darkness).
    """

    srgb: Tensor
    view: Viewpoint
    seen: Traced
    painted: Painted
    dark: dict[str, Tensor]


def photograph(
    sitter: Sitter,
    painted: Painted,
    view: Viewpoint,
    lighting: Lighting,
    camera: Camera,
    generator: torch.Generator,
    *,
    card: bool = False,
) -> Picture:
    """The sitter's painted skin, seen from `view`. `camera.light` gives the shine and roughness of the skin.

    card : with a colour card in the lower left corner, lit as the wall is
    """
    seen = trace(sitter.head, view)
    face = _sheet_light(sitter, painted, view, lighting, camera)
    outside = _outside_light(sitter, view, lighting)
    radiance = _seen_light(sitter, seen, view, face, outside)
    radiance = with_card(radiance) if card else radiance
    dark = _darkness(sitter, painted, view, lighting, camera)
    return Picture(develop(radiance, camera, generator), view, seen, painted, dark)


def _light_on(sitter: Sitter, view: Viewpoint, lighting: Lighting, u: Tensor, v: Tensor) -> Tensor:
    """Light vectors B (3, ...) at chart points."""
    normals = coarse_normals(sitter.head)
    return sample_grid(light_vectors(sitter.visibility, normals, lighting, view.rotation), u, v)


def _sheet_light(sitter: Sitter, painted: Painted, view: Viewpoint, lighting: Lighting, camera: Camera) -> Tensor:
    """Light (h, w, 3) that leaves the face's sheet towards the camera."""
    sheet, state, overlay = sitter.sheet, painted.state, sitter.overlay
    mm = sheet.canvas.mm_per_px
    light = _light_on(sitter, view, lighting, sheet.u, sheet.v)
    irradiance, normals, openness = _lit_relief(sitter, light, state.height_mm)
    bare = albedo(state, sitter.person).clamp_min(1e-6)
    half = bare.sqrt()  # see light.shade
    body = half * scattered_light(half * refilled(irradiance, openness, bare), mm)
    covered = overlay.colour * irradiance[..., None]
    body = torch.lerp(body, covered, overlay.cover[..., None])
    shine = _shine(sitter, normals, state.gloss * (1 - overlay.cover) * openness, view, lighting, camera)
    return body + shine[..., None]


def _lit_relief(sitter: Sitter, light: Tensor, height_mm: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Irradiance (h, w), normals (h, w, 3) and openness (h, w) of the sheet with a relief (h, w) on it."""
    sheet, mm = sitter.sheet, sitter.sheet.canvas.mm_per_px
    radius = sitter.head.radius_at(sheet.u, sheet.v, bare=True)
    height = height_mm * (1 - sheet.eyes)
    normals, openness = surface_normals(radius + height, sheet.u, mm), openness_of(height, mm)
    return (light * normals.permute(2, 0, 1)).sum(0).clamp_min(0.0) * (0.4 + 0.6 * openness), normals, openness


def _darkness(
    sitter: Sitter, painted: Painted, view: Viewpoint, lighting: Lighting, camera: Camera
) -> dict[str, Tensor]:
    """`shown.darkness` of a photo, on the sheet."""
    sheet, mm = sitter.sheet, sitter.sheet.canvas.mm_per_px
    light = _light_on(sitter, view, lighting, sheet.u, sheet.v)

    def surface(state: SkinState) -> Surface:
        return Surface(state.height_mm, albedo(state, sitter.person)[..., GREEN])

    def lit(skin: Surface) -> Tensor:
        irradiance, _, openness = _lit_relief(sitter, light, skin.height_mm)
        return refilled(irradiance, openness, skin.albedo[..., None])[..., 0]

    def rendered(plane: Tensor) -> Tensor:
        return rendered_plane(plane, camera, 1 / (view.px_per_mm * mm))

    without = {finding: surface(painted.without(finding)) for finding in SHOWN_BY_LIGHT}
    return darkness(lit, surface(painted.state), without, mm, rendered)


def _shine(
    sitter: Sitter, normals: Tensor, gloss: Tensor, view: Viewpoint, lighting: Lighting, camera: Camera
) -> Tensor:
    """Specular reflection (h, w) of the lamps on skin (GGX, Walter 2007) and, mirrored, in wet eyes."""
    sheet, overlay = sitter.sheet, sitter.overlay
    points = sitter.head.points(sheet.u, sheet.v, bare=True)
    to_eye = view.eye_point.to(points) - points
    to_eye = to_eye / to_eye.norm(dim=-1, keepdim=True)
    alpha2 = camera.light.roughness**2
    mirrored = 2 * (to_eye * overlay.eye_normals).sum(-1, keepdim=True) * overlay.eye_normals - to_eye
    total = torch.zeros_like(gloss)
    directions = sphere_directions(points.device)
    for lamp in lighting.lamps:
        towards = (torch.tensor(lamp.direction) @ view.rotation).to(points)  # head axes
        near = torch.softmax(40 * (directions @ towards), 0)
        seen = sample_grid(torch.einsum("k,khw->hw", near, sitter.visibility)[None], sheet.u, sheet.v)[0]
        middle = to_eye + towards
        middle = middle / middle.norm(dim=-1, keepdim=True)
        facing = (normals @ towards).clamp_min(0)
        cos_half = (to_eye * middle).sum(-1).clamp_min(0.1)
        fresnel = _F0 + (1 - _F0) * (1 - cos_half) ** 5
        spread = (normals * middle).sum(-1).clamp(0, 1) ** 2 * (alpha2 - 1) + 1
        lobe = alpha2 / spread**2 * fresnel / (4 * cos_half**2)
        total = total + 1.5 * lamp.power * camera.light.shine * gloss * lobe * facing * seen
        # a soft box of that width, as bright as its power asks, seen in the mirror of the eye
        away = torch.acos((mirrored @ towards).clamp(-1, 1))
        box = torch.sigmoid((lamp.half_width - away) / 0.02) * lamp.power / lamp.half_width**2
        total = total + overlay.wet * box * 0.03
    return total


def _outside_light(sitter: Sitter, view: Viewpoint, lighting: Lighting) -> Tensor:
    """Light (3, h, w) of hair, neck, ears and clothes, on the whole chart."""
    u, v = chart_grid(LAYER_MM, sitter.head.device)
    normals = surface_normals(sitter.head.radius_at(u, v), u, LAYER_MM)
    light = _light_on(sitter, view, lighting, u, v)
    irradiance = (light * normals.permute(2, 0, 1)).sum(0).clamp_min(0.0)
    return sitter.outside.albedo * irradiance


def _seen_light(sitter: Sitter, seen: Traced, view: Viewpoint, face: Tensor, outside: Tensor) -> Tensor:
    """The picture's light (H, W, 3): the sheet where the face is, the rest of the chart around it, the wall behind."""
    sheet = sitter.sheet
    footprint = 1 / view.px_per_mm / sheet.canvas.mm_per_px  # sheet pixels per photo pixel
    planes = blur(face, PIXEL_PX * footprint).permute(2, 0, 1)
    on_face, share = sample_sheet(sheet, planes, seen.u, seen.v)
    layers = sample_grid(torch.cat([outside, sitter.outside.hair[None]]), seen.u, seen.v)
    share = share * (1 - layers[3])
    head = torch.lerp(layers[:3], on_face, share)
    h, w = view.shape
    y = torch.linspace(-1, 1, h, device=face.device)[:, None]
    x = torch.linspace(-1, 1, w, device=face.device)[None, :]
    wall = BACKGROUND * (1 - 0.06 * (x * x + y * y) - 0.05 * y)
    return torch.where(seen.hit, head, wall.expand(3, h, w)).permute(1, 2, 0)


def sample_sheet(sheet: FaceSheet, maps: Tensor, u: Tensor, v: Tensor, mode: str = "bilinear") -> tuple[Tensor, Tensor]:
    """Values of (c, h, w) maps of the sheet at chart points, and how much the point belongs to the sheet (0 to 1)."""
    h, w = sheet.canvas.shape
    u0, v0 = sheet.origin_mm
    x, y = (u - u0) / sheet.canvas.mm_per_px, (v - v0) / sheet.canvas.mm_per_px
    grid = torch.stack([x * 2 / (w - 1) - 1, y * 2 / (h - 1) - 1], -1)[None]
    values = functional.grid_sample(maps[None], grid, mode=mode, align_corners=True, padding_mode="border")[0]
    border = torch.minimum(torch.minimum(x, w - 1 - x), torch.minimum(y, h - 1 - y)) * sheet.canvas.mm_per_px
    return values, (border / 8.0).clamp(0, 1)
