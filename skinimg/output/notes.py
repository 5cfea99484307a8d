"""What is collected about a subject on the way through the stages, and how it becomes a result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from skinimg.base.reasons import Reason, why
from skinimg.base.results import (
    ChangeRow,
    IndexRow,
    LesionRow,
    MeasurementRow,
    PhotoRow,
    ScoreRow,
    SessionPictures,
    SubjectResult,
)
from skinimg.compare.follow_up import FollowUp


@dataclass
class Notes:
    """Rows of the tables of one subject, its pictures, and the seconds that each stage took."""

    photos: list[PhotoRow] = field(default_factory=list)
    measurements: list[MeasurementRow] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    scores: list[ScoreRow] = field(default_factory=list)
    indices: list[IndexRow] = field(default_factory=list)
    lesions: list[LesionRow] = field(default_factory=list)
    pictures: list[SessionPictures] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to its stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def follow(self, view_key: str, later: FollowUp) -> None:
        """Add to a session's pictures its maps of change, and to its photos without a better source what told the light."""
        entry = later.entry
        for place, picture in enumerate(self.pictures):
            if (picture.view_key, picture.session) == (view_key, entry.session):
                self.pictures[place] = replace(picture, changes=later.maps)
        for place, row in enumerate(self.photos):
            mine = (row.session, row.view, row.light) == (entry.session, entry.view, entry.light)
            if mine and row.color_source == "skin":
                self.photos[place] = replace(row, color_source=later.color_source)

    def result(self, subject: str) -> SubjectResult:
        """All of it; an error where no photo at all could be measured."""
        if not self.measurements:
            refusals = {reason for row in self.photos for reason in row.reasons}
            error = why("no_photo_measured", refusals=tuple(sorted(refusals, key=str)))
            return SubjectResult(subject, tuple(self.photos), error=(error,))
        return SubjectResult(
            subject,
            photos=tuple(self.photos),
            measurements=tuple(self.measurements),
            changes=tuple(self.changes),
            lesions=tuple(self.lesions),
            scores=tuple(self.scores),
            indices=tuple(self.indices),
            warnings=tuple(self.warnings),
            seconds=self.seconds,
        )
