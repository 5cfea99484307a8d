"""The scripts are outside of what mypy reads: each at least loads, so that no renamed function strands a benchmark."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
PYTHON = [path for path in sorted(SCRIPTS.iterdir()) if path.is_file() and b"python" in path.read_bytes()[:40]]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.name)
def test_loads(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = SourceFileLoader(f"script_{path.name}", str(path))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, loader.name, module)  # dataclasses look their module up
    loader.exec_module(module)
    assert callable(module.main)
