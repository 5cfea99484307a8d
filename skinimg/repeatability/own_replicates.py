"""How well one's own camera, light and operator repeat a measurement: from the replicates of a finished analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.reasons import FILE, Reason, Said, in_words, read_said, told, why
from skinimg.measure.metrics import METRICS
from skinimg.output.tables import COLUMNS, write
from skinimg.repeatability.agreement import agreement, intervals
from skinimg.report import write_repeatability_report
from skinimg.report.agreement import RepeatabilityRow
from skinimg.report.verdicts import WHOLE
from skinimg.study import view_key

ROW = ("view", "light", "region", "finding", "metric")
_SESSION = ("subject", "session", "view", "light")
Shots = dict[tuple[str, ...], npt.NDArray[np.float64]]  # ROW -> (n, k)

_FEW = 10  # with 10 sessions of 2 shots the 95 % interval of an SEM is 0.70 to 1.75 times itself (chi-square, 10 df)


@dataclass(frozen=True)
class Repeats:
    """What the replicates of a study say. `rows` : one per view, light, region, finding and metric."""

    rows: tuple[RepeatabilityRow, ...]
    shots: Shots
    notes: tuple[Reason, ...]  # which photos were taken
    page: Path

    @property
    def table(self) -> pd.DataFrame:
        """As it is written."""
        return pd.DataFrame([vars(row) | {"missing": in_words(row.missing)} for row in self.rows])


def repeatability(out: Path, lang: str = "en") -> Repeats:
    """Agreement of the repeat shots in an `--out` folder of `analyze`; writes `repeatability.csv`, .parquet and .html.

    A target is one session of one person in one view and light. Sessions with a single shot say nothing and are left
    out; of the others the first k shots are taken, k being the number that all of them have. Of copies of one file only
    the first is a shot.

    Raises
    ------
    StudyError
        No output of `analyze`; no session with two usable shots; replicates of fewer than two people.
    """
    measured, copies = _without_copies(_read(out, "measurements"), _read(out, "photos"))
    said = read_said(out) if (out / FILE).exists() else {}
    shots: Shots = {}
    rows: list[RepeatabilityRow] = []
    notes: list[Reason] = [why("copies", count=copies)] if copies else []
    for place, table in measured.groupby(["view", "light"], sort=False):
        repeated, note = _repeated(table)
        notes.append(why("of_place", place="_".join(map(str, place)).removesuffix("_standard"), said=note))
        for names, mine in repeated.groupby(list(ROW), sort=False):
            key = tuple(map(str, names))
            row, values = _row(key, mine, said)
            rows.append(row)
            if values is not None:
                shots[key] = values
    if not rows:
        raise StudyError(
            f"{out} has nothing to tell repeatability from",
            found=in_words(notes),
            needed="two people or more, each with two usable shots of a session in the same view and light",
            next_step="Take repeat shots, the head put down and placed again between them, and number them in the "
            "column `replicate`.",
        )
    page = write_repeatability_report(rows, shots, notes, lang, out / "repeatability.html")
    outcome = Repeats(tuple(rows), shots, tuple(notes), page)
    write(outcome.table, out / "repeatability")
    return outcome


def _read(out: Path, name: str) -> pd.DataFrame:
    path = out / f"{name}.csv"
    try:
        table = pd.read_csv(
            path, dtype={"subject": str, "session": str}, keep_default_na=False, na_values={"value": ""}
        )
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{path.parent} is no output of `skinimg analyze`",
            found=f"no readable {path.name}",
            needed="the folder that was given as --out",
        ) from error
    if lacking := [column for column in COLUMNS[name] if column not in table]:
        raise StudyError(f"{path} is no table of {name}", found=f"no column {', '.join(lacking)}")
    return table


def _without_copies(measured: pd.DataFrame, photos: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The measurements without those of repeat shots whose file an earlier shot of the session has, and their number."""
    used = photos[photos["status"] != "rejected"].sort_values("replicate", kind="stable")
    copies = used[used.duplicated([*_SESSION, "sha256"])]
    shots = [*_SESSION, "replicate"]
    of_copy = pd.MultiIndex.from_frame(measured[shots]).isin(pd.MultiIndex.from_frame(copies[shots]))
    return measured[~of_copy], len(copies)


