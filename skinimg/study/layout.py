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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from skinimg.base.errors import StudyError
from skinimg.study.dates import refuse_impossible_dates
from skinimg.study.names import PhotoName, clean_name, photo_name, photo_stem
from skinimg.study.people import people_in_names, refuse_people_beside_dates
from skinimg.study.places import is_placed, looks_like_session, surely_session
from skinimg.study.tree import Folder
from skinimg.study.unclear import (
    LAYOUT,
    refuse_folders_of_views,
    refuse_numbered_people,
    refuse_sessions_among_people,
    refuse_years,
    sessions_told,
    some,
)
from skinimg.study.words import without_list_numbers


@dataclass(frozen=True)
class PhotoFile:
    """One photo with the session that its folder gives it, if any."""

    path: Path
    subject: str
    folder_session: str
    name: PhotoName


def collect(tree: Folder, warnings: list[str]) -> list[PhotoFile]:
    """Every photo with its subject and, where the folders say so, its session."""
    tree = _unwrapped(tree)
    root = tree.path
    refuse_folders_of_views(tree)
    refuse_impossible_dates((folder.path.name for folder in tree.folders), "the folders")
    if not tree.folders:
        return _flat(tree, warnings)
    deep = any(folder.folders for folder in tree.folders)
    if deep and not tree.photos and _sessions_above_subjects(tree):
        names = ", ".join(folder.path.name for folder in tree.folders[:6])
        warnings.append(f"Read as sessions ({names}) that hold a folder for each subject.")
        return _transposed(tree)
    sessions = not deep and _folders_are_sessions(tree)
    names = some(list(dict.fromkeys(clean_name(folder.path.name) for folder in tree.folders)))
    if tree.photos and not sessions:
        raise StudyError(
            f"{root} holds photos beside folders of photos",
            found=f"{tree.photos[0].name} beside {tree.folders[0].path.name}/",
            needed=LAYOUT,
            next_step="Move the loose photos into their subject's folder, or write a manifest.",
        )
    if sessions:
        refuse_numbered_people(tree)
        refuse_people_beside_dates([folder.path.name for folder in tree.folders])
        warnings.append(f"Read as one subject, {root.name}, whose sessions are the folders {names}.")
        return _subject_photos(tree, root.name)
    if named := _people_and_sessions_in_folders(tree, warnings):
        return named
    refuse_sessions_among_people(tree)
    refuse_years(tree)
    count = len({clean_name(folder.path.name) for folder in tree.folders})
    warnings.append(f"Read as {count} {'subject' if count == 1 else 'subjects'}, one per folder: {names}.")
    return [item for folder in tree.folders for item in _subject_photos(folder, folder.path.name)]


def _unwrapped(tree: Folder) -> Folder:
    """The study in the folder around it: `photos/anna/S1/front.jpg`; but `anna/S1/front.jpg` is one subject."""
    if tree.photos or len(tree.folders) != 1 or tree.folders[0].photos:
        return tree
    (inner,) = tree.folders
    named_sessions = all(looks_like_session(clean_name(folder.path.name)) for folder in inner.folders)
    told = any(looks_like_session(photo_name(photo).session) for folder in inner.folders for photo in folder.photos)
    return inner if not named_sessions and (told or any(folder.folders for folder in inner.folders)) else tree


def _people_and_sessions_in_folders(tree: Folder, warnings: list[str]) -> list[PhotoFile]:
    """Photos of folders named by person and session, `P01_V1/front.jpg` or `Anna before/front.jpg`; else none."""
    if any(folder.folders or len(sessions_told(folder)) > 1 for folder in tree.folders):
        return []
    told = people_in_names([folder.path.name for folder in tree.folders])
    if not told:
        return []
    people = sorted({clean_name(person) for person, _ in told.values()})
    count = f"{len(people)} {'subject' if len(people) == 1 else 'subjects'}"
    warnings.append(f"Read as {count}, named in the folder names: {some(people)}.")
    found = []
    for folder in tree.folders:
        person, session = (clean_name(part) for part in told[folder.path.name])
        found += [PhotoFile(photo, person, session, photo_name(photo)) for photo in folder.photos]
    return found


def _sessions_above_subjects(tree: Folder) -> bool:
    """Whether the upper folders are sessions and the lower ones people: `before/anna/`, `V1/S01/`.

    Raises
    ------
    StudyError
        Both may be either: `S1/S01/`, `V1/T0/`.
    """
    upper = [folder.path.name for folder in tree.folders]
    lower = sorted({inner.path.name for folder in tree.folders for inner in folder.folders})
    if not all(map(looks_like_session, upper)):
        return False
    if not any(map(looks_like_session, lower)) or (
        all(map(surely_session, upper)) and not any(map(surely_session, lower))
    ):
        return True
    if all(map(surely_session, lower)) and not any(map(surely_session, upper)):
        return False
    raise StudyError(
        f"{tree.path.name}: which folders are people and which are sessions cannot be told",
        found=f"{some(upper)} that hold {some(lower)}",
        needed=LAYOUT,
        next_step="Call the people's folders otherwise (P01, anna), or write a manifest (`skinimg manifest FOLDER` "
        "drafts one).",
    )


