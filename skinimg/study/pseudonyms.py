"""Pseudonyms by keyed hash: the same person has the same one in every run with the same key, and nobody without it
can find the name, not even by trying all names (HMAC, RFC 2104, with SHA-256).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path

from skinimg.base.entries import LeftOut, PhotoEntry, Study, Subject
from skinimg.base.errors import SettingsError

_LEAST_KEY_BYTES = 16
_DIGITS = 12  # 48 bits: two of 10,000 people share one with a chance of 2e-7


def read_key(path: Path) -> bytes:
    """The key in a file, without the white space around it; raises SettingsError where it cannot be one."""
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"the key file {path.name} cannot be read", found=error.strerror or "") from error
    if len(key) < _LEAST_KEY_BYTES:
        raise SettingsError(
            f"the key in {path.name} is too short",
            found=f"{len(key)} bytes",
            needed=f"at least {_LEAST_KEY_BYTES}",
            next_step="Make one with `openssl rand -hex 32`, and keep it apart from the results.",
        )
    return key


def pseudonym(name: str, key: bytes) -> str:
    """`P-` and 12 hexadecimal digits."""
    return "P-" + hmac.new(key, name.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:_DIGITS]


def pseudonymized(study: Study, key: bytes) -> Study:
    """The study without the names of people and files; sessions, dates, views and columns are kept as they are.

    Warnings and reasons may hold names in the middle of a sentence, so of each only that it was there is kept.
    """
    subjects = []
    for subject in study.subjects:
        name = pseudonym(subject.name, key)
        subjects.append(Subject(name, subject.sessions, tuple(_photo(entry, name, key) for entry in subject.photos)))
    said = f"{len(study.warnings)} warnings on names and dates are left out: see `skinimg check`"
    left_out = tuple(LeftOut(pseudonym(item.file, key), "see `skinimg check`") for item in study.left_out)
    ordered = tuple(sorted(subjects, key=lambda subject: subject.name))
    lost = f"{len(study.lost)} sessions or subjects have no photo that can be read: see `skinimg check`"
    return Study(study.root, ordered, (said,) if study.warnings else (), left_out, (lost,) if study.lost else ())


def _photo(entry: PhotoEntry, name: str, key: bytes) -> PhotoEntry:
    file = pseudonym(entry.photo, key).removeprefix("P-")
    return replace(entry, subject=name, photo=f"{name}/{file}{entry.path.suffix.lower()}")
