"""Lesions put onto skin: parameters become maps of melanin, blood and height, and the exact truth beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from skinimg.base.findings import MASK_FINDINGS
from skinimg.phantom.canvas import Canvas
from skinimg.phantom.draws import hashed, lattice_noise
from skinimg.phantom.kinds import KINDS, Lesion
from skinimg.phantom.lesion_table import Table
from skinimg.phantom.shown import SHOWN_BY_LIGHT
from skinimg.phantom.skin import SkinState, line_coverage
from skinimg.phantom.splat import Layers, Window, segment_distance, windows
from skinimg.skin import optics

_SEGMENTS = 24  # of every line; a 30 mm wrinkle bends every 1.2 mm


@dataclass(frozen=True)
class SkinChange:
    """What lesions do to skin, on the canvas: ln factors on the two pigments, and relief. All maps (h, w) float32.

    own_ln_melanin, own_mm : finding of shown.SHOWN_BY_LIGHT -> the part of ln_melanin, and the depth, that are its
    lesions' alone
    """

    ln_melanin: Tensor
    ln_blood: Tensor
    height_mm: Tensor
    hair: Tensor  # coverage
    own_ln_melanin: dict[str, Tensor]
    own_mm: dict[str, Tensor]


@dataclass(frozen=True)
class Painted:
    """Skin with its lesions, and the truth from the generating maps before any camera."""

    state: SkinState
    change: SkinChange
    coverage: dict[str, Tensor]  # finding -> (h, w) float32, 0..1
    instance: dict[str, Tensor]  # finding -> (h, w) int32, id of the lesion with the largest coverage, 0 = none

    def without(self, finding: str) -> SkinState:
        """The skin as if it had nothing of a finding of shown.SHOWN_BY_LIGHT: its pits filled, its pigment gone."""
        return replace(
            self.state,
            height_mm=self.state.height_mm + self.change.own_mm[finding],
            melanin=self.state.melanin * torch.exp(-self.change.own_ln_melanin[finding]),
        )


def paint(state: SkinState, canvas: Canvas, lesions: Sequence[Lesion]) -> Painted:
    """Skin with its lesions. Pure: the same lesions on the same canvas give the same maps."""
    change, coverage, instance = _lesion_maps(canvas, lesions, state)
    after = replace(
        state,
        melanin=(state.melanin * torch.exp(change.ln_melanin)).clamp(*optics.MELANIN_RANGE),
        blood=(state.blood * torch.exp(change.ln_blood)).clamp(*optics.BLOOD_RANGE),
        height_mm=state.height_mm + change.height_mm,
        hair=torch.maximum(state.hair, change.hair),
    )
    return Painted(after, change, coverage, instance)


def _lesion_maps(
    canvas: Canvas, lesions: Sequence[Lesion], skin: SkinState
) -> tuple[SkinChange, dict[str, Tensor], dict[str, Tensor]]:
    """Change of skin, coverage and instance ids of lesions (see `Painted`)."""
    layers = Layers(canvas)
    for kind in KINDS:
        members = [lesion for lesion in lesions if lesion.kind == kind]
        if members:
            table = Table(members, canvas, skin)
            (_draw_lines if KINDS[kind].shape == "line" else _draw_patches)(layers, kind, table)
    others = layers.value("melanin")
    own = {finding: torch.maximum(layers.value(f"melanin of {finding}"), others) for finding in SHOWN_BY_LIGHT}
    change = SkinChange(
        ln_melanin=torch.stack(list(own.values())).amax(0) - layers.value("less_melanin"),
        ln_blood=layers.value("blood") - layers.value("less_blood"),
        height_mm=layers.value("raised") - layers.value("pits"),
        hair=layers.value("hair"),
        own_ln_melanin={finding: plane - others for finding, plane in own.items()},
        own_mm={finding: layers.value(f"pits of {finding}") for finding in SHOWN_BY_LIGHT},
    )
    coverage = {finding: layers.coverage(finding) for finding in MASK_FINDINGS}
    return change, coverage, {finding: layers.owners(finding) for finding in MASK_FINDINGS}


def _draw_patches(layers: Layers, kind: str, table: Table) -> None:
    """Round things: an outline with a soft edge, filled with pigment, blood and depth."""
    widest = 1 + 2.5 * table["irregularity"]
    reach = table["radius_mm"] * table["aspect"].sqrt() * widest + table["edge_mm"] / 2 + layers.canvas.mm_per_px
    visible = table.visibility(kind)
    for window in windows(layers.canvas, table["x_mm"], table["y_mm"], reach):
        distance, outline = _polar(window, table, KINDS[kind].shape == "patch")
        edge = table.of(window, "edge_mm").clamp_min(layers.canvas.mm_per_px)
        cover = (0.5 + (outline - distance) / edge).clamp(0, 1)
        if float(table["confetti"].max()) > 0:
            cover = cover * _spared(window, table)
        fill = cover
        if KINDS[kind].shape == "patch" and kind not in ("papule", "icepick", "boxcar", "rolling"):
            fill = cover * (1 + 0.2 * _grain(window, table, 0.5))  # texture inside +-20 %
        _colour(layers, kind, window, table, fill)
        depth = table.of(window, "depth_mm")
        hollow = _hollow(kind, cover, distance / outline.clamp_min(1e-6))
        _dig(layers, kind, window, depth.clamp_min(0) * hollow)
        if float(table["depth_mm"].min()) < 0:
            layers.draw("raised", window, (-depth).clamp_min(0) * hollow)
        if KINDS[kind].finding:
            _claim(layers, KINDS[kind].finding, window, table, cover * visible[window.members, None, None])


def _dig(layers: Layers, kind: str, window: Window, depth_mm: Tensor) -> None:
    layers.draw("pits", window, depth_mm)
    if KINDS[kind].finding in SHOWN_BY_LIGHT:
        layers.draw(f"pits of {KINDS[kind].finding}", window, depth_mm)


def _claim(layers: Layers, finding: str, window: Window, table: Table, cover: Tensor) -> None:
    layers.claim(finding, window, cover, table.ids[window.members])


def _colour(layers: Layers, kind: str, window: Window, table: Table, fill: Tensor) -> None:
    for name in ("melanin", "blood"):
        strength = table[name].log()
        if float(strength.max()) > 0:
            own = name == "melanin" and KINDS[kind].finding in SHOWN_BY_LIGHT
            layer = f"melanin of {KINDS[kind].finding}" if own else name
            layers.draw(layer, window, strength.clamp_min(0)[window.members, None, None] * fill)
        if float(strength.min()) < 0:
            layers.draw(f"less_{name}", window, (-strength).clamp_min(0)[window.members, None, None] * fill)


def _polar(window: Window, table: Table, wavy: bool) -> tuple[Tensor, Tensor]:
    """Distance from the middle in the stretched frame, and the outline's distance in that direction, in mm.

    The stretch and the waves keep the area at pi radius^2, so an outline's area is known exactly.
    """
    angle, aspect = table.of(window, "angle_rad"), table.of(window, "aspect").sqrt()
    along = (angle.cos() * window.dx_mm + angle.sin() * window.dy_mm) / aspect
    across = (angle.cos() * window.dy_mm - angle.sin() * window.dx_mm) * aspect
    distance = torch.hypot(along, across)
    radius = table.of(window, "radius_mm")
    irregularity = table.of(window, "irregularity")
    if not wavy or float(irregularity.max()) == 0:
        return distance, radius.expand_as(distance)
    cos, sin = along / distance.clamp_min(1e-6), across / distance.clamp_min(1e-6)
    seed = table.seeds[window.members, None, None]
    wave, power, c, s = torch.zeros_like(distance), torch.zeros_like(radius), cos, sin
    for mode in range(2, 7):
        c, s = c * cos - s * sin, s * cos + c * sin  # cos and sin of mode x angle
        a, b = (2 * hashed(seed, 2 * mode + part) - 1 for part in (0, 1))
        wave = wave + (a * c + b * s) / mode
        power = power + (a * a + b * b) / mode**2
    # SD of the wave over the outline is sqrt(power / 2); the mean of (1 + wave)^2 is 1 + SD^2.
    wave = irregularity * wave / (power / 2).sqrt().clamp_min(1e-6)
    return distance, radius * (1 + wave).clamp_min(0.2) / (1 + irregularity**2).sqrt()


def _hollow(kind: str, cover: Tensor, relative: Tensor) -> Tensor:
    """Share of the full depth, from how far out a pixel lies (1 = at the outline)."""
    profile = KINDS[kind].profile
    if profile == "cone":  # V-shaped
        return (1 - relative).clamp(0, 1)
    if profile == "bowl":
        return 0.5 + 0.5 * torch.cos(math.pi * relative.clamp(max=1))
    return cover


def _grain(window: Window, table: Table, grain_mm: float) -> Tensor:
    """Noise in [-1, 1] inside a lesion that stays with it whatever the resolution."""
    seed = table.seeds[window.members, None, None]
    return lattice_noise(window.dx_mm / grain_mm, window.dy_mm / grain_mm, seed)


def _spared(window: Window, table: Table) -> Tensor:
    """1 in the patch, 0 in islands of normal skin 1 to 3 mm across; `confetti` is about their share."""
    islands = 0.5 + 0.35 * (_grain(window, table, 1.8) + 0.6 * _grain(window, table, 0.8))
    return ((islands - table.of(window, "confetti") * 0.75) / 0.15).clamp(0, 1)


def _draw_lines(layers: Layers, kind: str, table: Table) -> None:
    """Lines: chains of short straight pieces, thinner and shallower towards both ends."""
    canvas = layers.canvas
    x, y = _paths(table)  # (n, _SEGMENTS + 1)
    tail = torch.stack([x[:, :-1], y[:, :-1]], dim=-1).flatten(0, 1)  # (n * _SEGMENTS, 2)
    head = torch.stack([x[:, 1:], y[:, 1:]], dim=-1).flatten(0, 1)
    middle = (tail + head) / 2
    owner = torch.arange(len(x), device=canvas.device).repeat_interleave(_SEGMENTS)
    start = torch.arange(_SEGMENTS, device=canvas.device).repeat(len(x)) / _SEGMENTS
    half_width = table["radius_mm"][owner]
    reach = (head - tail).norm(dim=-1) / 2 + 2.5 * half_width + 2 * canvas.mm_per_px
    visible = table.visibility(kind)[owner]
    for window in windows(canvas, middle[:, 0], middle[:, 1], reach):
        piece = window.members
        distance, along = segment_distance(window, tail[piece] - middle[piece], head[piece] - middle[piece])
        position = start[piece, None, None] + along / _SEGMENTS
        taper = (torch.sin(math.pi * position.clamp(0.0, 1.0)) + 0.02).clamp(0, 1).sqrt()
        width = half_width[piece, None, None] * (0.3 + 0.7 * taper)
        cover = line_coverage(distance, width, canvas.mm_per_px)
        if kind == "hair":
            layers.draw("hair", window, 0.9 * cover)
            continue
        strength = table["blood"].log().clamp_min(0)[owner][piece, None, None]
        if kind == "telangiectasia":
            layers.draw("blood", window, strength * cover * taper)
        else:
            # A Gaussian groove, half as deep at the edge of its width.
            groove = torch.exp(-math.log(2) * (distance / width) ** 2)
            _dig(layers, kind, window, table["depth_mm"][owner][piece, None, None] * taper * groove)
        ids = table.ids[owner][piece]
        layers.claim(KINDS[kind].finding, window, cover * visible[piece, None, None], ids)


def _paths(table: Table) -> tuple[Tensor, Tensor]:
    """Points (n, _SEGMENTS + 1) in mm of lines that wander about their direction, centred on their place."""
    steps = torch.arange(_SEGMENTS, device=table.seeds.device)
    seed = table.seeds[:, None]
    bend = (2 * hashed(seed, 0) - 1) * (steps[None, :] / _SEGMENTS - 0.5) * 2
    phase = hashed(seed, 1) * 17.0
    # Two octaves: slow bends and quick ones.
    position = steps[None, :].to(torch.float32)
    wander = lattice_noise(position / 5 + phase, phase, seed) + 0.6 * lattice_noise(position / 1.7, phase, seed)
    heading = table["angle_rad"][:, None] + table["irregularity"][:, None] * (bend + 1.5 * wander)
    step = (table["length_mm"] / _SEGMENTS)[:, None]
    x = torch.nn.functional.pad((heading.cos() * step).cumsum(1), (1, 0))
    y = torch.nn.functional.pad((heading.sin() * step).cumsum(1), (1, 0))
    x, y = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
    return table["x_mm"][:, None] + x, table["y_mm"][:, None] + y
