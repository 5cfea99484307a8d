"""The layout of DESIGN.md 3: imports only go down, stages know records and never each other, doors stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "skinimg"

# A module may import from lower floors. Within floors 0 and 1, order matters little; on floor 2 stages stay apart,
# except for those listed below it.
FLOORS = {
    0: {"errors", "findings", "settings", "entries", "records", "shipped"},
    1: {
        *("photo", "photo_header", "icc", "colour", "smooth", "optics", "quality", "calibrate"),
        *("face", "frame", "metrics", "model", "agreement", "cells", "indices"),
    },
    2: {
        *("study", "observe", "segment", "align", "objects", "measure", "comparable", "track", "change", "score"),
        *("tables", "notes", "artifacts", "report", "provenance", "phantom", "training"),
    },
    3: {
        "pipeline",
        "null_study",
        "engine",
        "run",
        "terminal",
        "cli",
        "cli_models",
        "repeatability",
        "__init__",
        "__main__",
    },
}
# Floor 2 modules that others of floor 2 may use, with the reason.
SHARED_ON_FLOOR_2 = {
    ("tables", "score"): "a row is made of a score",
    ("notes", "tables"): "notes become tables",
    ("artifacts", "align"): "frame.npz is the alignment written down",
    ("phantom", "measure"): "truth is summed by the code that sums predictions",
    ("phantom", "objects"): "truth is summed by the code that sums predictions",
    ("phantom", "tables"): "truth has the contract's columns",
    ("training", "phantom"): "phantoms are training data",
    ("training", "segment"): "evaluation runs the segmenter",
    ("training", "observe"): "training photos are seen as measured ones are",
    ("training", "study"): "a data set may have a manifest",
    ("training", "provenance"): "duplicates are found by hash, and an evaluation says what it was made of",
    ("training", "tables"): "the tables of an evaluation are written as all others are",
    ("training", "report"): "the page of an evaluation looks like the other pages",
}
MODULES = {name: floor for floor, names in FLOORS.items() for name in names}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "skinimg":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {
                a.name.split(".")[1] if "." in a.name else "" for a in node.names if a.name.split(".")[0] == "skinimg"
            }
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_only_go_down(path: Path) -> None:
    here = module_of(path)
    assert here in MODULES, f"{here} has no floor yet: enter it in FLOORS"
    for other in imports_of(path) - {here}:
        assert other in MODULES, f"{path.name} imports skinimg.{other}, which has no floor"
        up = MODULES[other] > MODULES[here]
        across = MODULES[other] == MODULES[here] == 2 and (here, other) not in SHARED_ON_FLOOR_2
        assert not up, f"{here} (floor {MODULES[here]}) imports {other} (floor {MODULES[other]})"
        assert not across, f"{here} and {other} are both stages: let a record travel instead"


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p) for p in modules() if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


@pytest.mark.parametrize("code", ["import skinimg", "import skinimg.cli", "import skinimg.study, skinimg.findings"])
def test_doors_do_not_wait_for_heavy_libraries(code: str) -> None:
    heavy = "torch, monai, cv2, skimage, matplotlib, pandas, scipy, numpy"
    check = f"{code}; import sys; found = [m for m in '{heavy}'.split(', ') if m in sys.modules]; print(found)"
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
