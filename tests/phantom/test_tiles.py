"""Training tiles: shapes, ranges, determinism, and truth that lies where the picture shows it."""

import numpy as np
import torch

from skinimg.phantom.draws import seeded
from skinimg.phantom.tiles import draw_tiles


def test_tiles_are_what_the_training_expects() -> None:
    tiles = draw_tiles(3, seeded(7))
    assert tiles.linear.shape == (3, 3, 256, 256)
    assert tiles.coverage.shape == (3, 5, 256, 256)
    assert tiles.valid.shape == (3, 256, 256)
    assert tiles.valid.dtype == torch.bool
    assert 0 <= float(tiles.linear.min()) <= float(tiles.linear.max()) <= 1
    assert 0 <= float(tiles.coverage.min()) <= float(tiles.coverage.max()) <= 1
    assert bool(((tiles.native_px_per_mm >= 2) & (tiles.native_px_per_mm <= 25)).all())
    assert float(tiles.valid.float().mean()) > 0.5
    again = draw_tiles(3, seeded(7))
    assert torch.equal(tiles.linear, again.linear)
    assert torch.equal(tiles.coverage, again.coverage)


def test_spots_are_dark_where_the_truth_says() -> None:
    tiles = draw_tiles(16, seeded(21))
    differences = []
    for linear, coverage in zip(tiles.linear, tiles.coverage, strict=True):
        inside, outside = coverage[0] > 0.8, coverage.sum(dim=0) == 0
        if int(inside.sum()) > 100 and int(outside.sum()) > 1000:
            blue = -torch.log(linear[2].clamp_min(1e-3))
            differences.append(float(blue[inside].median() - blue[outside].median()))
    assert len(differences) >= 4
    assert np.median(differences) > 0.05
