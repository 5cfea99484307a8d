"""The tables of a whole study, written and read one subject after the other: memory does not grow with the study.

CSV is appended; Parquet gets a row group whenever enough rows, or enough whole subjects, have come together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from skinimg.base.files import atomic
from skinimg.base.reasons import FILE, Said, as_data
from skinimg.base.results import PhotoRow, ScoreRow, SubjectOverview
from skinimg.output import tables

GROUP_ROWS = 5_000  # of a row group: a few megabytes in memory
_GROUP_FRAMES = 200  # a frame of two rows takes 40 KB, whatever its rows hold
Add = Callable[[str, pd.DataFrame], None]  # name of a table, rows of one or more whole subjects


class _Appended:
    """One table, as CSV and Parquet; rows wait until there are enough for a row group."""

    def __init__(self, header: pd.DataFrame, csv: Path, parquet: Path, *, opened: ExitStack) -> None:
        """header : a table with the columns and types of this one, whose rows are not written"""
        self._schema = pa.Table.from_pandas(header, preserve_index=False).schema
        self._csv = opened.enter_context(csv.open("w", encoding="utf-8", newline=""))
        self._parquet = pq.ParquetWriter(parquet, self._schema)
        opened.callback(self._close)
        self._waiting: list[pd.DataFrame] = []
        self._rows = 0
        header[:0].to_csv(self._csv, index=False, lineterminator="\n")

    def _close(self) -> None:
        try:
            self._parquet.close()
        finally:
            self._parquet.is_open = False  # where closing failed, the collector would try again, and complain aloud

    def add(self, rows: pd.DataFrame) -> None:
        if len(rows):
            self._waiting.append(rows)
            self._rows += len(rows)
        if self._rows >= GROUP_ROWS or len(self._waiting) >= _GROUP_FRAMES:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            rows = pd.concat(self._waiting, ignore_index=True)
            self._waiting, self._rows = [], 0
            tables.append_csv(rows, self._csv)
            self._parquet.write_table(pa.Table.from_pandas(rows, self._schema, preserve_index=False))


@contextmanager
def study_tables(out: Path, headers: Mapping[str, pd.DataFrame]) -> Iterator[Add]:
    """Write `NAME.csv` and `NAME.parquet` for each of `headers`; all appear when the block ends well, or none.

    headers : name -> a table with the columns and types of this one, whose rows are not written

    Raises
    ------
    OSError
        The disk refused.
    """
    with ExitStack() as files:
        paths = {
            name: [files.enter_context(atomic(out / f"{name}{suffix}")) for suffix in (".csv", ".parquet")]
            for name in headers
        }
        with ExitStack() as opened:  # closed before the first file takes its name
            appended = {name: _Appended(headers[name], *paths[name], opened=opened) for name in headers}
            yield lambda name, rows: appended[name].add(rows)
            for table in appended.values():
                table.flush()


@contextmanager
def study_said(out: Path) -> Iterator[Callable[[Said], None]]:
    """Write `reasons.json` of a study, each sentence once, in the order in which they come. Raises OSError."""
    seen: set[int] = set()  # hashes: sentences are long
    with atomic(out / FILE) as partial, partial.open("w", encoding="utf-8") as file:

        def add(said: Said) -> None:
            for text, reasons in as_data({t: r for t, r in said.items() if hash(t) not in seen}).items():
                entry = f"{json.dumps(text, ensure_ascii=False)}: {json.dumps(reasons, ensure_ascii=False)}"
                file.write(f"{',' if seen else '{'}\n{entry}")
                seen.add(hash(text))

        yield add
        file.write("\n}\n" if seen else "{}\n")


def without_subject(subject: str, out: Path) -> None:
    """Write the tables of a finished run, and what it states of its photos, without a subject. Raises OSError."""
    stated = pd.DataFrame([dict.fromkeys(pq.read_schema(out / "study.parquet").names, "")])
    names = headers() | {"study": stated}
    with study_tables(out, names) as add:
        for name in names:
            for rows in groups(out / f"{name}.parquet"):
                add(name, rows[rows["subject"] != subject])


def groups(path: Path) -> Iterator[pd.DataFrame]:
    """A table piece by piece, of which one row group is in memory."""
    with pq.ParquetFile(path) as file:
        for k in range(file.num_row_groups):
            yield file.read_row_group(k).to_pandas()


def headers() -> dict[str, pd.DataFrame]:
    """Of the tables of the contract."""
    return {name: tables.frame(name, []) for name in tables.COLUMNS}


class StudyFrames(Mapping[str, pd.DataFrame]):
    """The tables of a finished run, each read from its file when it is asked for."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in tables.COLUMNS:
            raise KeyError(name)
        return pd.read_parquet(self._out / f"{name}.parquet")

    def __iter__(self) -> Iterator[str]:
        return iter(tables.COLUMNS)

    def __len__(self) -> int:
        return len(tables.COLUMNS)


def by_subject(out: Path) -> Iterator[SubjectOverview]:
    """What the overview shows of each subject of a finished run, in the order of the tables; reasons as their words."""
    none = tables.frame("scores", [])
    scores = _by_subject(out / "scores.parquet")
    ahead = next(scores, ("", none))
    for subject, photos in _by_subject(out / "photos.parquet"):
        mine = none
        if ahead[0] == subject:
            mine, ahead = ahead[1], next(scores, ("", none))
        yield SubjectOverview(subject, tables.rows(PhotoRow, photos, {}), tables.rows(ScoreRow, mine, {}))


def _by_subject(path: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """(subject, its rows) of a table; a subject may go on in the next row group."""
    rest = pq.read_schema(path).empty_table().to_pandas()
    for piece in groups(path):
        rows = pd.concat([rest, piece], ignore_index=True) if len(rest) else piece
        last = rows["subject"].iloc[-1]
        rest = rows[rows["subject"] == last]
        yield from ((str(s), g) for s, g in rows[rows["subject"] != last].groupby("subject", sort=False))
    if len(rest):
        yield str(rest["subject"].iloc[0]), rest
