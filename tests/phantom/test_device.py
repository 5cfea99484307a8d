"""Everything is drawn where it is asked for. There is no GPU here: a pretended one refuses what a real one would."""

import numpy as np
import pytest
import torch

from skinimg.phantom import truth
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import seeded
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.light import Light, towards
from skinimg.phantom.painter import paint_on_photo
from skinimg.phantom.portrait import Picture, Sitter, sample_sitter
from skinimg.phantom.series import photograph_session, sample_studio
from skinimg.phantom.skin import sample_person, skin_colour
from skinimg.phantom.tiles import draw_tiles
from tests.phantom.pretend import DEVICE, PretendGpu


def _portrait(device: torch.device | str) -> tuple[Sitter, Picture]:
    sitter = sample_sitter(seeded(5), 1.2, 3, device)
    generator = seeded(6)
    studio = sample_studio(generator, "same_phone", (120, 96))
    return sitter, photograph_session(sitter, sitter.paint(), studio, 20.0, generator)


def test_a_face_and_its_truth_are_drawn_where_asked() -> None:
    with PretendGpu() as gpu:
        sitter, picture = _portrait(DEVICE)
        assert gpu.made > 1000
        for tensor in (
            sitter.visibility,
            sitter.skin.melanin,
            sitter.overlay.colour,
            sitter.outside.albedo,
            picture.srgb,
        ):
            assert tensor.device == DEVICE
        totals = truth.skin_totals(sitter, picture.painted, sitter.lesions, truth.sheet_regions(sitter))
        truth.picture_maps(sitter, picture)
        truth.correspondence(sitter, picture.seen, picture.seen, picture.view, 4)
        found = truth.landmark_truth(sitter, picture)
    here, seen_here = _portrait("cpu")
    assert sitter.lesions == here.lesions
    off = np.abs(seen_here.srgb.numpy().astype(int) - picture.srgb.cpu().numpy())
    assert off.mean() < 0.5  # other blurs, the same picture
    np.testing.assert_allclose(found["landmarks"], truth.landmark_truth(here, seen_here)["landmarks"], atol=1e-3)
    again = truth.skin_totals(here, seen_here.painted, here.lesions, truth.sheet_regions(here))
    np.testing.assert_allclose(totals["spots"]["area_mm2"], again["spots"]["area_mm2"], rtol=1e-6)


def test_tiles_are_drawn_where_asked() -> None:
    with PretendGpu():
        there = draw_tiles(2, seeded(3), DEVICE)
        assert {getattr(there, name).device for name in ("linear", "coverage", "valid", "ita_deg")} == {DEVICE}
    here = draw_tiles(2, seeded(3))
    # Zones are blurred otherwise there, and the size of a pore, so whether it can be seen, depends on its zone.
    assert float((there.coverage - here.coverage).abs().max()) < 0.1
    assert float((there.coverage - here.coverage).abs().mean()) < 1e-4
    assert float((there.linear - here.linear).abs().mean()) < 0.005


def test_the_painter_stays_where_the_photo_is() -> None:
    lesions = sample_lesions(plain_canvas((96, 96), 0.1), sample_person(seeded(1), 2), seeded(2))
    photo = skin_colour(0.03, 0.012).expand(96, 96, 3)
    with PretendGpu():
        skin = torch.ones((96, 96), dtype=torch.bool, device=DEVICE)
        painted = paint_on_photo(photo.to(DEVICE), skin, 0.1, lesions, Light(towards(20, 0)))
        assert painted.linear.device == painted.coverage["spots"].device == DEVICE


@pytest.mark.parametrize(
    "wrong",
    [
        lambda there: there + torch.ones(3),
        lambda there: there.numpy(),
        lambda there: torch.rand(3, generator=seeded(0), device=DEVICE),
        lambda there: torch.stack([there, torch.ones(3)]),
        lambda there: torch.ones(3)[there.long()],
        lambda there: sum(torch.zeros(3)[k] * there for k in (0, 1)) @ torch.ones(3),
    ],
)
def test_the_pretended_gpu_refuses_what_a_real_one_would(wrong) -> None:
    with PretendGpu(), pytest.raises(RuntimeError):
        wrong(torch.ones(3, device=DEVICE))
