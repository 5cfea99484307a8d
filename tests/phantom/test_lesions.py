"""Lesions: exact truth, exact areas, and effects that change parameters only."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from skinimg.base.errors import SettingsError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.phantom.canvas import Canvas, plain_canvas
from skinimg.phantom.draws import seeded
from skinimg.phantom.effects import LesionEffect, apply_effects, effect_of
from skinimg.phantom.kinds import KINDS, Lesion
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.painting import Painted, paint
from skinimg.phantom.skin import Person, draw_skin, even_skin, sample_person

CANVAS = plain_canvas((200, 240), 0.1)


def _troubled_person() -> Person:
    person = sample_person(seeded(5), 3)
    return replace(person, freckling=1.0, sun_spots=4.0, acne=2.0, couperose=2.0, melasma=True, age_years=60.0)


def _lesions(seed: int) -> tuple[Lesion, ...]:
    return sample_lesions(CANVAS, _troubled_person(), seeded(seed))


def _on_even_skin(lesions: Sequence[Lesion], canvas: Canvas = CANVAS, melanin: float = 0.03) -> Painted:
    return paint(even_skin(canvas, melanin, 0.0135), canvas, lesions)


def _area_mm2(lesion: Lesion, mm_per_px: float = 0.1) -> float:
    side = 2 * int(20 / mm_per_px)
    canvas = plain_canvas((side, side), mm_per_px)
    centred = replace(lesion, x_mm=20.03, y_mm=19.98)
    return float(_on_even_skin([centred], canvas).coverage[lesion.finding].sum()) * mm_per_px**2


def test_same_seed_same_lesions_and_same_truth() -> None:
    lesions = _lesions(1)
    assert lesions == _lesions(1)
    assert lesions != _lesions(2)
    one, two = _on_even_skin(lesions), _on_even_skin(tuple(reversed(lesions)))
    for finding in MASK_FINDINGS:  # the order of drawing does not matter
        assert torch.equal(one.coverage[finding], two.coverage[finding])
        assert torch.equal(one.instance[finding], two.instance[finding])


def test_ids_are_unique_and_every_kind_can_be_drawn() -> None:
    whole_face = plain_canvas((400, 400), 0.5)
    lesions = sample_lesions(whole_face, _troubled_person(), seeded(0))
    assert {lesion.kind for lesion in lesions} == set(KINDS)
    once = _lesions(3)
    assert len({lesion.id for lesion in once}) == len(once)


def test_coverage_is_a_share_and_names_its_lesion() -> None:
    lesions = _lesions(1)
    painted = _on_even_skin(lesions)
    coverage, instance = painted.coverage, painted.instance
    findings = {lesion.id: lesion.finding for lesion in lesions}
    for finding in MASK_FINDINGS:
        assert 0 <= float(coverage[finding].min()) <= float(coverage[finding].max()) <= 1
        assert torch.equal(coverage[finding] > 0, instance[finding] > 0)
        assert all(findings[number] == finding for number in instance[finding].unique().tolist() if number)
    assert float(coverage["pores"].sum()) > 0


def test_nothing_is_covered_where_nothing_lies() -> None:
    painted = _on_even_skin([Lesion(1, "pih", 5.0, 5.0, 1.0, melanin=2.0)])
    coverage, instance = painted.coverage, painted.instance
    assert float(coverage["spots"][:, 100:].max()) == 0
    assert float(coverage["spots"].max()) == pytest.approx(1, abs=1e-4)
    assert all(float(coverage[finding].max()) == 0 for finding in MASK_FINDINGS if finding != "spots")
    assert int(instance["spots"].max()) == 1
    nothing = _on_even_skin([])
    assert all(float(cover.max()) == 0 for cover in nothing.coverage.values())
    assert float(nothing.change.height_mm.abs().max()) == 0


def _label(kind: str, melanin_of_skin: float, **values: float) -> float:
    lesion = Lesion(1, kind, 10.0, 10.0, edge_mm=0.3, **values)  # type: ignore[arg-type]
    return float(_on_even_skin([lesion], melanin=melanin_of_skin).coverage[lesion.finding].max())


def test_pigment_is_labelled_where_it_can_be_seen() -> None:
    pale, middle, dark = 0.007, 0.03, 0.095  # phototypes I, III and V
    assert _label("pih", pale, radius_mm=2.0, melanin=1.5) == 0  # 0.08 OD
    assert _label("pih", pale, radius_mm=2.0, melanin=2.2) == pytest.approx(1, abs=1e-4)
    assert _label("pih", middle, radius_mm=2.0, melanin=1.5) == pytest.approx(1, abs=1e-4)
    assert _label("pih", pale, radius_mm=0.2, melanin=2.2) == 0  # blurred away
    assert _label("pih", dark, radius_mm=2.0, melanin=1.25) == 0  # 0.2 OD, but plain skin is as uneven
    assert _label("pie", pale, radius_mm=2.0, blood=1.7) == pytest.approx(1, abs=1e-4)
    assert _label("pie", dark, radius_mm=2.0, blood=1.5) < 0.5 < _label("pie", dark, radius_mm=2.0, blood=2.5)


def test_what_makeup_covers_is_not_labelled() -> None:
    bare = even_skin(CANVAS, 0.03, 0.0135)
    spot = Lesion(1, "pih", 10.0, 10.0, 2.0, edge_mm=0.3, melanin=1.6)
    assert float(paint(bare, CANVAS, [spot]).coverage["spots"].max()) > 0.99
    covered = replace(bare, makeup=torch.full(CANVAS.shape, 0.8))
    assert float(paint(covered, CANVAS, [spot]).coverage["spots"].max()) == 0


def test_without_a_finding_its_pits_and_plugs_are_gone_and_nothing_else() -> None:
    pore = Lesion(1, "pore", 10.0, 10.0, 0.2, edge_mm=0.1, depth_mm=0.2, melanin=2.0)
    spot = Lesion(2, "pih", 5.0, 5.0, 1.5, melanin=1.6)
    bare, both = _on_even_skin([spot]).state, _on_even_skin([spot, pore])
    assert not torch.equal(both.state.melanin, bare.melanin)
    left = both.without("pores")
    assert torch.allclose(left.melanin, bare.melanin)
    assert torch.allclose(left.height_mm, bare.height_mm, atol=1e-6)


@pytest.mark.parametrize("irregularity", [0.0, 0.2])
@pytest.mark.parametrize("aspect", [1.0, 1.6])
@pytest.mark.parametrize("radius_mm", [0.5, 1.7, 5.0])
def test_patch_has_its_analytic_area(radius_mm: float, aspect: float, irregularity: float) -> None:
    disc = Lesion(
        1, "lentigo", 0, 0, radius_mm, aspect=aspect, angle_rad=0.7, melanin=2.0, irregularity=irregularity, seed=11
    )
    # The soft rim of a wavy outline adds a little: its width is measured along the radius.
    assert _area_mm2(disc) == pytest.approx(math.pi * radius_mm**2, rel=0.012 if irregularity == 0 else 0.04)


def test_small_pores_keep_their_area_at_the_working_scale() -> None:
    pore = Lesion(1, "pore", 0, 0, 0.14, depth_mm=0.1, edge_mm=0.1, melanin=1.3)
    assert _area_mm2(pore) == pytest.approx(math.pi * 0.14**2, rel=0.10)
    assert _area_mm2(replace(pore, radius_mm=0.1)) == 0  # 0.2 mm across: nobody sees it


def test_line_has_its_length_and_width() -> None:
    line = Lesion(1, "wrinkle", 0, 0, 0.4, length_mm=20.0, depth_mm=0.6)
    # Width tapers from 30 % at the ends to 100 % in the middle: mean of 0.3 + 0.7 sqrt(sin) is 0.834.
    assert _area_mm2(line, 0.05) == pytest.approx(20.0 * 0.8 * 0.834, rel=0.03)


def test_paint_changes_only_what_lesions_touch() -> None:
    person = sample_person(seeded(5), 3)
    bare = draw_skin(CANVAS, person, seeded(0))
    assert torch.equal(paint(bare, CANVAS, []).state.melanin, bare.melanin)
    spot = Lesion(1, "pih", 12.0, 10.0, 2.0, melanin=2.0)
    painted = paint(bare, CANVAS, [spot]).state
    ratio = painted.melanin / bare.melanin
    assert float(ratio[100, 120]) == pytest.approx(2.0, rel=0.16)  # texture of +-20 % of the logarithm inside
    assert torch.equal(painted.melanin[:, 180:], bare.melanin[:, 180:])
    assert torch.equal(painted.blood, bare.blood)
    assert torch.equal(painted.height_mm, bare.height_mm)


def test_groove_is_as_deep_as_it_says() -> None:
    change = _on_even_skin([Lesion(1, "wrinkle", 12.0, 10.0, 0.5, length_mm=15.0, depth_mm=0.3)]).change
    assert float(change.height_mm.min()) == pytest.approx(-0.3, rel=0.02)
    assert float(change.height_mm.max()) == 0


def test_no_effect_keeps_the_very_same_lesions() -> None:
    lesions = _lesions(1)
    for effects in ({}, {finding: LesionEffect() for finding in MASK_FINDINGS}):
        after = apply_effects(lesions, effects, seeded(0))
        assert all(a is b for a, b in zip(lesions, after, strict=True))


def test_effect_touches_its_finding_only_and_never_the_place() -> None:
    lesions = _lesions(1)
    after = apply_effects(lesions, {"spots": effect_of(-0.4)}, seeded(0))
    assert len(after) == len(lesions)
    for old, new in zip(lesions, after, strict=True):
        assert (old.id, old.x_mm, old.y_mm, old.seed) == (new.id, new.x_mm, new.y_mm, new.seed)
        if old.finding == "spots":
            assert new.radius_mm <= old.radius_mm
            assert abs(math.log(new.melanin)) <= abs(math.log(old.melanin))
        else:
            assert new is old


def test_mean_effect_is_the_one_asked_for() -> None:
    spots = [Lesion(n + 1, "lentigo", 0, 0, 2.0, melanin=2.0) for n in range(600)]
    for asked in (-0.4, -0.1, 0.3):
        after = apply_effects(spots, {"spots": effect_of(asked)}, seeded(2))
        burden = sum(lesion.radius_mm**2 * math.log(lesion.melanin) for lesion in after)
        assert burden / (600 * 4 * math.log(2)) - 1 == pytest.approx(asked, abs=0.02)


def test_lesions_clear_and_appear() -> None:
    spots = [Lesion(n + 1, "lentigo", 0, 0, 2.0, melanin=2.0) for n in range(400)]
    cleared = apply_effects(spots, {"spots": LesionEffect(clear=0.3)}, seeded(0))
    assert len(cleared) == pytest.approx(280, abs=30)
    assert apply_effects(spots, {"spots": effect_of(-1.0)}, seeded(0)) == ()
    more = apply_effects(spots, {"spots": LesionEffect(appear=0.2)}, seeded(0))
    assert len(more) == pytest.approx(480, abs=30)
    assert len({lesion.id for lesion in more}) == len(more)


def test_a_lesion_that_fades_away_leaves_no_label() -> None:
    areas = [_area_mm2(Lesion(1, "pih", 0, 0, 2.0, melanin=factor)) for factor in (2.0, 1.6, 1.4, 1.25)]
    assert areas[0] == pytest.approx(areas[1], rel=1e-3)
    assert areas[1] > areas[2] > areas[3] == 0


def test_relief_that_is_too_shallow_to_be_seen_has_no_label() -> None:
    deep, fine = (Lesion(1, "wrinkle", 0, 0, r, length_mm=20.0, depth_mm=d) for r, d in ((0.4, 0.6), (0.1, 0.1)))
    wide = Lesion(1, "rolling", 0, 0, 3.5, depth_mm=0.2)
    assert _area_mm2(deep) > 5
    assert _area_mm2(fine) == _area_mm2(wide) == 0
    assert _area_mm2(replace(wide, depth_mm=1.5)) > 30


def test_impossible_effects_are_refused() -> None:
    with pytest.raises(SettingsError, match="-100%"):
        effect_of(-1.2)
    with pytest.raises(SettingsError, match="freckles"):
        apply_effects([], {"freckles": LesionEffect()}, seeded(0))
