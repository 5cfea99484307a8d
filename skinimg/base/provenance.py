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
from skinimg.base.shipped import shipped

_PACKAGE = Path(__file__).resolve().parents[1]
_LIBRARIES = ("numpy", "opencv-python-headless", "scikit-image", "pillow", "torch", "scipy", "pandas")


@cache  # reading what is installed takes 0.06 s, and it is asked for several times for every subject
def versions() -> dict[str, str]:
    """Versions of skinimg, Python and the libraries that touch a pixel; of skinimg also its code, which changes between
    two releases without another number.
    """
    return {
        "skinimg": metadata.version("skinimg"),
        "skinimg code": code_sha256(_PACKAGE, shipped("weights") / "face.json")[:16],
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
    }


def code_sha256(package: Path, *beside: Path) -> str:
    """A hash of everything that computes: each file of a package but what Python or the system made, and `beside` it the
    card of the network that finds faces, which vouches for its tensors. 0.015 s for 300 files.
    """
    files = sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())
    kept = [
        file for file in files if not any(part.startswith((".", "__pycache__", "_data")) for part in file.split("/"))
    ]
    hashes = [f"{file} {file_sha256(package / file)}" for file in kept] + [file_sha256(path) for path in beside]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """sha256 of a file, or '' where it cannot be read: the run then says why in photos.csv."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def subject_key(entries: Sequence[PhotoEntry], settings: Settings, weights: str, report: Mapping[str, object]) -> str:
    """A hash of everything that a subject's outputs depend on: its photos, its rows of the manifest, settings, weights,
    version and code, and how its report was asked for. Two runs with one key have the same outputs, so the second is skipped.
    """
    parts = {
        "photos": [{**asdict(e), "path": None, "sha256": file_sha256(e.path)} for e in entries],
        "settings": settings.as_dict(),
        "weights": weights,
        "versions": versions(),
        "report": dict(report),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
