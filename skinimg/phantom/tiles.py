"""Training tiles at the working scale: many photographs of small sheets of skin, with their truth.

One sheet of skin is dear, a photograph of it cheap: every sheet is photographed several times, elsewhere, in another
light, with another camera and turned over, before the next one is grown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.phantom.camera import Camera, decode, develop, rendered_plane, sample_camera
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import log_uniform, normal, spawn, uniform
from skinimg.phantom.filters import halved, resized
from skinimg.phantom.jpeg import compress
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.light import lit, normals_of, openness_of, shade
from skinimg.phantom.painting import paint
from skinimg.phantom.shown import GREEN, SHOWN_BY_LIGHT, Surface, darkness, labels_of
from skinimg.phantom.skin import Person, albedo, draw_skin, sample_person, skin_colour, wear_makeup
from skinimg.photo import colour

TILE_PX = 256
_FINE_MM = WORKING_MM_PER_PX / 2  # skin is grown twice as fine as the working scale: its furrows are 0.1 mm wide
_SHEET_PX = 768  # 38 mm
_ZONES = {
    "cheek": 0.4,
    "forehead": 0.2,
    "nose": 0.12,
    "chin": 0.08,
    "periorbital": 0.08,
    "perioral": 0.06,
    "neck": 0.06,
}
_NATIVE = (2.0, 25.0)  # px/mm, from a whole face in a small photo to a close-up


@dataclass(frozen=True)
class DrawnTiles:
    """Photographs of skin at the working scale of 0.1 mm/px and what is on them."""

    linear: Tensor  # (n, 3, h, w) linear sRGB as decoded from the photograph
    coverage: Tensor  # (n, 5, h, w) 0..1 in the order of MASK_FINDINGS; pores and lines as the light shows them
    valid: Tensor  # (n, h, w) bool: skin that can be judged, not burnt out and not under hair
    ita_deg: Tensor  # (n,) of the person's plain skin
    native_px_per_mm: Tensor  # (n,) of the photograph, before it was resampled


@dataclass(frozen=True)
class SkinSheet:
    """Grown skin, ready to be photographed: every map (h, w) or (h, w, c) at `mm_per_px`."""

    albedo: Tensor  # (h, w, 3)
    height_mm: Tensor
    height_without_mm: Tensor  # (h, w, 2) without each finding of SHOWN_BY_LIGHT
    green_without: Tensor  # (h, w, 2) albedo in green, the same
    openness: Tensor
    gloss: Tensor
    hair: Tensor
    coverage: Tensor  # (h, w, 5)
    mm_per_px: float
    person: Person

    def turned(self, row: int, column: int, size: int, turn: int) -> SkinSheet:
        """A square piece, in one of eight orientations."""

        def piece(values: Tensor) -> Tensor:
            part = values[row : row + size, column : column + size]
            part = part.transpose(0, 1) if turn & 1 else part
            flips = [axis for axis, bit in ((0, 2), (1, 4)) if turn & bit]
            return part.flip(flips) if flips else part

        return self._mapped(piece, self.mm_per_px)

    def coarser(self) -> SkinSheet:
        """The same skin at half the resolution."""
        return self._mapped(halved, 2 * self.mm_per_px)

    def _mapped(self, change: Callable[[Tensor], Tensor], mm_per_px: float) -> SkinSheet:
        return SkinSheet(
            albedo=change(self.albedo),
            height_mm=change(self.height_mm),
            height_without_mm=change(self.height_without_mm),
            green_without=change(self.green_without),
            openness=change(self.openness),
            gloss=change(self.gloss),
            hair=change(self.hair),
            coverage=change(self.coverage),
            mm_per_px=mm_per_px,
            person=self.person,
        )


def draw_tiles(
    n: int, generator: torch.Generator, device: torch.device | None = None, photos_per_sheet: int = 16
) -> DrawnTiles:
    """`n` tiles: all phototypes, cameras and lights; a seventh of the sheets is bare.

    device : where they are drawn, by default where the generator lives. A generator on the CPU gives the same tiles on
        every device; one on the GPU gives others, faster.
    photos_per_sheet : with fewer, tiles differ more and take longer.
    """
    device = device or generator.device
    photographs: list[tuple[Tensor, ...]] = []
    while len(photographs) < n:
        sheets = grow_sheet(troubled(sample_person(generator), generator), sample_zone(generator), generator, device)
        for _ in range(min(photos_per_sheet, n - len(photographs))):
            camera = sample_camera(generator, "training")
            photographs.append(photograph(sheets, camera, log_uniform(generator, *_NATIVE), generator))
    linear, coverage, valid, ita, native = (torch.stack(column) for column in zip(*photographs, strict=True))
    return DrawnTiles(linear, coverage, valid, ita, native)


def grow_sheet(
    person: Person, zone: str, generator: torch.Generator, device: torch.device | None = None
) -> tuple[SkinSheet, SkinSheet]:
    """A square sheet of a person's skin from one zone of the face, with lesions, at 0.05 and at 0.1 mm/px."""
    canvas = plain_canvas((_SHEET_PX, _SHEET_PX), _FINE_MM, zone, device or generator.device)
    bare = draw_skin(canvas, person, spawn(generator))
    if uniform(generator) < 0.12:
        bare = wear_makeup(bare, canvas, uniform(generator, 0.2, 0.8), spawn(generator))
    lesions = sample_lesions(canvas, person, spawn(generator))
    painted = paint(bare, canvas, lesions)
    state, without = painted.state, [painted.without(finding) for finding in SHOWN_BY_LIGHT]
    sheet = SkinSheet(
        albedo=albedo(state, person),
        height_mm=state.height_mm,
        height_without_mm=torch.stack([skin.height_mm for skin in without], dim=-1),
        green_without=torch.stack([albedo(skin, person)[..., GREEN] for skin in without], dim=-1),
        openness=openness_of(state.height_mm, canvas.mm_per_px),
        gloss=state.gloss,
        hair=state.hair,
        coverage=torch.stack([painted.coverage[finding] for finding in MASK_FINDINGS], dim=-1),
        mm_per_px=canvas.mm_per_px,
        person=person,
    )
    return sheet, sheet.coarser()


