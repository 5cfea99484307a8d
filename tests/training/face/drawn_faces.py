"""Faces, drawn: the mean shape of the shipped face model in one colour, with a dot on each eye and on one cheek."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from skinimg.base.records import BoolArray, ByteArray, FloatArray
from skinimg.model.card import FaceCard
from skinimg.model.weights import load_weights

BEHIND, SKIN, DARK_SKIN = (90, 120, 90), (225, 180, 150), (85, 55, 40)
RIGHT_EYE, LEFT_EYE, CHEEK = (0, 255, 0), (0, 0, 255), (255, 0, 255)  # colours, RGB; sides are the person's own
CHEEK_LANDMARK = 50  # on the person's own right
HEIGHT, WIDTH = 260, 220


def mean_shape() -> FloatArray:
    """(478, 3) in crop sides, upright."""
    return load_weights("face", FaceCard)[0]["mean_shape"].float().numpy()


def landmarks_of(rng: np.random.Generator) -> FloatArray:
    """The mean shape, a little turned, moved and uneven, (478, 3) in pixels of a photo."""
    roll, side = rng.normal(0, 0.1), rng.uniform(140, 180)
    turn = side * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    points = mean_shape() + rng.normal(0, 0.002, (478, 3))
    middle = np.array([WIDTH, HEIGHT]) / 2 + rng.normal(0, 8, 2)
    return np.column_stack([points[:, :2] @ turn.T + middle, points[:, 2] * side]).astype(np.float32)


def photo_of(points: FloatArray, skin: tuple[int, int, int] = SKIN) -> ByteArray:
    """(260, 220, 3) RGB."""
    image = np.full((HEIGHT, WIDTH, 3), BEHIND, np.uint8)
    cv2.fillConvexPoly(image, cv2.convexHull(points[:, :2].round().astype(np.int32)), skin)
    for indices, colour in (((33, 133), RIGHT_EYE), ((362, 263), LEFT_EYE), ((CHEEK_LANDMARK,), CHEEK)):
        x, y = (points[list(indices), :2].mean(0) * 16).round().astype(int)
        cv2.circle(image, (int(x), int(y)), 5 * 16, colour, -1, shift=4)
    return image


def dot(image: ByteArray, colour: tuple[int, int, int]) -> FloatArray:
    """Where (x, y) the dot of that colour is in an image (h, w, 3)."""
    far = np.abs(image.astype(int) - colour).sum(2)
    weight = np.clip(1 - far / 200, 0, None)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


def write_faces(folder: Path, names: list[str], colour: BoolArray, seed: int = 0) -> Path:
    """Photos with their landmarks as `load_faces` wants them; the first one has dark skin."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    marks = []
    for k, name in enumerate(names):
        points = landmarks_of(rng)
        photo = photo_of(points, DARK_SKIN if k == 0 else SKIN)
        if not colour[k]:
            photo = np.repeat(photo.mean(2, keepdims=True), 3, axis=2).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / name), photo[..., ::-1])
        marks.append(points)
    np.savez(folder / "landmarks.npz", name=np.array(names), landmarks=np.stack(marks), colour=colour)
    return folder
