"""What the shapes of many faces say before a photo is looked at: mirror pairs, anchors, the mesh from its anchors.

Shapes are landmarks in the face's own upright crop, in crop sides.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from skinimg.base.records import FloatArray
from skinimg.face.crop import crop_matrix, place_of, to_crop_sides
from skinimg.model.face_network import CROP_PX, LandmarkNetwork

_TURNED = 4  # times that each shape is shown to the ridge regression
_HEAT_SD = 0.005  # crop sides: heat maps are off by about half a per cent of the crop


def shapes_of(landmarks: FloatArray) -> FloatArray:
    """The shapes of faces (n, 478, 3), whatever they were in pixels of."""
    return np.stack([to_crop_sides(points, crop_matrix(place_of(points), CROP_PX), CROP_PX) for points in landmarks])


def with_mirror_images(shapes: FloatArray, mirror: npt.NDArray[np.int64]) -> FloatArray:
    """The shapes (n, 478, 3) and their mirror images: (2 n, 478, 3)."""
    return np.concatenate([shapes, shapes[:, mirror] * np.array([-1, 1, 1], np.float32)])


def mirror_permutation(shapes: FloatArray) -> npt.NDArray[np.int64]:
    """Index of each landmark's mirror image (478,), by assignment between the mean shape and its reflection."""
    mean = np.mean(shapes, 0)
    mean = mean - [mean[:, 0].mean(), 0, 0]
    for _ in range(3):  # the mean face is not quite symmetric: symmetrise with the pairing found, pair again
        cost = ((mean[:, None] - (mean * [-1, 1, 1])[None]) ** 2).sum(2)
        pair: npt.NDArray[np.int64] = linear_sum_assignment(cost)[1]
        mean = (mean + mean[pair] * [-1, 1, 1]) / 2
    assert (pair[pair] == np.arange(len(pair))).all(), "the mirror pairing must be its own inverse"
    return pair


def spread_out(points: FloatArray, count: int, first: list[int]) -> npt.NDArray[np.int64]:
    """`count` indices of points (n, k) by farthest-point sampling that start with `first`."""
    chosen = list(first)
    distance = np.min(np.linalg.norm(points[:, None] - points[chosen][None], axis=2), 1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen)


def ridge_prior(shapes: FloatArray, anchors: npt.NDArray[np.int64], net: LandmarkNetwork) -> dict[str, Tensor]:
    """The linear map anchors -> mesh as ridge regression over turned, shifted and scaled shapes (n, 478, 3).

    For the network's `mesh` layer; what the pooled features say counts nothing yet.
    """
    turned = _turned(np.repeat(shapes, _TURNED, axis=0), np.random.default_rng(0))
    x = turned[:, anchors, :2].reshape(len(turned), -1)
    y = turned.reshape(len(turned), -1)
    x_mean, y_mean = x.mean(0), y.mean(0)
    noise = _HEAT_SD**2 * len(x)
    weight = np.linalg.solve(
        (x - x_mean).T @ (x - x_mean) + noise * np.eye(x.shape[1]), (x - x_mean).T @ (y - y_mean)
    ).T
    full = torch.zeros_like(net.mesh.weight)
    full[:, : x.shape[1]] = torch.from_numpy(weight.astype(np.float32))
    return {"mesh.weight": full, "mesh.bias": torch.from_numpy((y_mean - weight @ x_mean).astype(np.float32))}


def _turned(shapes: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Each shape (n, 478, 3) turned, scaled and shifted a little, in place."""
    angle, scale = rng.normal(0, 0.2, len(shapes)), np.exp(rng.normal(0, 0.1, len(shapes)))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    shift = rng.normal(0, 0.04, (len(shapes), 1, 2))
    shapes[..., :2] = shapes[..., :2] @ (turn * scale[:, None, None]) + shift
    shapes[..., 2] *= scale[:, None]
    return shapes
