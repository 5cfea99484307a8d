"""What is collected about a subject on the way through the stages, and how it becomes a result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pandas as pd

from skinimg.base.reasons import Reason, why
from skinimg.base.results import SessionPictures, SubjectFailure, SubjectResult
from skinimg.compare.follow_up import FollowUp
from skinimg.output import tables


@dataclass
class Notes:
    """Rows of the tables of one subject, its pictures, and the seconds that each stage took."""

    photos: list[tables.Row] = field(default_factory=list)
    measurements: list[tables.Row] = field(default_factory=list)
    changes: list[tables.Row] = field(default_factory=list)
    scores: list[tables.Row] = field(default_factory=list)
    indices: list[tables.Row] = field(default_factory=list)
    lesions: list[pd.DataFrame] = field(default_factory=list)
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
        for row in self.photos:
            mine = (row["session"], row["view"], row["light"]) == (entry.session, entry.view, entry.light)
            if mine and row["color_source"] == "skin":
                row["color_source"] = later.color_source

    def result(self, subject: str) -> SubjectResult | SubjectFailure:
        """The tables; a failure where no photo at all could be measured."""
        photos = tables.frame("photos", self.photos)
        said = tables.said([*self.photos, *self.measurements, *self.changes, *self.scores, *self.indices])
        if not self.measurements:
            refusals = {reason for reasons in said.values() for reason in reasons}
            error = why("no_photo_measured", refusals=tuple(sorted(refusals, key=str)))
            return SubjectFailure(subject, str(error), photos, {str(error): (error,), **said})
        lesions = [table for table in self.lesions if len(table)]
        return SubjectResult(
            subject,
            photos,
            tables.frame("measurements", self.measurements),
            tables.frame("changes", self.changes),
            tables.typed(pd.concat(lesions, ignore_index=True)) if lesions else tables.frame("lesions", []),
            tables.frame("scores", self.scores),
            tables.frame("indices", self.indices),
            tuple(self.warnings),
            self.seconds,
            said,
        )
