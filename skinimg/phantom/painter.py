"""Lesions on a real photograph: D' = D + change of the optical model, so real texture stays and the truth is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.filters import blur
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.light import Light, lit, normals_of, openness_of, shade
from skinimg.phantom.painting import paint
from skinimg.phantom.shown import GREEN, SHOWN_BY_LIGHT, Surface, darkness, labels_of
from skinimg.phantom.skin import SkinState, density, even_skin
from skinimg.skin import optics


@dataclass(frozen=True)
class PaintedPhoto:
    """A photograph with painted lesions and the truth about them; pixels off the skin are untouched and uncovered."""

    linear: Tensor  # (h, w, 3) linear sRGB
    coverage: dict[str, Tensor]  # finding -> (h, w) float32, 0..1
    instance: dict[str, Tensor]  # finding -> (h, w) int32, 0 = none


def paint_on_photo(
    linear: Tensor, skin: Tensor, mm_per_px: float, lesions: Sequence[Lesion], light: Light, psf_px: float = 1.0
) -> PaintedPhoto:
    """Paint lesions on the skin of a photo at the working scale.

    The lesions are lit on even skin of the photo's own mean pigment, with and without them; the photo is multiplied by
    the ratio of the two. Scattering and blur are those of the phantom, so that painted edges are as soft as real ones.

    linear : (h, w, 3) linear sRGB; skin : (h, w) bool; light : where the photo's lamp is thought to be;
    psf_px : blur of the photo at this scale, sigma (a photo coarser than the working scale: 0.6 native pixels)

    Raises
    ------
    PhotoError
        Too little plain skin to tell its pigment (`optics.unaffected_density`).
    """
    canvas = plain_canvas((linear.shape[0], linear.shape[1]), mm_per_px, device=linear.device)
    anchor = optics.baseline_anchor(optics.unaffected_density(linear.cpu().numpy(), skin.cpu().numpy()))
    plain = even_skin(canvas, anchor.melanin, anchor.haemoglobin)
    painted = paint(plain, canvas, lesions)
    matt = Light(light.direction, light.ambient, shine=0.0)

    def albedo(skin: SkinState) -> Tensor:
        return torch.exp(-density(skin.melanin, skin.blood)) * (1 - skin.hair[..., None])

    def relief(height_mm: Tensor) -> tuple[Tensor, Tensor]:
        return normals_of(height_mm, mm_per_px), openness_of(height_mm, mm_per_px)

    def shaded(skin: SkinState) -> Tensor:
        return shade(albedo(skin), *relief(skin.height_mm), skin.gloss, matt, mm_per_px)

    def surface(skin: SkinState) -> Surface:
        return Surface(skin.height_mm, albedo(skin)[..., GREEN])

    def irradiance(skin: Surface) -> Tensor:
        return lit(skin.albedo[..., None], *relief(skin.height_mm), matt)[..., 0]

    ratio = shaded(painted.state) / shaded(plain).clamp_min(1e-6)
    without = {finding: surface(painted.without(finding)) for finding in SHOWN_BY_LIGHT}
    dark = darkness(irradiance, surface(painted.state), without, mm_per_px, lambda plane: blur(plane, psf_px))
    labels = labels_of(painted.coverage, dark, mm_per_px)
    on_skin = skin.to(torch.float32)
    return PaintedPhoto(
        linear=linear * torch.lerp(torch.ones_like(ratio), blur(ratio, psf_px), on_skin[..., None]),
        coverage={finding: cover * on_skin for finding, cover in (painted.coverage | labels).items()},
        instance={finding: ids * skin.to(torch.int32) for finding, ids in painted.instance.items()},
    )
