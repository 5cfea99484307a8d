"""The skin around a tile, and the place on the face where it is known."""

from __future__ import annotations

import torch

from skinimg.model.context import N_ANATOMY, N_COARSE, coarse_pigment, frame_context


def test_a_closeup_has_no_place() -> None:
    context = frame_context(torch.rand(1, 3, 96, 64), torch.ones(1, 96, 64, dtype=torch.bool), None)
    assert context.shape == (1, N_COARSE + N_ANATOMY, 6, 4)
    assert not context[:, N_COARSE:].any()
    assert context[:, :N_COARSE].all()


def test_the_skin_around_is_a_mean_over_skin_alone() -> None:
    relative = torch.full((1, 3, 640, 640), 0.2)
    skin = torch.ones(1, 640, 640, dtype=torch.bool)
    skin[:, :, 320:] = False
    relative[:, :, :, 320:] = 1.5  # hair
    around = coarse_pigment(relative, skin)
    assert around.shape == (1, N_COARSE, 40, 40)
    torch.testing.assert_close(around[..., :20], torch.full((1, 3, 40, 20), 0.2))


def test_the_middle_of_a_large_patch_is_known_from_its_surroundings() -> None:
    """A patch wider than the network's reach is darker in the mean than the skin beyond it."""
    relative = torch.zeros(1, 3, 960, 960)
    relative[..., 240:720, 240:720] = 0.3
    around = coarse_pigment(relative, torch.ones(1, 960, 960, dtype=torch.bool))
    assert float(around[0, 1, 30, 30]) > 0.25
    assert float(around[0, 1, 2, 2]) < 0.05
