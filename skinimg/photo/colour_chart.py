"""Absolute colour from a 24-patch card in the photo: find the card, fit a matrix, say how well it predicts.

The fit is linear, in linear light, and exact for the white patch; its error is measured on patches that it has not
seen. Where it is large, a phone's tone curve is undone first. A light with gaps in its spectrum, or a phone that
treats hues apart, leaves a large error still, and then nothing is corrected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from skimage.color import deltaE_ciede2000

from skinimg.base.errors import CalibrationError
from skinimg.base.reasons import why
from skinimg.base.records import FloatArray
from skinimg.photo.colour import WHITE_D65, apply_matrix, linear_to_lab, linear_to_srgb8
from skinimg.photo.icc import WHITE_D50, XYZ_TO_LINEAR, adaptation
from skinimg.photo.lattice import Cell, lattices, likely_sides, squares
from skinimg.photo.tone_curve import ToneCurve, best_curve

Array = npt.NDArray[np.float64]

MAX_ERROR_DE00 = 4.0  # Larger errors are refused; a change of skin tone by treatment is 1 to 3

# xyY under D50 of the ColorChecker Classic made since November 2014 (X-Rite), rows as printed, dark skin first.
_XYY: Array = np.array(
    [
        [0.43748, 0.37852, 0.09832, 0.42225, 0.37249, 0.33620, 0.27615, 0.29838, 0.17855],
        [0.37332, 0.45117, 0.13468, 0.30289, 0.28629, 0.22872, 0.28640, 0.38972, 0.41436],
        [0.52815, 0.40533, 0.31264, 0.23239, 0.21120, 0.10911, 0.50445, 0.32706, 0.18900],
        [0.33347, 0.25055, 0.06277, 0.39889, 0.50415, 0.43318, 0.49358, 0.44428, 0.42934],
        [0.20522, 0.16867, 0.05596, 0.32304, 0.51042, 0.22334, 0.56287, 0.33556, 0.12780],
        [0.46776, 0.47602, 0.59930, 0.42131, 0.26692, 0.18951, 0.20913, 0.30266, 0.18061],
        [0.34891, 0.36421, 0.88069, 0.34558, 0.35988, 0.58997, 0.34415, 0.35919, 0.36487],
        [0.34577, 0.35909, 0.19062, 0.34265, 0.35758, 0.08817, 0.34377, 0.35606, 0.03151],
    ]
).reshape(4, 6, 3)


def _reference() -> FloatArray:
    """(4, 6, 3) linear sRGB of the printed patches, adapted to D65."""
    x, y, luminance = np.moveaxis(_XYY, -1, 0)
    xyz = np.stack([x / y, np.ones_like(y), (1 - x - y) / y], axis=-1) * luminance[..., None]
    return apply_matrix(xyz, XYZ_TO_LINEAR @ adaptation(WHITE_D50, WHITE_D65))


REFERENCE = _reference()
_PATCHES: FloatArray = REFERENCE.reshape(24, 3)

# ln of the distance of patches along the card over that across; 25 degrees of tilt. Five photos of four makes, each held
# by hand: -0.007 to 0.006; a ColorChecker Nano, whose patches do not stand in squares, 0.16.
_MOST_TILT = 0.1
_WORK_SIDE_PX = 1200
_SAME_DE00 = 15.0  # a patch is recognised: neighbours on the card differ by 20 and more, makes of cards by up to 12
_CARD_PATCHES = 14  # patches that must be recognised before it is called a card: chance gives up to 9 (tests)
_WHITE = 18
_CEILING, _FLOOR = 0.99, 1e-3  # of white: the last codes of 8 bits at either end


@dataclass(frozen=True)
class ColourCard:
    """A colour card in a photo.

    patches : (24, 3) linear colours as photographed, in the order of the printed rows, dark skin first, black last.
    corners : (4, 2) centres of the corner patches in pixels of the photo: dark skin, bluish green, black, white.
    """

    patches: FloatArray
    corners: FloatArray


def find_card(linear: FloatArray) -> ColourCard | None:
    """Find a 24-patch card of the classic layout, in any rotation, not mirrored; None if there is none.

    linear : (H, W, 3) linear sRGB

    Raises
    ------
    CalibrationError
        There is a card, but some of its patches do not have their colour: hidden, in glare, altered.
    """
    zoom = min(1.0, _WORK_SIDE_PX / max(linear.shape[:2]))
    size = (round(linear.shape[1] * zoom), round(linear.shape[0] * zoom))
    small = np.asarray(cv2.resize(linear, size, interpolation=cv2.INTER_AREA), np.float32)
    centres, sides = squares(linear_to_srgb8(small))
    best: tuple[int, float, ColourCard] | None = None
    for side in likely_sides(sides):
        alike = np.abs(np.log(sides / side)) < 0.3
        for lattice in lattices(centres[alike], side):
            for seen, error, card in _placements(small, lattice):
                if best is None or (seen, -error) > (best[0], -best[1]):
                    best = seen, error, card
    if best is None or best[0] < _CARD_PATCHES:
        return None
    seen, _, card = best
    if seen < 24 and (seen := _recognised_behind_a_curve(card.patches)) < 24:
        raise CalibrationError(why("card_not_read", found=seen))
    return ColourCard(card.patches, ((card.corners + 0.5) / zoom - 0.5).astype(np.float32))


def card_px_per_mm(card: ColourCard, patch_mm: float) -> float:
    """Scale of the photo where the card lies.

    patch_mm : between the centres of neighbouring patches

    Raises
    ------
    CalibrationError
        The card is seen from the side, or its patches do not stand in squares.
    """
    dark_skin, bluish_green, black, white = card.corners.astype(np.float64)
    along = (np.linalg.norm(bluish_green - dark_skin) + np.linalg.norm(black - white)) / 10
    across = (np.linalg.norm(white - dark_skin) + np.linalg.norm(black - bluish_green)) / 6
    if abs(np.log(along / across)) > _MOST_TILT:
        raise CalibrationError(why("card_tilted", percent=100 * abs(np.expm1(np.log(along / across))), limit=10))
    return float(max(along, across)) / patch_mm  # what is tilted is seen shorter


def correct(linear: FloatArray, card: ColourCard) -> tuple[FloatArray, float]:
    """The photo in the colours of the card's makers, and the error of that in CIEDE2000.

    The error is the mean over the patches that are not cut off, each predicted by a fit that did not use it.

    Raises
    ------
    CalibrationError
        The error is above 4, or the white patch is saturated.
    """
    if card.patches[_WHITE].max() >= _CEILING:
        raise CalibrationError(why("card_saturated", percent=100 * float(card.patches[_WHITE].max())))
    curve, error = ToneCurve(), _prediction_error(card.patches, lambda _: ToneCurve())
    if error > MAX_ERROR_DE00:  # a phone's curve, then; where none is needed none is fitted
        curve = _curve(card.patches, _usable(card.patches), None)
        error = _prediction_error(card.patches, lambda used: _curve(card.patches, used, curve))
    if error > MAX_ERROR_DE00:
        raise CalibrationError(why("card_disagrees", error=float(error), limit=float(MAX_ERROR_DE00)))
    matrix = _fit(curve.apply(card.patches), _usable(card.patches))
    return apply_matrix(curve.apply(linear), matrix), error


def _usable(patches: FloatArray) -> npt.NDArray[np.bool_]:
    """(24,) patches that are cut off neither at white nor at black; cyan lies outside sRGB, and its red is cut off."""
    return np.asarray((patches.max(axis=1) < _CEILING) & (patches.min(axis=1) > _FLOOR))


def _curve(patches: FloatArray, used: npt.NDArray[np.bool_], start: ToneCurve | None) -> ToneCurve:
    target = linear_to_lab(_PATCHES[used])

    def error(curve: ToneCurve) -> float:
        straight = curve.apply(patches)
        return float(deltaE_ciede2000(linear_to_lab(straight[used] @ _fit(straight, used).T), target).mean())

    return best_curve(error, start)


def _prediction_error(patches: FloatArray, curve_of: Callable[[npt.NDArray[np.bool_]], ToneCurve]) -> float:
    """Mean CIEDE2000 of the usable patches, each predicted by a curve and a matrix that were fitted without it."""
    usable = _usable(patches)
    errors = []
    for k in np.flatnonzero(usable):
        if k == _WHITE:  # fitted exactly, so it cannot be predicted
            continue
        used = usable & (np.arange(24) != k)
        straight = curve_of(used).apply(patches)
        errors.append(deltaE_ciede2000(linear_to_lab(straight[k] @ _fit(straight, used).T), linear_to_lab(_PATCHES[k])))
    return float(np.mean(errors))


def _fit(patches: npt.NDArray[np.floating], used: npt.NDArray[np.bool_]) -> Array:
    """(3, 3) matrix: least squares over the used patches, exact for the white."""
    reference = _PATCHES
    white, target = patches[_WHITE].astype(np.float64), reference[_WHITE].astype(np.float64)
    _, _, directions = np.linalg.svd(white[None])
    free = directions[1:]  # (2, 3) perpendicular to the white
    exact = np.outer(target, white) / (white @ white)
    # Errors of light count as the eye sees them, by the slope of L*: dark patches more.
    weight = 1 / (reference[used].mean(axis=1) + 0.02) ** (2 / 3)
    rest = reference[used] - patches[used] @ exact.T
    solution, *_ = np.linalg.lstsq(weight[:, None] * (patches[used] @ free.T), weight[:, None] * rest, rcond=None)
    return np.asarray(exact + solution.T @ free, np.float64)


def _recognised_behind_a_curve(patches: FloatArray) -> int:
    """How many patches have their colour once the tone curve is undone that most of them ask for."""
    target = linear_to_lab(_PATCHES)

    def errors(curve: ToneCurve) -> Array:
        straight = curve.apply(patches)
        matrix, *_ = np.linalg.lstsq(straight.astype(np.float64), _PATCHES.astype(np.float64), rcond=None)
        return deltaE_ciede2000(linear_to_lab(straight @ matrix), target)

    return int(np.sum(errors(best_curve(lambda curve: float(np.median(errors(curve))))) < _SAME_DE00))


def _placements(linear: FloatArray, lattice: tuple[dict[Cell, int], Array]) -> list[tuple[int, float, ColourCard]]:
    """Every way to lay the card over a lattice: patches recognised, their median error, the card."""
    grid, homography = lattice
    low, high = np.min(list(grid), axis=0), np.max(list(grid), axis=0)
    results = []
    for turns in range(4):
        reference = np.rot90(REFERENCE, turns)
        numbers = np.rot90(np.arange(24).reshape(4, 6), turns)
        rows, columns = numbers.shape
        for x0 in range(high[0] - columns + 1, low[0] + 1):
            for y0 in range(high[1] - rows + 1, low[1] + 1):
                x, y = np.meshgrid(np.arange(x0, x0 + columns), np.arange(y0, y0 + rows))
                cells = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)
                patches = _sample(linear, cells, homography)
                if patches is None:
                    continue
                seen, error = _recognise(patches, reference.reshape(24, 3))
                order = np.argsort(numbers.ravel())
                centres = cv2.perspectiveTransform(cells[None], homography)[0][order]
                corners = centres[[0, 5, 23, 18]].astype(np.float32)
                results.append((seen, error, ColourCard(patches[order], corners)))
    return results


def _sample(linear: FloatArray, cells: Array, homography: Array) -> FloatArray | None:
    """(24, 3) median colour of the middle of every cell; None if one lies outside the picture."""
    offsets = np.stack(np.meshgrid(*[np.linspace(-0.2, 0.2, 7)] * 2), axis=-1).reshape(1, -1, 2)
    points = (cells[:, None] + offsets).reshape(1, -1, 2)
    pixels = np.rint(cv2.perspectiveTransform(points, homography)[0]).astype(int)
    height, width = linear.shape[:2]
    if pixels.min() < 0 or (pixels >= (width, height)).any():
        return None
    values = linear[pixels[:, 1], pixels[:, 0]].reshape(len(cells), -1, 3)
    return np.asarray(np.median(values, axis=1), np.float32)


def _recognise(patches: FloatArray, reference: FloatArray) -> tuple[int, float]:
    """How many patches have their colour after a fit that the bad ones do not spoil, and the median error."""
    used = np.ones(24, np.bool_)
    target = linear_to_lab(reference)
    errors = np.zeros(24)
    for _ in range(4):
        matrix, *_ = np.linalg.lstsq(patches[used].astype(np.float64), reference[used].astype(np.float64), rcond=None)
        errors = deltaE_ciede2000(linear_to_lab((patches @ matrix).astype(np.float32)), target)
        used = errors <= max(float(np.sort(errors)[15]), 1e-6)
    return int(np.sum(errors < _SAME_DE00)), float(np.median(errors))
