"""What a run was made of: versions, hashes, settings, seconds. A pure function of what it is given, always written."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path

from skinimg.base.entries import PhotoEntry
from skinimg.base.settings import Settings

_LIBRARIES = ("numpy", "opencv-python-headless", "scikit-image", "pillow", "torch", "scipy", "pandas")


@cache  # reading what is installed takes 0.06 s, and it is asked for several times for every subject
def versions() -> dict[str, str]:
    """Versions of skinimg, Python and the libraries that touch a pixel."""
    return {
        "skinimg": metadata.version("skinimg"),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
    }


def file_sha256(path: Path) -> str:
    """sha256 of a file, or '' where it cannot be read: the run then says why in photos.csv."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def subject_key(entries: Sequence[PhotoEntry], settings: Settings, weights: str, report: Mapping[str, object]) -> str:
    """A hash of everything that a subject's outputs depend on: its photos, its rows of the manifest, settings, weights,
    version, and how its report was asked for. Two runs with one key have the same outputs, so the second is skipped.
    """
    parts = {
        "photos": [{**asdict(e), "path": None, "sha256": file_sha256(e.path)} for e in entries],
        "settings": settings.as_dict(),
        "weights": weights,
        "versions": versions(),
        "report": dict(report),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
