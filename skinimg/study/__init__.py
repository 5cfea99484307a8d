"""A study: whose photos there are, from which sessions, in which order.

Comes in: a folder or a manifest. Goes out: `Study`; of `check`, the state of its photos. Every room above may use it.
"""

from __future__ import annotations

from pathlib import Path

from skinimg.base.entries import Study
from skinimg.base.errors import StudyError
from skinimg.photo.header import NOT_READ, READ
from skinimg.study.folder import read_folder
from skinimg.study.grouping import uncompared
from skinimg.study.manifest import read_manifest, write_manifest
from skinimg.study.names import safe_name, session_key, view_key
from skinimg.study.spreadsheet import CSV_SUFFIXES, EXCEL_SUFFIX

__all__ = ["read_study", "safe_name", "session_key", "uncompared", "view_key", "write_manifest"]


def read_study(path: Path, *, strict: bool = True) -> Study:
    """Read a manifest CSV, a folder of one subject's photos, or a folder of subject folders (docs/REFERENCE.md).

    `Study.warnings` says what was guessed or left out. With `strict=False`, sessions of a folder that cannot be
    ordered are no error but a warning: what `skinimg manifest` needs to write a table to correct.

    Raises
    ------
    StudyError
        What cannot be understood, with what was found, what is needed, and what to do.
    """
    if path.is_dir():
        return read_folder(path, strict=strict)
    if not path.exists():
        raise StudyError(f"{path} does not exist", needed="a manifest or a folder of photos")
    if path.suffix.casefold() in READ | NOT_READ:
        raise StudyError(
            f"{path} is a photo", needed="a manifest or a folder of photos", next_step="Put it into a folder."
        )
    if path.suffix.casefold() not in (*CSV_SUFFIXES, EXCEL_SUFFIX):
        raise StudyError(
            f"{path} is not a manifest",
            found=path.suffix or "no extension",
            needed="a .csv or .xlsx file",
            next_step="In a spreadsheet: save as 'CSV UTF-8' or as .xlsx.",
        )
    return read_manifest(path)
