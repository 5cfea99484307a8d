"""Whose photo of which session: what a person who never read a manual means by the way the files lie.

    PATH/week4_front.jpg                one subject, sessions in the file names
    PATH/P01_week4_front.jpg            subjects and sessions in the file names
    PATH/week4/front.jpg                one subject, sessions in sub-folders
    PATH/anna/week4_front.jpg           subjects, sessions in the file names
    PATH/anna/week4/front.jpg           subjects, sessions in sub-folders
    PATH/week4/anna/front.jpg           sessions, subjects in sub-folders

`PATH/NAME/front.jpg` could be one of two: see `_folders_are_sessions`. What was guessed is a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skinimg.base.errors import StudyError
from skinimg.study.dates import readings, stamped_date
from skinimg.study.names import PhotoName, clean_name, parse_stem
from skinimg.study.order import looks_like_session
from skinimg.study.tree import Folder

LAYOUT = "photos named SESSION_VIEW.jpg, or one sub-folder per session, or one folder per subject"


@dataclass(frozen=True)
class Found:
    """One photo with the session that its folder gives it, if any."""

    path: Path
    subject: str
    folder_session: str
    name: PhotoName


def some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def collect(tree: Folder, warnings: list[str]) -> list[Found]:
    """Every photo with its subject and, where the folders say so, its session."""
    root = tree.path
    if not tree.folders:
        return _named_subjects(tree, warnings) or _subject_photos(tree, root.name)
    deep = any(folder.folders for folder in tree.folders)
    if deep and not tree.photos and _sessions_above_subjects(tree):
        names = ", ".join(folder.path.name for folder in tree.folders[:6])
        warnings.append(f"Read as sessions ({names}) that hold a folder for each subject.")
        return _transposed(tree)
    sessions = not deep and _folders_are_sessions(tree)
    names = ", ".join(folder.path.name for folder in tree.folders[:6]) + (", ..." if len(tree.folders) > 6 else "")
    if tree.photos and not sessions:
        raise StudyError(
            f"{root} holds photos beside folders of photos",
            found=f"{tree.photos[0].name} beside {tree.folders[0].path.name}/",
            needed=LAYOUT,
            next_step="Move the loose photos into their subject's folder, or write a manifest.",
        )
    if sessions:
        _refuse_numbered_people(tree)
        warnings.append(f"Read as one subject, {root.name}, whose sessions are the folders {names}.")
        return _subject_photos(tree, root.name)
    warnings.append(f"Read as {len(tree.folders)} subjects, one per folder: {names}.")
    return [item for folder in tree.folders for item in _subject_photos(folder, folder.path.name)]


def _refuse_numbered_people(tree: Folder) -> None:
    """`Before/001.jpg` and `After/001.jpg` may be one person each, or repeat shots of one: neither is guessed."""
    stems = [frozenset(photo.stem for photo in folder.photos) for folder in tree.folders]
    alike = all(len(names) > 1 and names == stems[0] for names in stems) and len(stems) > 1
    silent = all(says_nothing(parse_stem(stem)) for names in stems for stem in names)
    if alike and silent:
        raise StudyError(
            "the photos of each session may be people or repeat shots",
            found=f"{some(sorted(stems[0]))} in each of {some([folder.path.name for folder in tree.folders])}",
            needed=LAYOUT,
            next_step="Make a folder for each person, or write a manifest (`skinimg manifest FOLDER` drafts one).",
        )


def says_nothing(name: PhotoName) -> bool:
    return not (name.view or name.light or name.replicate)


def _sessions_above_subjects(tree: Folder) -> bool:
    """Whether the upper folders are sessions and the lower ones people: `before/anna/`, `after/anna/`."""
    upper = [folder.path.name for folder in tree.folders]
    lower = {inner.path.name for folder in tree.folders for inner in folder.folders}
    return all(map(looks_like_session, upper)) and not any(map(looks_like_session, lower))


def _transposed(tree: Folder) -> list[Found]:
    return [
        Found(photo, clean_name(person.path.name), clean_name(session.path.name), parse_stem(photo.stem))
        for session in tree.folders
        for person in session.folders
        for photo in person.photos
    ]


def _named_subjects(tree: Folder, warnings: list[str]) -> list[Found]:
    """Photos of several people in one folder, each name beginning with the person: `P01_V1_front.jpg`; else empty."""
    found = []
    for photo in tree.photos:
        name = parse_stem(photo.stem)
        person, _, session = name.session.replace("-", "_").replace(" ", "_").partition("_")
        session = name.session[len(person) + 1 :]
        if not person or not session or readings(name.session) or stamped_date(name.session):
            return []
        if not looks_like_session(session):
            return []
        found.append(Found(photo, clean_name(person), clean_name(session), name))
    people = sorted({item.subject for item in found})
    if len(people) < 2:
        return []
    warnings.append(f"Read as {len(people)} subjects, named at the start of the file names: {some(people)}.")
    return found


def _folders_are_sessions(tree: Folder) -> bool:
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


def _subject_photos(folder: Folder, subject: str) -> list[Found]:
    """Photos of one subject: directly in its folder, or in session folders in it."""
    subject = clean_name(subject)
    found = [Found(photo, subject, "", parse_stem(photo.stem)) for photo in folder.photos]
    for session in folder.folders:
        if session.folders:
            deep = session.folders[0]
            raise StudyError(
                f"{folder.path} holds photos too deep",
                found=f"{deep.path.relative_to(folder.path)}/",
                needed="subject folder, session folder, photos",
                next_step="Flatten the folders, or write a manifest.",
            )
        name = clean_name(session.path.name)
        found += [Found(photo, subject, name, parse_stem(photo.stem)) for photo in session.photos]
    return found


def as_they_lie(tree: Folder) -> list[Found]:
    """A draft for the manifest of a folder that cannot be understood: first folder = subject, last folder = session."""
    found = []
    for photo in tree.all_photos():
        folders = photo.relative_to(tree.path).parts[:-1]
        session = clean_name(folders[-1] if len(folders) > 1 else photo.stem)
        subject = clean_name(folders[0]) if folders else clean_name(tree.path.name)
        found.append(Found(photo, subject, session, parse_stem(photo.stem)))
    return found
