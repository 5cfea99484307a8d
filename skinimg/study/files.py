"""Files that a manifest means though it writes their names otherwise: in the other Unicode form, with other capitals,
without their folder or extension, or by the path that they had on another computer.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from skinimg.photo.header import NOT_READ, READ
from skinimg.study.tree import photos_below


@dataclass(frozen=True)
class Files:
    """The photos below a manifest's folder, looked through only where one is missed."""

    root: Path

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in photos_below(self.root):
            found.setdefault(_bare(path.name), []).append(path)
        return found

    def same(self, file: Path) -> Path | None:
        """The one file whose path is the same to Windows and macOS: capitals do not count, and ü may be two letters."""
        alike = [path for path in self._by_name.get(_bare(file.name), []) if _seen(path) == _seen(file)]
        return alike[0] if len(alike) == 1 else None

    def like(self, text: str) -> str:
        """The one photo that a path which leads nowhere most likely means, relative to the root; else empty."""
        *folders, name = re.split(r"[/\\]+", text.strip("\"' "))
        alike = self._by_name.get(_bare(name), [])
        nearest = [path for path in alike if folders and path.parent.name.casefold() == folders[-1].casefold()]
        meant = nearest if len(nearest) == 1 else alike
        return meant[0].relative_to(self.root).as_posix() if len(meant) == 1 else ""


def _seen(path: Path) -> str:
    return unicodedata.normalize("NFC", path.as_posix()).casefold()


def _bare(name: str) -> str:
    """A file's name without its extension, in small letters and one Unicode form."""
    plain = unicodedata.normalize("NFC", name).casefold()
    stem, _, suffix = plain.rpartition(".")
    return stem if f".{suffix}" in READ | NOT_READ else plain
