"""Distortions of training tiles: every map of a tile goes the same way."""

from __future__ import annotations

import torch

from skinimg.training import distort


def maps(n: int = 64, side: int = 32) -> tuple[torch.Tensor, ...]:
    """Two maps of the same tiles, every pixel with a number of its own."""
    numbers = torch.arange(n * side * side).reshape(n, side, side)
    return torch.stack([numbers, numbers], dim=1), numbers


def test_a_tile_is_turned_in_all_its_maps_and_in_eight_ways() -> None:
    whole, numbers = maps()
    both, one = distort.turned((whole, numbers), torch.Generator().manual_seed(0))
    assert torch.equal(both[:, 0], one)
    placed = one - numbers[:, :1, :1]
    ways = {(int(tile[0, 0]), int(tile[0, 1])) for tile in placed}
    assert len(ways) == 8
