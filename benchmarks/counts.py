"""How far a count moves by itself: one photo, its pixels shifted by less than one, its grey values by at most one.

    ./scripts/bench counts PHOTO ... [--weights skin]

Each photo is measured as it is and in eight variants that nobody can tell from it: shifted by (1/4, 1/4), (1/2, 0) and
(0.3, -0.6) px, with grey values changed by -1 to 1 (three draws), saved as JPEG 95 and 90. Figures: the count of the
photo itself and the root mean square by which the variants differ, for the objects (pieces above one half), for the counts
of `skinimg.measure.counts`, and for narrower and wider levels.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
from PIL import Image

from skinimg.base.entries import PhotoEntry
from skinimg.base.records import ByteArray
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.measure.counts import LEVELS, pieces_of
from skinimg.measure.objects import find_objects
from skinimg.model.segmenter import Segmenter, load_segmenter, segment
from skinimg.observe.see import Reference, see

COUNTS = {
    "0.3 to 0.7": (0.3, 0.4, 0.5, 0.6, 0.7),
    "shipped": LEVELS,
    "0.1 to 0.9": (0.1, *LEVELS, 0.9),
}


def variants(photo: ByteArray) -> Iterator[ByteArray]:
    """The photo itself (h, w, 3) first, then as good as the same."""
    yield photo
    for dx, dy in ((0.25, 0.25), (0.5, 0.0), (0.3, -0.6)):
        moved = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        size = (photo.shape[1], photo.shape[0])
        yield np.asarray(cv2.warpAffine(photo, moved, size, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE))
    for seed in (1, 2, 3):
        noise = np.random.default_rng(seed).integers(-1, 2, photo.shape)
        yield np.clip(photo.astype(np.int64) + noise, 0, 255).astype(np.uint8)
    for quality in (95, 90):
        encoded = io.BytesIO()
        Image.fromarray(photo).save(encoded, "JPEG", quality=quality)
        yield np.asarray(Image.open(encoded))


def counts(path: Path, reference: Reference | None, segmenter: Segmenter) -> tuple[dict[str, float], Reference]:
    """Counts over the whole frame by "finding, levels", and what later photos of this face are seen against."""
    seen = see(PhotoEntry("counts", "S1", path, path.name), reference, Settings())
    masks = segment(seen.frame, seen.maps, segmenter)
    area = np.full(seen.frame.skin.shape, seen.frame.mm_per_px**2, np.float32)
    found: dict[str, float] = {}
    for name, levels in COUNTS.items():
        with patch("skinimg.measure.counts.LEVELS", levels):
            pieces = pieces_of(masks, area)
        found |= {f"{finding}, {name}": len(p.x_px) / len(levels) for finding, p in pieces.items()}
    objects = find_objects(masks, dict.fromkeys(masks.findings, np.zeros_like(area)), {}, area)
    found |= {f"{finding}, objects": float(len(objects[finding].x_px)) for finding in pieces}
    return found, Reference(seen.face, seen.frame, seen.maps.anchor)


def strays(path: Path, segmenter: Segmenter) -> dict[str, list[float]]:
    """The count of a photo, and by how much (RMS) its variants differ from it, by "finding, levels"."""
    photo = np.asarray(Image.open(path).convert("RGB"))
    rows, reference = [], None
    with tempfile.TemporaryDirectory() as folder:
        for k, variant in enumerate(variants(photo)):
            file = Path(folder) / f"{k}.png"
            Image.fromarray(variant).save(file)
            row, known = counts(file, reference, segmenter)
            rows.append(row)
            reference = reference or known
            print(f"{path.name} {k}", file=sys.stderr)
    apart = {name: np.array([row[name] for row in rows]) - rows[0][name] for name in rows[0]}
    return {name: [round(rows[0][name], 1), round(float(np.sqrt((d[1:] ** 2).mean())), 2)] for name, d in apart.items()}


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS)
    arguments = parser.parse_args()
    segmenter = load_segmenter(arguments.weights)
    return {path.name: strays(path, segmenter) for path in arguments.photos}


if __name__ == "__main__":
    main()
