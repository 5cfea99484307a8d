"""Folders of photos: what a person who never read a manual means by the way the files lie.

    PATH/week4_front.jpg                one subject, sessions in the file names
    PATH/week4/front.jpg                one subject, sessions in sub-folders
    PATH/anna/week4_front.jpg           subjects, sessions in the file names
    PATH/anna/week4/front.jpg           subjects, sessions in sub-folders

`PATH/NAME/front.jpg` could be either of the middle two: see `_folders_are_sessions`. What was guessed is a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from skinimg.base.entries import PhotoEntry, Study
from skinimg.base.errors import PhotoError, StudyError
from skinimg.photo.header import read_header
from skinimg.study.grouping import build_study
from skinimg.study.names import PhotoName, leading_date, looks_like_session, parse_stem, stamped_date

EXTENSIONS = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".heic", ".heif"})
_IGNORED = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir"})
_LAYOUT = "photos named SESSION_VIEW.jpg, or one sub-folder per session, or one folder per subject"


@dataclass(frozen=True)
class _Folder:
    """A folder that was looked into: its photos, sub-folders with photos in them, and files of other kinds."""

    path: Path
    photos: tuple[Path, ...]
    folders: tuple[_Folder, ...]
    others: tuple[Path, ...]  # also those of sub-folders


@dataclass(frozen=True)
class _Found:
    """One photo with the session that its folder gives it, if any."""

    path: Path
    subject: str
    folder_session: str
    name: PhotoName


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
    tree = _look_into(root, warnings)
    if not tree.photos and not tree.folders:
        raise StudyError(
            f"{root} holds no photos",
            found=f"{len(tree.others)} files of other kinds" if tree.others else "an empty folder",
            needed="JPEG, PNG, TIFF, WebP or HEIC photos",
        )
    if tree.others:
        names = ", ".join(path.relative_to(root).as_posix() for path in tree.others[:5])
        more = f" and {len(tree.others) - 5} more" if len(tree.others) > 5 else ""
        warnings.append(f"Not photos, left out: {names}{more}.")
    if any(map(_is_manifest, tree.others)):
        warnings.append(f"{root.name} holds a manifest.csv: to use it, give its path instead of the folder's.")
    try:
        found = _collect(tree, warnings)
        entries: list[PhotoEntry] = []
        for subject in sorted({item.subject for item in found}):
            own = [item for item in found if item.subject == subject]
            entries += _entries(own, root, warnings, strict=strict)
        return build_study(root, entries, warnings, strict=strict)
    except StudyError as error:
        manifest = next((path for path in tree.others if path.parent == root and _is_manifest(path)), None)
        if manifest is None:
            raise
        next_step = f"It holds {manifest.name}: give that path instead of the folder's."
        raise StudyError(error.what, found=error.found, needed=error.needed, next_step=next_step) from error


def _is_manifest(path: Path) -> bool:
    return path.name.casefold() == "manifest.csv"


def _look_into(path: Path, warnings: list[str], depth: int = 0) -> _Folder:
    try:
        children = sorted(path.iterdir(), key=_natural)
    except OSError as error:
        raise StudyError(f"{path} cannot be read", found=error.strerror or str(error)) from error
    photos, folders, others = [], [], []
    for child in children:
        if child.name.startswith(".") or child.name.casefold() in _IGNORED:
            continue
        if child.is_dir():
            if (child / "run.json").is_file():
                warnings.append(f"{child.name} holds results of an earlier run and was left out.")
            elif depth < 8:
                folders.append(_look_into(child, warnings, depth + 1))
        elif child.suffix.casefold() in EXTENSIONS:
            photos.append(child)
        else:
            others.append(child)
    others += [other for folder in folders for other in folder.others]
    full = tuple(folder for folder in folders if folder.photos or folder.folders)
    return _Folder(path, tuple(photos), full, tuple(others))


def _collect(tree: _Folder, warnings: list[str]) -> list[_Found]:
    """Every photo with its subject and, where the folders say so, its session."""
    root = tree.path
    if not tree.folders:
        return _subject_photos(tree, root.name)
    deep = any(folder.folders for folder in tree.folders)
    sessions = not deep and _folders_are_sessions(tree)
    names = ", ".join(folder.path.name for folder in tree.folders[:6]) + (", ..." if len(tree.folders) > 6 else "")
    if tree.photos and not sessions:
        raise StudyError(
            f"{root} holds photos beside folders of photos",
            found=f"{tree.photos[0].name} beside {tree.folders[0].path.name}/",
            needed=_LAYOUT,
            next_step="Move the loose photos into their subject's folder, or write a manifest.",
        )
    if sessions:
        warnings.append(f"Read as one subject, {root.name}, whose sessions are the folders {names}.")
        return _subject_photos(tree, root.name)
    warnings.append(f"Read as {len(tree.folders)} subjects, one per folder: {names}.")
    return [item for folder in tree.folders for item in _subject_photos(folder, folder.path.name)]


def _folders_are_sessions(tree: _Folder) -> bool:
    """Whether sub-folders that hold only photos are the sessions of one subject, and not subjects.

    They are subjects where the file names in one folder tell of several sessions (`anna/{baseline,week4}_front.jpg`,
    also `S01/...`, as subjects are often numbered like sessions); else sessions if most of their names say when
    (`week4`, `2024-01-05`, `S2`); else subjects (`anna/`, `p1/`).
    """
    for folder in tree.folders:
        told = {parse_stem(photo.stem).session for photo in folder.photos}
        if sum(looks_like_session(name) for name in told) > 1:
            return False
    return 2 * sum(looks_like_session(folder.path.name) for folder in tree.folders) > len(tree.folders)


def _subject_photos(folder: _Folder, subject: str) -> list[_Found]:
    """Photos of one subject: directly in its folder, or in session folders in it."""
    subject = unicodedata.normalize("NFC", subject)
    found = [_Found(photo, subject, "", parse_stem(photo.stem)) for photo in folder.photos]
    for session in folder.folders:
        if session.folders:
            deep = session.folders[0]
            raise StudyError(
                f"{folder.path} holds photos too deep",
                found=f"{deep.path.relative_to(folder.path)}/",
                needed="subject folder, session folder, photos",
                next_step="Flatten the folders, or write a manifest.",
            )
        name = unicodedata.normalize("NFC", session.path.name)
        found += [_Found(photo, subject, name, parse_stem(photo.stem)) for photo in session.photos]
    return found


def _entries(found: list[_Found], root: Path, warnings: list[str], *, strict: bool) -> list[PhotoEntry]:
    """Entries of one subject: session by folder, else by name, else by the date of capture."""
    entries: list[PhotoEntry] = []
    unnamed: dict[str, list[str]] = defaultdict(list)  # session -> stems that state no view
    sources: list[str] = []
    for item in found:
        session = item.folder_session
        if not session:
            session, source = _session_of_file(item, alone=not any(other.name.session for other in found))
            sources.append(source)
        replicate = item.name.replicate or 1
        if not (item.name.view or item.name.light or item.name.replicate):
            unnamed[session].append(item.path.stem)
            replicate = len(unnamed[session])
        entries.append(
            PhotoEntry(
                subject=item.subject,
                session=session,
                path=item.path,
                photo=item.path.relative_to(root).as_posix(),
                date=leading_date(session),
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
    for session, stems in unnamed.items():
        if strict and len({re.sub(r"\d+", "#", stem.casefold()) for stem in stems}) > 1:
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
    return entries


def _session_of_file(item: _Found, alone: bool) -> tuple[str, str]:
    """Session of a photo and where it is from: `name`, `capture` (its date), or the whole `stem`.

    `alone`: no photo of this subject names a session, so that all of them can be one.
    """
    name = item.name
    stated = unicodedata.normalize("NFC", name.session)
    stamped = stamped_date(stated)
    if stated and not stamped and (name.view or name.light or name.replicate or looks_like_session(stated)):
        return stated, "name"
    try:
        captured = stamped or read_header(item.path).date
    except PhotoError:
        captured = ""  # the photo will be rejected by name when it is decoded
    if captured:
        return captured, "capture"
    if stated:
        return stated, "stem"
    if alone:
        return "baseline", "name"
    raise StudyError(
        f"the session of {item.path.name} cannot be told",
        found="neither a session in its name nor a date of capture",
        needed=_LAYOUT,
        next_step=f"Rename it to SESSION_{item.path.name}, or write a manifest.",
    )


def _natural(path: Path) -> tuple[tuple[int, str], ...]:
    """Sort key with numbers as numbers; the plain name breaks ties."""
    parts = re.findall(r"\d+|\D+", path.name.casefold())
    return (*((int(p), "") if p.isdecimal() else (-1, p) for p in parts), (-2, path.name))
