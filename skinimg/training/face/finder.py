"""Training of the network that finds a face in a photo."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from skinimg.model.face_network import FINDER_STRIDE_PX, FaceFinder
from skinimg.training.face.backdrops import draw_backdrops
from skinimg.training.face.loop import FaceTrainingRecipe, Run, Say, train
from skinimg.training.face.photos import load_faces
from skinimg.training.face.samples import batches, finder_sample

_LEARNING_RATE = 3e-3
_BUMP_SD = 0.25  # face radii
_ANSWERS_WITHIN = 0.4  # face radii: there the finder must know place, size and roll


def train_finder(recipe: FaceTrainingRecipe, say: Say) -> None:
    """Train, or go on training, and leave `finder.pt`."""
    faces = load_faces(recipe.data)
    backdrops = draw_backdrops(faces, np.random.default_rng(recipe.seed))
    torch.manual_seed(recipe.seed)
    net = FaceFinder()
    nn.init.constant_(net.get_parameter("head.bias")[0], -4.0)  # faces are rare: start by saying no
    recipe.out.mkdir(parents=True, exist_ok=True)
    run = Run(net, recipe.out / "finder.pt", recipe.minutes, _LEARNING_RATE)
    stream = batches(
        lambda rng: finder_sample(faces, backdrops, faces.someone(rng), rng), recipe.seed + run.steps, recipe.batch
    )
    train(run, stream, finder_loss, say)


def finder_loss(out: Tensor, target: Tensor) -> Tensor:
    """CenterNet's: focal loss on a Gaussian bump at the face's centre, L1 on place, size and roll near it.

    out (n, 6, h, w); target (n, 4) = x, y, radius (0: no face) in window pixels, roll in radians.
    """
    step = FINDER_STRIDE_PX
    h, w = out.shape[-2:]
    cell_y, cell_x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    # Cell i covers pixels 4 i to 4 i + 3: its centre is at 4 i + 1.5.
    dx = (target[:, 0, None, None] - (step * cell_x + (step - 1) / 2)) / step
    dy = (target[:, 1, None, None] - (step * cell_y + (step - 1) / 2)) / step
    there = (target[:, 2] > 0)[:, None, None]
    radius = target[:, 2].clamp(1.0)[:, None, None] / step
    near = (dx**2 + dy**2).sqrt() / radius
    bump = torch.exp(-(near**2) / (2 * _BUMP_SD**2)) * there
    peak = (bump >= bump.amax((1, 2), keepdim=True)) & there
    bump = torch.where(peak, 1.0, bump)
    log_p, log_q = functional.logsigmoid(out[:, 0]), functional.logsigmoid(-out[:, 0])
    p = log_p.exp()
    focal = -torch.where(peak, (1 - p) ** 2 * log_p, (1 - bump) ** 4 * p**2 * log_q)
    inside = ((near < _ANSWERS_WITHIN) & there).float()
    roll = target[:, 3, None, None]
    wanted = torch.stack([dx, dy, radius.log().expand_as(dx), roll.cos().expand_as(dx), roll.sin().expand_as(dx)], 1)
    scale = torch.stack([1 / radius.expand_as(dx)] * 2 + [torch.ones_like(dx)] * 3, 1)
    place = ((out[:, 1:] - wanted).abs() * scale).mean(1)
    return focal.sum() / there.sum().clamp(1) + 2 * (place * inside).sum() / inside.sum().clamp(1)
