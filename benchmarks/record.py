"""What is kept of a run of a benchmark: its figures, with versions and hardware, as one line of JSON per run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from skinimg.base.provenance import versions

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "docs" / "benchmarks" / "history"


def machine() -> dict[str, object]:
    """Processor, cores, the load of the last minute; a loaded machine makes times worthless."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return {"cpu": model, "cores": os.cpu_count(), "load_1_min": round(os.getloadavg()[0], 1)}


def record(name: str, arguments: Sequence[str], figures: Any, history: Path = HISTORY) -> Path:
    """Append a run to the benchmark's history and return the file."""
    line = {
        "arguments": list(arguments),
        "commit": _commit(),
        "machine": machine(),
        "versions": versions(),
        "figures": figures,
    }
    history.mkdir(parents=True, exist_ok=True)
    path = history / f"{name}.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def _commit() -> str:
    """The commit of the checkout, marked where files differ from it; empty outside of one."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip()
