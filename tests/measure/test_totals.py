"""Sums over cells, and what several shots show of one skin."""

from types import SimpleNamespace

import numpy as np
import pytest

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import Found, Objects, Segmentation, Shot
from skinimg.measure.common_skin import common_support
from skinimg.measure.totals import Place, cell_totals, for_comparison

SHAPE = (40, 50)
RNG = np.random.default_rng(0)
NOTHING = Objects(*(np.zeros(0, np.float32),) * 5)


def test_cells_are_sorted_and_sum_what_lies_in_them():
    tile = RNG.choice([7, 4099, 3], SHAPE)
    bits = RNG.choice([0, 1, 5], SHAPE).astype(np.uint16)
    area = RNG.random(SHAPE).astype(np.float32)
    counted = RNG.random(SHAPE) < 0.8
    probability = RNG.random((len(MASK_FINDINGS), *SHAPE)).astype(np.float32)
    contrast = RNG.normal(0, 1, SHAPE).astype(np.float32)
    found = cell_totals(
        Found(
            segmentation=Segmentation(MASK_FINDINGS, probability, "drawn"),
            contrasts=dict.fromkeys(MASK_FINDINGS, contrast),
            lengths={"wrinkles": contrast},
            objects=dict.fromkeys(MASK_FINDINGS, NOTHING),
            pieces={},
            fields={"tone": {"a_mm2": contrast}},
        ),
        Place(bits, tile, area),
        counted,
        probability,
    )
    cells = list(zip(found.tile, found.region_bits, strict=True))
    assert cells == [(t, b) for t in (3, 7, 4099) for b in (1, 5)]  # bits 0 lie in no region
    for k, (t, b) in enumerate(cells):
        inside = counted & (tile == t) & (bits == b)
        assert found.totals["tone"]["a_mm2"][k] == pytest.approx(float((contrast * area)[inside].sum()), abs=1e-4)
        assert found.totals["wrinkles"]["length_mm"][k] == pytest.approx(float(contrast[inside].sum()), abs=1e-4)
        assert found.totals["spots"]["area_mm2"][k] == pytest.approx(
            float((probability[0] * area)[inside].sum()), rel=1e-5
        )


def test_a_later_session_keeps_what_is_summed_again():
    plane = np.zeros(SHAPE, np.float32)
    fields = {"tone": {"uneven_mm2": plane}, "erythema": {"above_od_mm2": plane}, "hyperpigmentation": {}}
    found = Found(Segmentation((), plane[None], "drawn"), {}, {"wrinkles": plane}, {}, {}, fields)
    kept = for_comparison(Shot(None, None, found, None)).found
    assert kept.fields == {"tone": {"uneven_mm2": plane}, "erythema": {}, "hyperpigmentation": {}}
    assert kept.lengths is found.lengths


def shot(probability, is_identity):
    ys, xs = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    grid = np.dstack([xs, ys])
    alignment = SimpleNamespace(
        to_session=grid, to_baseline=grid, valid_baseline=np.ones(SHAPE, bool), is_identity=is_identity
    )
    segmentation = Segmentation(MASK_FINDINGS, probability, "drawn")
    return SimpleNamespace(
        seen=SimpleNamespace(frame=SimpleNamespace(mm_per_px=0.1)),
        found=SimpleNamespace(segmentation=segmentation),
        alignment=alignment,
    )


def test_a_baseline_is_not_resampled_and_gives_what_resampling_would():
    one, other = RNG.random((2, len(MASK_FINDINGS), *SHAPE)).astype(np.float32)
    kept = one.copy(), other.copy()
    straight = common_support([shot(one, True), shot(other, False)])
    resampled = common_support([shot(one, False), shot(other, False)])
    for a, b in zip(straight, resampled, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_array_equal(straight[0][1], np.maximum(one, other)[1])
    np.testing.assert_array_equal(one, kept[0])  # the shots' own maps are left as they were
    np.testing.assert_array_equal(other, kept[1])


@pytest.mark.parametrize(
    ("seen", "whole"),
    [(0.2, ()), (0.5, ("spots", "scars", "wrinkles")), (0.8, ("spots", "pores", "scars", "wrinkles"))],
)
def test_what_may_be_texture_is_no_pore_and_what_may_be_a_spot_is_whole(seen, whole):
    probability = np.zeros((len(MASK_FINDINGS), *SHAPE), np.float32)
    probability[:, 20, 20] = seen
    support = common_support([shot(probability, True), shot(np.zeros_like(probability), True)])[1]
    beside = support[:, 20, 22]  # 0.2 mm
    assert tuple(name for name, value in zip(MASK_FINDINGS, beside, strict=True) if value == 1) == whole
