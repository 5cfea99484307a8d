"""The layout: rooms in the order of a photo's way, imports only go down, doors stay light."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "skinimg"

# The rooms in the order of a photo's way, lowest first: a room may import itself and those before it.
ROOMS = (
    *("base", "photo", "skin", "model", "face", "observe", "study", "align", "measure", "compare"),
    *("output", "report", "phantom", "training", "pipeline", "repeatability", "run", "cli"),
)
DOORS = ("__init__", "__main__")  # open onto every room


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(("skinimg", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    """Modules of skinimg that a file imports, also within functions."""
    known = {name_of(p) for p in modules()}
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "skinimg":
            found |= {
                f"{node.module}.{a.name}" if f"{node.module}.{a.name}" in known else node.module for a in node.names
            }
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.split(".")[0] == "skinimg"}
    return found


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def goes_up(here: str, others: set[str]) -> set[str]:
    """Those of the imported modules that lie in a higher room."""
    return {other for other in others if ROOMS.index(room_of(other)) > ROOMS.index(room_of(here))}


def circles(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import each other, directly or by way of others."""
    order = TopologicalSorter(imports)
    try:
        order.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_only_go_down(path: Path) -> None:
    here = name_of(path)
    if room_of(here) not in DOORS:
        assert goes_up(here, imports_of(path)) == set()


def test_no_two_modules_import_each_other() -> None:
    assert circles({name_of(path): imports_of(path) for path in modules()}) == []


def test_the_checks_see_what_they_look_for() -> None:
    assert goes_up("skinimg.photo.decode", {"skinimg.base.errors", "skinimg.measure.totals"}) == {
        "skinimg.measure.totals"
    }
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p) for p in modules() if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


@pytest.mark.parametrize(
    "code", ["import skinimg", "import skinimg.cli.main", "import skinimg.study, skinimg.base.findings"]
)
def test_doors_do_not_wait_for_heavy_libraries(code: str) -> None:
    heavy = "torch, monai, cv2, skimage, matplotlib, pandas, scipy, numpy"
    check = f"{code}; import sys; found = [m for m in '{heavy}'.split(', ') if m in sys.modules]; print(found)"
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
