"""Pictures without a face: drawn alike from one seed, cut so that they cover the window, never of held-out people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from skinimg.base.records import ByteArray
from skinimg.training.face import backdrops as backdrops_module
from skinimg.training.face.backdrops import Backdrops, draw_backdrops
from skinimg.training.face.drawings import bare_skin, clutter, grid
from skinimg.training.face.photos import Faces


@pytest.mark.parametrize("draw", [clutter, grid, bare_skin])
def test_one_seed_one_drawing(draw: Callable[[np.random.Generator, int], ByteArray]) -> None:
    pictures = [draw(np.random.default_rng(seed), 96) for seed in (0, 0, 1, 2)]
    assert all(picture.shape == (96, 96, 3) and picture.dtype == np.uint8 for picture in pictures)
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2]) and not np.array_equal(pictures[2], pictures[3])


def test_pieces_cover_the_window() -> None:
    y, x = np.mgrid[:256, :256]
    whole = np.stack([x, y, np.full_like(x, 7)], 2).astype(np.uint8)
    sides = []
    for seed in range(40):
        piece = Backdrops((whole,)).piece(np.random.default_rng(seed), 128).astype(int)
        assert piece.shape == (128, 128, 3)
        assert (piece[..., 2] == 7).all()
        across, down = piece[0, -1] - piece[0, 0], piece[-1, 0] - piece[0, 0]
        assert across[0] == pytest.approx(down[1], abs=2)  # squares stay squares
        assert across[1] == down[0] == 0
        sides.append(across[0])
    assert min(sides) < 80 and max(sides) > 230  # near and far


def test_held_out_people_are_in_no_backdrop(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CLUTTER", "_GRIDS", "_SKIN"):
        monkeypatch.setattr(backdrops_module, name, 2)
    monkeypatch.setattr(backdrops_module, "_BLOWN_UP", 30)
    held_out = np.arange(10) % 2 == 0
    painted = np.where(held_out[:, None, None, None], 255, 100).astype(np.uint8) * np.ones_like(faces.canvas[0])
    drawn = draw_backdrops(
        replace(faces, canvas=(painted, *faces.canvas[1:]), held_out=held_out), np.random.default_rng(0)
    )
    assert len(drawn.pictures) == 36
    assert all((picture == 100).all() for picture in drawn.pictures[-30:])