def _repeated(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Reason, ...]]:
    """Of one view and light, the first k shots of every session that has repeat shots, and what is said of that."""
    counts = table.groupby(["subject", "session"])["replicate"].nunique()
    counts = counts[counts >= 2]
    people = counts.index.get_level_values("subject").nunique()
    if people < 2:
        return table.iloc[:0], (why("few_repeated", people=int(people)),)
    k = int(counts.min())
    # Places, not numbers: a session whose shot 1 was refused is compared from shot 2 on.
    place = table.groupby(["subject", "session"])["replicate"].rank(method="dense").astype(int)
    has_repeats = pd.MultiIndex.from_frame(table[["subject", "session"]]).isin(counts.index)
    kept = table[has_repeats & (place <= k)].assign(shot=place)
    said = why("repeated", sessions=len(counts), people=int(people), shots=k)
    if counts.max() > k:
        said = why("first_shots", repeated=said, shots=k)
    rough = (why("rough", needed=_FEW),) if len(counts) * (k - 1) < _FEW else ()
    return kept, (said, *rough)


def _row(
    key: tuple[str, ...], mine: pd.DataFrame, said: Said
) -> tuple[RepeatabilityRow, npt.NDArray[np.float64] | None]:
    """The figures of one metric in one region, or why there are none; and the (n, k) values behind them.

    key : ROW
    """
    view, light, region, finding, name = key
    metric = METRICS[name]
    wide = mine.pivot(index=["subject", "session"], columns="shot", values="value").dropna()
    subjects = int(wide.index.get_level_values("subject").nunique())
    row = RepeatabilityRow(view, light, region, finding, name, metric.unit, subjects, n=len(wide), k=0)
    if subjects < 2:
        cells = sorted(set(mine.loc[mine["value"].isna(), "missing"]))
        return replace(row, missing=tuple(reason for cell in cells for reason in told(cell, said))), None
    values = wide.to_numpy(np.float64)
    figures = agreement(values, ratio_scale=not metric.needs_absolute_colour, load=metric.load)
    person = np.unique(wide.index.get_level_values("subject"), return_inverse=True)[1]
    ends: dict[str, Any] = {
        f"{figure}_{end}": float(v)
        for figure, both in intervals(values, person).items()
        for end, v in zip(("low", "high"), both, strict=True)
    }
    return replace(row, **vars(figures), **ends), values


def headlines(rows: Sequence[RepeatabilityRow]) -> list[dict[str, str]]:
    """What a terminal of 80 columns can show: every metric over the whole view; the rest is in the table."""
    whole = [row for row in rows if row.region in WHOLE and not row.missing]
    several = len({view_key(row) for row in whole}) > 1
    return [
        ({"view": view_key(row)} if several else {})
        | {
            "finding": row.finding,
            "metric": row.metric,
            "n x k": f"{row.n} x {row.k}",
            "ICC(2,1)": _with_interval(row),
            "CV %": _text(row.cv_percent, ".1f"),
            "MDC95": f"{row.mdc95:.3g} {'' if row.unit == '1' else row.unit}",
            "MDC95 %": _text(row.mdc95_percent, ".1f"),
        }
        for row in whole
    ]


def _with_interval(row: RepeatabilityRow) -> str:
    text, low, high = _text(row.icc_2_1, ".2f"), row.icc_2_1_low, row.icc_2_1_high
    return text if np.isnan(low) else f"{text} ({low:.2f}-{high:.2f})"


def _text(value: float, form: str) -> str:
    return "-" if np.isnan(value) else format(value, form)
