"""How well masks of pores, scars and lines fit on real skin: painted on close-ups, and lines on faces.

./scripts/bench closeups --photos ../shared/data/closeups          tables on the screen
./scripts/bench closeups --photos ../shared/data/closeups --page   and docs/benchmarks/closeups.md

A groove is painted as what light makes of it: darker in the pit, darker on the wall that turns away from the lamp and
brighter on the other. The training generator draws none of these shapes. What a photo has of its own, which is what the
network marks in the same photo unpainted, is not judged.
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

import skinimg
from benchmarks.camera import moved, write_jpeg
from benchmarks.closeups_page import PAGE, page
from benchmarks.detection import carried, in_frame, photographed
from benchmarks.painted import eroded, sitter
from benchmarks.people import held_out_people, photo_of
from skinimg.base.entries import PhotoEntry
from skinimg.base.records import BoolArray, FloatArray, Seen
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.model.segmenter import Segmenter, load_segmenter, segment
from skinimg.observe.see import see
from skinimg.photo.colour import linear_to_srgb8

# Of green, what the shade of a groove takes in red and blue: light that comes back through skin is red.
_CHANNELS = np.array([0.75, 1.0, 1.1], np.float32)
_BORDER_MM, _LINE_BORDER_MM = 3.0, 7.0
_FINE_PX_PER_MM = 5.0  # at which lines are looked for


@dataclass(frozen=True)
class Kind:
    """How many marks of a finding are painted on a photo, how far apart, and how one is drawn.

    draw : (px_per_mm, rng) -> (h, w) density in green at its darkest 0.1 to 0.5 OD, and (h, w) bool what it covers
    """

    finding: str
    count: int
    apart_mm: float
    draw: Callable[[float, np.random.Generator], tuple[FloatArray, BoolArray]]


def _grid(half_mm: float, px_per_mm: float) -> tuple[FloatArray, FloatArray]:
    """x and y in mm of a square of 2 half_mm."""
    reach = round(half_mm * px_per_mm)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32) / np.float32(px_per_mm)
    return x, y


def pore(px_per_mm: float, rng: np.random.Generator) -> tuple[FloatArray, BoolArray]:
    """A round pit of 0.2 to 0.5 mm, 0.2 to 0.5 OD; it covers what is half as dark as its middle."""
    x, y = _grid(1.0, px_per_mm)
    away = np.hypot(x, y * np.float32(rng.uniform(0.7, 1.0)))
    dark = np.exp(-np.log(2) * (away / (rng.uniform(0.2, 0.5) / 2)) ** 2).astype(np.float32)
    return np.float32(rng.uniform(0.2, 0.5)) * dark, dark > 0.5


def scar(px_per_mm: float, rng: np.random.Generator) -> tuple[FloatArray, BoolArray]:
    """A pit of 1.5 to 4 mm with walls of 0.2 to 0.5 OD, one dark and one bright, and a shaded floor."""
    x, y = _grid(4.0, px_per_mm)
    radius, lamp = rng.uniform(0.75, 2.0), rng.uniform(0, 2 * np.pi)
    away = np.hypot(x, y * np.float32(rng.uniform(0.8, 1.25))) / radius
    depth = (1 / (1 + np.exp(np.clip((away - 1) * rng.uniform(6, 14), -30, 30)))).astype(np.float32)
    rows, columns = np.gradient(depth)
    wall = columns * np.cos(lamp) + rows * np.sin(lamp)
    density = rng.uniform(0.2, 0.5) * wall / np.abs(wall).max() + rng.uniform(0.05, 0.15) * depth
    return density.astype(np.float32), depth > 0.5


def line(px_per_mm: float, rng: np.random.Generator) -> tuple[FloatArray, BoolArray]:
    """A bent furrow of 8 to 20 mm, 0.2 to 0.6 mm wide, 0.15 to 0.5 OD, with a bright shoulder; fading at its ends."""
    x, y = _grid(11.0, px_per_mm)
    turn, half, bend = rng.uniform(0, np.pi), rng.uniform(4, 10), rng.uniform(-0.03, 0.03)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    across = y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn)) - np.float32(bend) * along**2
    sigma = rng.uniform(0.2, 0.6) / 2.355
    fade = 1 / (1 + np.exp(np.clip((np.abs(along) - half) * 4, -30, 30)))
    furrow = np.exp(-((across / sigma) ** 2) / 2) * fade
    shoulder = np.exp(-(((across - 2.2 * sigma) / sigma) ** 2) / 2) * fade
    return (rng.uniform(0.15, 0.5) * (furrow - 0.3 * shoulder)).astype(np.float32), furrow > 0.5


KINDS = (Kind("pores", 80, 2.0, pore), Kind("scars", 8, 9.0, scar), Kind("wrinkles", 8, 12.0, line))


def painted(room: BoolArray, px_per_mm: float, kind: Kind, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """(H, W) density of marks at random places of `room`, and 1 where they cover."""
    density, covered = np.zeros(room.shape, np.float32), np.zeros(room.shape, np.float32)
    room = room.copy()
    for _ in range(kind.count):
        ys, xs = np.nonzero(room)
        if not len(ys):
            break
        pick = int(rng.integers(len(ys)))
        mark, cover = kind.draw(px_per_mm, rng)
        reach = mark.shape[0] // 2
        top, left = ys[pick] - reach, xs[pick] - reach
        rows = slice(max(top, 0), min(top + mark.shape[0], room.shape[0]))
        columns = slice(max(left, 0), min(left + mark.shape[1], room.shape[1]))
        inner = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        density[rows, columns] += mark[inner]
        covered[rows, columns] = np.maximum(covered[rows, columns], cover[inner])
        cv2.circle(blocked := np.zeros(room.shape, np.uint8), (int(xs[pick]), int(ys[pick])),
                   round(kind.apart_mm * px_per_mm), 1, -1)  # fmt: skip
        room &= blocked == 0
    return density, covered


def shaded(linear: FloatArray, density: FloatArray) -> FloatArray:
    """Linear light (H, W, 3) with a density in green."""
    return np.asarray(linear * np.exp(-density[..., None] * _CHANNELS), np.float32)


def fit(truth: FloatArray, own: FloatArray, found: FloatArray, skin: BoolArray) -> dict[str, float]:
    """Dice and recall of a mask at one half, (h, w) each; own : what the unpainted photo shows, which is not judged."""
    true, marked = (truth > 0.5) & skin, found > 0.5
    judged = skin & ((own < 0.5) | true)
    hits = float((marked & true).sum())
    return {
        "dice": 2 * hits / max(float((marked & judged).sum() + true.sum()), 1),
        "recall": hits / max(float(true.sum()), 1),
        "own_percent": 100 * float((own[skin] > 0.5).mean()),
    }


def of_finding(seen: Seen, finding: str, segmenter: Segmenter) -> FloatArray:
    segmentation = segment(seen.frame, seen.maps, segmenter)
    return segmentation.probability[segmentation.findings.index(finding)]


def _closeup(linear: FloatArray, seed: str) -> Seen:
    """A close-up of this light, written as a camera would."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "closeup.jpg"
        write_jpeg(str(path), linear, np.random.default_rng(zlib.crc32(seed.encode())))
        return see(PhotoEntry(seed, "S1", path, path.name, view="closeup"), None, Settings())


