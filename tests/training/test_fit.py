"""Training: it learns, resumes where it was killed, stops on nonsense, and ends in files that run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from skinimg.base.errors import SettingsError, WeightsError
from skinimg.base.findings import CLOSEUP_REGIONS, MASK_FINDINGS
from skinimg.base.records import Frame
from skinimg.model.card import Calibration
from skinimg.model.context import CELL_PX, N_CONTEXT
from skinimg.model.network_file import load_network, probability
from skinimg.model.segmenter import load_segmenter, segment
from skinimg.skin.optics import baseline_anchor, skin_density, skin_maps, unaffected_density
from skinimg.training import fit as fit_module
from skinimg.training.fit import Recipe, fit, predict
from skinimg.training.loss import calibrate, how_common, known_mask, loss, weight_of_spots
from skinimg.training.ship import ship
from skinimg.training.tile_store import (
    TILE_PX,
    Tiles,
    batches,
    cut,
    load_part,
    make_tiles,
    save_part,
)
from skinimg.training.training_log import Validation
from tests.drawn import skin_patch

SMALL = Recipe(steps=6, batch=4, filters=8, look_every=3, learning_rate=5e-3)


def tiles(n: int, seed: int, side: int = 64) -> Tiles:
    """Skin with dark squares on it; each finding is a square of another colour."""
    rng = np.random.default_rng(seed)
    relative = rng.normal(0, 0.02, (n, 3, side, side))
    coverage = np.zeros((n, 5, side, side), np.uint8)
    for k in range(n):
        for finding in range(5):
            y, x = rng.integers(0, side - 16, 2)
            coverage[k, finding, y : y + 16, x : x + 16] = 255
            relative[k, finding % 3, y : y + 16, x : x + 16] += 0.3 if finding < 3 else -0.3
    skin = np.ones((n, side, side), np.bool_)
    known = np.full(skin.shape, (1 << len(MASK_FINDINGS)) - 1, np.uint8)
    context = np.zeros((n, N_CONTEXT, side // CELL_PX, side // CELL_PX), np.float16)
    return Tiles(relative.astype(np.float16), coverage, skin, known, np.full(n, 10, np.float32), context)


def parts_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.npz"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiles")
    for k in range(3):
        save_part(folder / f"part-{k}.npz", tiles(8, k))
    return folder


def test_a_tile_store_gives_every_tile_once_per_epoch(store: Path) -> None:
    parts = parts_of(store)
    seen = [batch.relative.sum() for batch in batches(parts, 4, np.random.default_rng(0))]
    again = [batch.relative.sum() for batch in batches(parts, 4, np.random.default_rng(0))]
    other = [batch.relative.sum() for batch in batches(parts, 4, np.random.default_rng(1))]
    assert len(seen) == 6
    assert seen == again
    assert seen != other


def test_tiles_cover_a_frame_and_leave_out_what_is_not_skin() -> None:
    skin = np.zeros((600, 400), np.bool_)
    skin[:, 200:] = True
    coverage = np.zeros((5, 600, 400), np.float32)
    coverage[0, 300, 300] = 1
    known = skin.astype(np.uint8)
    found = cut(np.zeros((600, 400, 3), np.float32), coverage, skin, known, 7.0)
    assert found.relative.shape[1:] == (3, TILE_PX, TILE_PX)
    assert found.coverage[:, 0].max() == 255
    assert (found.skin.mean(axis=(1, 2)) >= 0.2).all()
    assert len(cut(np.zeros((600, 400, 3), np.float32), coverage, np.zeros_like(skin), known, 7.0)) == 0


def test_the_anchor_of_a_tile_is_its_plain_skin() -> None:
    skin = np.ones((1, 128, 128), np.bool_)
    melanin = np.full((128, 128), 0.03)
    melanin[:90] = 0.06  # two thirds of it are one large spot
    shadow = np.linspace(0, 0.5, 128)[None, :, None]  # and it is lit from the left
    linear = np.exp(-skin_density(melanin, np.full_like(melanin, 0.012)) - shadow).astype(np.float32)
    coverage = np.zeros((1, 5, 128, 128), np.float32)
    coverage[:, 0, :90] = 1.0
    made = make_tiles(linear.transpose(2, 0, 1)[None], coverage, skin, np.array([10], np.float32))
    spot = skin_density(0.06, 0.012) - skin_density(0.03, 0.012)
    assert np.abs(made.relative[0, :, 110:, 20:-20]).max() < 0.08  # the shadow made it +-0.17 there
    np.testing.assert_allclose(made.relative[0, :, 10:70, 20:-20].mean(axis=(1, 2)), spot, atol=0.05)
    coverage[:, 0] = 1.0  # no plain skin at all
    assert len(make_tiles(linear.transpose(2, 0, 1)[None], coverage, skin, np.array([10], np.float32))) == 0


def test_unknown_findings_teach_nothing() -> None:
    logits = torch.randn(2, 5, 8, 8, requires_grad=True)
    known = torch.zeros(2, 5, 8, 8)
    known[:, 1] = 1
    torch.autograd.backward(loss(logits, torch.rand(2, 5, 8, 8), known, torch.full((5,), 0.1), 0.0))
    assert logits.grad is not None
    assert float(logits.grad[:, 1].abs().sum()) > 0
    assert float(logits.grad[:, [0, 2, 3, 4]].abs().sum()) == 0


def test_a_pixel_of_a_small_spot_weighs_more() -> None:
    """1 mm across and 4 mm across, at 0.1 mm: what is missed of the small one pulls harder."""
    y, x = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    coverage = torch.zeros(1, 5, 128, 128)
    coverage[0, :2] = ((x - 30) ** 2 + (y - 30) ** 2 <= 5**2).float() + ((x - 90) ** 2 + (y - 90) ** 2 <= 20**2).float()
    weight = weight_of_spots(coverage[:, 0])[0]
    assert float(weight[30, 30]) == pytest.approx(9**0.75, rel=0.1)
    assert float(weight[90, 90]) == float(weight[60, 60]) == 1
    logits = torch.zeros(1, 5, 128, 128, requires_grad=True)
    torch.autograd.backward(loss(logits, coverage, torch.ones_like(coverage), torch.full((5,), 0.1), 1.0))
    assert logits.grad is not None
    spots, redness = logits.grad[0, 0], logits.grad[0, 1]
    assert float(spots[30, 30] / spots[90, 90]) == pytest.approx(float(weight[30, 30]))
    assert float(redness[30, 30]) == pytest.approx(float(redness[90, 90]))


def test_calibration_makes_the_sum_the_area_and_the_mask_a_good_one() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 5, 64, 64, generator=generator) - 1
    truth = torch.bernoulli(torch.sigmoid(2 * logits - 3), generator=generator)  # 6 %, and hardly ever certain

    def dice(found: torch.Tensor, true: torch.Tensor) -> float:
        return float(2 * (found * true).sum() / (found.sum() + true.sum()))

    for k in range(5):
        found = calibrate(logits[:, k], truth[:, k], torch.ones_like(truth[:, k]))
        assert found is not None
        temperature, bias = found
        p = torch.sigmoid(logits[:, k] / temperature + bias)
        assert float(p.sum() / truth[:, k].sum()) == pytest.approx(1, abs=0.01)
        likeliest = torch.sigmoid(2 * logits[:, k] - 3)
        assert dice((p > 0.5).float(), truth[:, k]) > dice((likeliest > 0.5).float(), truth[:, k]) + 0.03
        assert p[logits[:, k] < -1].sum() < 0.5 * likeliest[logits[:, k] < -1].sum()  # doubts about plain skin are few


def test_a_finding_without_truth_is_not_calibrated() -> None:
    logits, nothing = torch.randn(1, 8, 8), torch.zeros(1, 8, 8)
    assert calibrate(logits, nothing, nothing) is None
    assert calibrate(logits, nothing, torch.ones_like(nothing)) is None


def test_killed_and_resumed_is_the_same_as_never_killed(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parts_of(store)
    straight, _ = fit(parts[:2], parts[2:], tmp_path / "straight", SMALL)

    class Killed(Exception):
        pass

    def kill(step: int, _steps: int, _what: str) -> None:
        if step == 5:
            raise Killed

    with pytest.raises(Killed):
        fit(parts[:2], parts[2:], tmp_path / "resumed", SMALL, watch=kill)
    seen: list[int] = []
    resumed, validations = fit(
        parts[:2], parts[2:], tmp_path / "resumed", SMALL, watch=lambda step, *_: seen.append(step)
    )
    assert seen == [4, 5, 6]
    assert [seen.step for seen in validations] == [3, 6]
    for name, tensor in straight.state_dict().items():
        assert torch.allclose(tensor.float(), resumed.state_dict()[name].float(), atol=1e-5), name
    with pytest.raises(SettingsError, match="another recipe"):
        fit(parts[:2], parts[2:], tmp_path / "resumed", replace(SMALL, batch=2))
    monkeypatch.setattr(fit_module, "_LOOP", 1)  # as another version of skinimg has it
    with pytest.raises(SettingsError, match="found loop 6"):
        fit(parts[:2], parts[2:], tmp_path / "resumed", SMALL)


def test_it_learns(store: Path, tmp_path: Path) -> None:
    parts = parts_of(store)
    recipe = replace(SMALL, steps=100, look_every=20)
    network, validations = fit(parts[:2], parts[2:], tmp_path / "work", recipe)
    assert validations[-1].loss < 0.8 * validations[0].loss
    held_out = load_part(parts[2])
    logits = predict(network, held_out)
    assert float(logits[torch.from_numpy(held_out.coverage) > 0].mean()) > float(logits.mean()) + 0.5


def test_findings_weigh_by_how_common_they_are_on_the_held_out_tiles(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the tiles of the batch: such weights bias the summed probability."""
    rare = tiles(8, 9)
    rare.coverage[:, 0, :, 8:] = 0
    save_part(tmp_path / "held" / "out.npz", rare)
    weighed = []

    def spied(logits: torch.Tensor, *rest: Any) -> torch.Tensor:
        if logits.requires_grad:  # not a look at the held-out tiles
            weighed.append(rest[2])
        return loss(logits, *rest)

    monkeypatch.setattr(fit_module, "loss", spied)
    fit(parts_of(store), parts_of(tmp_path / "held"), tmp_path / "work", replace(SMALL, steps=2))
    expected = how_common(torch.from_numpy(rare.coverage) / 255, torch.ones(rare.coverage.shape))
    assert len(weighed) >= 2
    assert all(torch.equal(common, expected) for common in weighed)


