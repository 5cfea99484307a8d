"""What is true of a phantom: masks and maps at a photo's pixels, and every metric of the contract without any photo.

Metrics come from the face's sheet of skin, not from a picture of it, by the same functions of totals as predictions
(metrics.py): areas are those of the true surface, pigment contrasts are densities of the optical model, and relief is
what it darkens under even light from all around, plugs of pigment in pores with it. So they do not depend on pose, light
or camera.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from skinimg.base.findings import FACE_REGIONS, FINDINGS, MASK_FINDINGS
from skinimg.base.records import FloatArray
from skinimg.face.regions import region_masks
from skinimg.measure.above_reference import above_reference
from skinimg.measure.metrics import ROUGHNESS_BANDS_MM, Metric, metrics_of
from skinimg.phantom.head import area_factor, sample_grid
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.light import openness_of
from skinimg.phantom.painting import Painted
from skinimg.phantom.portrait import Picture, Sitter, sample_sheet
from skinimg.phantom.shown import SHOWN_BY_LIGHT, labels_of
from skinimg.phantom.skin import albedo
from skinimg.phantom.view import Traced, Viewpoint
from skinimg.photo.colour import linear_to_lab
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import haemoglobin_density, melanin_density

Totals = dict[str, dict[str, npt.NDArray[np.float64]]]  # finding -> quantity -> (regions,)

_REGION_MM = 0.5  # scale of the frontal projection in which regions are drawn
_HIDDEN_MM = 2.0  # a point of the surface is seen if the ray to it ends this near
LIGHT_ONLY = ("radiance",)  # metrics that only a light gives a value


def sheet_regions(sitter: Sitter) -> npt.NDArray[np.bool_]:
    """(regions, h, w): which skin of the sheet lies in which region, seen straight from the front."""
    points = sitter.head.landmarks_mm[:, :2]
    low = points.min(0) - 30
    size = np.ceil((points.max(0) + 30 - low) / _REGION_MM).astype(int)
    masks = region_masks(((points - low) / _REGION_MM).astype(np.float32), (int(size[1]), int(size[0])))
    surface = sitter.head.points(sitter.sheet.u, sitter.sheet.v, bare=True).cpu().numpy()
    x, y = (((surface[..., k] - low[k]) / _REGION_MM).astype(np.float32) for k in (0, 1))
    skin = plain_skin(sitter)
    return np.stack(
        [cv2.remap(masks[name].astype(np.uint8), x, y, cv2.INTER_NEAREST).astype(bool) & skin for name in FACE_REGIONS]
    )


def plain_skin(sitter: Sitter) -> npt.NDArray[np.bool_]:
    """(h, w) skin that can be seen: no eyes, lips, brows, nostrils, hair."""
    sheet = sitter.sheet
    hair = sample_grid(sitter.outside.hair[None], sheet.u, sheet.v)[0]
    covered = torch.stack([sheet.eyes, sheet.lips, sheet.brows, sheet.nostrils, sitter.overlay.cover, hair]).amax(0)
    return (covered < 0.5).cpu().numpy()


def skin_totals(
    sitter: Sitter,
    painted: Painted,
    lesions: tuple[Lesion, ...],
    regions: npt.NDArray[np.bool_],
    compared_with: Painted | None = None,
) -> Totals:
    """Sums over the regions of the sheet; the quantities are those of metrics.py.

    compared_with : the same skin at another session: burdens are then summed wherever either shows the finding
    """
    sheet, mm = sitter.sheet, sitter.sheet.canvas.mm_per_px
    area = (area_factor(sitter.head, sheet.u, sheet.v) * mm**2).cpu().numpy().astype(np.float64)
    bit = [np.flatnonzero(mask) for mask in regions]

    def total(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        flat = values.reshape(-1).astype(np.float64)
        return np.array([flat[index].sum() for index in bit])

    skin = total(area)
    contrasts = _contrasts(sitter, painted)
    totals: Totals = {}
    for finding in MASK_FINDINGS:
        covered = painted.coverage[finding].cpu().numpy() * area
        totals[finding] = {"skin_mm2": skin, "area_mm2": total(covered), "od_mm2": total(covered * contrasts[finding])}
        support = covered
        if compared_with is not None:
            support = np.maximum(covered, compared_with.coverage[finding].cpu().numpy() * area)
        totals[finding]["support_od_mm2"] = total(support * contrasts[finding])
        totals[finding] |= _objects(painted, finding, covered, regions, lesions)
    for finding, fields in _fields(sitter, painted).items():
        totals[finding] = {"skin_mm2": skin} | {name: total(values * area) for name, values in fields.items()}
    return totals


def _contrasts(sitter: Sitter, painted: Painted) -> dict[str, FloatArray]:
    """Density that each finding adds where it is, (h, w)."""
    mm = sitter.sheet.canvas.mm_per_px
    melanin = melanin_density(painted.state.melanin.cpu().numpy()) - melanin_density(sitter.skin.melanin.cpu().numpy())
    blood = haemoglobin_density(painted.state.blood.cpu().numpy()) - haemoglobin_density(sitter.person.blood)
    relief = torch.log(openness_of(sitter.skin.height_mm, mm) / openness_of(painted.state.height_mm, mm)).cpu().numpy()
    maps = {"melanin": melanin, "haemoglobin": blood, "relief": relief}
    contrasts = {name: maps[FINDINGS[name].contrast_map].astype(np.float32) for name in MASK_FINDINGS}
    for name in SHOWN_BY_LIGHT:  # half of what a pore with a plug darkens is the plug
        before, after = (melanin_density(s.melanin.cpu().numpy()) for s in (painted.without(name), painted.state))
        contrasts[name] = contrasts[name] + (after - before).astype(np.float32)
    return contrasts


def _objects(
    painted: Painted,
    finding: str,
    covered: npt.NDArray[np.float64],
    regions: npt.NDArray[np.bool_],
    lesions: tuple[Lesion, ...],
) -> dict[str, npt.NDArray[np.float64]]:
    """Number and diameters of lesions by the region of their middle; length of lines, spread over their coverage."""
    ids = painted.instance[finding].cpu().numpy().reshape(-1)
    inside = np.flatnonzero(ids)
    n = int(ids.max(initial=0)) + 1
    flat = covered.reshape(-1)
    own = ids[inside]
    size = np.bincount(own, flat[inside], minlength=n)
    peak = np.zeros(n)
    np.maximum.at(peak, own, painted.coverage[finding].cpu().numpy().reshape(-1)[inside])
    result: dict[str, npt.NDArray[np.float64]] = {}
    if FINDINGS[finding].kind == "object":
        w = covered.shape[1]
        y, x = np.divmod(inside, w)
        weight = np.maximum(size, 1e-12)
        cx = np.rint(np.bincount(own, flat[inside] * x, minlength=n) / weight).astype(int)
        cy = np.rint(np.bincount(own, flat[inside] * y, minlength=n) / weight).astype(int)
        real = np.flatnonzero((peak > 0.5) & (size >= FINDINGS[finding].smallest_mm2))
        at = regions[:, cy[real], cx[real]]  # (regions, n)
        result["count"] = result["objects"] = at.sum(1).astype(np.float64)
        result["diameter_mm"] = (at * (2 * np.sqrt(size[real] / np.pi))).sum(1)
    if FINDINGS[finding].kind == "line":
        length = np.zeros(n)
        for lesion in lesions:
            if lesion.finding == finding and lesion.id < n:
                length[lesion.id] = lesion.length_mm
        share = np.zeros_like(flat)
        share[inside] = flat[inside] / np.maximum(size[own], 1e-12) * length[own]
        result["length_mm"] = np.array([share[mask.reshape(-1)].sum() for mask in regions])
    return result


def _fields(sitter: Sitter, painted: Painted) -> dict[str, dict[str, FloatArray]]:
    """Tone and texture per pixel (h, w), as measure/field_maps.py has them of a photo."""
    mm = sitter.sheet.canvas.mm_per_px
    skin = plain_skin(sitter)
    lab = linear_to_lab(albedo(painted.state, sitter.person).cpu().numpy())
    melanin = melanin_density(painted.state.melanin.cpu().numpy()).astype(np.float32)
    dark = -np.log(openness_of(painted.state.height_mm, mm).cpu().numpy())
    uneven = masked_blur(melanin, skin, 0.25 / mm) - masked_blur(melanin, skin, 5 / mm)
    tone = {
        "l_star_mm2": lab[..., 0],
        "a_star_mm2": lab[..., 1],
        "b_star_mm2": lab[..., 2],
        "melanin_mm2": melanin,
        "haemoglobin_mm2": haemoglobin_density(painted.state.blood.cpu().numpy()).astype(np.float32),
        "uneven_mm2": np.abs(uneven),
        "highlight_mm2": np.full_like(melanin, np.nan),
    }
    texture = {
        f"{name}_mm2": (masked_blur(dark, skin, low / 2 / mm) - masked_blur(dark, skin, high / 2 / mm)) ** 2
        for name, (low, high) in ROUGHNESS_BANDS_MM.items()
    }
    pigment = above_reference(melanin, tone["haemoglobin_mm2"], skin, mm)
    return {"tone": tone, "texture": texture, **pigment}


def values(totals: Totals) -> Iterator[tuple[str, str, Metric, float | None, str]]:
    """Region, finding, metric, value or None, reason or '': every metric of the contract."""
    for bit, region in enumerate(FACE_REGIONS):
        for finding in FINDINGS:
            sums = {name: np.asarray(column[bit]) for name, column in totals[finding].items()}
            for m in metrics_of(finding):
                value = float(m.compute(sums))
                reason = "" if np.isfinite(value) else _why(m, finding)
                yield region, finding, m, (None if reason else value), reason


def _why(m: Metric, finding: str) -> str:
    return "depends on the light, has no value without a photo" if m.id in LIGHT_ONLY else f"no {finding} here"


def picture_maps(sitter: Sitter, picture: Picture) -> tuple[dict[str, FloatArray], dict[str, npt.NDArray[np.int32]]]:
    """Truth at the photo's pixels (H, W): coverage of each finding, melanin, blood, height_mm; and instance ids.

    Pores and lines as this photo's light shows them (shown.py); their ids, as those of all else, where the lesions are.
    Skin only: 0 on hair, eyes and background, and on the far side of the nose.
    """
    sheet, seen, painted, mm = sitter.sheet, picture.seen, picture.painted, sitter.sheet.canvas.mm_per_px
    shown = torch.from_numpy(plain_skin(sitter).astype(np.float32)).to(sitter.head.device)
    state = painted.state
    labels = labels_of(painted.coverage, picture.dark, mm)
    named = {**painted.coverage, **labels, "melanin": state.melanin, "blood": state.blood, "height_mm": state.height_mm}
    planes = torch.stack([*named.values(), shown])
    planes[: len(MASK_FINDINGS)] *= shown
    sampled, share = sample_sheet(sheet, planes, seen.u, seen.v)
    on_skin = seen.hit & (share > 0) & (sampled[-1] > 0.5)
    sampled = torch.where(on_skin, sampled, 0.0)
    maps = {name: plane.cpu().numpy() for name, plane in zip(named, sampled, strict=False)}
    ids = {}
    for finding in MASK_FINDINGS:
        nearest, _ = sample_sheet(sheet, painted.instance[finding][None].float(), seen.u, seen.v, mode="nearest")
        ids[finding] = torch.where(on_skin, nearest[0], 0.0).to(torch.int32).cpu().numpy()
    return maps, ids


def correspondence(
    sitter: Sitter, baseline: Traced, seen: Traced, view: Viewpoint, stride: int
) -> dict[str, npt.NDArray[np.generic]]:
    """Where every `stride`-th pixel of the baseline photo lies in this one: `grid_xy` (h, w, 2), `valid` (h, w)."""
    u, v, hit = (plane[::stride, ::stride] for plane in (baseline.u, baseline.v, baseline.hit))
    projected = view.project(sitter.head.points(u, v))
    valid = hit & visible(projected, seen)
    return {
        "grid_xy": projected[..., :2].cpu().numpy().astype(np.float32),
        "valid": valid.cpu().numpy(),
        "stride": np.asarray(stride, np.int32),
    }


def visible(projected: Tensor, seen: Traced) -> Tensor:
    """(...) whether points (x, y, depth) of the surface are what the photo shows there."""
    h, w = seen.depth.shape
    x, y = projected[..., 0].round().long(), projected[..., 1].round().long()
    inside = (x >= 0) & (y >= 0) & (x < w) & (y < h)
    depth = seen.depth[y.clamp(0, h - 1), x.clamp(0, w - 1)]
    return inside & ((depth - projected[..., 2]).abs() < _HIDDEN_MM)


def landmark_truth(sitter: Sitter, picture: Picture) -> dict[str, npt.NDArray[np.generic]]:
    """Landmarks (478, 3) in photo pixels (z in the same scale, smaller = nearer) and which of them are in sight."""
    projected = picture.view.project(torch.from_numpy(sitter.head.landmarks_mm).to(sitter.head.device))
    in_sight = visible(projected, picture.seen)
    eyes = float(picture.view.shift[2])
    depth = (projected[:, 2:] - eyes) * picture.view.px_per_mm
    return {
        "landmarks": torch.cat([projected[:, :2], depth], 1).cpu().numpy().astype(np.float32),
        "visible": in_sight.cpu().numpy(),
        "pose_deg": np.array([picture.view.yaw_deg, picture.view.pitch_deg, picture.view.roll_deg], np.float32),
        "px_per_mm": np.asarray(picture.view.px_per_mm, np.float32),
    }
