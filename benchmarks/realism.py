"""How real is phantom skin? Prints, beside the real value: texture spectra, skin colours, grooves, pores, spots, rate.

`./scripts/bench realism [--data ../shared/data] [--sheet OUT.png]`; the sheet shows real tiles in the first rows, phantom ones
below. Both go through the same code from linear sRGB at 0.1 mm/px.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from skinimg.phantom.camera import sample_camera
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import seeded, uniform
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.light import Light, normals_of, openness_of, shade, towards
from skinimg.phantom.skin import sample_person, skin_colour
from skinimg.phantom.tiles import draw_tiles, grow_sheet, photograph
from skinimg.photo import colour
from skinimg.photo.decode import read_photo

# Plain skin in the portraits: px/mm judged from the width of the face, then places as shares of the photo's WIDTH.
PORTRAITS = {
    "anne_mcclain": (4.3, ((0.46, 0.446), (0.567, 0.451))),
    "catherine_coleman": (4.3, ((0.607, 0.379),)),
    "jose_hernandez": (4.6, ((0.469, 0.295),)),
    "kathryn_hire": (3.9, ((0.464, 0.33), (0.571, 0.33))),
    "kjell_lindgren": (4.1, ((0.366, 0.424), (0.433, 0.241))),
    "leland_melvin": (2.9, ((0.554, 0.179),)),
    "nick_hague": (5.0, ((0.46, 0.442), (0.531, 0.268))),
    "robert_satcher": (4.6, ((0.429, 0.263), (0.482, 0.281))),
    "scott_kelly": (3.7, ((0.491, 0.219),)),
    "serena_aunon-chancellor": (4.0, ((0.384, 0.281), (0.429, 0.281))),
    "stephanie_wilson": (3.8, ((0.509, 0.299),)),
}
CLOSEUP_PX_PER_MM = 25.0  # assumed, as everywhere in the project
CLOSEUP_PLACES = ((0.5, 0.5), (0.35, 0.65), (0.65, 0.35))  # (x, y) as shares of width and height
BANDS_MM = ((0.3, 0.5), (0.5, 0.8), (0.8, 1.25), (1.25, 2.0), (2.0, 3.2), (3.2, 5.0))
SIDE = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    colours()
    grooves()
    pores_and_spots()
    rate()
    generator = seeded(args.seed)
    pairs = {
        "portraits (3 to 5 px/mm)": (real_portraits(args.data), phantom_portraits(generator)),
        "close-ups (25 px/mm assumed)": (real_closeups(args.data), phantom_closeups(generator)),
    }
    for name, (real, phantom) in pairs.items():
        print_spectra(name, real, phantom)
    if args.sheet:
        rows = [row for real, phantom in pairs.values() for tiles in (real, phantom) for row in picked(tiles)]
        cv2.imwrite(str(args.sheet), np.vstack(rows)[..., ::-1])


def colours() -> None:
    """Middle of each phototype against docs/CONSTANTS.md 1.3 (L*, a*, b* with the surface reflection, 2.8 %)."""
    table = {1: (72.6, 8.3, 13.1), 2: (67.6, 8.8, 15.8), 3: (62.2, 9.3, 17.7), 4: (56.5, 9.8, 18.8)}
    table |= {5: (46.8, 10.0, 18.3), 6: (36.7, 9.2, 14.5)}
    print("phototype   table L* a* b*      people (n = 200): mean and SD of L*, a*, b*, ITA")
    generator = seeded(0)
    for phototype, wanted in table.items():
        people = [sample_person(generator, phototype) for _ in range(200)]
        lab = np.array(
            [colour.linear_to_lab(skin_colour(p.melanin, p.blood).numpy() + np.float32(0.028)) for p in people]
        )
        ita = colour.ita_deg(lab[:, 0], lab[:, 2])
        parts = [f"{lab[:, k].mean():5.1f} ({lab[:, k].std():.1f})" for k in range(3)]
        print(f"  {phototype}        {wanted}   ", *parts, f"ITA {ita.mean():5.1f} ({ita.std():.1f})")


def grooves() -> None:
    """Darkening of a long groove, 40 % ambient light, against docs/CONSTANTS.md 4."""
    table = {
        (0.03, 0.15, 45): (0.5, 1.4, 2.8),
        (0.1, 0.3, 45): (2.7, 7.6, 13),
        (0.2, 0.6, 45): (7, 17, 23),
        (0.4, 1.0, 45): (16, 30, 35),
        (0.1, 0.3, 0): (1.9, 3.6, 4.6),
    }
    print("groove depth x width at tilt: table R G B %, phantom R G B %")
    for (depth, width, tilt), wanted in table.items():
        size, step = (48, 640), 0.025
        x = (torch.arange(size[1]) - size[1] / 2) * step
        height = (-depth * torch.exp(-math.log(2) * (2 * x / width) ** 2)).expand(size)
        light = Light(towards(tilt, 0), 0.4, 0.0)
        albedo = skin_colour(0.03, 0.012).expand(*size, 3)
        lit = shade(albedo, normals_of(height, step), openness_of(height, step), torch.ones(size), light, step)[24]
        percent = 100 * (1 - lit.min(dim=0).values / lit[8])
        print(f"  {depth} x {width} mm, {tilt} deg: {wanted}  ", " ".join(f"{value:.1f}" for value in percent.tolist()))


def pores_and_spots() -> None:
    """Sizes and densities over people against docs/CONSTANTS.md 4."""
    canvas = plain_canvas((400, 400), 0.25, "cheek")  # 100 cm2
    generator = seeded(1)
    found = [lesion for _ in range(10) for lesion in sample_lesions(canvas, sample_person(generator), generator)]
    pores = np.array([2 * lesion.radius_mm for lesion in found if lesion.kind == "pore"])
    print(
        f"pores: {len(pores) / 1000:.0f} per cm2 (10-100 visible), diameter median {np.median(pores):.2f} mm (0.2),",
        end=" ",
    )
    print(f"5-95 % {np.percentile(pores, 5):.2f}-{np.percentile(pores, 95):.2f} (0.05-0.5)")
    for kind, wanted in {"ephelis": "1-3 mm", "lentigo": "4 mm, 2-30", "pih": "2-8 mm", "pie": "2-8 mm"}.items():
        size = np.array([2 * lesion.radius_mm for lesion in found if lesion.kind == kind])
        low, middle, high = np.percentile(size, [5, 50, 95])
        print(f"{kind}: diameter median {middle:.1f} mm, 5-95 % {low:.1f}-{high:.1f} (table {wanted}), n = {len(size)}")


def rate() -> None:
    """Training tiles per second of CPU time on one thread."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    generator = seeded(2)
    start = time.process_time()
    draw_tiles(32, generator)
    seconds = (time.process_time() - start) / 32
    print(f"tiles: {seconds:.3f} s of CPU time each, so {2 / seconds:.0f} per second on two cores")


