"""docs/REFERENCE.md is that of the code, and says what every column means."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from skinimg.output.columns import MEANINGS
from skinimg.output.tables import COLUMNS

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "make_reference"
_LOADER = SourceFileLoader("script_make_reference", str(SCRIPT))
_SPEC = spec_from_loader(_LOADER.name, _LOADER)
assert _SPEC is not None
make_reference = module_from_spec(_SPEC)
_LOADER.exec_module(make_reference)


def test_the_page_is_that_of_the_code() -> None:
    same = make_reference.PAGE.read_text(encoding="utf-8") == make_reference.reference()
    assert same, "run ./scripts/make_reference and commit docs/REFERENCE.md"


def test_every_column_has_a_meaning_and_no_meaning_is_left_over() -> None:
    assert set(MEANINGS) == {column for columns in COLUMNS.values() for column in columns}


def test_a_column_without_a_meaning_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COLUMNS, "photos", (*COLUMNS["photos"], "nobody_said"))
    with pytest.raises(KeyError, match="nobody_said"):
        make_reference.reference()
