"""The door to all benchmarks: `./scripts/bench NAME ...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.record import record

HERE = Path(__file__).parent


def names() -> list[str]:
    """Every module that can be run."""
    return sorted(path.stem for path in HERE.glob("*.py") if "\ndef main(" in path.read_text(encoding="utf-8"))


def run(name: str, arguments: Sequence[str], keep: bool = False) -> None:
    """Run benchmarks/NAME.py; where it returns figures they are printed as JSON.

    keep : append them to docs/benchmarks/history/NAME.jsonl
    Raises SystemExit where there is no such benchmark, or no figures to keep.
    """
    if name not in names():
        raise SystemExit(f"no benchmark {name!r}; there are {', '.join(names())}")
    sys.argv = [f"bench {name}", *arguments]
    figures = import_module(f"benchmarks.{name}").main()
    if figures is not None:
        print(json.dumps(figures, indent=2))
    if keep and figures is None:
        raise SystemExit(f"{name} returns no figures to keep: it writes its own page")
    if keep:
        print(f"kept in {record(name, arguments, figures)}", file=sys.stderr)