def _transposed(tree: Folder) -> list[PhotoFile]:
    for session in tree.folders:
        if misplaced := [
            *session.photos,
            *(p for person in session.folders for f in person.folders for p in f.all_photos()),
        ]:
            raise StudyError(
                f"{tree.path.name} holds photos beside or below the folders of people",
                found=misplaced[0].relative_to(tree.path).as_posix(),
                needed="session folder, subject folder, photos",
                next_step="Move them into the folder of their subject, or write a manifest.",
            )
    return [
        PhotoFile(photo, clean_name(person.path.name), clean_name(session.path.name), photo_name(photo))
        for session in tree.folders
        for person in session.folders
        for photo in person.photos
    ]


def _flat(tree: Folder, warnings: list[str]) -> list[PhotoFile]:
    """Photos in one folder, of one person or of people whom their names tell."""
    told = people_in_names([photo_stem(photo) for photo in tree.photos])
    people = sorted({clean_name(person) for person, _ in told.values()})
    if len(people) > 1:
        warnings.append(f"Read as {len(people)} subjects, named in the file names: {some(people)}.")
    if len(people) < 2:
        refuse_people_beside_dates([photo_name(photo).session for photo in tree.photos])
    whose = [told[photo_stem(photo)][0] if len(people) > 1 else tree.path.name for photo in tree.photos]
    return [_named(photo, clean_name(person), told) for photo, person in zip(tree.photos, whose, strict=True)]


def _named(photo: Path, subject: str, told: Mapping[str, tuple[str, str]]) -> PhotoFile:
    """A photo that no folder tells the session of; `told` : stem -> (person, session) where names hold both."""
    stem, name = photo_stem(photo), photo_name(photo)
    return PhotoFile(photo, subject, "", replace(name, session=told[stem][1]) if stem in told else name)


def _refuse_other_sessions_inside(session: Folder) -> None:
    """A folder that is no session by its name, with photos that name sessions, is a subject: of a site, say."""
    inside = sessions_told(session)
    if inside and not looks_like_session(clean_name(session.path.name)):
        raise StudyError(
            f"{session.path} holds photos too deep",
            found=f"a folder {session.path.name} with sessions in the file names: {some(sorted(inside))}",
            needed="subject folder, session folder, photos",
            next_step="Give the folder above the subjects' folders, or write a manifest.",
        )


def _folders_are_sessions(tree: Folder) -> bool:
    """Whether sub-folders that hold only photos are the sessions of one subject, and not subjects.

    They are subjects where the file names in one folder tell of several sessions (`anna/{baseline,week4}_front.jpg`,
    also `S01/...`, as subjects are often numbered like sessions); else sessions if most of their names say when
    (`week4`, `2024-01-05`, `S2`), also behind the numbers of a list (`01 baseline`, `02 week 4`); else subjects (`anna/`).
    """
    if any(len(sessions_told(folder)) > 1 for folder in tree.folders):
        return False
    listed = without_list_numbers([folder.path.name for folder in tree.folders])
    if all(map(is_placed, listed.values())):
        return True
    return 2 * sum(looks_like_session(folder.path.name) for folder in tree.folders) > len(tree.folders)


def _subject_photos(folder: Folder, subject: str) -> list[PhotoFile]:
    """Photos of one subject: directly in its folder, or in session folders in it."""
    subject = clean_name(subject)
    told = people_in_names([photo_stem(photo) for photo in folder.photos])
    if len({person for person, _ in told.values()}) > 1:
        raise StudyError(
            f"{subject}: the file names tell of several people",
            found=some(sorted({person for person, _ in told.values()})),
            needed="one folder for each person",
        )
    found = [_named(photo, subject, told) for photo in folder.photos]
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
        _refuse_other_sessions_inside(session)
        found += [PhotoFile(photo, subject, name, photo_name(photo)) for photo in session.photos]
    return found


def as_they_lie(tree: Folder) -> list[PhotoFile]:
    """A draft for the manifest of a folder that cannot be understood: first folder = subject, last folder = session."""
    found = []
    for photo in tree.all_photos():
        folders = photo.relative_to(tree.path).parts[:-1]
        session = clean_name(folders[-1] if len(folders) > 1 else photo_stem(photo))
        subject = clean_name(folders[0]) if folders else clean_name(tree.path.name)
        found.append(PhotoFile(photo, subject, session, photo_name(photo)))
    return found
