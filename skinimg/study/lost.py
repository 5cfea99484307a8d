"""Sessions and subjects of whom files lie there, or an empty folder, but no photo: they must not vanish in silence."""

from __future__ import annotations

import os
import re
from pathlib import Path

from skinimg.base.entries import Study
from skinimg.study import vocabulary
from skinimg.study.dates import without_date
from skinimg.study.names import clean_name, parse_stem
from skinimg.study.people import people_in_names
from skinimg.study.places import is_placed, looks_like_session
from skinimg.study.tree import NOT_A_PHOTO, NOT_DOWNLOADED, RAW_BESIDE, holds_results, shown
from skinimg.study.twins import without_format_folder
from skinimg.study.words import words_of

# What people keep beside photos; `week4.csv` is no lost session, but `week4.pdf` and `week4_front.csv` may hold its photo.
_WITH_PICTURES = frozenset({".pdf", ".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx"})
_DOCUMENTS = (
    "csv tsv txt md pdf doc docx odt rtf xls xlsx ods ppt pptx json xml xmp aae html htm log ini db py r sh toml yaml "
    "yml npz parquet"
)


_ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"})


def lost(study: Study) -> tuple[str, ...]:
    """One sentence for each session or subject that a folder or a file names and that has no photo in the study."""
    photos = [study.root / entry.photo for subject in study.subjects for entry in subject.photos]
    raw = {study.root / item.file for item in study.left_out if item.reason == RAW_BESIDE}
    return (*_barren_folders(study.root, photos, raw), *_lone_files(study, photos), *_unopened(study, photos))


def _unopened(study: Study, photos: list[Path]) -> list[str]:
    """Archives that no folder of their name lies beside or around, and files named like a person without a photo."""
    holding = {folder for photo in photos for folder in photo.parents}
    names = {clean_name(folder.name).casefold() for folder in holding}
    people = {subject.name for subject in study.subjects}
    said = []
    for item in study.left_out:
        path = study.root / item.file
        stem = clean_name(path.name.split(".")[0])
        if item.reason != NOT_A_PHOTO or stem.casefold() in names or looks_like_session(parse_stem(stem).session):
            continue
        neighbours = {_skeleton(folder.name) for folder in holding if folder.parent == path.parent}
        told = {person for person, _ in people_in_names([stem]).values()}
        if path.suffix.casefold() in _ARCHIVES:
            said.append(f"{item.file}: an archive, which is not opened. Unpack it, or take it out.")
        elif _skeleton(stem) in neighbours or (told and not told <= people and not _is_document(path.name)):
            said.append(f"{item.file}: not read, and no photo bears this name. Add photos as JPEG, or take it out.")
    return said


def _barren_folders(root: Path, photos: list[Path], raw: set[Path]) -> list[str]:
    """Folders without photos that are named like a session or like their neighbours, or that are empty.

    raw : files beside the photos that were made of them, which are no loss
    """
    holding = {folder for photo in photos for folder in photo.parents if folder.is_relative_to(root)}
    left_out = {path for path in holding for path in _folders_in(path) if path not in holding}
    said = []
    for folder in sorted(left_out):
        neighbours = {_skeleton(path.name) for path in holding if path.parent == folder.parent}
        like_them = looks_like_session(clean_name(folder.name)) or _skeleton(folder.name) in neighbours
        held = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        if held and all(path in raw and path.parent == folder for path in held):
            continue
        files = [path.name for path in held]
        pictured = any(_may_be_a_session(path, folder) for path in held)
        if like_them or (neighbours and (pictured or not any(map(_is_document, files)))):
            found = ", ".join(files[:3]) + (", ..." if len(files) > 3 else "") if files else "nothing"
            name = folder.relative_to(root).as_posix()
            said.append(f"{name}: no photo in this folder (found {found}). Add its photos as JPEG, or take it out.")
    return said


def _may_be_a_session(file: Path, person: Path) -> bool:
    """Whether a document that can hold pictures lies in a person's folder of a session, or is called like a view of one:
    `carla/S1/front.pdf`, but no `documents/consent.pdf`.
    """
    in_session = file.parent != person and looks_like_session(clean_name(file.parent.name))
    return file.suffix.casefold() in _WITH_PICTURES and (in_session or bool(parse_stem(file.stem).view))


def _folders_in(folder: Path) -> list[Path]:
    """Sub-folders that people made and that hold no results of an earlier run."""
    theirs = (
        entry for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] not in "_@" and shown(entry.name)
    )
    return [path for path in map(Path, theirs) if not holds_results(path)]


def _lone_files(study: Study, photos: list[Path]) -> list[str]:
    """Files that are no photos and name a session that no photo beside them shows."""
    beside: dict[Path, set[str]] = {}
    for path, entry in zip(photos, (e for subject in study.subjects for e in subject.photos), strict=True):
        beside.setdefault(without_format_folder(path.parent), set()).add(entry.session)
    everywhere = {session for subject in study.subjects for session in subject.sessions}
    said: dict[tuple[Path, str], str] = {}
    for item in study.left_out:
        path = study.root / item.file
        said_by_name = parse_stem(path.name.removeprefix(".").split(".")[0])
        if item.reason not in (NOT_A_PHOTO, RAW_BESIDE, NOT_DOWNLOADED) or (
            _is_document(path.name) and not said_by_name.view and not _is_called_a_session(path)
        ):
            continue
        folder = path.parent.parent if item.reason == RAW_BESIDE else path.parent
        session = clean_name(said_by_name.session)
        if looks_like_session(session) and session not in beside.get(folder, everywhere):
            text = f"{session}: only {item.file}, which is not read. Add its photo as JPEG, or take the file out."
            said.setdefault((folder, session), text)
    return list(said.values())


def _is_called_a_session(document: Path) -> bool:
    """Whether a document that can hold pictures is called like a session and nothing else: `week8.pdf`, but no
    `2026-01-12 consent.pdf`.
    """
    stem, rest = document.stem, without_date(document.stem)
    drafts = vocabulary.OLD | vocabulary.NEW | vocabulary.FINAL  # `final.pdf`
    named = is_placed(stem) and drafts.isdisjoint(words_of(stem))
    return document.suffix.casefold() in _WITH_PICTURES and (named or not re.search(r"\w", rest))


def _is_document(name: str) -> bool:
    return name.rpartition(".")[2].casefold() in _DOCUMENTS.split()


def _skeleton(name: str) -> str:
    """A name with its numbers as one sign, if it has any; else something that nothing equals."""
    return re.sub(r"\d+", "#", name.casefold()) if re.search(r"\d", name) else f"\0{name}"