def real_portraits(data: Path) -> list[np.ndarray]:
    tiles = []
    for name, (px_per_mm, places) in PORTRAITS.items():
        linear = read_photo(data / "portraits" / f"{name}.jpg").linear
        width = linear.shape[1]
        reach = int(13 * px_per_mm) + 2
        for x, y in (((round(x * width), round(y * width))) for x, y in places):
            patch = linear[y - reach : y + reach, x - reach : x + reach]
            scale = 10 / px_per_mm
            large = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            middle = large.shape[0] // 2
            tiles.append(large[middle - SIDE // 2 : middle + SIDE // 2, middle - SIDE // 2 : middle + SIDE // 2])
    return tiles


def real_closeups(data: Path) -> list[np.ndarray]:
    tiles = []
    for path in sorted((data / "closeups").glob("*/*.jpg")):
        linear = read_photo(path).linear
        scale = 10 / CLOSEUP_PX_PER_MM
        small = cv2.resize(linear, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for share_x, share_y in CLOSEUP_PLACES:
            x = int(np.clip(share_x * small.shape[1] - SIDE / 2, 0, small.shape[1] - SIDE))
            y = int(np.clip(share_y * small.shape[0] - SIDE / 2, 0, small.shape[0] - SIDE))
            tiles.append(small[y : y + SIDE, x : x + SIDE])
    return tiles


def phantom_portraits(generator: torch.Generator) -> list[np.ndarray]:
    """Cheeks and foreheads of people as pale and dark as the portraits' in a well-lit, sharpened studio picture."""
    tiles = []
    for number, phototype in enumerate((1, 2, 3, 2, 6, 5, 2, 4)):
        person = sample_person(generator, phototype)
        sheets = grow_sheet(person, ("forehead", "cheek")[number % 2], generator)
        for _ in range(3):
            camera = sample_camera(generator, "training")
            light = Light(
                towards(uniform(generator, 15, 45), uniform(generator, -150, -30)), 0.5, uniform(generator, 0.4, 1.2)
            )
            camera = replace(
                camera, light=light, psf_px=uniform(generator, 0.5, 0.7), shot=3e-5, sharpen=0.6, denoise=0.3
            )
            camera = replace(
                camera, exposure_ev=0.2, jpeg_quality=94, motion_px=(0.0, 0.0), tone_mapping=0.0, shadow=0.0
            )
            tiles.append(photograph(sheets, camera, uniform(generator, 3, 5), generator)[0].permute(1, 2, 0).numpy())
    return tiles


def phantom_closeups(generator: torch.Generator) -> list[np.ndarray]:
    """Cheeks with acne marks and wide pores, types III to V, in phone pictures: what the close-ups show."""
    tiles = []
    for phototype in (3, 4, 4, 3, 4, 5):
        person = sample_person(generator, phototype)
        # At the assumed scale the pores of the close-ups are about 0.4 mm wide and 1.2 mm apart.
        person = replace(person, acne=1.2, pore_diameter_mm=0.40, pore_density_per_cm2=65.0)
        sheets = grow_sheet(person, "cheek", generator)
        for _ in range(3):
            camera = sample_camera(generator, "training")
            light = Light(
                towards(uniform(generator, 5, 45), uniform(generator, -180, 180)), 0.45, uniform(generator, 0.6, 1.6)
            )
            camera = replace(
                camera,
                light=light,
                psf_px=uniform(generator, 0.6, 1.0),
                shot=1e-4,
                sharpen=0.9,
                denoise=0.5,
                shadow=0.0,
            )
            tiles.append(photograph(sheets, camera, 20.0, generator)[0].permute(1, 2, 0).numpy())
    return tiles


def spectrum(linear: np.ndarray) -> np.ndarray:
    """Power of density in each band: (bands, 5) for R, G, B, G - R, B - G; a plane-and-bowl trend is taken off."""
    density = -np.log(np.maximum(linear, 2e-3)).astype(np.float64)
    planes = [*np.moveaxis(density, -1, 0), density[..., 1] - density[..., 0], density[..., 2] - density[..., 1]]
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    trend = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1).reshape(-1, 6)
    window = np.outer(np.hanning(SIDE), np.hanning(SIDE))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE, 0.1), np.fft.fftfreq(SIDE, 0.1)))
    bands = [(frequency >= 1 / high) & (frequency < 1 / low) for low, high in BANDS_MM]
    out = np.zeros((len(bands), len(planes)))
    for column, plane in enumerate(planes):
        flat = plane.ravel() - trend @ np.linalg.lstsq(trend, plane.ravel(), rcond=None)[0]
        power = np.abs(np.fft.fft2(flat.reshape(SIDE, SIDE) * window)) ** 2 / (window**2).sum() / SIDE**2
        out[:, column] = [power[band].sum() for band in bands]
    return out


