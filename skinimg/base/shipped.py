"""Where the files lie that come with skinimg: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(kind: Literal["weights", "samples"]) -> Path:
    """Folder of the shipped weights or samples."""
    checkout = _PACKAGE.parent
    return checkout / kind if (checkout / "pyproject.toml").exists() else _PACKAGE / "_data" / kind