def test_norms_are_settled_on_all_training_tiles_whatever_they_were(store: Path, tmp_path: Path) -> None:
    parts = parts_of(store)
    network, _ = fit(parts[:2], parts[2:], tmp_path, SMALL)
    settled = {name: value.clone() for name, value in network.state_dict().items()}
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.fill_(1e3)  # type: ignore[union-attr]
            assert module.momentum == 0.1  # as before, should somebody train on
    fit_module._settle(network, parts[:2], SMALL)
    for name, value in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.allclose(value, settled[name], atol=1e-3), name
    best = torch.load(tmp_path / "best.pt", weights_only=True)  # as training left them, few batches of a few tiles
    means = [name for name in best if name.endswith("running_mean")]
    assert any(not torch.allclose(best[name], settled[name], atol=1e-3) for name in means)


def test_a_loss_that_is_no_number_stops_it_and_loses_nothing(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, calls = parts_of(store), []

    def broken(*tensors: torch.Tensor | float) -> torch.Tensor:
        *_, progress = tensors
        calls.append(progress)
        return loss(*tensors) * (float("nan") if 0.8 < progress < 1 else 1)  # type: ignore[arg-type]

    monkeypatch.setattr(fit_module, "loss", broken)
    with pytest.raises(WeightsError, match=r"not a number at step 5.*step 3 is kept"):
        fit(parts[:2], parts[2:], tmp_path, SMALL)
    assert (tmp_path / "best.pt").exists()


def test_too_few_tiles_and_early_stop(store: Path, tmp_path: Path) -> None:
    parts = parts_of(store)
    with pytest.raises(SettingsError, match="too few tiles"):
        fit(parts[:1], parts[2:], tmp_path / "few", replace(SMALL, batch=9))
    steps: list[int] = []
    still = replace(SMALL, steps=60, look_every=1, patience=2, learning_rate=0.0)
    fit(parts[:2], parts[2:], tmp_path / "still", still, watch=lambda step, *_: steps.append(step))
    assert 3 <= len(steps) < 60


def test_the_pair_of_files_runs_and_says_what_it_is(store: Path, tmp_path: Path) -> None:
    parts = parts_of(store)
    network, validations = fit(parts[:2], parts[2:], tmp_path / "work", SMALL)
    path = tmp_path / "mine.safetensors"
    groups = [f"type {k}" for k in range(len(parts[2:]))]
    card = ship(path, network, parts[2:], validations, {"description": "squares", "licence": "none"}, groups=groups)
    loaded, read = load_network(str(path))
    assert read == card
    segmenter = load_segmenter(str(path), "cpu")
    assert segmenter.name == "mine"
    assert segmenter.sha256 == card.sha256
    held_out = load_part(parts[2])
    p = torch.stack([probability(logits, card.calibration) for logits in predict(loaded, held_out)])
    area = (p * known_mask(torch.from_numpy(held_out.known))).sum(dim=(0, 2, 3))
    true = torch.from_numpy(held_out.coverage).float().sum(dim=(0, 2, 3)) / 255
    assert torch.allclose(area, true, rtol=0.05)
    found, is_there = p > 0.5, torch.from_numpy(held_out.coverage) > 127
    spots = MASK_FINDINGS.index("spots")
    dice = 2 * (found & is_there)[:, spots].sum() / (found[:, spots].sum() + is_there[:, spots].sum())
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert told["licence"] == "none"
    assert told["validation"]["dice_by_group"]["type 0"]["spots"] == pytest.approx(float(dice), abs=0.01)


def test_what_the_judges_do_not_show_keeps_the_calibration_of_the_start(store: Path, tmp_path: Path) -> None:
    """Painted people show no pores; weights that go on from others still know how common pores are."""
    tiles = load_part(parts_of(store)[2])
    pores = MASK_FINDINGS.index("pores")
    painted = tmp_path / "tiles" / "painted.npz"
    save_part(painted, replace(tiles, known=tiles.known & np.uint8(~(1 << pores) & 0xFF)))
    begun = Calibration((0.5,) * 5, (-1.5,) * 5)
    nothing = Validation(0, 1.0, (0.0,) * 5, (1.0,) * 5)
    network = fit_module.SkinNetwork(8).eval()
    card = ship(tmp_path / "mine.safetensors", network, [painted], [nothing], {"description": ""}, begun=begun)
    assert (card.calibration.temperature[pores], card.calibration.bias[pores]) == (0.5, -1.5)
    assert card.calibration.bias[MASK_FINDINGS.index("spots")] != -1.5
    card = ship(tmp_path / "new.safetensors", network, [painted], [nothing], {"description": ""})
    assert (card.calibration.temperature[pores], card.calibration.bias[pores]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "face model"}, "kind"),
        ({"findings": ["spots"]}, "findings"),
        ({"mm_per_px": 0.2}, "mm_per_px"),
        ({"filters": 16}, "another network"),
        ({"calibration": {"temperature": [1], "bias": [0]}}, r"calibration\.temperature"),
        ({"sha256": "0" * 64}, "do not belong"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    store: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    parts = parts_of(store)
    network = fit_module.SkinNetwork(8)
    path = tmp_path / "mine.safetensors"
    nothing = Validation(0, 1.0, (0.0,) * 5, (1.0,) * 5)
    ship(path, network.eval(), parts[2:], [nothing], {"description": ""})
    card = path.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(WeightsError, match=message):
        load_segmenter(str(path), "cpu")


def test_unknown_weights_are_never_replaced() -> None:
    with pytest.raises(WeightsError, match="no weights named 'skinn'"):
        load_segmenter("skinn", "cpu")


def test_findings_that_were_never_taught_are_not_measured(store: Path, tmp_path: Path) -> None:
    parts = parts_of(store)
    path = tmp_path / "some.safetensors"
    nothing = Validation(0, 1.0, (0.0,) * 5, (1.0,) * 5)
    ship(
        path,
        fit_module.SkinNetwork(8).eval(),
        parts[2:],
        [nothing],
        {"description": "", "untrained": ["pores", "scars"]},
    )
    segmenter = load_segmenter(str(path), "cpu")
    patch = skin_patch(size_mm=20)
    skin = np.ones(patch.shape[:2], np.bool_)
    frame = Frame(
        patch, skin, skin.astype(np.uint16), CLOSEUP_REGIONS, None, np.eye(2, 3, dtype=np.float32), skin.shape,
        0.1, 10.0, "manifest",
    )  # fmt: skip
    anchor = baseline_anchor(unaffected_density(patch, skin))
    found = segment(frame, skin_maps(patch, skin, 0.1, anchor), segmenter)
    assert found.untrained == ("pores", "scars")
    taught = np.array([name not in found.untrained for name in MASK_FINDINGS])
    assert found.probability[~taught].max() == 0
    assert found.probability[taught].max() > 0
