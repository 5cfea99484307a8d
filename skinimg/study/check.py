"""The state of a study's photos before any work: can each be read, does it fit its session, does it have a baseline?

A fifth of a second per photo of 12 megapixels. Sharpness, faces and the baseline are judged by `compare.glance`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from skinimg.base.entries import PhotoEntry, Study, Subject
from skinimg.base.errors import PhotoError
from skinimg.base.records import ByteArray
from skinimg.photo.colour import linear_to_srgb8
from skinimg.photo.decode import colour_profile, not_whole, read_photo, whole_jpeg
from skinimg.photo.header import PhotoHeader, read_header
from skinimg.study.names import view_key

_COLUMNS = ("subject", "session", "date", "view", "light", "replicate", "photo")
_PREVIEW_PX = 400
# Shares of the middle of the picture. A white space suit fills 23 % of it (portraits of shared data) and is no fault.
_BLOWN_OUT, _BLACK = 0.40, 0.60


def check_study(study: Study, progress: Callable[[int, int, str], None] | None = None) -> list[dict[str, Any]]:
    """One row per photo, in the study's order.

    Each row has the columns of `photos.csv` that name the photo, then `sha256`, `width`, `height`, `bits`, `profile`,
    `captured` (date in the photo, empty if absent), `status` (ok, warning, rejected) and `reasons` (joined by "; ").
    progress : called after every photo with (done, of how many, the photo)
    """
    rows: list[dict[str, Any]] = []
    total = sum(len(subject.photos) for subject in study.subjects)
    first_use: dict[str, str] = {}
    for subject in study.subjects:
        for entry in subject.photos:
            row = {name: value for name, value in asdict(entry).items() if name in _COLUMNS}
            row |= {"sha256": "", "width": None, "height": None, "bits": None, "profile": "", "captured": ""}
            try:
                facts, warnings = _look_at(entry)
                row |= facts
                warnings += _misplaced(entry, subject, facts["captured"])
                twin = first_use.setdefault(facts["sha256"], entry.photo)
                if twin != entry.photo:
                    warnings.append(f"the same picture as {twin}: replace it by the photo of this session")
                row |= {"status": "warning" if warnings else "ok", "reasons": "; ".join(warnings)}
            except PhotoError as error:
                row |= {"status": "rejected", "reasons": str(error)}
            rows.append(row)
            if progress is not None:
                progress(len(rows), total, entry.photo)
    return rows


def _look_at(entry: PhotoEntry) -> tuple[dict[str, Any], list[str]]:
    """What one photo is, and what is doubtful about it; PhotoError if it cannot be read."""
    header = read_header(entry.path)
    profile = colour_profile(header, entry.path).name
    preview, sha256 = _preview(entry, header)
    height, width = preview.shape[:2]
    middle = preview[height // 4 : -(height // 4) or None, width // 4 : -(width // 4) or None].reshape(-1, 3)
    warnings = []
    blown_out, black = float(np.mean(middle.max(axis=1) >= 254)), float(np.mean(middle.max(axis=1) < 30))
    if blown_out > _BLOWN_OUT:
        warnings.append(f"overexposed: {100 * blown_out:.0f} % of the middle of the picture is saturated")
    if black > _BLACK:
        warnings.append(f"underexposed: {100 * black:.0f} % of the middle of the picture is almost black")
    if not np.ptp(middle.astype(np.int16), axis=1).any():
        warnings.append("no colour: a greyscale photo cannot tell pigment from redness")
    facts = {
        "sha256": sha256,
        "width": header.width,
        "height": header.height,
        "bits": header.bits,
        "profile": profile,
        "captured": header.date,
    }
    return facts, warnings


def _preview(entry: PhotoEntry, header: PhotoHeader) -> tuple[ByteArray, str]:
    """A small picture (h, w, 3) and the file's sha256, decoded in full: damage shows nowhere else."""
    if header.format not in ("JPEG", "MPO"):
        photo = read_photo(entry.path)
        step = max(1, max(photo.linear.shape[:2]) // _PREVIEW_PX)
        return linear_to_srgb8(photo.linear[::step, ::step]), photo.sha256
    data = entry.path.read_bytes()
    try:
        codes = whole_jpeg(data, grey=False)
    except ValueError as error:
        raise not_whole(entry.path, error) from error
    step = max(1, max(codes.shape[:2]) // _PREVIEW_PX)
    return codes[::step, ::step], hashlib.sha256(data).hexdigest()


def _misplaced(entry: PhotoEntry, subject: Subject, captured: str) -> list[str]:
    """Signs that a photo is in the wrong session, or that it cannot be compared with anything."""
    warnings = []
    if captured and entry.date and captured != entry.date:
        warnings.append(f"taken on {captured} by its own clock, but its session is of {entry.date}")
    baseline = subject.sessions[0]
    views = {view_key(other) for other in subject.photos if other.session == baseline}
    if entry.session != baseline and view_key(entry) not in views:
        warnings.append(f"nothing to compare with: the baseline {baseline} has no photo of view {view_key(entry)}")
    return warnings
