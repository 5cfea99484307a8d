"""Which marks are found on people: by size, contrast, edge and the photo's resolution; and what untouched faces show.

./scripts/bench detection --people held-out --page      the curves, written to docs/benchmarks/detection.md
./scripts/bench detection --people 006,022f             any people, tables on the screen only

Round marks of known size are painted on a neutral photo, which is then photographed anew. A mark counts as found where
the network thinks somewhere in its core that a mark is more likely than not, and does not think so in the same new
photo without the marks. What people have of their own can hide a mark that lies on it; that counts as missed.
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from scipy import ndimage
from skimage import measure

import skinimg
from benchmarks.camera import moved, rephotographed, write_jpeg
from benchmarks.detection_page import page
from benchmarks.painted import TREATMENTS, Sitter, eroded, paint, sitter, transmission
from benchmarks.people import all_people, held_out_people, photo_of
from skinimg.base.entries import PhotoEntry
from skinimg.base.records import BoolArray, FloatArray, Seen
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.model.segmenter import Segmenter, load_segmenter, segment
from skinimg.observe.see import see
from skinimg.photo.colour import linear_to_srgb8
from skinimg.skin.optics import tone_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "detection.md"
DIAMETERS_MM = (0.6, 1.0, 1.6, 2.5, 4.0, 8.0)
CONTRASTS_OD = (0.05, 0.10, 0.20, 0.35)  # in green, at the middle of the mark
EDGES_MM = (0.2, 0.8, 2.0)  # from 10 to 90 % of the contrast; never wider than the mark
PIGMENTS = {"spots": "melanin", "redness": "haemoglobin"}
_MARKS, _APART_MM = 15, 11.0  # per photo
_BORDER_MM = 3.0
_FAINT_OD = 0.02  # of paint: what lies below is the tail of a soft edge


def curves(people: Sequence[str], weights: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One row per painted mark (`found` 0 or 1), one per untouched face, finding and part of the face, and one per person
    with the Dice of the twelve spots of the exam (benchmarks/painted.py)."""
    segmenter = load_segmenter(weights)
    marks: list[dict[str, object]] = []
    areas: list[dict[str, object]] = []
    overlaps: list[dict[str, object]] = []
    for person in people:
        linear = skinimg.read_photo(photo_of(person)).linear
        seat = sitter(linear, skinimg.find_face(linear_to_srgb8(linear)))
        plain = photographed(person, seat, seat.linear)
        own = _found(plain, segmenter)
        areas += _untouched(person, plain, own)
        about = {"person": person, "px_per_mm": seat.px_per_mm, "tone": tone_of(seat.anchor)}
        overlaps.append(about | {"dice": _overlap(person, seat, plain, own["spots"], segmenter)})
        for finding in PIGMENTS:
            rng = np.random.default_rng(zlib.crc32(f"{person} {finding}".encode()))
            told, layers = _marks(seat, rng)
            light = seat.linear * transmission(seat.anchor, PIGMENTS[finding], np.max(layers, axis=0))
            seen = photographed(person, seat, light)
            free = carried(own[finding], plain, seen) < 0.5
            found = (_found(seen, segmenter)[finding] > 0) & free
            for mark, layer in zip(told, layers, strict=True):
                shown = moved(layer, seat.face, np.random.default_rng(zlib.crc32(person.encode())))
                core = (in_frame(shown, seen) > 0.5 * layer.max()) & seen.frame.skin
                if core.any():
                    marks.append(about | {"finding": finding} | mark | {"found": int((found & core).any())})
    return pd.DataFrame(marks), pd.DataFrame(areas), pd.DataFrame(overlaps)


def _overlap(person: str, seat: Sitter, plain: Seen, own: FloatArray, segmenter: Segmenter) -> float:
    """Dice of the mask with painted spots, each to where its contrast has fallen by half; own marks are not judged."""
    painted = paint(seat, TREATMENTS["spots"], np.random.default_rng(zlib.crc32(f"{person} overlap".encode())))
    seen = photographed(person, seat, painted.before)
    shown = in_frame(moved(painted.density, seat.face, np.random.default_rng(zlib.crc32(person.encode()))), seen)
    labels = measure.label(shown > _FAINT_OD)
    peak = np.asarray(ndimage.maximum(shown, labels, np.arange(labels.max() + 1)))
    truth = (labels > 0) & (shown > peak[labels] / 2) & seen.frame.skin
    judged = (carried(own, plain, seen) < 0.5) | truth
    found = (_found(seen, segmenter)["spots"] > 0) & judged
    return float(2 * (found & truth).sum() / max(found.sum() + truth.sum(), 1))


