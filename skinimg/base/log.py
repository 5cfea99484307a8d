"""`log.jsonl`: what was done to a folder of results, one line a run, each sealed with the hash of the line before.

A line that is changed, removed or put in between breaks the chain from there on. A new chain written over the whole
file is not seen: keep the last hash elsewhere where that matters. No line names a person or a photo.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from skinimg.base.errors import StudyError
from skinimg.base.provenance import file_sha256, versions

LOG = "log.jsonl"
_START = "0" * 64


def append_log(out: Path, action: str, details: Mapping[str, object]) -> str:
    """Add a line with the hashes of the tables in `out`, on the disk when this returns; returns its hash.

    Raises
    ------
    StudyError
        The log was altered, so nothing may be chained to it.
    OSError
        The log cannot be written.
    """
    lines = check_log(out)
    record = {
        "number": len(lines) + 1,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "action": action,
        "versions": versions(),
        **details,
        "tables": {path.name: file_sha256(path) for path in sorted(out.glob("*.csv"))},
        "before": lines[-1]["hash"] if lines else _START,
    }
    record["hash"] = _seal(record)
    with (out / LOG).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return str(record["hash"])


def check_log(out: Path) -> list[dict[str, object]]:
    """The lines of the log in `out`, oldest first; empty where there is none.

    Raises
    ------
    StudyError
        A line was changed, removed or cut; it says which.
    """
    try:
        text = (out / LOG).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{LOG} cannot be read", found=str(error)) from error
    records: list[dict[str, object]] = []
    for number, line in enumerate(text.splitlines(), 1):
        record = _parsed(line)
        before = records[-1]["hash"] if records else _START
        if record.get("before") != before or record.get("hash") != _seal(record) or record.get("number") != number:
            raise StudyError(
                f"line {number} of {LOG} was altered, or one before it was removed",
                found="a hash that does not fit",
                needed="an unbroken chain",
                next_step="Restore the folder from a copy, or analyse into a new one.",
            )
        records.append(record)
    return records


def _parsed(line: str) -> dict[str, object]:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _seal(record: Mapping[str, object]) -> str:
    content = {name: value for name, value in record.items() if name != "hash"}
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
