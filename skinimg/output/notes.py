"""What is collected about a subject on the way through the stages, and how it becomes a result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pandas as pd

from skinimg.base.entries import PhotoEntry
from skinimg.base.records import FloatArray, SessionPictures, SubjectFailure, SubjectResult
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
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to its stage."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def tell_colour(self, entry: PhotoEntry, source: str) -> None:
        """Say what a later session's light was told by, in the rows of its photos that have no better source."""
        for row in self.photos:
            mine = (row["session"], row["view"], row["light"]) == (entry.session, entry.view, entry.light)
            if mine and row["color_source"] == "skin":
                row["color_source"] = source

    def show_changes(self, view_key: str, session: str, maps: dict[str, FloatArray]) -> None:
        """Put the maps of change beside the pictures of their session."""
        for place, picture in enumerate(self.pictures):
            if (picture.view_key, picture.session) == (view_key, session):
                self.pictures[place] = replace(picture, changes=maps)

    def result(self, subject: str) -> SubjectResult | SubjectFailure:
        """The tables; a failure where no photo at all could be measured."""
        photos = tables.frame("photos", self.photos)
        if not self.measurements:
            reasons = "; ".join(sorted({str(row["reasons"]) for row in self.photos}))
            return SubjectFailure(subject, f"no photo could be measured: {reasons}", photos)
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
        )
