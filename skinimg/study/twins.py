"""Files that are one exposure: a HEIC or raw file beside its JPEG, and a copy named `front (1).jpg`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from skinimg.base.entries import LeftOut
from skinimg.photo.header import NOT_READ, READ

# What was least worked on first. A raw file needs a developer's choices, so the picture made of it comes before it.
_COPY = re.compile(r"[ _-]*(\(\d+\)|(- )?(copy|copie|kopie|copia|cópia)( \(?\d+\)?)?)$")  # as file managers name them
# They hold the files of one format of the folder that they lie in, and are no subject and no session.
FORMAT_FOLDERS = frozenset({"jpg", "jpgs", "jpeg", "jpegs", "heic", "heif", "png", "tif", "tiff", "webp"})
_PREFERRED = (".tif", ".tiff", ".png", ".heic", ".heif", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp")


def one_of_each(photos: Sequence[Path], root: Path) -> tuple[tuple[Path, ...], tuple[LeftOut, ...]]:
    """Photos of a study with one file for each exposure, and what was left out with the reason.

    Of files that differ by their extension alone, the kind stays that most exposures of the study have, so that
    sessions can be compared; copies are files with the same bytes in the same folder.
    """
    by_stem: dict[Path, list[Path]] = defaultdict(list)
    for path in photos:
        by_stem[without_format_folder(path.parent) / path.stem.casefold()].append(path)
    kinds = Counter(path.suffix.casefold() for path in photos if path.suffix.casefold() in READ)
    kept: list[Path] = []
    left_out: list[LeftOut] = []
    for same in by_stem.values():
        best = min(same, key=lambda path: _rank(path, kinds))
        kept.append(best)
        reason = f"the same exposure as {_name(best, root)}, which is used"
        left_out += [LeftOut(_name(path, root), reason) for path in same if path != best]
    originals, copies = _without_copies(kept, root)
    return originals, (*left_out, *copies)


def without_format_folder(folder: Path) -> Path:
    """The folder that a folder called `JPG` or `HEIC` belongs to; any other folder itself."""
    while folder.name.casefold() in FORMAT_FOLDERS:
        folder = folder.parent
    return folder


def _rank(path: Path, kinds: Counter[str]) -> tuple[bool, int, int]:
    suffix = path.suffix.casefold()
    return suffix in NOT_READ, -kinds[suffix], _PREFERRED.index(suffix) if suffix in _PREFERRED else len(_PREFERRED)


def _without_copies(photos: Sequence[Path], root: Path) -> tuple[tuple[Path, ...], tuple[LeftOut, ...]]:
    """Photos without those that their name calls a copy of another in the same folder, with the same bytes."""
    by_path = {path.with_suffix("").as_posix().casefold(): path for path in photos}
    copies: dict[Path, LeftOut] = {}
    for path in photos:
        original = by_path.get(_COPY.sub("", path.with_suffix("").as_posix().casefold()))
        if original and original != path and original.read_bytes() == path.read_bytes():
            copies[path] = LeftOut(_name(path, root), f"a copy of {original.name}, byte for byte")
    return tuple(path for path in photos if path not in copies), tuple(copies.values())


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
