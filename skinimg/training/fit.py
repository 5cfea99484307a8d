"""The training loop: from a store of tiles to a pair of files that `analyze --weights` runs.

Everything random follows from the seed and the step, so training that was killed and resumed gives the same network as
training that was not. Several GPUs: start it with torch's own launcher (`torchrun --nproc-per-node 4 -m skinimg train
...`); every process then takes its share of each batch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from skinimg.base.errors import SettingsError, WeightsError
from skinimg.base.files import atomic, write_text
from skinimg.base.findings import MASK_FINDINGS
from skinimg.model.device import bfloat16_pays
from skinimg.model.network import SkinNetwork, planes
from skinimg.model.weights import fill
from skinimg.training import distort, training_log
from skinimg.training.loss import how_common, known_mask, loss
from skinimg.training.muon import Optimiser
from skinimg.training.tile_store import Tiles, batches, joined, load_part
from skinimg.training.training_log import Validation

T = TypeVar("T")
Watch = Callable[[int, int, str], None]  # steps done, of how many, what is going on
STATE = "state.pt"
BEST = "best.pt"
# Raised when network, loss, optimiser, steps or checkpoint change: half of one training and half of another is neither.
_LOOP = 6
_SETTLING_BATCHES = 60


@dataclass(frozen=True)
class Recipe:
    """How to train. Chosen for two CPU cores, where a step takes about a second; nothing was searched."""

    steps: int = 4000
    batch: int = 16
    learning_rate: float = 2e-3  # of AdamW at its highest; Muon's follows it
    seed: int = 0
    filters: int = 32
    patience: int = 8  # validations without improvement before it stops early
    look_every: int = 250  # steps
    device: str = "cpu"


def fit(
    train: Sequence[Path],
    validate: Sequence[Path],
    work: Path,
    recipe: Recipe,
    start: dict[str, Tensor] | None = None,
    watch: Watch | None = None,
) -> tuple[SkinNetwork, list[Validation]]:
    """Train on the parts of a store; returns the network that did best on the validation parts, and every validation.

    work : folder of the checkpoint; training goes on from the one that is there. start : weights to begin with.

    Raises
    ------
    SettingsError
        Fewer tiles than one batch, or the checkpoint is of another recipe.
    WeightsError
        The loss is no longer a number; the best network until then is in `work`.
    """
    rank, world = join_others(recipe.device)
    torch.manual_seed(recipe.seed)
    network = SkinNetwork(recipe.filters)
    if start is not None:
        fill(network, start, "to start from")
    network = network.on(recipe.device)
    optimiser = Optimiser(network, recipe.learning_rate)
    validations, step = _resume(work, recipe, network, optimiser)
    wrapped: nn.Module = nn.parallel.DistributedDataParallel(network) if world > 1 else network
    held_out = joined([load_part(part) for part in validate])
    common = how_common(torch.from_numpy(held_out.coverage) / 255, known_mask(torch.from_numpy(held_out.known)))
    while step < recipe.steps and not _tired(validations, recipe.patience):
        done_before = step
        for tiles in _epoch(train, recipe, step, rank, world):
            step += 1
            value = _step(wrapped, optimiser, tiles, common, recipe, step)
            if not np.isfinite(value):
                raise WeightsError(
                    f"the loss is not a number at step {step}",
                    next_step=f"The network of step {_best(validations)} is kept in {work}; try a lower learning rate.",
                )
            if watch and rank == 0:
                watch(step, recipe.steps, f"loss {value:.3f}")
            if step % recipe.look_every == 0 or step == recipe.steps:
                if rank == 0:
                    logits = predict(network, held_out, recipe.device)
                    validations.append(validated(logits, held_out, step))
                    _save(work, recipe, network, optimiser, validations, step)
                    training_log.write_preview(work / "preview.png", held_out, logits)
                    training_log.log(work / "tensorboard", validations[-1])
                validations = as_the_first(
                    validations
                )  # all stop together, and none reads a file that is being written
            if step >= recipe.steps or _tired(validations, recipe.patience):
                break
        if step == done_before:
            raise SettingsError("too few tiles to train", needed=f"{recipe.batch} for one batch")
    network.load_state_dict(torch.load(work / BEST, weights_only=True, map_location=recipe.device))
    _settle(network, train, recipe)
    return network.eval(), validations


def join_others(device: str) -> tuple[int, int]:
    """Rank and number of the processes that train together, as torch's launcher says in the environment."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and not torch.distributed.is_initialized():
        # half a day: the others wait while the first one draws the tiles
        torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=timedelta(hours=12))
        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return int(os.environ.get("RANK", "0")), world


