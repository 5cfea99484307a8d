"""skinimg: what a skin treatment changed, measured from photographs, with an error bar.

The public names are those of `__all__`; everything else may change without notice.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

# Torch's threads wait for each other by turning in place, which takes the cores from whoever would let them go on: with
# both cores busy a face was found in 5.1 s, and in 0.6 s with threads that sleep. Read when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

_DOORS = {
    "analyze": "skinimg.run.run",
    "Options": "skinimg.run.run",
    "Outcome": "skinimg.run.run",
    "read_study": "skinimg.study",
    "read_photo": "skinimg.photo.decode",
    "find_face": "skinimg.face",
    "load_segmenter": "skinimg.model.segmenter",
    "Settings": "skinimg.base.settings",
    **dict.fromkeys(("Study", "Subject", "PhotoEntry"), "skinimg.base.entries"),
    **dict.fromkeys(("Photo", "Face", "Segmentation"), "skinimg.base.records"),
    **dict.fromkeys(
        (
            *("SkinimgError", "StudyError", "SettingsError", "PhotoError"),
            *("CalibrationError", "AlignmentError", "WeightsError", "DeviceError"),
        ),
        "skinimg.base.errors",
    ),
}
__all__ = sorted(_DOORS)


def __getattr__(name: str) -> Any:
    """Load a door when it is first used: `import skinimg` must not wait for torch."""
    if name not in _DOORS:
        raise AttributeError(f"module 'skinimg' has no attribute {name!r}")
    return getattr(import_module(_DOORS[name]), name)
