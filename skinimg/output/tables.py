"""The output tables (docs/REFERENCE.md): rows as tables and back, and how tables are written: atomically, safe in a
spreadsheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO, TypeVar, get_type_hints

import pandas as pd

from skinimg.base.entries import PhotoEntry
from skinimg.base.files import atomic
from skinimg.base.photo_difference import PhotoDifference
from skinimg.base.reasons import Reason, Said, in_words, told
from skinimg.base.results import (
    ChangeRow,
    IndexRow,
    LesionRow,
    MeasurementRow,
    PhotoRow,
    Reasons,
    ScoreRow,
    SubjectResult,
)

Row = PhotoRow | MeasurementRow | ChangeRow | LesionRow | ScoreRow | IndexRow
AnyRow = TypeVar("AnyRow", PhotoRow, MeasurementRow, ChangeRow, LesionRow, ScoreRow, IndexRow)
TABLES: Mapping[str, type[Row]] = {
    "photos": PhotoRow,
    "measurements": MeasurementRow,
    "changes": ChangeRow,
    "lesions": LesionRow,
    "scores": ScoreRow,
    "indices": IndexRow,
}
_AS_CSV: dict[str, Any] = {"lineterminator": "\n", "float_format": "%.6g"}


def _fields(row: type[Row] | type[PhotoDifference], within: str = "") -> dict[str, tuple[str, Any]]:
    """Column -> path of the attribute that it holds, and its type; a photo's difference has a column for each number."""
    found: dict[str, tuple[str, Any]] = {}
    hints = get_type_hints(row)
    for field in fields(row):
        path, kind = within + field.name, hints[field.name]
        found |= _fields(PhotoDifference, f"{path}.") if kind is PhotoDifference else {field.name: (path, kind)}
    return found


_FIELDS = {row: _fields(row) for row in TABLES.values()}
_DIFFERENCES = tuple(_fields(PhotoDifference))
COLUMNS: dict[str, tuple[str, ...]] = {name: tuple(_FIELDS[row]) for name, row in TABLES.items()}


def frame(name: str, rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a table, with the columns and types of the contract also where there are none; reasons in English words."""
    columns = _FIELDS[TABLES[name]].items()
    return pd.DataFrame({column: _series(kind, map(attrgetter(path), rows)) for column, (path, kind) in columns})


def _series(kind: Any, cells: Iterable[Any]) -> pd.Series:
    """One type per column: text (never missing, empty instead), whole number, or number."""
    if kind is float:
        return pd.Series(list(cells), dtype="float64")
    if kind in (int, int | None):
        return pd.Series(list(cells), dtype="Int64")
    return pd.Series(list(map(in_words, cells) if kind == Reasons else cells), dtype="str")


def rows(kind: type[AnyRow], table: pd.DataFrame, said: Said) -> tuple[AnyRow, ...]:
    """The rows of a table that was read from disk.

    said : what its cells say, of the `reasons.json` beside it
    """
    columns = {column: _cells(hint, table[column], said) for column, (_, hint) in _FIELDS[kind].items()}
    return tuple(_row(kind, dict(zip(columns, cells, strict=True))) for cells in zip(*columns.values(), strict=True))


def _cells(kind: Any, column: pd.Series, said: Said) -> list[Any]:
    if kind is float:
        return column.astype("float64").tolist()
    if kind in (int, int | None):
        return [None if pd.isna(cell) else int(cell) for cell in column]
    return [told(cell, said) for cell in column] if kind == Reasons else column.tolist()


def _row(kind: type[AnyRow], cells: dict[str, Any]) -> AnyRow:
    if kind is PhotoRow:
        cells["difference"] = PhotoDifference(**{name: cells.pop(name) for name in _DIFFERENCES})
    return kind(**cells)


def said(result: SubjectResult) -> dict[str, Reasons]:
    """What the cells of a subject's tables say: their English words -> the reasons behind them."""
    return {in_words(reasons): reasons for reasons in dict.fromkeys((result.error, *_reasons(result))) if reasons}


def _reasons(result: SubjectResult) -> Iterator[tuple[Reason, ...]]:
    for name, kind in TABLES.items():
        for path in (path for path, hint in _FIELDS[kind].values() if hint == Reasons):
            yield from map(attrgetter(path), getattr(result, name))


_KEYS = ("subject", "session", "date", "view", "light", "replicate", "photo")
_STATED = ("arm", "arm_left", "arm_right", "treatment", "treatment_target", "site", "age", "phototype")


def roster_columns(photos: Iterable[PhotoEntry]) -> list[str]:
    """The columns of `roster` for a whole study: covariates and instruments are those that any photo has."""
    return list(dict.fromkeys(column for entry in photos for column in _stated(entry)))


def roster(photos: Iterable[PhotoEntry], columns: Sequence[str]) -> pd.DataFrame:
    """What the study states of photos, as text with the columns of a manifest: who is in which arm, and so on."""
    return pd.DataFrame([_stated(entry) for entry in photos], columns=list(columns)).fillna("").astype(str)


def _stated(entry: PhotoEntry) -> dict[str, str]:
    scale = "" if entry.mm_per_px is None else repr(entry.mm_per_px)
    row = {name: str(getattr(entry, name)) for name in _KEYS} | {"mm_per_px": scale}
    row |= {name: getattr(entry, name) for name in _STATED}
    return (
        row | {f"x_{k}": v for k, v in entry.covariates.items()} | {f"m_{k}": v for k, v in entry.instruments.items()}
    )


def write(table: pd.DataFrame, stem: Path) -> None:
    """`stem`.csv and `stem`.parquet, each through a temporary file, so that no reader ever sees half a table."""
    write_csv(table, stem.with_suffix(".csv"))
    _whole(stem.with_suffix(".parquet"), lambda path: path.write_bytes(table.to_parquet(index=False)))


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A CSV, whole or not at all; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    _whole(path, lambda p: _safe(table).to_csv(p, index=False, encoding="utf-8", **_AS_CSV))


def append_csv(table: pd.DataFrame, file: TextIO) -> None:
    """The rows of a table, without its header, at the end of an open CSV."""
    _safe(table).to_csv(file, index=False, header=False, **_AS_CSV)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _safe(table: pd.DataFrame) -> pd.DataFrame:
    """The table with text that a spreadsheet runs no part of."""
    safe = table.copy()
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            values = safe[column].astype(str)
            if risky := [text for text in values.unique() if str(text).startswith(_FORMULA)]:
                safe[column] = values.where(~values.isin(risky), "'" + values)
    return safe


def _whole(target: Path, save: Callable[[Path], object]) -> None:
    with atomic(target) as partial:
        save(partial)
