"""The segmentation network: what it sees, how far it sees, and that tiles do not show."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor

from skinimg.base.errors import DeviceError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.model import device
from skinimg.model.context import CELL_PX, N_CONTEXT
from skinimg.model.inference import InferenceOptions, run
from skinimg.model.network import BLOCK_PX, GRID_PX, N_PLANES, REACH_PX, SKIN, SkinNetwork, frame_planes, planes
from skinimg.model.trained import Trained

N = len(MASK_FINDINGS)


@pytest.fixture(scope="module")
def network() -> SkinNetwork:
    """Small, with the shape of the real one, and batch statistics that a trained one would have."""
    torch.manual_seed(0)
    net = SkinNetwork(filters=8)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return net.eval()


@pytest.fixture(scope="module")
def picture() -> Tensor:
    """Planes of a frame of 432 x 544 px, with skin in the middle and a hole in it."""
    x = torch.randn(N_PLANES, 216, 272, generator=torch.Generator().manual_seed(1))
    x[SKIN] = 0
    x[SKIN, 30:190, 45:250] = 1
    x[SKIN, 75:125, 100:150] = 0
    return x


def skin_of(x: Tensor) -> Tensor:
    """Skin at every pixel, (h, w) bool, of the planes of a frame."""
    return torch.nn.functional.pixel_shuffle(x[SKIN], BLOCK_PX)[0] > 0


def test_planes_show_the_photo_off_the_skin_and_tell_where_the_skin_is() -> None:
    relative = np.full((8, 6, 3), 0.1, np.float32)
    skin = np.zeros((8, 6), np.bool_)
    skin[2:, :] = True
    x = frame_planes(relative, skin, 16.0)
    assert x.shape == (N_PLANES, GRID_PX // BLOCK_PX, GRID_PX // BLOCK_PX)
    fine = torch.nn.functional.pixel_shuffle(x[:20], BLOCK_PX)[:, :8, :6]
    assert torch.allclose(fine[:3], torch.tensor(0.4))  # a lid beside the skin is seen
    assert torch.equal(fine[3] > 0, torch.from_numpy(skin))
    assert not skin_of(x)[8:].any()  # nor in what rounds the sides up
    assert (fine[4, ~torch.from_numpy(skin)] == 0).all()
    assert float(fine[4, 4, 4]) == pytest.approx(0.5)  # one octave above 8 px/mm
    assert float(torch.nn.functional.pixel_shuffle(frame_planes(relative, skin, 1000.0)[:20], BLOCK_PX)[4, 4, 4]) == 1.0


def test_the_context_of_a_block_is_the_mean_over_its_pixels() -> None:
    """Interpolated to the pixels and averaged over each block it is the same: no middle of a cell lies within one."""
    cells = torch.randn(1, N_CONTEXT, 3, 4, generator=torch.Generator().manual_seed(4))
    x = planes(torch.zeros(1, 3, 48, 64), torch.ones(1, 48, 64, dtype=torch.bool), torch.tensor([8.0]), cells)
    pixels = torch.nn.functional.interpolate(cells, scale_factor=CELL_PX, mode="bilinear", align_corners=False)
    mean = torch.nn.functional.avg_pool2d(pixels, BLOCK_PX)
    torch.testing.assert_close(x[:, -8:], mean[:, -8:])  # the place on the face is not scaled


def test_no_pixel_sees_further_than_the_margin(network: SkinNetwork) -> None:
    side = 2 * REACH_PX + 4 * GRID_PX
    blocks = side // BLOCK_PX
    x = torch.randn(1, N_PLANES, blocks, blocks, generator=torch.Generator().manual_seed(2), requires_grad=True)
    y = network(x)
    for at in range(side // 2, side // 2 + GRID_PX, 3):
        gradient = torch.autograd.grad(y[0, :, at, at].sum(), x, retain_graph=True)[0][0].abs().sum(0)
        first, last = gradient.nonzero().amin() * BLOCK_PX, gradient.nonzero().amax() * BLOCK_PX + 1
        furthest = max(at - int(first), int(last) - at)
        assert REACH_PX // 2 < furthest <= REACH_PX  # a margin much too wide would only cost time


@torch.inference_mode()
def test_borders_are_not_combed(network: SkinNetwork) -> None:
    """Blocks whose rows answer differently leave no teeth; pores keep every pixel."""
    network = copy.deepcopy(network)
    teeth = torch.zeros(1, N, 32, 32)
    teeth[:, :, ::2] = 1.0
    network.body.forward = lambda x: torch.nn.functional.pixel_unshuffle(teeth, BLOCK_PX)  # type: ignore[method-assign]
    out = network(torch.zeros(1, N_PLANES, 16, 16))[0, :, 1:-1]
    pores = MASK_FINDINGS.index("pores")
    assert torch.equal(out[pores], teeth[0, pores, 1:-1])
    others = [k for k in range(N) if k != pores]
    torch.testing.assert_close(out[others], torch.full_like(out[others], 0.5))


@pytest.mark.parametrize(("tile_px", "batch"), [(128, 1), (128, 5), (192, 2), (256, 1)])
def test_any_tile_and_batch_size_gives_the_same_logits(
    network: SkinNetwork, picture: Tensor, tile_px: int, batch: int
) -> None:
    whole, _ = run(network, picture, InferenceOptions(half=False))
    tiled, _ = run(network, picture, InferenceOptions(tile_px=tile_px, batch=batch, half=False))
    skin = skin_of(picture)
    assert whole.shape == (N, 432, 544)
    assert float((whole - tiled)[:, skin].abs().max()) < 1e-4
    assert float(whole[:, skin].std()) > 0.01


def test_a_tile_without_the_margin_would_show(network: SkinNetwork, picture: Tensor) -> None:
    """The check above can fail: half a frame on its own differs where the other half is missing."""
    whole, _ = run(network, picture, InferenceOptions(half=False))
    half, _ = run(network, picture[:, :, :128], InferenceOptions(half=False))
    skin = skin_of(picture)[:, :256]
    assert float((whole[:, :, :256] - half)[:, skin].abs().max()) > 1e-3


def test_bfloat16_changes_little(network: SkinNetwork, picture: Tensor) -> None:
    full, _ = run(network, picture, InferenceOptions(half=False))
    half, _ = run(network, picture, InferenceOptions(half=True))
    skin = skin_of(picture)
    assert float((full.sigmoid() - half.sigmoid())[:, skin].abs().mean()) < 5e-3


@pytest.mark.parametrize(
    ("amx", "avx512_bf16", "amd", "half"),
    [(True, True, False, True), (False, True, False, False), (False, True, True, True), (False, False, True, False)],
)
def test_bfloat16_is_used_only_where_the_cpu_multiplies_it(
    amx: bool, avx512_bf16: bool, amd: bool, half: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512_bf16)
    monkeypatch.setattr(device, "made_by_amd", lambda: amd)
    assert Trained.load("skin", "cpu").options.half is half


def test_a_frame_without_skin_costs_nothing(picture: Tensor) -> None:
    class Forbidden(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise AssertionError("nothing to look at")

    logits, _ = run(Forbidden(), torch.zeros_like(picture), InferenceOptions())
    assert float(logits.max()) < -20


class Greedy(torch.nn.Module):
    """Runs out of memory above so many pixels."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def forward(self, x: Tensor) -> Tensor:
        if x[:, 0].numel() > self.most:
            raise torch.OutOfMemoryError("tried to allocate 7 GiB")
        return torch.nn.functional.interpolate(x[:, :N], scale_factor=BLOCK_PX)


def test_out_of_memory_halves_batch_then_tile_and_says_so(picture: Tensor) -> None:
    start = InferenceOptions(tile_px=512, batch=2, half=False)
    with pytest.raises(DeviceError, match="too little memory"):
        run(Greedy(0), picture, start)
    logits, options = run(Greedy(56_000), picture, start)
    assert options.batch == 1
    assert options.tile_px < start.tile_px
    skin = skin_of(picture)
    whole = torch.nn.functional.interpolate(picture[None, :N], scale_factor=BLOCK_PX)[0]
    assert torch.equal(logits[:, skin], whole[:, skin])
