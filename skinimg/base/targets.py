"""What a treatment is meant to change, as declared in the manifest, in the settings or on the command line."""

from __future__ import annotations

import re

from skinimg.base.entries import Subject
from skinimg.base.findings import SCORED


def read_targets(text: str) -> tuple[str, ...]:
    """`spots; erythema` -> ("spots", "erythema"), in the order of the findings; commas, plus signs and spaces separate too.

    Raises
    ------
    ValueError
        Something is named that is not scored; the message holds the names.
    """
    named = [name for name in re.split(r"[\s,;+]+", text.casefold().strip()) if name]
    unknown = [name for name in named if name not in SCORED]
    if unknown:
        raise ValueError(", ".join(unknown))
    return tuple(name for name in SCORED if name in named)


def targets_of(subject: Subject, given: str) -> tuple[str, ...]:
    """Findings that the overall score of a subject is of; empty where nothing is declared.

    given : of the settings or the command line; it goes before the manifest, of which all rows count together
    """
    return read_targets(given or ";".join(e.treatment_target for e in subject.photos))