def as_the_first(value: T) -> T:
    """What the first of the processes that train together has; the others wait for it."""
    if not torch.distributed.is_initialized():
        return value
    box = [value]
    torch.distributed.broadcast_object_list(box, src=0)
    return box[0]


def _epoch(parts: Sequence[Path], recipe: Recipe, step: int, rank: int, world: int) -> Any:
    """Batches from where `step` is: epochs of whole passes, each shuffled by its number; this process's share of each.

    A batch is drawn whole and then divided, so that the tiles of a step are the same for any number of processes.
    """
    epoch, passed = 0, 0
    while True:
        for tiles in batches(parts, recipe.batch, np.random.default_rng([recipe.seed, epoch])):
            passed += 1
            if passed > step:
                yield tiles.take(np.arange(rank, len(tiles), world))
        if passed == 0:
            return
        epoch += 1


def _settle(network: SkinNetwork, train: Sequence[Path], recipe: Recipe) -> None:
    """Batch norm's means over many batches, for use: in training they remember the last ten or so."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
    network.train()
    generator = torch.Generator().manual_seed(recipe.seed)
    for tiles in islice(_epoch(train, recipe, 0, 0, 1), min(_SETTLING_BATCHES, recipe.steps)):
        x, _, _ = _distorted(tiles, generator, recipe.device)
        with torch.inference_mode(), _mixed(recipe.device):
            network(x)
    for norm in norms:
        norm.momentum = 0.1


def _step(network: nn.Module, optimiser: Optimiser, tiles: Tiles, common: Tensor, recipe: Recipe, step: int) -> float:
    progress = step / recipe.steps
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    x, coverage, known = _distorted(tiles, generator, recipe.device)
    network.train()
    with _mixed(recipe.device):
        logits = network(x)
    value = loss(logits.float(), coverage, known, common.to(recipe.device), progress)
    network.zero_grad(set_to_none=True)
    torch.autograd.backward(value)
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    if torch.isfinite(value):
        optimiser.step(recipe.learning_rate * rate_at(progress))
    return float(value.detach())


def _mixed(device: str) -> torch.autocast:
    """Mixed precision where it is faster."""
    return torch.autocast(device, torch.bfloat16, enabled=bfloat16_pays(device))


def rate_at(progress: float) -> float:
    """Share of the learning rate: up over the first 4 % of the steps, then down along a cosine."""
    warm = 0.04
    return progress / warm if progress < warm else 0.5 * (1 + float(np.cos(np.pi * (progress - warm) / (1 - warm))))


def _distorted(tiles: Tiles, generator: torch.Generator, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Planes, coverage and known mask (n, 5, h, w) of a distorted batch."""
    maps = (tiles.relative, tiles.coverage, tiles.skin, tiles.known, tiles.context)
    relative, coverage, skin, known, context = distort.turned((*(torch.from_numpy(a) for a in maps),), generator)
    skin = distort.carved(skin, generator)
    known = torch.where(skin, known, torch.zeros_like(known))
    native = torch.from_numpy(tiles.native_px_per_mm) * (0.1 * torch.randn(len(tiles), generator=generator)).exp()
    lit, around = distort.relit(relative.float(), context.float(), generator)
    x = planes(lit, skin, native, around)
    return x.to(device), coverage.to(device).float() / 255, known_mask(known).to(device)


