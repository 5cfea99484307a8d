"""The tables of truth/: what every metric is at every session, how much it changed, the lesions behind it, and who."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skinimg.base.findings import MASK_FINDINGS
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.painting import Painted
from skinimg.phantom.portrait import Sitter
from skinimg.phantom.series import TreatmentPlan
from skinimg.phantom.skin import Person
from skinimg.phantom.truth import Totals, skin_totals, values

Row = dict[str, object]
Moment = tuple[Painted, tuple[Lesion, ...]]  # skin at a session, and the lesions on it
Regions = npt.NDArray[np.bool_]  # (regions, h, w) of truth.sheet_regions
Known = dict[tuple[str, str, str], tuple[str, float | None, str]]  # region, finding, metric -> unit, value or reason

_LESION_COLUMNS = ("kind", "radius_mm", "length_mm", "melanin", "blood", "depth_mm")


@dataclass
class TruthTables:
    """Rows of truth/*.csv, filled subject by subject."""

    measurements: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    lesions: list[Row] = field(default_factory=list)
    subjects: list[Row] = field(default_factory=list)

    def add_subject(self, plan: TreatmentPlan, person: Person) -> None:
        """Who it is, and what was done."""
        self.subjects.append(
            {
                "subject": plan.subject,
                "phototype": person.phototype,
                "age": round(person.age_years),
                "sex": "male" if person.male else "female",
                "changed": int(not plan.treatment.is_null),
                **{f"effect_{name}": plan.treatment.effects.get(name, 0.0) for name in MASK_FINDINGS},
            }
        )

    def add_session(self, plan: TreatmentPlan, k: int, now: Known) -> None:
        """Every metric at session `k` (0 = the baseline)."""
        for (region, finding, metric), (unit, value, reason) in now.items():
            where = {"region": region, "finding": finding, "metric": metric}
            self.measurements.append(
                {
                    "subject": plan.subject,
                    "session": f"S{k + 1}",
                    **where,
                    "value": value,
                    "unit": unit,
                    "missing": reason,
                }
            )

    def add_changes(self, plan: TreatmentPlan, k: int, baseline: Known, now: Known) -> None:
        """How far every metric at session `k` is from the baseline; both of `compared`."""
        for (region, finding, metric), (unit, value, _) in now.items():
            start = baseline[region, finding, metric][1]
            change = None if value is None or start is None else value - start
            self.changes.append(
                {
                    "subject": plan.subject,
                    "session": f"S{k + 1}",
                    "region": region,
                    "finding": finding,
                    "metric": metric,
                    "unit": unit,
                    "baseline_session": "S1",
                    "days": (plan.dates[k] - plan.dates[0]).days,
                    "baseline": start,
                    "follow_up": value,
                    "change": change,
                    "change_percent": 100 * change / start if change is not None and start else None,
                }
            )

    def add_lesions(
        self, plan: TreatmentPlan, k: int, lesions: Sequence[Lesion], origin_mm: tuple[float, float]
    ) -> None:
        """The lesions of session `k`; origin_mm : chart point of the canvas's first pixel."""
        session = {"subject": plan.subject, "session": f"S{k + 1}"}
        for lesion in lesions:
            if lesion.finding and lesion.finding != "pores":  # thousands of pores say nothing one by one
                row = {name: getattr(lesion, name) for name in _LESION_COLUMNS}
                place = {"u_mm": origin_mm[0] + lesion.x_mm, "v_mm": origin_mm[1] + lesion.y_mm}
                self.lesions.append({**session, "finding": lesion.finding, "lesion": lesion.id, **place, **row})

    def write(self, folder: Path) -> None:
        """One CSV per table."""
        for name in ("measurements", "changes", "lesions", "subjects"):
            write_csv(folder / f"{name}.csv", getattr(self, name))


def keyed(totals: Totals) -> Known:
    """Every metric of the contract by region, finding and metric: its unit, and its value or why there is none."""
    return {(region, finding, m.id): (m.unit, value, reason) for region, finding, m, value, reason in values(totals)}


def compared(sitter: Sitter, regions: Regions, baseline: Moment, now: Moment) -> tuple[Known, Known]:
    """Every metric at two sessions as they are compared with each other."""
    sides = ((baseline, now[0]), (now, baseline[0]))
    before, after = (keyed(skin_totals(sitter, *moment, regions, other)) for moment, other in sides)
    return before, after


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """UTF-8, one line end, numbers in full: the same rows are the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    columns = list(rows[0]) if rows else ["subject"]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    path.write_bytes(text.getvalue().encode())
