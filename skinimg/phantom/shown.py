"""What a photo shows of pores and lines: a groove has no outline of its own, it is seen by the dark that light makes.

Under slanting light that dark lies on the wall that turns away from the lamp, beside the groove's middle. Labels of the
grooves themselves lay 0.3 to 0.4 mm beside what could be seen of lines: on phantom faces, moved to where they fit best
they covered 1.9 times the darkness (median). So the labels of a photo are drawn by its own light: what its camera
renders is compared with the same skin without the finding, whose plugs of pigment count, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from skinimg.phantom.light import scattered_plane

SHOWN_BY_LIGHT = ("pores", "wrinkles")  # findings labelled so
GREEN = 1  # the channel in which grooves are darkest beside noise
# Density at the darkest, between which a label fades in. Lines: six tiles looked at. Pores: four faces looked at, on
# which pores of less than 0.10 OD in the photo (mean over the label) were lost in the texture of plain skin (SD 0.03 to
# 0.09 at that scale) and pores of 0.14 were seen.
_VISIBLE = {"pores": (0.12, 0.18), "wrinkles": (0.06, 0.10)}
_OUTLINE = (0.4, 0.6)  # of the darkest nearby: half of it is where an eye sees the edge
_BESIDE_MM = 0.4  # how far from its groove a shadow may lie, and how wide "nearby" is


@dataclass(frozen=True)
class Surface:
    """What skin is like in green, all (h, w)."""

    height_mm: Tensor
    albedo: Tensor


def darkness(
    lit: Callable[[Surface], Tensor],
    skin: Surface,
    without: Mapping[str, Surface],
    mm_per_px: float,
    rendered: Callable[[Tensor], Tensor],
) -> dict[str, Tensor]:
    """finding -> density in green that it adds, (h, w); negative where its grooves catch more light.

    lit : skin -> irradiance in green (h, w); skin : with everything; without : finding -> without that finding;
    rendered : light (h, w) that leaves the skin -> as the camera renders it, on the same pixels
    """

    def seen(surface: Surface) -> Tensor:
        half = surface.albedo.clamp_min(1e-6).sqrt()  # see light.shade
        return rendered(half * scattered_plane(half * lit(surface), GREEN, mm_per_px)).clamp_min(1e-6).log()

    whole = seen(skin)
    return {finding: seen(surface) - whole for finding, surface in without.items()}


def labels_of(coverage: Mapping[str, Tensor], dark: Mapping[str, Tensor], mm_per_px: float) -> dict[str, Tensor]:
    """finding -> its label (h, w) in a photo: what is half as `dark` as the darkest nearby, beside its grooves.

    coverage : of the grooves themselves, (h, w) 0..1; dark : of `darkness`, for the findings that are wanted
    """
    labels = {}
    for finding, plane in dark.items():
        near, darkest = (_highest_nearby(values, mm_per_px) for values in (coverage[finding], plane.clamp_min(0)))
        shown = between(darkest, _VISIBLE[finding]) * between(plane / darkest.clamp_min(1e-6), _OUTLINE)
        labels[finding] = near * shown
    return labels


def _highest_nearby(plane: Tensor, mm_per_px: float) -> Tensor:
    reach = round(_BESIDE_MM / mm_per_px)
    # two passes: a third of the time
    columns = functional.max_pool2d(plane[None, None], (2 * reach + 1, 1), 1, (reach, 0))
    return functional.max_pool2d(columns, (1, 2 * reach + 1), 1, (0, reach))[0, 0]


def between(values: Tensor, limits: tuple[float, float]) -> Tensor:
    """0 at the lower limit, 1 at the upper one."""
    return ((values - limits[0]) / (limits[1] - limits[0])).clamp(0, 1)