def predict(network: nn.Module, tiles: Tiles, device: str = "cpu") -> Tensor:
    """Logits (n, 5, h, w) of tiles as they are, on the CPU."""
    network.eval()
    answers = torch.empty(len(tiles), len(MASK_FINDINGS), *tiles.skin.shape[1:])
    with torch.inference_mode(), _mixed(device):
        for first in range(0, len(tiles), 16):
            some = tiles.take(np.arange(first, min(first + 16, len(tiles))))
            x = planes(
                torch.from_numpy(some.relative).float(),
                torch.from_numpy(some.skin),
                torch.from_numpy(some.native_px_per_mm),
                torch.from_numpy(some.context).float(),
            )
            answers[first : first + len(some)] = network(x.to(device))
    return answers


def validated(logits: Tensor, tiles: Tiles, step: int) -> Validation:
    """Loss, Dice and area on validation tiles, of which the network at that step thinks `logits`."""
    known = known_mask(torch.from_numpy(tiles.known))
    total, dice, ratio = 0.0, [], []
    for k in range(len(MASK_FINDINGS)):  # one at a time: five at once are 10 GB for 800 tiles
        one = slice(k, k + 1)
        coverage = torch.from_numpy(tiles.coverage[:, one]).float() / 255
        total += float(loss(logits[:, one], coverage, known[:, one], how_common(coverage, known[:, one]), 1.0))
        p, y = logits[:, one].sigmoid() * known[:, one], coverage * known[:, one]
        found, true = p > 0.5, y > 0.5
        dice.append(round(float(2 * (found & true).sum() / (found.sum() + true.sum())), 4))
        ratio.append(round(float(p.sum() / y.sum()), 4))
    return Validation(step, total, tuple(dice), tuple(ratio))


def _best(validations: Sequence[Validation]) -> int:
    return min(validations, key=lambda seen: seen.loss).step if validations else 0


def _tired(validations: Sequence[Validation], patience: int) -> bool:
    """Whether the last `patience` validations were no better than an earlier one."""
    return (
        len(validations) > patience
        and validations[-1].step > 0
        and _best(validations) <= validations[-1 - patience].step
    )


def _save(
    work: Path, recipe: Recipe, network: nn.Module, optimiser: Optimiser, validations: Sequence[Validation], step: int
) -> None:
    """The checkpoint, the best network so far and the list of validations, each through a temporary file."""
    work.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = {
        "recipe": _described(recipe),
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    state |= {"step": step, "validations": [asdict(seen) for seen in validations]}
    _write(work / STATE, state)
    if _best(validations) == step:
        _write(work / BEST, network.state_dict())
    lines = "".join(json.dumps({**asdict(seen), "findings": MASK_FINDINGS}) + "\n" for seen in validations)
    write_text(work / "validations.jsonl", lines)


def _write(path: Path, content: Any) -> None:
    with atomic(path) as part:
        torch.save(content, part)


def _described(recipe: Recipe) -> dict[str, Any]:
    return {**asdict(recipe), "loop": _LOOP}


def _resume(work: Path, recipe: Recipe, network: nn.Module, optimiser: Optimiser) -> tuple[list[Validation], int]:
    """The validations and the step of the checkpoint in `work`, its state put into network and optimiser."""
    if not (work / STATE).exists():
        return [], 0
    state = torch.load(work / STATE, weights_only=True, map_location=recipe.device)
    if state["recipe"] != _described(recipe):
        changed = [name for name, value in _described(recipe).items() if state["recipe"].get(name) != value]
        raise SettingsError(
            f"the training in {work} was begun with another recipe",
            found=", ".join(f"{name} {state['recipe'].get(name)}" for name in changed),
            next_step="Use another --out, or the same options.",
        )
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    validations = [
        Validation(s["step"], s["loss"], tuple(s["dice"]), tuple(s["area_ratio"])) for s in state["validations"]
    ]
    return validations, int(state["step"])
