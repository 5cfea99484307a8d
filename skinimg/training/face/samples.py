"""What the two networks learn from: crops with landmarks, windows with a place, and the same without a face."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from skinimg.base.records import FloatArray
from skinimg.face.crop import FacePlace, crop_matrix, place_of, to_crop_sides
from skinimg.model.face_network import CROP_PX, N_LANDMARKS
from skinimg.training.face.backdrops import Backdrops
from skinimg.training.face.photos import Faces
from skinimg.training.face.views import developed, occluded, warped

Sample = TypeVar("Sample")
Make = Callable[[np.random.Generator], Sample]

WINDOW_PX = 128  # the finder's training window
# Faces the finder must answer for; larger and smaller ones belong to other pyramid levels.
FINDER_RADIUS_PX = (6.5, 22.0)


def landmark_sample(
    faces: Faces, backdrops: Backdrops, index: int, mirror: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, float]:
    """A crop (3, 128, 128), its landmarks (478, 3) in crop sides, and 1 for a face, 0 for none.

    mirror : (478,) index of each landmark's mirror image
    """
    points = faces.landmarks[index]
    if rng.random() < 0.2:
        return _no_face(faces, backdrops, index, rng), np.zeros((N_LANDMARKS, 3), np.float32), 0.0
    matrix = _stretched(crop_matrix(_misplaced(place_of(points), rng), CROP_PX), rng)
    flip = rng.random() < 0.5
    if flip:
        matrix[0] = -matrix[0]
        matrix[0, 2] += CROP_PX - 1
    image = warped(faces, index, matrix, CROP_PX, backdrops, rng)
    if rng.random() < 0.3:
        image = occluded(image, backdrops, rng)
    target = to_crop_sides(points, matrix, CROP_PX)
    return developed(image, rng).transpose(2, 0, 1), target[mirror] if flip else target, 1.0


def _misplaced(place: FacePlace, rng: np.random.Generator) -> FacePlace:
    """A place as the finder leaves it, or as the second pass sees it."""
    wide = rng.random() < 0.4
    dx, dy = rng.normal(0, (0.15 if wide else 0.04) * place.radius, 2)
    radius = place.radius * np.exp(rng.normal(0, 0.12 if wide else 0.05))
    return FacePlace(place.x + dx, place.y + dy, radius, place.roll + rng.normal(0, 0.2 if wide else 0.05))


def _stretched(matrix: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The map to a crop, followed by a little stretch and shear about its middle."""
    stretch = np.eye(2) + rng.normal(0, 0.05, (2, 2)) * [[1, 0.6], [0, 1]]
    middle = (CROP_PX - 1) / 2
    return np.column_stack([stretch @ matrix[:, :2], stretch @ (matrix[:, 2] - middle) + middle])


def _no_face(faces: Faces, backdrops: Backdrops, index: int, rng: np.random.Generator) -> FloatArray:
    """A crop beside the face, far too near, far too far, upside down, or of no photo at all."""
    place = place_of(faces.landmarks[index])
    r, kind = place.radius, rng.integers(4)
    if kind == 0:
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(1.6, 4) * r
        x, y = place.x + reach * np.cos(angle), place.y + reach * np.sin(angle)
        wrong = FacePlace(x, y, r * rng.uniform(0.5, 1.3), rng.normal(0, 0.5))
    elif kind == 1:
        x, y = rng.normal([place.x, place.y], r * 0.7)
        wrong = FacePlace(x, y, r * rng.uniform(0.1, 0.45), rng.normal(0, 1))
    elif kind == 2:
        wrong = FacePlace(place.x, place.y, r * rng.uniform(0.8, 3), np.pi + rng.normal(0, 0.6))
    else:
        return developed(backdrops.piece(rng, CROP_PX), rng).transpose(2, 0, 1)
    image = warped(faces, index, crop_matrix(wrong, CROP_PX), CROP_PX, backdrops, rng)
    return developed(image, rng).transpose(2, 0, 1)


def finder_sample(
    faces: Faces, backdrops: Backdrops, index: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """A window (3, 128, 128) and its face (x, y, radius, roll) in window pixels; radius 0 where there is none."""
    place = place_of(faces.landmarks[index])
    kind = rng.random()
    if kind < 0.2:
        return developed(backdrops.piece(rng, WINDOW_PX), rng).transpose(2, 0, 1), np.zeros(4, np.float32)
    low, high = FINDER_RADIUS_PX
    if kind < 0.85:
        radius = np.exp(rng.uniform(np.log(low), np.log(high)))
    elif kind < 0.97:
        radius = np.exp(rng.uniform(np.log(32), np.log(150)))
    else:
        radius = rng.uniform(2, 4)
    roll = np.radians(rng.normal(0, 15))  # turn of the camera, on top of the head's own roll
    scale = radius / place.radius
    turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    flip = rng.random() < 0.5
    if flip:
        turn[0] = -turn[0]
    where = rng.uniform(0.02, 0.98, 2) * WINDOW_PX
    matrix = np.column_stack([turn, where - turn @ (place.x, place.y)])
    image = warped(faces, index, matrix, WINDOW_PX, backdrops, rng)
    eyes = turn @ [np.cos(place.roll), np.sin(place.roll)] * (-1 if flip else 1)
    target = np.array([*where, radius, np.arctan2(eyes[1], eyes[0])], np.float32)
    if not low * 0.8 <= radius <= high * 1.2:
        target[2] = 0
    return developed(image, rng).transpose(2, 0, 1), target


def batches(make: Make[Sample], seed: int, size: int) -> Iterator[list[Tensor]]:
    """Endless batches of what `make` draws from a generator that starts from `seed`; each part of a sample stacked."""
    return iter(DataLoader(_Endless(make, seed), batch_size=size, num_workers=1, prefetch_factor=6))


class _Endless(IterableDataset[Sample]):
    """Samples, prepared by a process: a thread would fight the training for the interpreter lock."""

    def __init__(self, make: Make[Sample], seed: int) -> None:
        self.make, self.seed = make, seed

    def __iter__(self) -> Iterator[Sample]:
        torch.set_num_threads(1)
        rng = np.random.default_rng(self.seed)
        while True:
            yield self.make(rng)
