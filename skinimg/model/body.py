"""The body of the segmentation network: a residual encoder and decoder with batch norm.

It is MONAI's SegResNet as this toolkit sets it up (Myronenko 2018, arXiv:1810.11654), and its tensors bear MONAI's names.
Written out, because `import monai` costs every run 0.6 CPU s and 40 MB, most of it for things that are not used here; a
test holds it against MONAI's to the last bit.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

_BLOCKS_DOWN, _BLOCKS_UP = (1, 1, 2, 2), (1, 1, 1)  # residual blocks of each level; every level halves the image


class Body(nn.Module):
    """Planes (n, planes, h, w) -> logits (n, outputs, h, w); h and w are multiples of 8."""

    def __init__(self, planes: int, filters: int, outputs: int) -> None:
        super().__init__()
        wide = [filters * 2**level for level in range(len(_BLOCKS_DOWN))]
        self.convInit = _conv(planes, filters)
        self.down_layers = nn.ModuleList(
            nn.Sequential(
                _conv(width // 2, width, stride=2) if level else nn.Identity(),
                *(_TwoConvolutions(width) for _ in range(_BLOCKS_DOWN[level])),
            )
            for level, width in enumerate(wide)
        )
        self.up_layers, self.up_samples = nn.ModuleList(), nn.ModuleList()
        for blocks, width in zip(_BLOCKS_UP, wide[-2::-1], strict=True):
            self.up_layers.append(nn.Sequential(*(_TwoConvolutions(width) for _ in range(blocks))))
            larger = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
            self.up_samples.append(nn.Sequential(_conv(2 * width, width, kernel=1), larger))
        last = nn.Conv2d(filters, outputs, kernel_size=1)
        self.conv_final = nn.Sequential(nn.BatchNorm2d(filters), nn.ReLU(inplace=True), _named(last))

    def forward(self, x: Tensor) -> Tensor:
        x = self.convInit(x)
        skipped = []
        for down in self.down_layers:
            x = down(x)
            skipped.append(x)
        skipped.pop()
        for larger, blocks in zip(self.up_samples, self.up_layers, strict=True):
            x = blocks(larger(x) + skipped.pop())
        logits: Tensor = self.conv_final(x)
        return logits


class _TwoConvolutions(nn.Module):
    """Twice norm, ReLU and convolution, added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.act = nn.ReLU(inplace=True)
        self.conv1, self.conv2 = _conv(width, width), _conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.conv2(self.act(self.norm2(self.conv1(self.act(self.norm1(x))))))
        return found.add_(x)


def _conv(before: int, after: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return _named(nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, bias=False))


def _named(conv: nn.Conv2d) -> nn.Sequential:
    """A convolution under the name that it bears in the files of weights."""
    return nn.Sequential(OrderedDict(conv=conv))
