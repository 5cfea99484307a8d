"""Squares that lie on one lattice: the geometry of a colour card, whatever its colours."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.records import ByteArray

Array = npt.NDArray[np.float64]
Cell = tuple[int, int]

_SMALLEST_PX, _FILLED = 8, 0.8  # side of a square, and the share of its rectangle that it fills
_MIN_SQUARES = 9  # that must lie on one lattice before it is tried as a card


def squares(srgb: ByteArray) -> tuple[Array, Array]:
    """Centres (n, 2) and sides (n,) of filled squares, found as contours over many thresholds of every channel."""
    found: list[tuple[float, float, float]] = []
    for channel in cv2.split(cv2.GaussianBlur(srgb, (0, 0), 0.8)):
        for threshold in range(20, 250, 14):
            binary = cv2.threshold(channel, threshold, 255, cv2.THRESH_BINARY)[1]
            for contour in cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]:
                if len(contour) < 4:  # half of all; a triangle fills at most half of its rectangle
                    continue
                area = cv2.contourArea(contour)
                if area <= _FILLED * _SMALLEST_PX**2:  # nearly all, in a fifth of the time that their rectangles take
                    continue
                (x, y), (w, h), _ = cv2.minAreaRect(contour)
                side = (w * h) ** 0.5
                if min(w, h) < _SMALLEST_PX or max(w, h) > 1.5 * min(w, h) or side > 0.25 * min(srgb.shape[:2]):
                    continue
                if area > _FILLED * w * h:
                    found.append((x, y, side))
    kept: list[tuple[float, float, float]] = []
    for x, y, side in sorted(found, key=lambda square: -square[2]):
        if all((x - a) ** 2 + (y - b) ** 2 > (0.5 * s) ** 2 or side < 0.6 * s for a, b, s in kept):
            kept.append((x, y, side))
    table = np.array(kept, np.float64).reshape(-1, 3)
    return table[:, :2], table[:, 2]


def likely_sides(sides: Array) -> list[float]:
    """The few sides that most squares share."""
    counts = [(int(np.sum(np.abs(np.log(sides / side)) < 0.3)), float(side)) for side in sides]
    likely: list[float] = []
    for count, side in sorted(counts, reverse=True):
        if count >= _MIN_SQUARES and all(abs(np.log(side / other)) > 0.2 for other in likely):
            likely.append(side)
    return likely[:4]


def lattices(centres: Array, side: float) -> list[tuple[dict[Cell, int], Array]]:
    """Regular grids among square centres: cells -> index, with the (3, 3) homography from cells to pixels."""
    steps = centres[None] - centres[:, None]  # (n, n, 2)
    length = np.linalg.norm(steps, axis=2)
    near = (length > 0.9 * side) & (length < 1.9 * side)
    if not near.any():
        return []
    # Neighbours lie along two perpendicular directions: four times their angle agrees.
    angle = np.arctan2(steps[..., 1], steps[..., 0])[near]
    weight = 1 / length[near] ** 4  # nearest neighbours, not diagonals
    turn = np.angle(np.sum(weight * np.exp(4j * angle))) / 4
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    along = steps @ axes.T  # (n, n, 2)
    pitches = []
    for k in (0, 1):
        straight = near & (np.abs(along[..., 1 - k]) < 0.3 * np.abs(along[..., k]))
        if not straight.any():
            return []
        pitches.append(np.median(np.abs(along[..., k][straight])))
    cells = along / np.array(pitches)
    rounded = np.rint(cells)
    linked = (np.abs(cells - rounded).max(axis=2) < 0.3) & (np.abs(rounded).sum(axis=2) == 1)
    grids = []
    unseen = set(range(len(centres)))
    while unseen:
        grid = _walk(unseen.pop(), linked, rounded.astype(int))
        unseen -= set(grid.values())
        if len(grid) >= _MIN_SQUARES:
            points = np.array(list(grid), np.float64)
            homography, _ = cv2.findHomography(points, centres[list(grid.values())], cv2.RANSAC, 0.3 * side)
            if homography is not None:
                grids.append((grid, np.asarray(homography, np.float64)))
    return grids


def _walk(start: int, linked: npt.NDArray[np.bool_], offset: npt.NDArray[np.int_]) -> dict[Cell, int]:
    """Number the squares that hang together with one, from neighbour to neighbour."""
    place = {start: (0, 0)}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for other in np.flatnonzero(linked[here]):
            if int(other) not in place:
                step = offset[here, other]
                place[int(other)] = (place[here][0] + int(step[0]), place[here][1] + int(step[1]))
                queue.append(int(other))
    return {cell: index for index, cell in place.items()}
