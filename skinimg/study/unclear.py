"""Folders that people and programs would read in two ways: refused, with what would tell."""

from __future__ import annotations

from collections.abc import Sequence

from skinimg.base.errors import StudyError
from skinimg.study import vocabulary
from skinimg.study.dates import refuse_days_without_year, sure_date
from skinimg.study.names import (
    PhotoName,
    clean_name,
    light_named,
    names_a_view,
    parse_stem,
    photo_name,
    photo_stem,
    view_named,
)
from skinimg.study.places import is_placed, looks_like_session, surely_session
from skinimg.study.tree import Folder
from skinimg.study.words import words_of

LAYOUT = "photos named SESSION_VIEW.jpg, or one sub-folder per session, or one folder per subject"


def some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def says_nothing(name: PhotoName) -> bool:
    return not (name.view or name.light or name.replicate)


def sessions_told(folder: Folder) -> set[str]:
    """The sessions that the names of a folder's photos tell of."""
    return {name for photo in folder.photos if looks_like_session(name := photo_name(photo).session)}


def refuse_numbered_people(tree: Folder) -> None:
    """`Before/001.jpg` and `After/001.jpg` may be one person each, or repeat shots of one: neither is guessed."""
    stems = [frozenset(photo_stem(photo) for photo in folder.photos) for folder in tree.folders]
    silent = [{stem for stem in names if says_nothing(parse_stem(stem))} for names in stems]
    shared = {stem for names in silent for stem in names if sum(stem in others for others in silent) > 1}
    named = [{parse_stem(stem).session for stem in names if not says_nothing(parse_stem(stem))} for names in stems]
    people = [{name for name in names if name and not looks_like_session(name)} for names in named]
    if (shared and max(map(len, silent)) > 1) or max(map(len, people), default=0) > 1:
        found = shared or max(people, key=len)
        raise StudyError(
            "the photos of each session may be people or repeat shots",
            found=f"{some(sorted(found))} in {some([folder.path.name for folder in tree.folders])}",
            needed=LAYOUT,
            next_step="Make a folder for each person, or write a manifest (`skinimg manifest FOLDER` drafts one).",
        )


def refuse_sessions_among_people(tree: Folder) -> None:
    """`Baseline/` beside `Therapieende/` is no person, nor are `12.01.` and `10.02.`, nor `S1/` beside `backup/S1/`, nor `botox/`
    beside `filler/`, nor `session 1/before.jpg` beside `session 2/before.jpg`.
    """
    silent = [folder for folder in tree.folders if not folder.folders and not any(sessions_told(folder))]
    names = [clean_name(folder.path.name) for folder in silent]
    below = {clean_name(inner.path.name) for folder in tree.folders for inner in folder.folders}
    if len(silent) == len(tree.folders):
        refuse_days_without_year(names)
    everybody = [clean_name(folder.path.name) for folder in tree.folders]
    nobody = everybody if len(everybody) > 1 and all(map(_is_nobody, everybody)) else []
    if said := nobody or [name for name in names if surely_session(name) or name in below]:
        others = [name for name in everybody if name not in said]
        raise StudyError(
            f"{tree.path.name}: which folders are people and which are sessions cannot be told",
            found=f"{some(said)} beside {some(others)}" if others else some(said),
            needed=LAYOUT,
            next_step="Call all folders of one person so that they say when (S1, S2, 2026-01-31, week 4), or move them "
            "into a folder for each person.",
        )


def _is_nobody(name: str) -> bool:
    """Whether a name is a treatment, an arm, or a session in a whole word: `botox`, `placebo`, `session 2`; but `V2`."""
    words = words_of(name)
    counted = {word for word in vocabulary.COUNTED if len(word) > 2}
    return (vocabulary.TREATMENTS | vocabulary.ARMS).issuperset(words) or (
        is_placed(name) and not counted.isdisjoint(words)
    )


def refuse_years(tree: Folder) -> None:
    """`2025/2025-12-01/` and `2026/2026-02-10/` are no two people."""
    dates = {(folder.path.name, sure_date(inner.path.name)[:4]) for folder in tree.folders for inner in folder.folders}
    if len(tree.folders) > 1 and dates and all(year == of_date for year, of_date in dates):
        raise StudyError(
            "the folders are years",
            found=some([folder.path.name for folder in tree.folders]),
            needed=LAYOUT,
            next_step="Move the sessions of all years into one folder for each person.",
        )


def refuse_folders_of_views(tree: Folder) -> None:
    """`front/S1/a.jpg` and `left45/S1/a.jpg` are no two people, nor are `L/S1.jpg` and `R/S1.jpg`."""
    names = [folder.path.name for folder in tree.folders]
    letters = len(names) > 1 and all(view_named(name) or light_named(name) for name in names)
    if names and (letters or all(map(names_a_view, names))):
        raise StudyError(
            f"the folders in {tree.path.name} are views",
            found=some(names),
            needed=LAYOUT,
            next_step="Write the view into the file names, such as S1_front.jpg, or write a manifest.",
        )
    for folder in tree.folders:
        refuse_folders_of_views(folder)
