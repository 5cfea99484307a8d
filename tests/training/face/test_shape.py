"""Mirror pairs, anchors and the mesh from its anchors, of drawn shapes whose answer is known."""

from __future__ import annotations

import numpy as np

from skinimg.face.crop import crop_matrix, place_of, to_crop_sides
from skinimg.model.card import FaceCard
from skinimg.model.face_network import CROP_PX, LandmarkNetwork
from skinimg.model.weights import load_weights
from skinimg.training.face.photos import Faces
from skinimg.training.face.shape import mirror_permutation, ridge_prior, shapes_of, spread_out, with_mirror_images
from tests.training.face.drawn_faces import landmarks_of


def test_mirror_pairs_are_found_on_an_uneven_face(faces: Faces) -> None:
    shipped = load_weights("face", FaceCard)[0]["mirror"].long().numpy()
    found = mirror_permutation(shapes_of(faces.landmarks))
    np.testing.assert_array_equal(found, shipped)
    assert found[33] == 263 and found[1] == 1


def test_mirror_images_swap_the_sides(faces: Faces) -> None:
    shapes = shapes_of(faces.landmarks)
    both = with_mirror_images(shapes, mirror_permutation(shapes))
    assert both.shape == (20, 478, 3)
    np.testing.assert_allclose(both[10:, 33], shapes[:, 263] * [-1, 1, 1], rtol=1e-6)
    assert (both[:, 33, 0] < both[:, 263, 0]).all()


def test_shapes_do_not_depend_on_place_size_and_turn() -> None:
    points = landmarks_of(np.random.default_rng(0)).astype(np.float64)
    angle = 0.4
    turn = 1.7 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = np.column_stack([points[:, :2] @ turn.T + [30, -5], 1.7 * points[:, 2]])
    one, other = shapes_of(np.stack([points, moved]))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_anchors_are_spread_out() -> None:
    line = np.arange(11.0)[:, None]
    np.testing.assert_array_equal(spread_out(line, 3, [0]), [0, 10, 5])
    np.testing.assert_array_equal(spread_out(line, 2, [3, 4]), [3, 4])


def test_the_mesh_follows_from_its_anchors_before_training() -> None:
    rng = np.random.default_rng(0)
    shapes = shapes_of(np.stack([landmarks_of(rng) for _ in range(20)]))
    anchors = spread_out(shapes.mean(0), 96, [468, 473])
    prior = ridge_prior(shapes, anchors, LandmarkNetwork(96, width=8))
    assert prior["mesh.weight"].shape == (478 * 3, 2 * 96 + 128)
    assert not prior["mesh.weight"][:, 2 * 96 :].any()
    points = landmarks_of(rng)  # of somebody else, in a crop that is not quite upright
    place = place_of(points)
    turned = to_crop_sides(points, crop_matrix(place, CROP_PX) + np.array([[0, 0.1, 5], [-0.1, 0, -4]]), CROP_PX)
    weight, bias = prior["mesh.weight"][:, : 2 * 96].numpy(), prior["mesh.bias"].numpy()
    mesh = (weight @ turned[anchors, :2].ravel() + bias).reshape(478, 3)
    error = np.linalg.norm((mesh - turned)[:, :2], axis=1).mean()
    assert error < 0.006  # the shapes are uneven by 0.002
    assert error < 0.2 * np.linalg.norm((shapes.mean(0) - turned)[:, :2], axis=1).mean()
