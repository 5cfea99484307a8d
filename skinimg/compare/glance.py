"""What `skinimg check` sees in about a second per photo: faces, sharpness, pose, and what differs from the baseline.

The same limits as in an analysis, without finding the same skin again: skin detail, light and cover wait for that.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from skinimg.align.refusal import refuse_other_view
from skinimg.base.entries import PhotoEntry, Study
from skinimg.base.errors import AlignmentError, PhotoError
from skinimg.base.parallel import each
from skinimg.base.reasons import Reason, in_words, why
from skinimg.base.records import Face, FloatArray, Frame, Quality
from skinimg.base.settings import Settings
from skinimg.compare.photo_limits import warnings_of, withheld_findings
from skinimg.compare.photo_pair import difference_at_a_glance
from skinimg.observe.quality import assess
from skinimg.observe.see import face_of, frame_of
from skinimg.observe.witnesses import background
from skinimg.photo.chroma import with_halved_chroma
from skinimg.photo.decode import read_photo
from skinimg.study import view_key

Progress = Callable[[int, int, str], None]
Judged = tuple[PhotoEntry, dict[str, Any]]  # a photo and its row of `check_study`


@dataclass(frozen=True)
class Glance:
    """As much of a photo as can be known in a second."""

    frame: Frame
    face: Face
    witnesses: dict[str, FloatArray]
    jpeg_quality: float
    quality: Quality  # of the photo alone


def judge_faces(study: Study, rows: list[dict[str, Any]], progress: Progress | None = None) -> None:
    """Add to the rows of `check_study`, one per photo in the study's order, what their faces tell.

    Close-ups and photos that were rejected already are left as they are.
    """
    entries = [entry for subject in study.subjects for entry in subject.photos]
    count = itertools.count(1)

    def done(photo: Judged) -> None:
        if progress is not None:
            progress(next(count), len(entries), photo[0].photo)

    in_series = sorted(zip(entries, rows, strict=True), key=_series)
    for _, photos in itertools.groupby(in_series, key=_series):
        _judge_series(list(photos), done)


def _judge_series(photos: Sequence[Judged], done: Callable[[Judged], None]) -> None:
    """The first photo that can be used is the baseline of the others, which are judged side by side."""
    waiting = iter(photos)
    first = None
    for photo in waiting:
        first = _judge(*photo, None)
        done(photo)
        if first is not None:
            break

    def beside(photo: Judged) -> None:  # what is seen of it is let go: a photo is 40 MB
        _judge(*photo, first)
        done(photo)

    each(beside, waiting)


def _series(photo: Judged) -> tuple[str, str]:
    """Photos that are compared with each other."""
    entry, _ = photo
    return entry.subject, view_key(entry)


def _judge(entry: PhotoEntry, row: dict[str, Any], first: Glance | None) -> Glance | None:
    """Add to a row what its photo tells; None where there is nothing to judge, or an analysis would refuse it."""
    if entry.view == "closeup" or row["status"] == "rejected":
        return None
    try:
        seen = glance(entry, first)
    except (PhotoError, AlignmentError) as error:
        row |= {"status": "rejected", "reasons": _joined(row["reasons"], str(error))}
        return None
    said = seen.quality.reasons if first is None else (*seen.quality.reasons, *_beside(first, seen))
    if said:
        row |= {"status": "warning", "reasons": _joined(row["reasons"], in_words(said))}
    return seen


def glance(entry: PhotoEntry, first: Glance | None) -> Glance:
    """Decode, find the face, judge the photo alone.

    first : the baseline, whose scale is taken over as an analysis does
    Raises PhotoError where an analysis would refuse the photo, AlignmentError where the head is turned too far from the
    baseline's.
    """
    photo = with_halved_chroma(read_photo(entry.path))
    face = face_of(photo)
    frame = frame_of(photo, entry, face, first, Settings())
    quality = assess(frame, face)
    if quality.rejected:
        raise PhotoError(*quality.reasons)
    if first is not None:
        refuse_other_view(first.frame, frame, Settings())
    if face.other_faces:
        others = why("several_faces", count=face.other_faces + 1)
        quality = replace(quality, reasons=(*quality.reasons, others))
    return Glance(frame, face, background(photo.linear, face), photo.jpeg_quality, quality)


def _beside(first: Glance, seen: Glance) -> tuple[Reason, ...]:
    """What differs from the baseline, and which findings that costs."""
    apart = difference_at_a_glance(first, seen)
    lost = withheld_findings(apart)
    said = warnings_of(apart)
    return (*said, why("not_comparable", findings=", ".join(lost))) if lost else said


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