def _found(seen: Seen, segmenter: Segmenter) -> dict[str, FloatArray]:
    """1 where a finding is more likely than not, (h, w)."""
    segmentation = segment(seen.frame, seen.maps, segmenter)
    return {
        name: (segmentation.probability[segmentation.findings.index(name)] > 0.5).astype(np.float32)
        for name in PIGMENTS
    }


def _marks(seat: Sitter, rng: np.random.Generator) -> tuple[list[dict[str, float]], list[FloatArray]]:
    """What each mark is, and its density (H, W) in the photo."""
    height, width = seat.skin.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    room = eroded(seat.skin > 0.5, 3.0 * seat.px_per_mm)
    told: list[dict[str, float]] = []
    layers = []
    while len(told) < _MARKS and room.any():
        ys, xs = np.nonzero(room)
        pick = int(rng.integers(len(ys)))
        away_mm = np.hypot(x - xs[pick], y - ys[pick]) / seat.px_per_mm
        room &= away_mm > _APART_MM
        diameter, contrast = float(rng.choice(DIAMETERS_MM)), float(rng.choice(CONTRASTS_OD))
        edge = float(rng.choice([e for e in EDGES_MM if e <= max(diameter, EDGES_MM[0])]))
        soft = 1 / (1 + np.exp(np.clip((away_mm - diameter / 2) * 4.4 / edge, -30, 30)))
        layers.append((soft * np.float32(contrast) / soft.max()).astype(np.float32))
        told.append({"diameter_mm": diameter, "contrast_od": contrast, "edge_mm": edge})
    return told, layers


def photographed(person: str, seat: Sitter, linear: FloatArray) -> Seen:
    """A new photo of a person, of the same pose, light and file whatever is painted."""
    rng = np.random.default_rng(zlib.crc32(person.encode()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "front.jpg"
        write_jpeg(str(path), rephotographed(linear, seat.face, rng), rng)
        return see(PhotoEntry(person, "S1", path, path.name), None, Settings())


def in_frame(image: FloatArray, seen: Seen) -> FloatArray:
    """(H, W) of the photo as the frame (h, w) shows it."""
    size = seen.frame.skin.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, seen.frame.to_photo, size, flags=flags), np.float32)


def carried(image: FloatArray, of: Seen, to: Seen) -> FloatArray:
    """From one frame to another of the same pose: the two lie a fraction of a pixel apart."""
    whole = [np.vstack([s.frame.to_photo, [0, 0, 1]]) for s in (of, to)]
    mapping = (np.linalg.inv(whole[0]) @ whole[1])[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, mapping, to.frame.skin.shape[::-1], flags=flags), np.float32)


def _untouched(person: str, seen: Seen, own: dict[str, FloatArray]) -> list[dict[str, object]]:
    """mm2 marked and mm2 of skin, by part of the face and near what bounds the skin."""
    frame = seen.frame
    rows: list[dict[str, object]] = []
    parts = {name: (frame.region_bits >> k & 1) > 0 for k, name in enumerate(frame.regions)} | _rims(seen)
    for part, where in parts.items():
        skin = where & frame.skin
        for finding, marked in own.items():
            mm2 = {"marked_mm2": float(marked[skin].sum()), "skin_mm2": float(skin.sum())}
            about = {"person": person, "part": part, "finding": finding, "tone": tone_of(seen.maps.anchor)}
            rows.append(about | {name: value * frame.mm_per_px**2 for name, value in mm2.items()})
    return rows


def _rims(seen: Seen) -> dict[str, BoolArray]:
    """Within 3 mm of lips, lids, nostrils and brows, and of the border of the skin as a whole; (h, w) each."""
    if seen.frame.landmarks is None or seen.frame.place is None:
        raise ValueError("no face")
    names = ("lips", "lids", "nostrils", "brows")
    nearness = [cv2.resize(plane, seen.frame.skin.shape[::-1]) for plane in seen.frame.place[: len(names)]]
    # `place` is 1 on the outline of a feature and falls to 0 at 8 mm.
    rims = {f"within 3 mm of {name}": near > 1 - _BORDER_MM / 8 for name, near in zip(names, nearness, strict=True)}
    from_border_mm = cv2.distanceTransform(seen.frame.skin.astype(np.uint8), cv2.DIST_L2, 5) * seen.frame.mm_per_px
    return rims | {"within 3 mm of the border": from_border_mm <= _BORDER_MM}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", default="held-out", help="held-out, all, or names with commas")
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS)
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.name}")
    arguments = parser.parse_args()
    named = {"held-out": held_out_people, "all": all_people}
    people = named[arguments.people]() if arguments.people in named else arguments.people.split(",")
    text = page(*curves(people, arguments.weights), people)
    print(text)
    if arguments.page:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
