"""What is true of a finding without any photo."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.painting import paint
from skinimg.phantom.skin import even_skin
from skinimg.phantom.truth import _contrasts
from skinimg.skin.optics import melanin_density

CANVAS = plain_canvas((60, 60), 0.05)
MELANIN, BLOOD = 0.03, 0.0135


def contrast_in_the_middle(*lesions: Lesion) -> float:
    skin = even_skin(CANVAS, MELANIN, BLOOD)
    sitter: Any = SimpleNamespace(skin=skin, person=SimpleNamespace(blood=BLOOD), sheet=SimpleNamespace(canvas=CANVAS))
    return float(_contrasts(sitter, paint(skin, CANVAS, lesions))["pores"][30, 30])


def pore(melanin: float, depth_mm: float) -> Lesion:
    return Lesion(1, "pore", 1.5, 1.5, 0.3, edge_mm=0.1, melanin=melanin, depth_mm=depth_mm)


def test_a_pore_is_as_dark_as_its_shade_and_its_plug_together() -> None:
    plug, shade, both = (contrast_in_the_middle(pore(*of)) for of in ((2.0, 0.0), (1.0, 0.3), (2.0, 0.3)))
    of_pigment = np.diff(melanin_density(np.array([MELANIN, 2 * MELANIN], np.float32)))
    assert plug == pytest.approx(float(of_pigment[0]), rel=1e-3)
    assert shade > 0.02
    assert both == pytest.approx(plug + shade, rel=1e-3)


def test_the_pigment_of_a_spot_is_no_part_of_the_pore_in_it() -> None:
    spot = Lesion(2, "lentigo", 1.5, 1.5, 1.0, melanin=2.0)
    assert contrast_in_the_middle(pore(1.0, 0.3), spot) == pytest.approx(
        contrast_in_the_middle(pore(1.0, 0.3)), abs=1e-6
    )
