"""Lesions on a real photograph: D' = D + change of the optical model, so real texture stays and the truth is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from skinimg import optics
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.filters import blur
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.light import Light, lit, normals_of, openness_of, shade
from skinimg.phantom.painting import lesion_maps
from skinimg.phantom.shown import GREEN, darkness, label_of
from skinimg.phantom.skin import density


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
    change, coverage, instance = lesion_maps(canvas, lesions)
    anchor = optics.baseline_anchor(optics.unaffected_density(linear.cpu().numpy(), skin.cpu().numpy()))
    melanin = torch.full(canvas.shape, anchor.melanin, device=linear.device)
    blood = torch.full(canvas.shape, anchor.haemoglobin, device=linear.device)
    plain = torch.exp(-density(melanin, blood))
    changed = torch.exp(
        -density(
            (melanin * torch.exp(change.ln_melanin)).clamp(*optics.MELANIN_RANGE),
            (blood * torch.exp(change.ln_blood)).clamp(*optics.BLOOD_RANGE),
        )
    ) * (1 - change.hair[..., None])
    matt = Light(light.direction, light.ambient, shine=0.0)
    flat, nowhere = torch.zeros(canvas.shape, device=linear.device), torch.ones(canvas.shape, device=linear.device)

    def relief(height_mm: Tensor) -> tuple[Tensor, Tensor]:
        return normals_of(height_mm, mm_per_px), openness_of(height_mm, mm_per_px)

    def shaded(albedo: Tensor, height_mm: Tensor) -> Tensor:
        return shade(albedo, *relief(height_mm), nowhere, matt, mm_per_px)

    def green(height_mm: Tensor) -> Tensor:
        return lit(plain[..., GREEN, None], *relief(height_mm), matt)[..., 0]

    ratio = shaded(changed, change.height_mm) / shaded(plain, flat).clamp_min(1e-6)
    dark = darkness(green, change.height_mm, change.grooves_mm, mm_per_px, psf_px * mm_per_px)
    coverage |= {finding: label_of(coverage[finding], plane, mm_per_px) for finding, plane in dark.items()}
    on_skin = skin.to(torch.float32)
    painted = linear * torch.lerp(torch.ones_like(ratio), blur(ratio, psf_px), on_skin[..., None])
    return PaintedPhoto(
        linear=painted,
        coverage={finding: cover * on_skin for finding, cover in coverage.items()},
        instance={finding: ids * skin.to(torch.int32) for finding, ids in instance.items()},
    )
