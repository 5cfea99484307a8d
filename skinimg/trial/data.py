"""One row per person, arm, visit and endpoint: with a change, or with the reason for none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.findings import HEADLINE, VIEWS
from skinimg.base.reasons import Reason, why
from skinimg.measure.metrics import METRICS
from skinimg.trial.key import Key, true_names
from skinimg.trial.people import SIDES, Allocation
from skinimg.trial.plan import Plan, require

_KEY = ("subject", "region", "finding", "metric", "session")
_CHUNK = 200_000  # rows of changes.csv in memory at a time
COLUMNS = (
    *("subject", "arm", "side", "visit", "endpoint", "region", "unit", "days"),
    *("baseline", "follow_up", "change", "mdc95", "reason"),
)


@dataclass(frozen=True)
class Data:
    """`rows` : COLUMNS. `visits` : in order, without the baseline. `photos` : photos.csv. `limits` : of what they tell."""

    rows: pd.DataFrame
    visits: tuple[str, ...]
    endpoints: tuple[str, ...]
    photos: pd.DataFrame
    limits: tuple[Reason, ...]


def read_data(folder: Path, roster: pd.DataFrame, people: Allocation, plan: Plan, key: Key | None = None) -> Data:
    """The changes of everybody in the compared arms, every expected visit with a row; with `key`, under true names.

    Raises
    ------
    StudyError
        No output of `analyze`; rows that come twice; nothing of the region.
    SettingsError
        An endpoint or visit that the study lacks, with the nearest name.
    """
    photos = _table(folder / "photos.csv", ("subject", "session", "status"))
    if key is not None:
        photos = _dated(true_names(photos, key), roster)
    changes, limits = select_changes(folder / "changes.csv", plan, key)
    visits = _visits(photos, roster, people)
    if not visits:
        raise StudyError("nobody came back", found="one session of each subject", needed="a baseline and a follow-up")
    if plan.visit:
        require(plan.visit, visits, "visit")
    measured = _measured(changes, people, plan)
    baseline = dict(photos.drop_duplicates("subject")[["subject", "session"]].to_numpy())
    graded = _graded(roster, people, baseline)
    found = (
        pd.concat([t for t in (measured, graded) if len(t)], ignore_index=True)
        if len(measured) + len(graded)
        else measured
    )
    endpoints = tuple(dict.fromkeys((*plan.endpoints, *found["endpoint"])))
    for endpoint in plan.endpoints:
        require(endpoint, sorted(set(found["endpoint"])), "endpoint")
    return Data(_expected(found, people, visits, endpoints), visits, endpoints, photos, tuple(limits))


def _table(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise _no_output(path) from error
    if lacking := [name for name in needed if name not in table]:
        raise StudyError(f"{path} is no table of an analysis", found=f"no column {', '.join(lacking)}")
    return _plain(table)


def _dated(photos: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
    """Photos with the dates of the study's table: blinded ones have none."""
    dates = {(s, v): d for s, v, d in zip(roster["subject"], roster["session"], roster["date"], strict=True)}
    return photos.assign(date=[dates.get(k, "") for k in zip(photos["subject"], photos["session"], strict=True)])


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Without the apostrophe that keeps a spreadsheet from running text."""
    return table.apply(lambda column: column.str.replace(r"^'(?=[=+\-@])", "", regex=True))


def _no_output(path: Path) -> StudyError:
    return StudyError(
        f"{path.parent} is no output of `skinimg analyze`",
        found=f"no readable {path.name}",
        needed="the folder that was given as --out",
    )


def regions_of(plan: Plan) -> dict[str, str]:
    """region of the table -> side."""
    if plan.design != "split-face":
        return {plan.region: ""}
    stem = "side" if plan.region == "face" else plan.region
    return {f"{side}_{stem}": side for side in SIDES}


def select_changes(path: Path, plan: Plan, key: Key | None = None) -> tuple[pd.DataFrame, list[Reason]]:
    """Rows of the regions, in standard light and one view; read in pieces, so that any study fits in memory."""
    wanted, seen, kept = set(regions_of(plan)), set[str](), []
    try:
        for piece in pd.read_csv(path, dtype=str, keep_default_na=False, chunksize=_CHUNK):
            rows = piece if key is None else true_names(piece, key)
            seen |= set(rows["region"])
            kept.append(rows[rows["region"].isin(wanted) & (rows["light"] == "standard")])
    except (OSError, ValueError, KeyError) as error:
        raise _no_output(path) from error
    table = _plain(pd.concat(kept, ignore_index=True)) if kept else pd.DataFrame(columns=["view", *_KEY])
    for region in wanted:
        require(region, sorted(seen), "region")
    views = [view for view in VIEWS if view in set(table["view"])]
    limits = []
    if len(views) > 1:
        limits.append(why("one_view_of", views=", ".join(views), view=views[0]))
    table = table[table["view"] == views[0]] if views else table
    twice = table[table.duplicated(list(_KEY))]
    if len(twice):
        row = twice.iloc[0]
        raise StudyError(
            f"{path.name} has rows that come twice",
            found=f"{len(twice)}, such as {' '.join(row[list(_KEY)])}",
            needed="each change once",
            next_step="Run `skinimg analyze` again.",
        )
    return table, limits


def _visits(photos: pd.DataFrame, roster: pd.DataFrame, people: Allocation) -> tuple[str, ...]:
    """Sessions after the baseline, by their mean place in each subject's own order (photos.csv has that order)."""
    mine = photos[photos["subject"].isin(set(people.places["subject"]))].drop_duplicates(["subject", "session"])
    if not len(mine):
        raise StudyError(
            "none of the subjects with an arm was analysed",
            found=f"{', '.join(sorted(set(photos['subject']))[:3])} in photos.csv",
            needed=f"{', '.join(sorted(set(roster['subject']))[:3])}, as in the study's table",
        )
    place = mine.groupby("subject").cumcount()
    order = place.groupby(mine["session"]).mean().sort_values(kind="stable")
    return tuple(str(name) for name, mean in order.items() if mean > 0)


