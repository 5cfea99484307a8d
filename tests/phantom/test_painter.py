"""Lesions on a photograph: skin elsewhere untouched, colours in the right direction, the same truth as on a phantom."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from skinimg.base.errors import PhotoError
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import seeded
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.light import Light, towards
from skinimg.phantom.painter import paint_on_photo
from skinimg.phantom.painting import paint
from skinimg.phantom.shown import SHOWN_BY_LIGHT
from skinimg.phantom.skin import even_skin, skin_colour

LIGHT = Light(towards(45, 0), 0.4)
SPOT = Lesion(1, "pih", 6.0, 6.0, 1.5, melanin=2.0)
RED = Lesion(2, "pie", 14.0, 6.0, 1.5, blood=2.5)
LINE = Lesion(3, "wrinkle", 10.0, 14.0, 0.3, length_mm=12.0, angle_rad=1.57, depth_mm=0.2)


def _photo() -> torch.Tensor:
    grain = 1 + 0.03 * torch.randn((200, 200, 1), generator=seeded(0))
    return skin_colour(0.03, 0.012) * grain * 0.9


def _density(linear: torch.Tensor) -> np.ndarray:
    return -torch.log(linear).numpy()


def test_truth_is_that_of_the_generating_maps() -> None:
    skin = torch.ones(200, 200, dtype=torch.bool)
    painted = paint_on_photo(_photo(), skin, 0.1, [SPOT, RED, LINE], LIGHT)
    canvas = plain_canvas((200, 200), 0.1)
    drawn = paint(even_skin(canvas, 0.03, 0.012), canvas, [SPOT, RED, LINE])
    for finding, cover in drawn.coverage.items():
        assert torch.equal(painted.instance[finding], drawn.instance[finding])
        if finding not in SHOWN_BY_LIGHT:
            assert torch.equal(painted.coverage[finding], cover)


def test_a_line_is_labelled_where_the_photo_is_dark() -> None:
    photo = _photo()
    painted = paint_on_photo(photo, torch.ones(200, 200, dtype=torch.bool), 0.1, [replace(LINE, depth_mm=0.4)], LIGHT)
    dark, label = (_density(painted.linear) - _density(photo))[..., 1], painted.coverage["wrinkles"].numpy() > 0.5
    groove = (painted.instance["wrinkles"].numpy() > 0) & ~label
    assert label.sum() > 100
    assert dark[label].min() > 0.03  # towards both ends a line fades
    assert dark[label].mean() > 2 * dark[groove].mean()


def test_lesions_change_the_colours_they_should() -> None:
    photo = _photo()
    painted = paint_on_photo(photo, torch.ones(200, 200, dtype=torch.bool), 0.1, [SPOT, RED, LINE], LIGHT)
    added = _density(painted.linear) - _density(photo)  # (h, w, 3)
    spot, red = added[60, 60], added[60, 140]
    assert spot[2] > spot[1] > spot[0] > 0  # melanin takes most from blue
    assert red[1] > red[2] > red[0] > 0  # blood from green
    assert added[135:145, 95:105, 1].max() > 0.05  # the groove is dark on the side away from the lamp
    assert np.abs(added[190:, :30]).max() < 0.002


def test_skin_off_limits_is_left_alone() -> None:
    skin = torch.ones(200, 200, dtype=torch.bool)
    skin[:, :100] = False
    photo = _photo()
    painted = paint_on_photo(photo, skin, 0.1, [SPOT, RED], LIGHT)
    assert torch.equal(painted.linear[:, :100], photo[:, :100])
    assert float(painted.coverage["spots"].max()) == 0
    assert int(painted.instance["redness"].max()) == 2


def test_no_lesions_no_change() -> None:
    photo = _photo()
    painted = paint_on_photo(photo, torch.ones(200, 200, dtype=torch.bool), 0.1, [], LIGHT)
    assert torch.allclose(painted.linear, photo, atol=1e-5)


def test_a_photo_without_skin_is_refused() -> None:
    skin = torch.zeros(200, 200, dtype=torch.bool)
    skin[:20, :20] = True
    with pytest.raises(PhotoError, match="too little plain skin"):
        paint_on_photo(_photo(), skin, 0.1, [SPOT], LIGHT)
