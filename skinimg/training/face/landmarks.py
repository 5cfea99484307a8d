"""Training of the network that places the 478 landmarks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from skinimg.face.mesh import LEFT_IRIS, RIGHT_IRIS
from skinimg.model.face_network import LandmarkNetwork, LandmarkOutput
from skinimg.training.face.backdrops import draw_backdrops
from skinimg.training.face.judge import held_out_crop_error
from skinimg.training.face.loop import FaceTrainingRecipe, Run, Say, train
from skinimg.training.face.photos import load_faces
from skinimg.training.face.samples import batches, landmark_sample
from skinimg.training.face.shape import mirror_permutation, ridge_prior, shapes_of, spread_out, with_mirror_images

_LEARNING_RATE = 2e-3
_ANCHORS = 96
_FIRST_ANCHORS = [468, 473, 33, 133, 362, 263, 1, 61, 291, 152, 10]  # irises, corners of eyes and mouth, midline
_BETA = 0.004  # crop sides: errors below count by their square
_AXES = (1.0, 1.0, 0.3)  # depth is a guess of the labels


def train_landmarks(recipe: FaceTrainingRecipe, say: Say) -> None:
    """Train, or go on training, and leave `landmarks.pt` and `shape.npz` (mean shape, mirror pairs, anchors)."""
    faces = load_faces(recipe.data)
    backdrops = draw_backdrops(faces, np.random.default_rng(recipe.seed))
    torch.manual_seed(recipe.seed)
    shapes = shapes_of(faces.landmarks[faces.trained_on])
    mirror = mirror_permutation(shapes)
    shapes = with_mirror_images(shapes, mirror)
    mean_shape = shapes.mean(0)
    anchors = spread_out(mean_shape, _ANCHORS, _FIRST_ANCHORS)
    net = LandmarkNetwork(_ANCHORS)
    net.load_state_dict({**net.state_dict(), **ridge_prior(shapes, anchors, net)})
    recipe.out.mkdir(parents=True, exist_ok=True)
    np.savez(recipe.out / "shape.npz", mean_shape=mean_shape, mirror=mirror, anchors=anchors)
    run = Run(net, recipe.out / "landmarks.pt", recipe.minutes, _LEARNING_RATE, slow="mesh")
    say(f"{len(faces.trained_on)} photos to train on, {faces.held_out.sum()} held out; starts at step {run.steps}")
    stream = batches(
        lambda rng: landmark_sample(faces, backdrops, faces.someone(rng), mirror, rng),
        recipe.seed + run.steps,
        recipe.batch,
    )
    anchor_index = torch.from_numpy(anchors)

    def look() -> None:
        error = held_out_crop_error(run.average, faces)
        say(f"  held out, crops by the truth: median {np.median(error):.2f} %, p90 {np.quantile(error, 0.9):.2f} %")

    train(run, stream, lambda out, target, there: landmark_loss(out, target, there, anchor_index), say, look)


def landmark_loss(out: LandmarkOutput, target: Tensor, there: Tensor, anchors: Tensor) -> Tensor:
    """Smooth L1 of mesh and anchors by the distance between the eyes, and cross-entropy of whether a face is there.

    target : (n, 478, 3) in crop sides; there : (n,) 1 for a face, 0 for none; anchors : (k,) their indices in the mesh
    """
    eyes = (target[:, RIGHT_IRIS[0], :2] - target[:, LEFT_IRIS[0], :2]).norm(dim=1).clamp(0.15)
    scale = there.float() * (0.27 / eyes) / 0.01  # hundredths of a crop side, in units of the eye distance
    mesh = functional.smooth_l1_loss(out.landmarks, target, beta=_BETA, reduction="none") * torch.tensor(_AXES)
    anchor = functional.smooth_l1_loss(out.anchors, target[:, anchors, :2], beta=_BETA, reduction="none")
    loss = ((mesh.sum(2).mean(1) + 0.5 * anchor.sum(2).mean(1)) * scale).mean()
    return loss + functional.binary_cross_entropy_with_logits(out.logit, there.float())