def _measured(changes: pd.DataFrame, people: Allocation, plan: Plan) -> pd.DataFrame:
    """The declared metrics and the headline of every finding."""
    if not len(changes):
        return pd.DataFrame(columns=list(COLUMNS))
    table = changes.assign(
        endpoint=changes["finding"] + "." + changes["metric"],
        side=changes["region"].map(regions_of(plan)),
        visit=changes["session"],
    )
    wanted = {*plan.endpoints, *(f"{finding}.{metric}" for finding, metric in HEADLINE.items())}
    table = table[table["endpoint"].isin(wanted)].merge(people.places, on=["subject", "side"])
    for name in ("baseline", "follow_up", "change", "mdc95", "days"):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    refused = ~told_a_change(table)
    unsaid = np.where(table["change"].isna(), "no value", "")
    table["reason"] = np.where(refused, table["reason"].where(table["reason"] != "", "not assessable"), unsaid)
    table.loc[table["reason"] != "", "change"] = np.nan
    return table[list(COLUMNS)]


def told_a_change(table: pd.DataFrame) -> pd.Series:
    """Which rows of changes.csv tell a change: also those that have no verdict only because neither way is better.

    Without these a trial of the colour of skin would keep the people whom nothing changed, and no others.
    """
    return (table["verdict"] != "not_assessable") | (table["reason"] == str(why("no_direction")))


def _graded(roster: pd.DataFrame, people: Allocation, baseline: dict[str, str]) -> pd.DataFrame:
    """Instruments and graders: `m_NAME`, of the sides of a face `m_NAME_left` and `m_NAME_right`."""
    sides = set(people.places["side"])
    names = [c for c in roster.columns if c.startswith("m_")]
    if sides & set(SIDES):
        names = sorted({c.removesuffix("_left") for c in names if c.endswith("_left")})
    parts = [_instrument(roster, people, name, baseline) for name in names]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _instrument(roster: pd.DataFrame, people: Allocation, name: str, baseline: dict[str, str]) -> pd.DataFrame:
    rows = []
    for side in dict.fromkeys(people.places["side"]):
        column = f"{name}_{side}" if side else name
        if column not in roster:
            continue
        values = pd.to_numeric(roster[column].str.replace(",", "."), errors="coerce")
        each = roster.assign(value=values).groupby(["subject", "session"], sort=False)["value"].mean().reset_index()
        begins = each["session"].eq(each["subject"].map(baseline))
        opening = each.loc[begins].set_index("subject")["value"]
        later = each[~begins].assign(baseline=each["subject"].map(opening), side=side)
        rows.append(later.rename(columns={"session": "visit", "value": "follow_up"}))
    table = pd.concat(rows, ignore_index=True).merge(people.places, on=["subject", "side"])
    table = table.assign(endpoint=name, region="", unit="", days=np.nan, mdc95=np.nan)
    table["change"] = table["follow_up"] - table["baseline"]
    table["reason"] = np.where(table["change"].isna(), "no value", "")
    return table[list(COLUMNS)]


def _expected(found: pd.DataFrame, people: Allocation, visits: Sequence[str], endpoints: Sequence[str]) -> pd.DataFrame:
    """Every person at every visit, whether there is a row or not."""
    grid = people.places.merge(pd.DataFrame({"visit": list(visits)}), how="cross")
    grid = grid.merge(pd.DataFrame({"endpoint": list(endpoints)}), how="cross")
    whole = grid.merge(found, on=["subject", "arm", "side", "visit", "endpoint"], how="left")
    whole["reason"] = whole["reason"].fillna("no photo of this visit")
    return whole[list(COLUMNS)]


def is_load(endpoint: str) -> bool:
    """Whether the endpoint is an amount, whose ratio means something."""
    return not endpoint.startswith("m_") and METRICS[endpoint.split(".", 1)[1]].load


def better(endpoint: str) -> str:
    """Which direction is an improvement: lower, higher or none (unknown of instruments)."""
    return "none" if endpoint.startswith("m_") else METRICS[endpoint.split(".", 1)[1]].better
