"""How well one's own camera, light and operator repeat a measurement: from the replicates of a finished analysis."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.reasons import FILE, Reason, Said, in_words, read_said, why
from skinimg.measure.metrics import METRICS
from skinimg.output.tables import COLUMNS, write
from skinimg.repeatability.agreement import agreement, intervals
from skinimg.report import write_repeatability_report

ROW = ("view", "light", "region", "finding", "metric")
Shots = dict[tuple[str, ...], npt.NDArray[np.float64]]  # ROW -> (n, k)

_FEW = 10  # with 10 sessions of 2 shots the 95 % interval of an SEM is 0.70 to 1.75 times itself (chi-square, 10 df)


@dataclass(frozen=True)
class Outcome:
    """What the replicates of a study say. `table` : one row per view, light, region, finding and metric."""

    table: pd.DataFrame
    shots: Shots
    notes: tuple[Reason, ...]  # which photos were taken
    page: Path


def repeatability(out: Path, lang: str = "en") -> Outcome:
    """Agreement of the repeat shots in an `--out` folder of `analyze`; writes `repeatability.csv`, .parquet and .html.

    A target is one session of one person in one view and light. Sessions with a single shot say nothing and are left
    out; of the others the first k shots are taken, k being the number that all of them have.

    Raises
    ------
    StudyError
        No output of `analyze`; no session with two usable shots; replicates of fewer than two people.
    """
    measured = _read(out / "measurements.csv")
    shots: Shots = {}
    rows, notes = [], []
    for place, table in measured.groupby(["view", "light"], sort=False):
        repeated, note = _repeated(table)
        notes.append(why("of_place", place=" ".join(map(str, place)).removesuffix(" standard"), said=note))
        for names, mine in repeated.groupby(list(ROW), sort=False):
            key = tuple(map(str, names))
            row, values = _row(mine)
            rows.append(dict(zip(ROW, key, strict=True)) | row)
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
    found = pd.DataFrame(rows)
    write(found, out / "repeatability")
    page = write_repeatability_report(
        found, shots, notes, _said(out, found["missing"]), lang, out / "repeatability.html"
    )
    return Outcome(found, shots, tuple(notes), page)


def _read(path: Path) -> pd.DataFrame:
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
    if lacking := [name for name in COLUMNS["measurements"] if name not in table]:
        raise StudyError(f"{path} is no table of measurements", found=f"no column {', '.join(lacking)}")
    return table


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


def _said(out: Path, cells: pd.Series) -> Said:
    """What these cells of `missing` say; an analysis of an older version has no such file, and its words stay English."""
    known = read_said(out) if (out / FILE).exists() else {}
    return {
        cell: tuple(reason for part in cell.split("; ") for reason in known.get(part, ())) for cell in cells if cell
    }


def _row(mine: pd.DataFrame) -> tuple[dict[str, object], npt.NDArray[np.float64] | None]:
    """The figures of one metric in one region, or why there are none; and the (n, k) values behind them."""
    metric = METRICS[str(mine["metric"].iloc[0])]
    wide = mine.pivot(index=["subject", "session"], columns="shot", values="value").dropna()
    row: dict[str, object] = {
        "unit": metric.unit,
        "subjects": wide.index.get_level_values("subject").nunique(),
    }
    if row["subjects"] < 2:  # type: ignore[operator]
        reasons = sorted(set(mine.loc[mine["value"].isna(), "missing"]))
        return row | {**_BLANK, "n": len(wide), "missing": "; ".join(reasons)}, None
    values = wide.to_numpy(np.float64)
    figures = agreement(values, ratio_scale=not metric.needs_absolute_colour, load=metric.load)
    person = np.unique(wide.index.get_level_values("subject"), return_inverse=True)[1]
    ends = {
        f"{name}_{end}": v
        for name, both in intervals(values, person).items()
        for end, v in zip(_ENDS, both, strict=True)
    }
    return row | {**asdict(figures), **ends, "missing": ""}, values


_ENDS = ("low", "high")
_BLANK: Mapping[str, object] = {
    "n": 0,
    "k": 0,
    **dict.fromkeys(("mean", "icc_2_1", "icc_3_1", "sem_agreement", "sem_consistency", "cv_percent"), np.nan),
    **dict.fromkeys(("mdc95", "mdc95_percent", "bias", "loa_low", "loa_high"), np.nan),
    **{f"{name}_{end}": np.nan for name in ("icc_2_1", "icc_3_1", "sem_agreement") for end in _ENDS},
}


def headlines(table: pd.DataFrame) -> list[dict[str, str]]:
    """What a terminal of 80 columns can show: every metric over the whole view; the rest is in the table."""
    whole = table[table["region"].isin(("face", "patch")) & (table["missing"] == "")]
    places = whole["view"].where(whole["light"] == "standard", whole["view"] + " " + whole["light"])
    several = places.nunique() > 1
    return [
        ({"view": place} if several else {})
        | {
            "finding": str(r["finding"]),
            "metric": str(r["metric"]),
            "n x k": f"{r['n']} x {r['k']}",
            "ICC(2,1)": _with_interval(r),
            "CV %": _text(r["cv_percent"], ".1f"),
            "MDC95": f"{r['mdc95']:.3g} {'' if r['unit'] == '1' else r['unit']}",
            "MDC95 %": _text(r["mdc95_percent"], ".1f"),
        }
        for place, r in zip(places, whole.to_dict("records"), strict=True)
    ]


def _with_interval(row: Mapping[Hashable, float]) -> str:
    text = _text(row["icc_2_1"], ".2f")
    low, high = row["icc_2_1_low"], row["icc_2_1_high"]
    return text if np.isnan(low) else f"{text} ({low:.2f}-{high:.2f})"


def _text(value: float, form: str) -> str:
    return "-" if np.isnan(value) else format(value, form)
