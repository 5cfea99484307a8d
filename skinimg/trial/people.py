"""Who took part, and in which arm: from the table of photos that an analysis was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.study.columns import named
from skinimg.study.names import clean_name
from skinimg.study.rows import arms_spelt_twice
from skinimg.study.spreadsheet import read_sheet
from skinimg.trial.plan import Plan, require

SIDES = ("left", "right")
_ARM_COLUMNS = ("arm", "arm_left", "arm_right")


@dataclass(frozen=True)
class Allocation:
    """Allocation. `places` : subject, arm, side (`left`, `right`, or empty), sorted."""

    places: pd.DataFrame
    arms: tuple[str, ...]
    without_arm: tuple[str, ...]  # subjects of whom no arm is stated
    other_arms: dict[str, str]  # subject -> arm, of those whose arm is not compared


def read_roster(folder: Path, manifest: Path | None = None) -> pd.DataFrame:
    """The study's table, all cells text: `manifest` if given, else `study.csv` or `manifest.csv` in `folder`.

    Raises
    ------
    StudyError
        There is none, or it is no table of subjects and sessions, a photo comes twice, or an arm is spelt in two ways.
    """
    path = manifest or next((p for n in ("study.csv", "manifest.csv") if (p := folder / n).is_file()), None)
    if path is None:
        raise StudyError(
            f"{folder} does not say who was in which arm",
            found="no study.csv",
            needed="the table of the study, with arms",
            next_step="Name it with --manifest FILE, or run `skinimg analyze` again.",
        )
    sheet = read_sheet(path, [], ("subject", "session"))
    table = pd.DataFrame([cells for _, cells in sheet.rows], columns=named(sheet.columns), dtype=str)
    if lacking := [name for name in ("subject", "session") if name not in table]:
        raise StudyError(f"{path.name} is no table of a study", found=f"no column {', '.join(lacking)}")
    for name in ("subject", "session"):  # as `analyze` wrote them into its tables
        table[name] = table[name].map(clean_name)
    _refuse_twice(table, path)
    numbers = [number for number, _ in sheet.rows]
    arms = [(n, arm) for name in _ARM_COLUMNS if name in table for n, arm in zip(numbers, table[name], strict=True)]
    if faults := arms_spelt_twice(arms):
        raise StudyError(f"{path.name}: {faults[0]}")
    for name in (*_ARM_COLUMNS, "date", "age", "phototype", "site"):
        if name not in table:
            table[name] = ""
    return table.apply(lambda column: column.str.replace(r"^'(?=[=+\-@])", "", regex=True))


def stated(roster: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row for each of `keys`, with what any of its rows states: not everybody fills every row."""
    return roster.where(roster != "").groupby(keys, sort=False, as_index=False).first().fillna("")


def _refuse_twice(table: pd.DataFrame, path: Path) -> None:
    """A photo that is listed twice would count its instruments and graders twice."""
    key = [name for name in ("subject", "session", "photo") if name in table]
    twice = table[table.duplicated(key)] if "photo" in key else table[:0]
    if len(twice):
        raise StudyError(
            f"{path.name} has rows that come twice",
            found=f"{len(twice)}, such as {' '.join(twice.iloc[0][key])}",
            needed="each photo once",
            next_step="Take the second rows out.",
        )


def allocate(roster: pd.DataFrame, plan: Plan) -> Allocation:
    """Who is in which arm.

    Raises
    ------
    StudyError
        No arms for this design; a subject in two arms, a side whose arm changes, one arm on both sides.
    SettingsError
        An arm that nobody is in, with the nearest name.
    """
    subjects = sorted(set(roster["subject"]))  # so that no figure depends on the order of the rows
    if plan.design == "split-face":
        of_side = {side: _one_each(roster, f"arm_{side}") for side in SIDES}
        _refuse_same_arm(of_side)
        rows = [(s, of_side[side][s], side) for s in subjects for side in SIDES if of_side[side].get(s)]
    else:
        arms = _one_each(roster, "arm")
        rows = [(s, arms[s], "") for s in subjects if arms.get(s)]
        if plan.design == "single-arm" and not plan.arms:
            rows = [(s, arms.get(s) or "all", "") for s in subjects]
    places = pd.DataFrame(rows, columns=["subject", "arm", "side"], dtype=str)
    known = sorted(set(places["arm"]))
    if not known:
        raise _no_arms(roster, plan)
    if plan.design != "single-arm" and len(known) < 2:
        raise StudyError("the study has one arm only", found=known[0], needed="two", next_step="See single-arm.")
    for arm in plan.arms:
        require(arm, known, "arm")
    if plan.design == "single-arm" and not plan.arms:
        places["arm"] = "all"
    kept = plan.arms or ("all",)
    named = set(places["subject"])
    mine = places[places["arm"].isin(kept)].reset_index(drop=True)
    others = places[~places["subject"].isin(set(mine["subject"]))].groupby("subject")["arm"].agg(" / ".join)
    return Allocation(mine, kept, tuple(s for s in subjects if s not in named), dict(others))


def _one_each(roster: pd.DataFrame, column: str) -> dict[str, str]:
    """subject -> arm; a blank cell says nothing."""
    stated = roster.loc[roster[column] != "", ["subject", column]].drop_duplicates()
    twice = stated[stated["subject"].duplicated(keep=False)]
    if len(twice):
        people = {str(s): " and ".join(sorted(g[column])) for s, g in twice.groupby("subject", sort=False)}
        what = "a subject is in two arms" if column == "arm" else "the sides of a face were swapped between sessions"
        raise StudyError(
            what,
            found="; ".join(f"{column} of {s}: {arms}" for s, arms in list(people.items())[:5]),
            needed="the same arm in every row of a subject",
        )
    return dict(zip(stated["subject"], stated[column], strict=True))


def _refuse_same_arm(stated: dict[str, dict[str, str]]) -> None:
    left, right = stated["left"], stated["right"]
    same = [s for s, arm in left.items() if right.get(s) == arm]
    if same:
        raise StudyError(
            "both sides of a face have the same arm",
            found=", ".join(f"{s}: {left[s]}" for s in same[:5]),
            needed="one arm on each side",
        )


def _no_arms(roster: pd.DataFrame, plan: Plan) -> StudyError:
    column = "arm_left and arm_right" if plan.design == "split-face" else "arm"
    filled: Sequence[str] = [name for name in _ARM_COLUMNS if (roster[name] != "").any()]
    other = "parallel" if plan.design == "split-face" else "split-face"
    return StudyError(
        f"the study states no arms for the design {plan.design}",
        found=f"{' and '.join(filled)} filled" if filled else "no arms",
        needed=f"the column {column}",
        next_step=f"Did you mean --design {other}?" if filled else "Fill it in the manifest, and give --manifest FILE.",
    )
