"""What an analysis calls in a pair of photos of one unchanged face: every verdict of change is false."""

from __future__ import annotations

import cv2
import torch

from benchmarks.gate_tables import Called, Row, refused, row_of
from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import ReasonedError
from skinimg.base.records import Shot
from skinimg.base.results import Change
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.compare.change import own_noise
from skinimg.compare.follow_up import FollowUp, judged, paired
from skinimg.compare.multiplicity import CALLED
from skinimg.compare.photo_limits import EVERYTHING
from skinimg.compare.score import scores
from skinimg.model.segmenter import load_segmenter
from skinimg.output.notes import Notes
from skinimg.pipeline import Equipment, look


class Judge:
    """Analyses pair after pair with one network in memory, on one core, each pair as a study of its own."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        self._equipment = Equipment(load_segmenter(DEFAULT_WEIGHTS, "cpu", None), Settings())

    def baseline(self, entry: PhotoEntry) -> Shot:
        """The first photo, once for all its follow-ups."""
        return look(entry, None, self._equipment, Notes())

    def of(self, row: Row, first: Shot, entry: PhotoEntry) -> Row:
        """The row as an analysis has it, with what is called unless every finding is withheld."""
        try:
            shot = self.look(entry, first)
        except ReasonedError as error:
            return refused(row["who"], row["kind"], row["strength"], error)
        told = row_of(row["who"], row["kind"], row["strength"], shot.difference)
        if len(told["withheld"]) < len(EVERYTHING):
            told["called"] = self._called(first, shot)
        return told

    def look(self, entry: PhotoEntry, first: Shot) -> Shot:
        """A follow-up photo, against the first."""
        return look(entry, first, self._equipment, Notes())

    def changes(self, first: Shot, shot: Shot) -> tuple[FollowUp, list[Change]]:
        """All that an analysis says of the pair."""
        later = paired([first], [shot], self._equipment.settings)
        own = own_noise([later.pair]) if later.pair else {}
        return later, judged(first, later, own, {}, self._equipment.segmenter)

    def _called(self, first: Shot, shot: Shot) -> Called:
        segmenter = self._equipment.segmenter
        later, found = self.changes(first, shot)
        (overall,) = (s for s in scores(found, (), segmenter.noise.correlation) if s.finding == "overall")
        false = [c for c in found if c.verdict in CALLED]
        headlines = [c for c in found if c.role == "headline" and c.verdict != "not_assessable"]
        return Called(
            judged=sum(c.verdict != "not_assessable" for c in found),
            rows=[f"{c.region} {c.finding} {c.metric} {c.verdict}" for c in false],
            headlines={c.finding: round(c.percent, 1) for c in headlines if c.verdict in CALLED},
            overall=overall.verdict,
            percents={c.finding: round(c.percent, 1) for c in headlines},
            gain={name: round(value, 3) for name, value in later.plain.gain.items()},
            camera=later.camera_class,
        )
