"""Every error that skinimg raises on purpose.

SkinimgError                what went wrong, what was found, what is needed, what to do next
├── StudyError              the folder or manifest cannot be understood
├── SettingsError           a setting or command-line value is unknown or out of range
├── ReasonedError           about photos, made of reasons: a report says them in its reader's language
│   ├── PhotoError          one photo cannot be used (unreadable, no face, too small, ...)
│   ├── CalibrationError    a colour card or scale is there but cannot be trusted
│   └── AlignmentError      two photos do not show the same skin, or not well enough
├── WeightsError            weights are missing, damaged or made for something else
└── DeviceError             the device asked for is absent or out of memory
"""

from __future__ import annotations

from skinimg.base.reasons import Reason, in_words


class SkinimgError(Exception):
    """An error that a user can act on.

    Parameters
    ----------
    what : str
        What went wrong, in one clause, naming the file or value.
    found, needed : str, optional
        The value that was found and the one that would have worked.
    next_step : str, optional
        What the user can do about it.
    """

    def __init__(self, what: str, *, found: str = "", needed: str = "", next_step: str = "") -> None:
        self.what = what
        self.found = found
        self.needed = needed
        self.next_step = next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        text = self.what
        if self.found or self.needed:
            parts = [f"found {self.found}" if self.found else "", f"needs {self.needed}" if self.needed else ""]
            text += " (" + ", ".join(part for part in parts if part) + ")"
        if self.next_step:
            text += f". {self.next_step}"
        return text

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders: without this, unpickling would call __init__ with the joined text only.
        return (_rebuild, (type(self), self.what, self.found, self.needed, self.next_step))


def _rebuild(kind: type[SkinimgError], what: str, found: str, needed: str, next_step: str) -> SkinimgError:
    return kind(what, found=found, needed=needed, next_step=next_step)


class StudyError(SkinimgError):
    """The folder or manifest cannot be understood."""


class SettingsError(SkinimgError):
    """A setting or a command-line value is unknown or out of range."""


class ReasonedError(SkinimgError):
    """An error about photos, made of reasons."""

    def __init__(self, *reasons: Reason) -> None:
        self.reasons = reasons
        super().__init__(in_words(reasons))

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), self.reasons)


class PhotoError(ReasonedError):
    """One photo cannot be used."""


class CalibrationError(ReasonedError):
    """A colour card or a scale is there but cannot be trusted."""


class AlignmentError(ReasonedError):
    """Two photos do not show the same skin, or not well enough to compare."""


class WeightsError(SkinimgError):
    """Weights are missing, damaged or made for something else."""


class DeviceError(SkinimgError):
    """The device asked for is absent or out of memory."""
