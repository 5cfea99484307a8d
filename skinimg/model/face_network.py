"""The two networks of the face model: one finds the face in a photo, one places its 478 landmarks.

Both are plain convolutions, fully trained by `scripts/train_face`, and together stay under 8 MB in float16.
Inputs are RGB, sRGB-encoded, scaled to [-1, 1], shaped (n, 3, h, w).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

N_LANDMARKS = 478
CROP_PX = 128  # side of the landmark network's input
FINDER_STRIDE_PX = 4  # input pixels per cell of the finder's output


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(self.first(x)))


def _stage(inputs: int, outputs: int, blocks: int, stride: int = 2) -> nn.Sequential:
    return nn.Sequential(_conv(inputs, outputs, stride), *[_Residual(outputs) for _ in range(blocks)])


def _upsample_to(x: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(x, size=like.shape[-2:], mode="nearest")


class FaceFinder(nn.Module):
    """Where is a face of 20 to 56 px width? Six numbers for every 4 x 4 px cell.

    forward: (n, 3, h, w) -> (n, 6, h / 4, w / 4): face logit; offset (x, y) from the cell to the face's centre in
    cells; ln of the face's radius in cells; cos and sin of its roll.
    """

    def __init__(self) -> None:
        super().__init__()
        self.quarter = nn.Sequential(_conv(3, 16, 2), _stage(16, 32, 1))
        self.eighth = _stage(32, 64, 1)
        self.sixteenth = _stage(64, 96, 2)
        self.thirtysecond = _stage(96, 96, 1)
        self.lift = nn.ModuleList([_conv(96, 96, kernel=1), _conv(96, 64, kernel=1), _conv(64, 32, kernel=1)])
        self.merge = nn.ModuleList([_Residual(96), _Residual(64), _Residual(32)])
        self.head = nn.Conv2d(32, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        levels = [self.quarter(x)]
        for stage in (self.eighth, self.sixteenth, self.thirtysecond):
            levels.append(stage(levels[-1]))
        y = levels.pop()
        for lift, merge in zip(self.lift, self.merge, strict=True):
            skip = levels.pop()
            y = merge(skip + _upsample_to(lift(y), skip))
        return self.head(y).float()


@dataclass(frozen=True)
class LandmarkOutput:
    landmarks: Tensor  # (n, 478, 3) in crop sides, origin at the crop's centre
    anchors: Tensor  # (n, anchors, 2) same frame: the heat maps' own answer
    logit: Tensor  # (n,) a face is in the crop


class LandmarkNetwork(nn.Module):
    """478 landmarks from an upright 128 px crop of one face.

    An encoder-decoder draws one 32 x 32 heat map for each anchor (a spread-out subset of the mesh); their soft-argmax
    positions, with the pooled features, go through one linear map to all 478 points. That map starts as the ridge
    regression of the mesh on its anchors, so it is the shape prior.
    """

    def __init__(self, anchors: int, width: int = 48) -> None:
        super().__init__()
        w = width
        self.stem = _conv(3, w // 2, 2, kernel=5)  # 64
        self.down = nn.ModuleList(
            [_stage(w // 2, w, 2), _stage(w, 2 * w, 2), _stage(2 * w, 3 * w, 1), _stage(3 * w, 3 * w, 1)]
        )
        self.lift = nn.ModuleList(
            [_conv(3 * w, 3 * w, kernel=1), _conv(3 * w, 2 * w, kernel=1), _conv(2 * w, w, kernel=1)]
        )
        self.merge = nn.ModuleList([_Residual(3 * w), _Residual(2 * w), _Residual(w)])
        self.heat = nn.Conv2d(w, anchors, 1)
        self.pooled = nn.Sequential(nn.Flatten(), nn.Linear(3 * w * 16, 128), nn.ReLU(inplace=True), nn.Dropout(0.2))
        self.mesh = nn.Linear(2 * anchors + 128, N_LANDMARKS * 3)
        self.face = nn.Linear(128, 1)

    def forward(self, x: Tensor) -> LandmarkOutput:
        y = self.stem(x)
        levels = []
        for stage in self.down:
            y = stage(y)
            levels.append(y)
        pooled = self.pooled(levels.pop())  # 4 x 4
        for lift, merge in zip(self.lift, self.merge, strict=True):
            skip = levels.pop()
            y = merge(skip + _upsample_to(lift(y), skip))
        with torch.autocast(x.device.type, enabled=False):
            anchors, pooled = _soft_argmax(self.heat(y.float())), pooled.float()
            mesh = self.mesh(torch.cat([anchors.flatten(1), pooled], 1))
            return LandmarkOutput(mesh.unflatten(1, (N_LANDMARKS, 3)), anchors, self.face(pooled).squeeze(1))


def _soft_argmax(heat: Tensor) -> Tensor:
    """Expected position under the softmax of each map: (n, k, h, w) -> (n, k, 2), in map sides from the centre."""
    n, k, h, w = heat.shape
    share = heat.flatten(2).softmax(2).view(n, k, h, w)
    x = (torch.arange(w, device=heat.device) + 0.5) / w - 0.5
    y = (torch.arange(h, device=heat.device) + 0.5) / h - 0.5
    return torch.stack([(share.sum(2) * x).sum(2), (share.sum(3) * y).sum(2)], 2)
