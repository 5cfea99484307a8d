"""The key of a blinded study: what undoes it, for names, visits, sides, arms, dates and instruments."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.files import write_text

STATED = ("arm", "arm_left", "arm_right", "age", "phototype", "site")  # of a person, in every row of a manifest
OTHER_SIDE = {"left": "right", "right": "left", "left45": "right45", "right45": "left45"}


@dataclass(frozen=True)
class Key:
    """Blinded name -> true name. The sides of `stated` and `visits` are the person's own.

    mirrored : blinded subjects whose photos were mirrored
    stated : blinded subject -> arms, age, ...
    visits : blinded subject -> blinded session -> date and instruments, in the order of the visits
    unblinded : when the key was used, ISO, UTC
    """

    subjects: dict[str, str]
    sessions: dict[str, str]
    mirrored: tuple[str, ...]
    stated: dict[str, dict[str, str]]
    visits: dict[str, dict[str, dict[str, str]]]
    unblinded: tuple[str, ...] = ()


def read_key(path: Path) -> Key:
    """Read a key.

    Raises
    ------
    StudyError
        It cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Key(**found | {name: tuple(found[name]) for name in ("mirrored", "unblinded")})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudyError(
            f"{path} is no key of `skinimg blind`", found=str(error), needed="the file that was given as blind --key"
        ) from error


def save_key(key: Key, path: Path) -> None:
    """Write a key; raises OSError."""
    write_text(path, json.dumps(asdict(key), indent=2, ensure_ascii=False) + "\n")


def use_key(path: Path) -> Key:
    """Read a key, and note in it that it was used, and when; raises StudyError as `read_key` does."""
    key = read_key(path)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    used = replace(key, unblinded=(*key.unblinded, now))
    save_key(used, path)
    return used


def true_names(table: pd.DataFrame, key: Key) -> pd.DataFrame:
    """A table of the blinded study with the people, visits and sides that they are, in the order of the visits.

    Raises
    ------
    StudyError
        The key does not belong to this study.
    """
    order = {(subject, v): k for subject, visits in key.visits.items() for k, v in enumerate(visits)}
    rows = list(zip(table["subject"], table["session"], strict=True))
    if strangers := sorted({f"{subject} {session}" for subject, session in rows if (subject, session) not in order}):
        raise StudyError("this is the key of another study", found=", ".join(strangers[:5]), needed="its own subjects")
    place = pd.Series([order[row] for row in rows], table.index, dtype="int64")
    true = table.assign(subject=table["subject"].map(key.subjects))
    for column in {"session", "baseline_session"} & set(table):
        true[column] = table[column].map(key.sessions)
    turned = table["subject"].isin(key.mirrored)
    for column in {"region", "view"} & set(table):
        true.loc[turned, column] = table.loc[turned, column].map(_other_side)
    return true.assign(place=place).sort_values(["subject", "place"], kind="stable").drop(columns="place")


def _other_side(name: str) -> str:
    """`left_cheek` -> `right_cheek`; what has no side stays."""
    side, _, rest = name.partition("_")
    return f"{OTHER_SIDE[side]}{'_' if rest else ''}{rest}" if side in OTHER_SIDE else name


def true_roster(roster: pd.DataFrame, key: Key) -> pd.DataFrame:
    """The blinded study's table with true names, and with the arms, dates and instruments that only the key knows.

    Raises
    ------
    StudyError
        The key does not belong to this study.
    """
    named = true_names(roster, key)
    blinded = roster.loc[named.index]
    table = _own_sides(named, blinded["subject"].isin(key.mirrored))
    for name in STATED:
        table[name] = [key.stated[s].get(name, "") for s in blinded["subject"]]
    stated = [key.visits[s][v] for s, v in zip(blinded["subject"], blinded["session"], strict=True)]
    for name in dict.fromkeys(name for visit in stated for name in visit):
        table[name] = [visit.get(name, "") for visit in stated]
    return table.reset_index(drop=True)


def _own_sides(table: pd.DataFrame, mirrored: pd.Series) -> pd.DataFrame:
    """What raters entered for the left of a mirrored photo is the person's right."""
    turned = table.copy()
    for left in [c for c in map(str, table) if c.startswith("m_") and c.endswith("_left")]:
        right = f"{left.removesuffix('_left')}_right"
        if right in table:
            turned.loc[mirrored, [left, right]] = table.loc[mirrored, [right, left]].to_numpy()
    return turned
