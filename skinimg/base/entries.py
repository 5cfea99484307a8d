"""Who was photographed when: the records of a study before any photo is opened. Needs nothing but the standard library,
so that `skinimg manifest` answers at once.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)  # a study has tens of thousands
class PhotoEntry:
    """One row of a manifest: one photo and what is known about it (docs/REFERENCE.md)."""

    subject: str
    session: str
    path: Path  # absolute
    photo: str  # relative to the study's root, as printed in the tables
    date: str = ""  # ISO, empty if unknown
    view: str = "front"
    light: str = "standard"
    replicate: int = 1
    mm_per_px: float | None = None  # of the original photo
    arm: str = ""
    arm_left: str = ""
    arm_right: str = ""
    treatment: str = ""
    treatment_target: str = ""  # findings that it is for, separated by semicolons
    site: str = ""
    age: str = ""
    phototype: str = ""
    covariates: dict[str, str] = field(default_factory=dict)  # x_* columns, keys without the prefix
    instruments: dict[str, str] = field(default_factory=dict)  # m_* columns, keys without the prefix


@dataclass(frozen=True)
class Subject:
    """All photos of one person. `sessions` is ordered, the first is the baseline."""

    name: str
    sessions: tuple[str, ...]
    photos: tuple[PhotoEntry, ...]


@dataclass(frozen=True)
class LeftOut:
    """A file of the input that is not measured, and why."""

    file: str  # relative to the study's root
    reason: str


@dataclass(frozen=True)
class Study:
    """Subjects in the order of their names; `warnings` says what was guessed or left out while reading."""

    root: Path
    subjects: tuple[Subject, ...]
    warnings: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    lost: tuple[str, ...] = ()  # sessions and subjects of whom nothing can be read, in words


def days_between(start: str, end: str) -> int | None:
    """Whole days from one ISO date to another; None where either is unknown."""
    return (datetime.date.fromisoformat(end) - datetime.date.fromisoformat(start)).days if start and end else None
