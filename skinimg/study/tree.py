"""What lies in a folder: photos, sub-folders with photos in them, and files of other kinds, each with what it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from skinimg.base.entries import LeftOut
from skinimg.base.errors import StudyError
from skinimg.photo.header import NOT_READ, READ
from skinimg.study.names import names_a_view
from skinimg.study.twins import FORMAT_FOLDERS, one_of_each

_IGNORED = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "system volume information", "lost+found"}
    | {"$recycle.bin", "#recycle", "@recycle", "@recently-snapshot"}
)
_RAW_FOLDERS = frozenset({"raw", "raws"})
# Of a memory card (DCF 2.0); only makers' names, or `101SMITH` would be one.
_CAMERA_FOLDER = re.compile(
    r"dcim|\d{3}(canon|apple|nikon|ncd\w\w|msdcf|olymp|om_?sys|_pana|_fuji|media)", re.IGNORECASE
)
_DEEPEST = 8
NOT_A_PHOTO = "not a photo"
RAW_BESIDE = "in a folder of camera raw files"
NOT_DOWNLOADED = "a placeholder: the photo lies in the cloud and is not downloaded"
LINKED = "a link to a folder, which is not followed"
UNSAID = "hidden, or made by the system"  # in the list of a run, not on the terminal


@dataclass(frozen=True)
class Folder:
    """A folder that was looked into; sub-folders without photos are not in it."""

    path: Path
    photos: tuple[Path, ...]
    folders: tuple[Folder, ...]

    def all_photos(self) -> Iterator[Path]:
        """Photos of this folder and of all below it."""
        yield from self.photos
        for folder in self.folders:
            yield from folder.all_photos()


def look_into(root: Path, warnings: list[str]) -> tuple[Folder, tuple[LeftOut, ...]]:
    """The photos below a folder, one file for each exposure, and every file that was left out with the reason.

    Raises
    ------
    StudyError
        A folder cannot be read, or a name is no text.
    """
    others: list[LeftOut] = []
    tree = _look_into(root, root, warnings, others)
    kept, twins = one_of_each(tuple(tree.all_photos()), root)
    return _only(tree, frozenset(kept)), (*others, *twins)


def photos_below(root: Path) -> Iterator[Path]:
    """Every photo below a folder that people see, by its name; results of earlier runs and links to folders left out."""
    return (path for path, reason in files_below(root) if not reason)


def files_below(root: Path) -> Iterator[tuple[Path, str]]:
    """Everything below a folder: a photo, by its name, with an empty reason; any other file, and a folder that is not
    looked into, with the reason why it is no photo of a person.
    """
    for path, folders, files in os.walk(root):
        here = Path(path)
        why = {name: _why_not_entered(here / name) for name in sorted(folders)}
        folders[:] = [name for name, reason in why.items() if not reason]
        yield from ((here / name, reason) for name, reason in why.items() if reason)
        for name in sorted(files):
            photo = Path(name).suffix.casefold() in READ | NOT_READ
            yield here / name, UNSAID if not shown(name) else "" if photo else NOT_A_PHOTO


def _why_not_entered(folder: Path) -> str:
    if not shown(folder.name) or holds_results(folder):
        return UNSAID
    return LINKED if folder.is_symlink() else ""


def shown(name: str) -> bool:
    """Whether people see a file or folder as theirs; `.lrdata` are the previews of Lightroom."""
    return not name.startswith(".") and name.casefold() not in _IGNORED and not name.casefold().endswith(".lrdata")


def _look_into(path: Path, root: Path, warnings: list[str], others: list[LeftOut], depth: int = 0) -> Folder:
    try:
        children = sorted(path.iterdir(), key=natural)
    except OSError as error:
        raise StudyError(f"{path} cannot be read", found=error.strerror or str(error)) from error
    photos, folders = [], []
    for child in children:
        _refuse_unreadable_name(child)
        suffix = child.suffix.casefold()
        name = child.relative_to(root).as_posix() + "/" * child.is_dir()
        if child.name.startswith(".") and suffix == ".icloud":
            others.append(LeftOut(name, NOT_DOWNLOADED))
        elif not shown(child.name):
            others.append(LeftOut(name, UNSAID))
        elif child.is_symlink() and path.resolve().is_relative_to(os.path.realpath(child)):
            others.append(LeftOut(name, "a link to a folder above it"))
        elif child.exists() and not child.is_file() and not child.is_dir():
            others.append(LeftOut(name, NOT_A_PHOTO))  # a pipe or a device, which would never end
        elif child.is_dir():
            if holds_results(child):
                warnings.append(f"{child.name} holds results of an earlier run and was left out.")
                others.append(LeftOut(name, UNSAID))
            elif depth < _DEEPEST:
                folders.append(_look_into(child, root, warnings, others, depth + 1))
            else:
                others.append(LeftOut(name, f"more than {_DEEPEST} folders deep"))
        elif suffix in READ or suffix in NOT_READ:
            photos.append(child)
        else:
            others.append(LeftOut(name, NOT_A_PHOTO))
    developed = [folder for folder in folders if not _holds_camera_raw(folder)]
    for folder in (folder for folder in folders if folder not in developed):
        others += [LeftOut(photo.relative_to(root).as_posix(), RAW_BESIDE) for photo in folder.all_photos()]
    formats = [folder for folder in developed if _holds_its_parents_photos(folder.path.name)]
    others_inside = [folder for folder in developed if folder not in formats]
    if all(names_a_view(folder.path.name) and not folder.folders for folder in others_inside):
        formats += others_inside
    photos += [photo for folder in formats for photo in folder.photos]
    inner = [deeper for folder in formats for deeper in folder.folders]
    kept = [folder for folder in (*developed, *inner) if folder not in formats]
    return Folder(path, tuple(photos), tuple(folder for folder in kept if folder.photos or folder.folders))


def _holds_its_parents_photos(name: str) -> bool:
    """A folder of one format, or one that a camera or a program made: neither a subject nor a session."""
    return name.casefold() in FORMAT_FOLDERS | _RAW_FOLDERS or _CAMERA_FOLDER.fullmatch(name) is not None


def _holds_camera_raw(folder: Folder) -> bool:
    """A folder called `raw` with files that cannot be read; people also call their untouched JPEGs so."""
    unread = any(photo.suffix.casefold() in NOT_READ for photo in folder.all_photos())
    return folder.path.name.casefold() in _RAW_FOLDERS and unread


def holds_results(folder: Path) -> bool:
    """Whether a folder is the `--out` of a run, finished or not, or the truth of a drawn study: no photos of people."""
    made = (("run.json",), ("subjects", "reports"), ("changes.csv", "lesions.csv"))
    return any(all((folder / name).exists() for name in names) for names in made)


def _only(tree: Folder, kept: frozenset[Path]) -> Folder:
    photos = tuple(path for path in tree.photos if path in kept)
    return Folder(tree.path, photos, tuple(_only(folder, kept) for folder in tree.folders))


def _refuse_unreadable_name(path: Path) -> None:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise StudyError(
            "the name of a file or folder is not text",
            found=str(path).encode("utf-8", "backslashreplace").decode(),
            needed="a name in UTF-8",
            next_step="Rename it; names from old archives are often in another encoding.",
        ) from error


def natural(path: Path) -> tuple[tuple[int, str], ...]:
    """Sort key with numbers as numbers; the plain name breaks ties."""
    parts = re.findall(r"\d+|\D+", path.name.casefold())
    return (*((int(p), "") if p.isdecimal() else (-1, p) for p in parts), (-2, path.name))
