"""What a photo shows of pores and lines: a groove has no outline of its own, it is seen by the dark that light makes.

Under slanting light that dark lies on the wall that turns away from the lamp, beside the groove's middle. Labels of the
grooves themselves lay 0.3 to 0.4 mm beside what could be seen of lines: on phantom faces, moved to where they fit best
they covered 1.9 times the darkness (median). So the labels of a photo are drawn by its own light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn import functional

from skinimg.phantom.filters import blur
from skinimg.phantom.light import scattered_plane

SHOWN_BY_LIGHT = ("pores", "wrinkles")  # findings labelled so
GREEN = 1  # the channel in which grooves are darkest beside noise
PIXEL_PX = 0.4  # blur of a pixel's own width, sigma
_VISIBLE = (0.06, 0.10)  # density at the darkest: a label fades in between
_OUTLINE = (0.4, 0.6)  # of the darkest nearby: half of it is where an eye sees the edge
_BESIDE_MM = 0.4  # how far from its groove a shadow may lie, and how wide "nearby" is


def darkness(
    lit: Callable[[Tensor], Tensor],
    height_mm: Tensor,
    grooves_mm: Mapping[str, Tensor],
    mm_per_px: float,
    blur_mm: float,
) -> dict[str, Tensor]:
    """finding -> density in green that its grooves add, (h, w); negative where they catch more light.

    lit : relief in mm (h, w) -> irradiance in green (h, w); height_mm : the relief with all grooves; grooves_mm :
    finding -> depth of its grooves alone; blur_mm : of the photo on the skin, sigma
    """

    def seen(relief_mm: Tensor) -> Tensor:
        below = scattered_plane(lit(relief_mm), GREEN, mm_per_px)
        return blur(below, blur_mm / mm_per_px).clamp_min(1e-6).log()

    whole = seen(height_mm)
    return {finding: seen(height_mm + depth_mm) - whole for finding, depth_mm in grooves_mm.items()}


def label_of(coverage: Tensor, dark: Tensor, mm_per_px: float) -> Tensor:
    """Label (h, w) of a finding in a photo: what is half as `dark` as the darkest nearby, beside its grooves.

    coverage : (h, w) 0..1 of the grooves themselves; dark : (h, w) of `darkness`
    """
    near, darkest = (_highest_nearby(plane, mm_per_px) for plane in (coverage, dark.clamp_min(0)))
    return near * between(darkest, _VISIBLE) * between(dark / darkest.clamp_min(1e-6), _OUTLINE)


def _highest_nearby(plane: Tensor, mm_per_px: float) -> Tensor:
    reach = round(_BESIDE_MM / mm_per_px)
    return functional.max_pool2d(plane[None, None], 2 * reach + 1, 1, reach)[0, 0]


def between(values: Tensor, limits: tuple[float, float]) -> Tensor:
    """0 at the lower limit, 1 at the upper one."""
    return ((values - limits[0]) / (limits[1] - limits[0])).clamp(0, 1)
