"""What is said and withheld of photos that cannot be compared, and what is called falsely: one defect at a time.

    ./scripts/bench gate --people 061,036,098m --keep DIR            what the gate does: about two seconds a pair
    ./scripts/bench gate --people 061,036 --verdicts --keep DIR      and what is called where it lets a pair pass: ten seconds
    ./scripts/bench gate --people "" --landmarks 68 --keep DIR       smiles and strangers, from landmarks alone

A real neutral face is photographed twice by one drawn camera (`benchmarks/camera.py`; nothing was done, so every verdict of
change is false), and the second photo is spoiled (`benchmarks/spoiled.py`). A pair is said where anything is said about it,
withheld where a finding is. Both files name the same camera: nobody is warned by a photo that lost its name.
What has been measured is kept in DIR/pairs.jsonl and not repeated; delete it after a change of the code.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.gate_tables import CLEAN, Row, refused, row_of, table
from benchmarks.people import DATA, photo_of
from benchmarks.sitting import Sitting, entry_of, sit, write
from benchmarks.spoiled import CLEAN_QUALITY, KINDS
from benchmarks.verdicts import Judge
from skinimg.align import align
from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import AlignmentError, PhotoError
from skinimg.base.photo_difference import PhotoDifference
from skinimg.base.records import Alignment, Frame
from skinimg.base.settings import Settings
from skinimg.compare.glance import Glance, glance
from skinimg.compare.photo_limits import EVERYTHING
from skinimg.compare.photo_pair import compared
from skinimg.compare.photo_shape import expression_percent, shape_percent
from skinimg.face import find_face
from skinimg.observe.frame import face_frame
from skinimg.observe.quality import assess
from skinimg.observe.witnesses import background
from skinimg.photo.chroma import with_halved_chroma
from skinimg.photo.colour import linear_to_srgb8
from skinimg.photo.decode import read_photo


def _looked_again(entry: PhotoEntry, clean: Glance, zoom: float) -> Glance:
    """As `glance` of a photo that is `zoom` times as large as the clean one and shows the face at the same place."""
    face = replace(clean.face, landmarks=clean.face.landmarks * np.float32(zoom))
    photo = with_halved_chroma(read_photo(entry.path))
    frame = face_frame(photo, face, clean.frame.native_px_per_mm * zoom, "iris")
    quality = assess(frame, face)
    if quality.rejected:
        raise PhotoError(*quality.reasons)
    return Glance(frame, face, background(photo.linear, face), photo.jpeg_quality, quality)


def registered(ours: Frame, theirs: Frame) -> Alignment:
    """Of two frames without known lesions."""
    blank = [np.zeros(f.skin.shape, np.bool_) for f in (ours, theirs)]
    return align(ours, theirs, blank[0], blank[1], Settings())


def one_person(
    sitting: Sitting, words: Sequence[str], known: set[tuple[str, str, int]], judge: Judge | None
) -> Iterator[Row]:
    """A row of the clean pair, and one of every strength of the kinds with one of the words in their names."""
    first = glance(sitting.baseline, None)
    second = glance(sitting.clean, first)
    alignment = registered(first.frame, second.frame)
    shot = judge.baseline(sitting.baseline) if judge else None
    who = sitting.person
    if (who, CLEAN, 0) not in known:
        row = row_of(who, CLEAN, 0, compared(first, second, alignment, None)[0])
        yield judge.of(row, shot, sitting.clean) if judge and shot else row
    for kind in (kind for kind in KINDS if any(word in kind.name for word in words)):
        for step in (1, 2, 3):  # a weaker photo may call more: a strong one can look like another camera's
            if (who, kind.name, step) in known:
                continue
            linear = kind.spoil(sitting.linear, second.face, kind.strengths[step - 1])
            entry = entry_of(sitting.folder / "spoiled.jpg")
            write(entry.path, linear, kind.saved_at)
            try:
                third = _looked_again(entry, second, linear.shape[0] / sitting.linear.shape[0])
            except PhotoError as error:
                yield refused(who, kind.name, step, error)
                continue
            row = row_of(who, kind.name, step, compared(first, third, _shown(alignment, first, third), None)[0])
            if judge and shot and len(row["withheld"]) < len(EVERYTHING):
                row = judge.of(row, shot, entry)
            yield row
    if (who, "mirrored", 3) not in known and "" in words:
        yield _mirror(sitting, first)


def _shown(alignment: Alignment, first: Glance, third: Glance) -> Alignment:
    """The map of the clean photo, with the skin that the spoiled one shows: registered once for all."""
    skin = [glance.frame.skin.astype(np.uint8) for glance in (first, third)]
    there = cv2.remap(skin[1], alignment.to_session, None, cv2.INTER_NEAREST) > 0
    here = cv2.remap(skin[0], alignment.to_baseline, None, cv2.INTER_NEAREST) > 0
    return replace(alignment, valid_baseline=first.frame.skin & there, valid_session=third.frame.skin & here)


def _mirror(sitting: Sitting, first: Glance) -> Row:
    """The photo the other way round: registration has to refuse it."""
    entry = entry_of(sitting.folder / "mirrored.jpg")
    write(entry.path, np.ascontiguousarray(sitting.linear[:, ::-1]), CLEAN_QUALITY)
    try:
        other = glance(entry, first)
        apart = compared(first, other, registered(first.frame, other.frame), None)[0]
        return row_of(sitting.person, "mirrored", 3, apart)
    except AlignmentError as error:
        return refused(sitting.person, "mirrored", 3, error)


def of_landmarks(paths: list[Path]) -> Iterator[Row]:
    """Smiles, and other people: what landmarks alone tell, cheap enough for everybody."""
    faces = {path: find_face(linear_to_srgb8(read_photo(path).linear)) for path in paths}
    for k, path in enumerate(paths):
        smile = path.with_name(path.name.replace("neutral", "smiling"))
        stranger = faces[paths[(k + 1) % len(paths)]]
        pairs = [("another person (landmarks alone)", stranger)]
        if smile != path and smile.exists():
            pairs.append(("smile, real, minutes apart", find_face(linear_to_srgb8(read_photo(smile).linear))))
        for kind, other in pairs:
            marks = faces[path].landmarks, other.landmarks
            apart = PhotoDifference(
                expression_difference_percent=expression_percent(*marks), shape_difference_percent=shape_percent(*marks)
            )
            yield row_of(path.stem, kind, 3, apart)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", default="", help="names separated by commas, none of them held out")
    parser.add_argument("--verdicts", action="store_true", help="analyse to the end what the gate lets pass")
    parser.add_argument("--kinds", nargs="+", default=[""], help="defects with one of these words in their names")
    parser.add_argument("--landmarks", type=int, default=0, help="people for smiles and strangers")
    parser.add_argument("--keep", type=Path, required=True)
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    log = given.keep / "pairs.jsonl"
    rows: list[Row] = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    known = {(row["who"], row["kind"], row["strength"]) for row in rows}
    judge = Judge() if given.verdicts else None
    with log.open("a", encoding="utf-8") as kept:
        for person in filter(None, given.people.split(",")):
            sitting = sit(person, photo_of(person), given.keep / person)
            for row in one_person(sitting, given.kinds, known, judge):
                rows.append(row)
                print(json.dumps(row), file=kept, flush=True)
        if given.landmarks:
            neutral = sorted((DATA / "london").glob("*_neutral.jpg"))[: given.landmarks]
            rows += of_landmarks(neutral)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
