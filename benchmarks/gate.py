"""How well photos that cannot be compared are told from photos that can: one defect at a time, in three strengths.

    ./scripts/bench gate --people 12 --defects 6 --out gate.json [--kinds plaster whitened]

Real neutral faces, none held out, are photographed once more (`clean`), and the new photo is spoiled; about a second each.
A pair is refused where a finding is withheld, and warned of where anything is said. Nothing is segmented.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people import DATA, all_people, held_out_people, photo_of
from benchmarks.spoiled import DEFECTS, STRENGTHS, again, mirrored
from skinimg.align import align
from skinimg.base.errors import AlignmentError
from skinimg.base.photo_difference import PhotoDifference
from skinimg.base.records import Alignment, Face, Frame, Photo
from skinimg.base.settings import Settings
from skinimg.compare.glance import Glance
from skinimg.compare.photo_limits import warnings_of, withheld_findings
from skinimg.compare.photo_pair import compared
from skinimg.compare.photo_shape import expression_percent, shape_percent
from skinimg.face import find_face
from skinimg.observe.frame import face_frame
from skinimg.observe.quality import assess
from skinimg.observe.see import face_size_px
from skinimg.observe.witnesses import background
from skinimg.photo.colour import linear_to_srgb8
from skinimg.photo.decode import read_photo


def looked(photo: Photo, face: Face, px_per_mm: float) -> Glance:
    frame = face_frame(photo, face, px_per_mm, "iris")
    return Glance(frame, face, background(photo.linear, face), photo.jpeg_quality, assess(frame, face))


def registered(ours: Frame, theirs: Frame) -> Alignment:
    """Of two frames without known lesions."""
    blank = [np.zeros(f.skin.shape, np.bool_) for f in (ours, theirs)]
    return align(ours, theirs, blank[0], blank[1], Settings())


def one_person(path: Path, seed: int, kinds: Sequence[str]) -> list[dict[str, object]]:
    """Rows (kind, strength, difference, warned, withheld) of one face: clean, and of the kinds of DEFECTS asked for."""
    rng = np.random.default_rng(seed)
    photo = read_photo(path)
    face = find_face(linear_to_srgb8(photo.linear))
    first = looked(photo, face, face.px_per_mm)
    clean = replace(photo, linear=again(photo.linear, face, rng))
    seen = find_face(linear_to_srgb8(clean.linear))
    scale = face.px_per_mm * face_size_px(seen) / face_size_px(face)
    second = looked(clean, seen, scale)
    alignment = registered(first.frame, second.frame)
    rows = [_row(path.stem, "clean", 0, compared(first, second, alignment)[0])]
    for kind in kinds:
        for step, strength in enumerate(STRENGTHS[kind], start=1):
            linear, zoom = DEFECTS[kind](clean.linear, seen, strength)
            moved = replace(seen, landmarks=(seen.landmarks * np.float32(zoom)))
            third = looked(replace(clean, linear=linear), moved, scale * zoom)
            rows.append(_row(path.stem, kind, step, compared(first, third, _shown(alignment, first, third))[0]))
    return [*rows, _mirror(path.stem, first, clean, face)] if kinds else rows


def _shown(alignment: Alignment, first: Glance, third: Glance) -> Alignment:
    """The map of the clean photo, with the skin that the spoiled one shows: registered once for all."""
    skin = [glance.frame.skin.astype(np.uint8) for glance in (first, third)]
    there = cv2.remap(skin[1], alignment.to_session, None, cv2.INTER_NEAREST) > 0
    here = cv2.remap(skin[0], alignment.to_baseline, None, cv2.INTER_NEAREST) > 0
    return replace(alignment, valid_baseline=first.frame.skin & there, valid_session=third.frame.skin & here)


def _mirror(name: str, first: Glance, clean: Photo, face: Face) -> dict[str, object]:
    """The photo the other way round: registration has to refuse it."""
    flipped = replace(clean, linear=mirrored(clean.linear))
    other = looked(flipped, find_face(linear_to_srgb8(flipped.linear)), face.px_per_mm)
    try:
        return _row(name, "mirrored", 3, compared(first, other, registered(first.frame, other.frame))[0])
    except AlignmentError as error:
        return {"who": name, "kind": "mirrored", "strength": 3, "warned": [str(error)], "withheld": ["all"]}


def of_landmarks(paths: list[Path]) -> list[dict[str, object]]:
    """Smiles, and other people: what landmarks alone tell, cheap enough for everybody."""
    faces = {path: find_face(linear_to_srgb8(read_photo(path).linear)) for path in paths}
    rows = []
    for k, path in enumerate(paths):
        smile = path.with_name(path.name.replace("neutral", "smiling"))
        stranger = faces[paths[(k + 1) % len(paths)]]
        pairs = [("another person", stranger)]
        if smile != path and smile.exists():
            pairs.append(("smile", find_face(linear_to_srgb8(read_photo(smile).linear))))
        for kind, other in pairs:
            marks = faces[path].landmarks, other.landmarks
            apart = PhotoDifference(
                expression_difference_percent=expression_percent(*marks), shape_difference_percent=shape_percent(*marks)
            )
            rows.append(_row(path.stem, kind, 3, apart))
    return rows


def _row(name: str, kind: str, strength: int, d: PhotoDifference) -> dict[str, object]:
    numbers = {key: round(value, 4) for key, value in asdict(d).items()}
    withheld = sorted(withheld_findings(d))
    return {
        "who": name,
        "kind": kind,
        "strength": strength,
        "warned": [*map(str, warnings_of(d))],
        "withheld": withheld,
    } | {"difference": numbers}


def table(rows: list[dict[str, object]]) -> list[str]:
    """Markdown: of how many pairs something was said, and findings were withheld."""
    groups: dict[tuple[str, int], list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        groups[str(row["kind"]), int(str(row["strength"]))].append(row)
    lines = ["| kind | strength | pairs | said | withheld |", "|---|---|---|---|---|"]
    for (kind, strength), group in groups.items():
        said, kept = (sum(bool(row[key]) for row in group) for key in ("warned", "withheld"))
        lines.append(f"| {kind} | {strength} | {len(group)} | {said} | {kept} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=12, help="with a clean pair")
    parser.add_argument("--defects", type=int, default=6, help="of them, with every defect")
    parser.add_argument("--kinds", nargs="+", default=[""], help="defects with one of these words in their names")
    parser.add_argument("--landmarks", type=int, default=68, help="people for smiles and strangers")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    neutral = sorted((DATA / "london").glob("*_neutral.jpg"))
    kinds = [kind for kind in DEFECTS if any(word in kind for word in given.kinds)]
    everybody = [person for person in all_people() if person not in held_out_people()]
    people = np.random.default_rng(0).permutation(everybody)[: given.people]
    rows: list[dict[str, object]] = []
    for k, person in enumerate(people):
        rows += one_person(photo_of(person), k, kinds if k < given.defects else ())
        given.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        print(f"{k + 1} of {len(people)}", flush=True)
    rows += of_landmarks(neutral[: given.landmarks])
    given.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