def photograph(
    sheets: tuple[SkinSheet, SkinSheet], camera: Camera, native_px_per_mm: float, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """One tile somewhere on a sheet: linear (3, h, w), coverage (5, h, w), valid (h, w), ITA and native px/mm."""
    fine, coarse = sheets
    room = coarse.albedo.shape[0] - TILE_PX
    row, column = (int(uniform(generator, 0, room + 1)) for _ in range(2))
    turn = int(uniform(generator, 0, 8))
    truth = coarse.turned(row, column, TILE_PX, turn)
    # A photograph coarser than 12 px/mm cannot show what the fine sheet has more than the coarse one.
    piece = truth if native_px_per_mm <= 12 else fine.turned(2 * row, 2 * column, 2 * TILE_PX, turn)
    body = _body(piece, generator)
    normals = normals_of(piece.height_mm + body, piece.mm_per_px)
    radiance = shade(piece.albedo, normals, piece.openness, piece.gloss, camera.light, piece.mm_per_px)
    radiance = radiance * _metered(radiance, generator) * _passing(camera.shadow, piece, generator)[..., None]
    side = round(TILE_PX * WORKING_MM_PER_PX * min(native_px_per_mm, 1 / piece.mm_per_px))
    picture = compress(develop(resized(radiance, (side, side)), camera, generator), camera.jpeg_quality)
    linear = resized(decode(picture.to(torch.float32) / 255), (TILE_PX, TILE_PX)).clamp(0, 1)
    valid = (linear.amax(dim=-1) < 0.97) & (truth.hair < 0.5)
    return (
        linear.permute(2, 0, 1),
        _labels(truth, piece, body, camera, piece.albedo.shape[0] / side),
        valid,
        torch.tensor(_ita(fine.person), device=linear.device),
        torch.tensor(native_px_per_mm, device=linear.device),
    )


def _labels(truth: SkinSheet, piece: SkinSheet, body: Tensor, camera: Camera, scale: float) -> Tensor:
    """Labels (5, h, w) of a photograph: coverage, but pores and lines as the light shows them.

    truth : at the working scale; piece : the same skin as it was photographed; body : its (h, w) height below the skin;
    scale : pixels of the piece per pixel of the photograph
    """
    mm = piece.mm_per_px

    def irradiance(skin: Surface) -> Tensor:
        normals, openness = normals_of(skin.height_mm + body, mm), openness_of(skin.height_mm, mm)
        return lit(skin.albedo[..., None], normals, openness, camera.light)[..., 0]

    bare = zip(piece.height_without_mm.unbind(-1), piece.green_without.unbind(-1), strict=True)
    without = {finding: Surface(*planes) for finding, planes in zip(SHOWN_BY_LIGHT, bare, strict=True)}
    skin = Surface(piece.height_mm, piece.albedo[..., GREEN])
    dark = darkness(irradiance, skin, without, mm, lambda plane: rendered_plane(plane, camera, scale))
    dark = {finding: resized(plane, (TILE_PX, TILE_PX)) for finding, plane in dark.items()}
    coverage = dict(zip(MASK_FINDINGS, truth.coverage.unbind(-1), strict=True))
    return torch.stack(list((coverage | labels_of(coverage, dark, WORKING_MM_PER_PX)).values()))


def troubled(person: Person, generator: torch.Generator) -> Person:
    """The person with far more lesions than usual: a tile shows 7 cm2, and a network learns little from bare skin."""
    if uniform(generator) < 0.15:
        return replace(person, freckling=0.0, sun_spots=0.0, acne=0.0, couperose=0.0, melasma=False, wrinkledness=0.0)
    often = {name: uniform(generator) < 0.6 for name in ("freckling", "sun_spots", "acne", "couperose", "wrinkles")}
    return replace(
        person,
        freckling=uniform(generator, 0.2, 2.0) if often["freckling"] else person.freckling,
        sun_spots=uniform(generator, 1.0, 10.0) if often["sun_spots"] else person.sun_spots,
        acne=uniform(generator, 1.5, 7.0) if often["acne"] else person.acne,
        couperose=uniform(generator, 1.0, 6.0) if often["couperose"] else person.couperose,
        age_years=uniform(generator, 45, 80) if often["wrinkles"] else person.age_years,
        wrinkledness=uniform(generator, 1.0, 6.0) if often["wrinkles"] else person.wrinkledness,
        melasma=person.melasma or uniform(generator) < 0.2,
    )


def sample_zone(generator: torch.Generator) -> str:
    """Where on a face a sheet of skin comes from."""
    at = uniform(generator)
    for zone, share in _ZONES.items():
        at -= share
        if at < 0:
            return zone
    return "cheek"


def _body(piece: SkinSheet, generator: torch.Generator) -> Tensor:
    """Height of the body below the skin, mm: a slope and a bulge, so that light and shine vary over a tile."""
    side = piece.height_mm.shape[0]
    at = (torch.arange(side, device=piece.height_mm.device) - side / 2) * piece.mm_per_px
    slope_x, slope_y = (normal(generator, 0, 0.25) for _ in range(2))
    radius_x, radius_y = (log_uniform(generator, 25, 200) for _ in range(2))
    x, y = at[None, :], at[:, None]
    return slope_x * x + slope_y * y - x * x / (2 * radius_x) - y * y / (2 * radius_y)


def _passing(shadow: float, piece: SkinSheet, generator: torch.Generator) -> Tensor:
    """Share of the light that passes the edge of something between lamp and skin, (h, w).

    The edge is curved, its penumbra 1 to 10 mm wide (our choice).
    """
    if shadow == 0:
        return torch.ones_like(piece.height_mm)
    side = piece.height_mm.shape[0]
    at = (torch.arange(side, device=piece.height_mm.device) / side - 0.5) * 2
    angle, bend, where = uniform(generator, 0, 2 * math.pi), normal(generator, 0, 0.5), uniform(generator, -0.8, 0.8)
    width = log_uniform(generator, 1.0, 10.0) / (side * piece.mm_per_px / 2)
    along = at[None, :] * math.cos(angle) + at[:, None] * math.sin(angle)
    across = at[:, None] * math.cos(angle) - at[None, :] * math.sin(angle)
    return 1 - shadow * torch.sigmoid((along + bend * across * across - where) * 4 / width)


def _metered(radiance: Tensor, generator: torch.Generator) -> float:
    """Gain of an automatic exposure, which sees the skin among other things."""
    seen = float(radiance[..., 1].mean().clamp_min(1e-3))
    return float((0.36 / seen) ** uniform(generator, 0.3, 1.0))


def _ita(person: Person) -> float:
    lab = colour.linear_to_lab(skin_colour(person.melanin, person.blood).numpy())
    return float(colour.ita_deg(lab[0], lab[2]))