def on_closeup(photo: Path, segmenter: Segmenter) -> list[dict[str, object]]:
    """One row for each finding, at the scale that a close-up without one is taken to have."""
    linear = skinimg.read_photo(photo).linear
    plain, px_per_mm = _closeup(linear, photo.name), Settings().assumed_px_per_mm
    inside = np.zeros(linear.shape[:2], np.bool_)
    inside[1:-1, 1:-1] = True
    room = eroded(inside, _BORDER_MM * px_per_mm)
    rows: list[dict[str, object]] = []
    for kind in KINDS:
        rng = np.random.default_rng(zlib.crc32(f"{photo.name} {kind.finding}".encode()))
        density, covered = painted(room, px_per_mm, kind, rng)
        seen = _closeup(shaded(linear, density), photo.name)
        truth = in_frame(covered, seen)
        own, found = (of_finding(one, kind.finding, segmenter) for one in (plain, seen))
        told = fit(truth, own, found, plain.frame.skin & seen.frame.skin)
        rows.append({"photo": photo.name, "place": photo.parent.name, "finding": kind.finding, **told})
    return rows


def on_face(person: str, segmenter: Segmenter) -> dict[str, object] | None:
    """Lines on a face, photographed anew; None where the photo is too coarse for them."""
    linear = skinimg.read_photo(photo_of(person)).linear
    seat = sitter(linear, skinimg.find_face(linear_to_srgb8(linear)))
    if seat.px_per_mm < _FINE_PX_PER_MM:
        return None
    kind, rng = KINDS[-1], np.random.default_rng(zlib.crc32(f"{person} wrinkles".encode()))
    density, covered = painted(eroded(seat.skin > 0.5, _LINE_BORDER_MM * seat.px_per_mm), seat.px_per_mm, kind, rng)
    plain, seen = (photographed(person, seat, light) for light in (seat.linear, shaded(seat.linear, density)))
    truth = in_frame(moved(covered, seat.face, np.random.default_rng(zlib.crc32(person.encode()))), seen)
    own, found = (of_finding(one, kind.finding, segmenter) for one in (plain, seen))
    own = carried(own, plain, seen)
    return {"photo": person, "place": "face", "finding": kind.finding, **fit(truth, own, found, seen.frame.skin)}


def examined(photos: Sequence[Path], people: Sequence[str], weights: str) -> pd.DataFrame:
    """One row per photo and finding."""
    segmenter = load_segmenter(weights)
    rows = [row for photo in photos for row in on_closeup(photo, segmenter)]
    return pd.DataFrame([*rows, *(row for person in people if (row := on_face(person, segmenter)))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--photos", type=Path, required=True, help="folder of one folder of close-ups per place of skin"
    )
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS)
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.name}")
    given = parser.parse_args()
    found = examined(sorted(given.photos.glob("*/*.jpg")), held_out_people(), given.weights)
    print(found.round(2).to_string(index=False))
    text = page(found)
    print(text)
    if given.page:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
