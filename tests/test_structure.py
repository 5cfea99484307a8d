"""The layout: rooms in the order of a photo's way, imports only go down, doors stay light."""

import ast
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "structure"
_LOADER = SourceFileLoader("script_structure", str(SCRIPT))
_SPEC = spec_from_loader(_LOADER.name, _LOADER)
assert _SPEC is not None
structure = module_from_spec(_SPEC)
_LOADER.exec_module(structure)


@pytest.mark.parametrize("path", structure.modules(), ids=structure.name_of)
def test_imports_only_go_down(path: Path) -> None:
    assert structure.goes_up(structure.name_of(path), structure.imports_of(path)) == set()


def test_no_two_modules_import_each_other() -> None:
    assert structure.circle({structure.name_of(p): structure.imports_of(p) for p in structure.modules()}) == []


def test_no_two_classes_share_a_name() -> None:
    assert structure.named_twice() == {}


def test_files_and_functions_stay_short() -> None:
    files = {structure.name_of(p): p.read_text(encoding="utf-8").count("\n") for p in structure.modules()}
    bodies = {name: n for p in structure.modules() for name, n in structure.bodies(p).items()}
    assert {name: n for name, n in files.items() if n > structure.LONGEST_FILE} == {}
    assert {name: n for name, n in bodies.items() if n > structure.LONGEST_BODY} == {}


def test_the_checks_see_what_they_look_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert structure.goes_up("skinimg.photo.decode", {"skinimg.base.errors", "skinimg.measure.totals"}) == {
        "skinimg.measure.totals"
    }
    assert set(structure.circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}
    monkeypatch.setattr(structure, "PACKAGE", tmp_path)
    long = tmp_path / "long.py"
    long.write_text("def f():\n    'doc'\n" + "    x = 1\n" * 41, encoding="utf-8")
    assert structure.bodies(long) == {"skinimg.long.f": 41}
    for name in ("one", "other"):
        (tmp_path / f"{name}.py").write_text(f"class Seen: ...\nclass Of{name}: ...\n", encoding="utf-8")
    assert structure.named_twice() == {"Seen": ["skinimg.one", "skinimg.other"]}


@pytest.mark.parametrize("room", [room for room in structure.ROOMS if room != "pipeline"])
def test_every_room_says_what_comes_in_and_what_goes_out(room: str) -> None:
    said = ast.get_docstring(ast.parse((structure.PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert "Comes in:" in said and "Goes out:" in said


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p) for p in structure.modules() if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert silent == []


@pytest.mark.parametrize(
    "code", ["import skinimg", "import skinimg.cli.main", "import skinimg.study, skinimg.base.findings"]
)
def test_doors_do_not_wait_for_heavy_libraries(code: str) -> None:
    heavy = "torch, monai, cv2, skimage, matplotlib, pandas, scipy, numpy"
    check = f"{code}; import sys; found = [m for m in '{heavy}'.split(', ') if m in sys.modules]; print(found)"
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