def print_spectra(name: str, real: list[np.ndarray], phantom: list[np.ndarray]) -> None:
    measured, made = (np.median([spectrum(tile) for tile in tiles], axis=0) for tiles in (real, phantom))
    print(f"{name}: {len(real)} real and {len(phantom)} phantom tiles; real SD in % | power ratio phantom / real")
    print("  wavelength mm     R     G     B   G-R   B-G  |     R     G     B   G-R   B-G")
    for (low, high), a, b in zip(BANDS_MM, measured, made, strict=True):
        left = " ".join(f"{100 * math.sqrt(value):5.2f}" for value in a)
        right = " ".join(f"{value:5.2f}" for value in b / a)
        print(f"  {low:4.2f} - {high:4.2f}     {left}  | {right}")
    ratio = (made / measured)[:, :3]
    within = float(np.mean((ratio > 1 / 1.5) & (ratio < 1.5)))
    print(f"  R, G, B within a factor of 1.5: {within:.0%} of bands; median ratio {np.median(ratio):.2f}")


def picked(tiles: list[np.ndarray]) -> list[np.ndarray]:
    """Two rows of seven tiles, evenly chosen."""
    chosen = [tiles[int(k)] for k in np.linspace(0, len(tiles) - 1, 14)]
    encoded = [colour.linear_to_srgb8(tile) for tile in chosen]
    return [np.hstack(encoded[:7]), np.hstack(encoded[7:])]
