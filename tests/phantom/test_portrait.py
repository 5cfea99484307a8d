"""People who sit for a photograph."""

import pytest
import torch

from skinimg.phantom import portrait
from skinimg.phantom.draws import seeded
from skinimg.phantom.skin import albedo


def test_some_wear_makeup_and_are_the_same_people_below(monkeypatch: pytest.MonkeyPatch) -> None:
    sitters = {}
    for share in (0.0, 1.0):
        monkeypatch.setattr(portrait, "_MADE_UP", share)
        sitters[share] = portrait.sample_sitter(seeded(4), 1.5, 2)
    bare, made_up = sitters[0.0], sitters[1.0]
    assert bare.lesions == made_up.lesions
    assert torch.equal(bare.skin.melanin, made_up.skin.melanin)
    assert float(bare.skin.makeup.max()) == 0
    assert 0.1 < float(made_up.skin.makeup.mean()) < 0.6
    apart = albedo(made_up.skin, made_up.person) - albedo(bare.skin, bare.person)
    assert float(apart.abs().mean()) > 0.002
