"""Files that are one exposure: a raw file beside its JPEG, a copy named `front (1).jpg`, and what an editor made of it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from skinimg.base.entries import LeftOut
from skinimg.base.errors import StudyError
from skinimg.photo.header import NOT_READ, READ
from skinimg.study.names import photo_stem

# What was least worked on first. A raw file needs a developer's choices, so the picture made of it comes before it.
_COPY_WORD = "(copy|copie|kopie|kopia|kopi|kopya|copia|cópia|копия|副本|コピー|복사본)"  # as file managers name them
# As Dropbox and Nextcloud call the second version of a file that two people saved, and Syncthing.
_CONFLICT = r"\([^()]*(conflict|conflit|konflikt)[^()]*\)|\.sync-conflict-\d{8}-\d{6}-\w+"
_COPY = re.compile(
    rf"[ _-]*(\(\d+\)|([-–—] )?の?{_COPY_WORD}( ?\(?\d+\)?)?|{_CONFLICT})$|^{_COPY_WORD} (\(\d+\) )?((of|von|van|de|di|av) )?"
)
# As phones, Google Photos and Lightroom name what their editors made; the untouched file keeps its name.
_EDITED = re.compile(r"(?<=^img_)e(?=\d{4}$)|[-_ ](edit|edited|bearbeitet|modifié|editado|editada|modificato)$|~\d+$")
# They hold the photos of the folder that they lie in, often in one format, and are no subject and no session.
FORMAT_FOLDERS = frozenset({"jpg", "jpgs", "jpeg", "jpegs", "heic", "heif", "png", "tif", "tiff", "webp"}) | {
    *("photo", "photos", "picture", "pictures", "image", "images", "foto", "fotos", "bild", "bilder", "imagenes"),
    *("imágenes", "immagini", "imagens", "export", "exports", "exported"),
}
_PREFERRED = (".tif", ".tiff", ".png", ".heic", ".heif", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp")


def one_of_each(photos: Sequence[Path], root: Path) -> tuple[tuple[Path, ...], tuple[LeftOut, ...]]:
    """Photos of a study with one file for each exposure, and what was left out with the reason.

    Of files that differ by their extension alone, the kind stays that most exposures of the study have, so that
    sessions can be compared; copies are files with the same bytes in the same folder.
    """
    by_stem: dict[Path, list[Path]] = defaultdict(list)
    for path in photos:
        by_stem[without_format_folder(path.parent) / _exposure(path)].append(path)
    kinds = Counter(path.suffix.casefold() for path in photos if path.suffix.casefold() in READ)
    kept: list[Path] = []
    left_out: list[LeftOut] = []
    for same in by_stem.values():
        best = min(same, key=lambda path: _rank(path, kinds))
        kept.append(best)
        reason = f"the same exposure as {_name(best, root)}, which is used"
        left_out += [LeftOut(_name(path, root), reason) for path in same if path != best]
    kept, edited = _without_edited(kept, root)
    originals, copies = _without_copies(kept, root)
    return originals, (*left_out, *edited, *copies)


def _exposure(path: Path) -> str:
    """The name that files of one exposure share: of `IMG_1.HEIC` and `IMG_1.HEIC.jpg`, not of `a.jpg` and `a.jpg.jpg`."""
    same = Path(path.stem).suffix.casefold() == path.suffix.casefold()
    return (path.stem if same else photo_stem(path)).casefold()


def _without_edited(photos: Sequence[Path], root: Path) -> tuple[list[Path], list[LeftOut]]:
    """Photos without those that an editor made of another in the same folder: what it did to the skin is unknown."""
    by_place = {path.parent / photo_stem(path).casefold(): path for path in photos}
    edited: dict[Path, LeftOut] = {}
    for path in photos:
        original = by_place.get(path.parent / _EDITED.sub("", photo_stem(path).casefold()))
        if original and original != path:
            edited[path] = LeftOut(_name(path, root), f"an edited copy of {original.name}, which is used")
    return [path for path in photos if path not in edited], list(edited.values())


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
    by_place = {path.parent / _seen(path): path for path in photos}
    copies: dict[Path, LeftOut] = {}
    for path in photos:
        original = by_place.get(path.parent / _COPY.sub("", _seen(path)))
        if original and original != path and original.read_bytes() == path.read_bytes():
            copies[path] = LeftOut(_name(path, root), f"a copy of {original.name}, byte for byte")
    return tuple(path for path in photos if path not in copies), tuple(copies.values())


def refuse_two_versions(photos: Sequence[Path], root: Path) -> None:
    """StudyError where a file and what a program calls its conflicting copy differ: which is right nobody can tell."""
    by_place = {path.parent / _seen(path): path for path in photos}
    for path in photos:
        original = by_place.get(path.parent / re.sub(rf"[ _-]*({_CONFLICT})$", "", _seen(path)))
        if original and original != path:
            raise StudyError(
                "a photo lies there in two versions that differ",
                found=f"{_name(original, root)} and {_name(path, root)}",
                needed="one",
                next_step="Look at both, and move the wrong one out of the folder.",
            )


def _seen(path: Path) -> str:
    """A file's name without its extension as people see it: letters with their accents in one."""
    return unicodedata.normalize("NFC", path.stem).casefold()


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
