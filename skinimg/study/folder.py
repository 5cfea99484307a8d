"""Folders of photos: what lies in them, whose it is, and when it was taken."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from skinimg.base.entries import LeftOut, PhotoEntry, Study
from skinimg.base.errors import StudyError
from skinimg.study.captured import captured_on
from skinimg.study.dates import dates_of, refuse_impossible_dates, refuse_two_dates, stamped_date
from skinimg.study.grouping import build_study
from skinimg.study.layout import PhotoFile, as_they_lie, collect
from skinimg.study.lost import lost
from skinimg.study.names import clean_name, parse_stem, photo_stem
from skinimg.study.places import looks_like_session
from skinimg.study.tree import NOT_A_PHOTO, UNSAID, Folder, look_into
from skinimg.study.twins import refuse_two_versions
from skinimg.study.unclear import LAYOUT, says_nothing, some


def read_folder(root: Path, *, strict: bool = True) -> Study:
    """Understand a folder of one subject's photos or a folder of subject folders.

    Raises
    ------
    StudyError
        No photos; photos deeper than subject/session or both beside and inside subject folders; photos whose session
        or view cannot be told; and all that `build_study` finds.
    """
    root = root.resolve()
    warnings: list[str] = []
    tree, left_out = look_into(root, warnings)
    others = sum(item.reason != UNSAID for item in left_out)
    if not tree.photos and not tree.folders:
        raise StudyError(
            f"{root} holds no photos",
            found=f"{others} files of other kinds" if others else "an empty folder",
            needed="JPEG, PNG, TIFF, WebP or HEIC photos",
        )
    if said := _left_out_in_words(left_out):
        warnings.append(said)
    manifest = next((item.file for item in left_out if item.file.casefold() == "manifest.csv"), "")
    if manifest:
        warnings.append(f"{root.name} holds a manifest.csv: to use it, give its path instead of the folder's.")
    try:
        entries = _all_entries(tree, warnings, strict=strict)
        study = build_study(root, entries, warnings, left_out=left_out, strict=strict)
        return replace(study, lost=lost(study))
    except StudyError as error:
        if not manifest:
            raise
        next_step = f"It holds {manifest}: give that path instead of the folder's."
        raise StudyError(error.what, found=error.found, needed=error.needed, next_step=next_step) from error


def _left_out_in_words(left_out: Sequence[LeftOut]) -> str:
    """One warning for all: files of other kinds by name, twins and copies with their reason."""
    others = [item.file for item in left_out if item.reason == NOT_A_PHOTO]
    said = [f"{item.file} ({item.reason})" for item in left_out if item.reason not in (NOT_A_PHOTO, UNSAID)]
    parts = [f"Not photos, left out: {some(others)}."] if others else []
    parts += [f"Left out: {some(said)}."] if said else []
    return " ".join(parts)


def _all_entries(tree: Folder, warnings: list[str], *, strict: bool) -> list[PhotoEntry]:
    """Entries of all subjects, their sessions' dates read in one way throughout the study."""
    try:
        refuse_two_versions(tuple(tree.all_photos()), tree.path)
        entries = _of_each_subject(collect(tree, warnings), tree.path, warnings, strict=strict)
    except StudyError as error:
        if strict:
            raise
        warnings.append(f"{error} Every photo is listed under the folder that it lies in: correct the rows.")
        entries = _of_each_subject(as_they_lie(tree), tree.path, warnings, strict=False)
    first = {entry.session: entry for entry in reversed(entries)}
    try:
        refuse_impossible_dates(first, "the sessions")
        refuse_two_dates(first, "the sessions")
        dates = dates_of(first, lambda session: captured_on(first[session].path), "the sessions")
    except StudyError as error:
        if strict:
            raise
        warnings.append(f"{error} The column `date` is empty: fill it.")
        dates = {}
    return [replace(entry, date=dates.get(entry.session, "")) for entry in entries]


def _of_each_subject(found: list[PhotoFile], root: Path, warnings: list[str], *, strict: bool) -> list[PhotoEntry]:
    return [
        entry
        for subject in sorted({item.subject for item in found})
        for entry in _entries([item for item in found if item.subject == subject], root, warnings, strict=strict)
    ]


def _entries(found: list[PhotoFile], root: Path, warnings: list[str], *, strict: bool) -> list[PhotoEntry]:
    """Entries of one subject: session by folder, else by name, else by the date of capture."""
    entries: list[PhotoEntry] = []
    unnamed: dict[tuple[str, str], list[str]] = defaultdict(list)  # session, folder's view -> stems that state no view
    sources: list[str] = []
    for item in found:
        session = item.folder_session
        if not session:
            session, source = _session_of_file(item, alone=not any(other.name.session for other in found))
            sources.append(source)
        replicate = item.name.replicate or 1
        if says_nothing(parse_stem(photo_stem(item.path))):
            alike = unnamed[session, f"{item.name.view} {item.name.light}"]
            alike.append(photo_stem(item.path))
            replicate = len(alike)
        entries.append(
            PhotoEntry(
                subject=item.subject,
                session=session,
                path=item.path,
                photo=item.path.relative_to(root).as_posix(),
                view=item.name.view or "front",
                light=item.name.light or "standard",
                replicate=replicate,
            )
        )
    subject = found[0].subject
    if "stem" in sources:
        count = sources.count("stem")
        warnings.append(f"{subject}: {count} file names state no session; each counts as a session of its own.")
    if "capture" in sources:
        warnings.append(f"{subject}: the session of {sources.count('capture')} photos is their date of capture.")
    _judge_unnamed(subject, unnamed, warnings, strict=strict)
    return entries


def _judge_unnamed(
    subject: str, unnamed: dict[tuple[str, str], list[str]], warnings: list[str], *, strict: bool
) -> None:
    """Photos without a view in their names are repeat shots where a camera numbered them; else nobody can tell."""
    for (session, _), stems in unnamed.items():
        if strict and len(set(map(_without_numbers, stems))) > 1:
            raise StudyError(
                f"{subject}: what the photos of session {session} show cannot be told",
                found=", ".join(stems[:6]),
                needed="views in their names, or a camera's numbers for repeat shots of the front view",
                next_step="Rename them like front.jpg, left45.jpg; or, if they are different people, write a manifest.",
            )
        if len(stems) > 1:
            warnings.append(
                f"{subject}: no view in the names of the {len(stems)} photos of session {session}; "
                "taken as repeat shots of the front view."
            )


def _without_numbers(stem: str) -> str:
    """What the names of a camera's photos share; `(1)` and `-1` behind a name tell photos of one second apart."""
    return re.sub(r"\d+", "#", re.sub(r"[ _-]*\(\d+\)$|-\d$", "", stem.casefold()))


def _session_of_file(item: PhotoFile, alone: bool) -> tuple[str, str]:
    """Session of a photo and where it is from: `name`, `capture` (its date), or the whole `stem`.

    `alone`: no photo of this subject names a session, so that all of them can be one.
    """
    name = parse_stem(photo_stem(item.path))
    stated = clean_name(item.name.session)
    stamped = stamped_date(stated)
    if stated and not stamped and (name.view or name.light or name.replicate or looks_like_session(stated)):
        return stated, "name"
    captured = stamped or captured_on(item.path)
    if captured:
        return captured, "capture"
    if stated:
        return stated, "stem"
    if alone:
        return "baseline", "name"
    raise StudyError(
        f"the session of {item.path.name} cannot be told",
        found="neither a session in its name nor a date of capture",
        needed=LAYOUT,
        next_step=f"Rename it to SESSION_{item.path.name}, or write a manifest.",
    )
