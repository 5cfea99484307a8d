"""Drawn people and backdrops that several tests of the face model's training ask for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from skinimg.training.face import loop
from skinimg.training.face.backdrops import Backdrops
from skinimg.training.face.drawings import bare_skin, clutter, grid
from skinimg.training.face.photos import Faces, load_faces
from tests.training.face.drawn_faces import write_faces

PEOPLE = [f"p{k}.png" for k in range(10)]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten people; the first has dark skin, the last two are in greyscale."""
    return write_faces(tmp_path_factory.mktemp("faces") / "drawn", PEOPLE, np.arange(10) < 8)


@pytest.fixture(scope="session")
def faces(folder: Path) -> Faces:
    return load_faces(folder)


@pytest.fixture(scope="session")
def backdrops() -> Backdrops:
    rng = np.random.default_rng(0)
    return Backdrops(tuple(draw(rng, 256) for draw in (clutter, grid, bare_skin)))


@pytest.fixture
def a_second_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The training's clock goes on by a second whenever it is looked at: a step takes a second."""
    ticks = iter(range(1_000_000))
    monkeypatch.setattr(loop, "time", SimpleNamespace(time=lambda: float(next(ticks))))
