"""What the card of trained weights says of findings that only some of the people are labelled for."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from skinimg.base.errors import SettingsError
from skinimg.training import retrain as module
from skinimg.training.dataset import read_dataset, split_by_subject
from skinimg.training.fit import Recipe
from skinimg.training.retrain import Task, retrain
from tests.training.drawn_dataset import SPOTS, disc_mask, write_dataset, write_mask

EXTRA = {"p0": "redness", "p1": "scars"}  # person -> a finding that nobody else is labelled for


@pytest.fixture
def told(monkeypatch) -> dict[str, object]:
    """What is shipped, without hours of training."""
    said: dict[str, object] = {}
    monkeypatch.setattr(module, "fit", lambda *_: (None, []))
    monkeypatch.setattr(module, "ship", lambda out, network, held, looks, about, *_, **__: said.update(about))
    monkeypatch.setattr(module, "load_weights", lambda *_: (None, SimpleNamespace(untrained=())))
    return said


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = write_dataset(tmp_path / "data")
    for person, finding in EXTRA.items():
        write_mask(folder / person / "cheek_closeup.png", finding, disc_mask(SPOTS))
    return folder


def test_what_only_the_judges_are_labelled_for_was_not_learnt(data: Path, tmp_path: Path, told) -> None:
    retrain(Task(data, False, tmp_path / "mine.safetensors", Recipe()))
    trained, judging = (photos[0].subject for photos in split_by_subject(read_dataset(data)))
    assert EXTRA[judging] in told["untrained"]
    assert EXTRA[trained] not in told["untrained"]
    assert "spots" not in told["untrained"]


def test_what_the_photos_are_too_coarse_for_was_not_learnt(tmp_path: Path, told) -> None:
    """Pores need 8 px/mm."""
    folder = write_dataset(tmp_path / "data")
    for person in EXTRA:
        write_mask(folder / person / "cheek_closeup.png", "pores", disc_mask(SPOTS))
    table = folder / "manifest.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("closeup,0.1", "closeup,0.16"), encoding="utf-8")
    retrain(Task(folder, False, tmp_path / "mine.safetensors", Recipe()))
    assert told["untrained"] == ["redness", "pores", "scars", "wrinkles"]


def test_a_training_begun_with_other_weights_is_not_gone_on_with(data: Path, tmp_path: Path, told, monkeypatch) -> None:
    """Else the card would name weights that it did not begin with."""
    retrain(Task(data, False, tmp_path / "mine.safetensors", Recipe()))
    begun = SimpleNamespace(untrained=(), filters=32, calibration=None, sha256="of skin")
    monkeypatch.setattr(module, "load_weights", lambda *_: ({}, begun))
    with pytest.raises(SettingsError, match="--fresh"):
        retrain(Task(data, False, tmp_path / "mine.safetensors", Recipe(), init="skin"))
