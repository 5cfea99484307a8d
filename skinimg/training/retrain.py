"""`skinimg train`: from a developer's photos, or from phantoms, to a pair of files that `analyze --weights` runs.

NAME.safetensors, NAME.json     the result
NAME.training/                  the tiles, the checkpoint and the validations (validations.jsonl); a killed training goes on here
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skinimg.base.errors import SettingsError, StudyError
from skinimg.base.files import write_text
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.provenance import file_sha256
from skinimg.model.card import NetworkCard
from skinimg.model.weights import load_weights
from skinimg.skin.optics import baseline_anchor, skin_maps, unaffected_density
from skinimg.training.augment import Piece, augment
from skinimg.training.check import check_dataset
from skinimg.training.dataset import LabelledPhoto, load_example, split_by_subject
from skinimg.training.example import Example
from skinimg.training.fit import Recipe, as_the_first, fit, join_others
from skinimg.training.people import PARTS, draw_people, read_backgrounds, seen_backgrounds
from skinimg.training.ship import ship
from skinimg.training.sources import draw_tile_store, example_tiles
from skinimg.training.tile_store import load_part, save_part, shown_in

Watch = Callable[[int, int, str], None]  # done, of how many, what
Split = tuple[list[LabelledPhoto], list[LabelledPhoto]]  # to train on, to judge by

COPIES = 3  # augmented views of every photo beside the photo as it is
_PARTS = 120  # of phantom tiles, 64 each: about 8 minutes of drawing on two cores
_FEWEST_PLAIN_PX = 1000  # of a view, to know its colours (optics.unaffected_density)


@dataclass(frozen=True)
class Task:
    """What to train on and where to write.

    data : folder of labelled photos (`skinimg.training.dataset`), None = none; phantom : draw phantoms too
    backgrounds : folder of unlabelled photos of people, on which spots and redness are painted
    out : NAME.safetensors; init : name or path of weights to begin with, empty = from scratch
    """

    data: Path | None
    phantom: bool
    out: Path
    recipe: Recipe
    init: str = ""
    workers: int = 1
    phantom_parts: int = _PARTS
    backgrounds: Path | None = None
    people_parts: int = PARTS

    @property
    def work(self) -> Path:
        """Folder of everything that is only needed while training."""
        return self.out.with_suffix(".training")


def retrain(task: Task, fresh: bool = False, watch: Watch | None = None) -> NetworkCard:
    """Check the data, make tiles, train, calibrate on people who were held out, and write the weights; -> their card.

    Raises
    ------
    StudyError
        Everything that is wrong with the data set, before anything else is done.
    SettingsError
        Nothing to train on; or the folder beside `out` holds a training on other data or by another recipe.
    WeightsError
        `init` cannot be used; or the loss is no longer a number.
    """
    start, begun, recipe = None, None, task.recipe
    if task.init:
        start, begun = load_weights(task.init, NetworkCard)
        recipe = replace(recipe, filters=begun.filters)
    first = join_others(recipe.device)[0] == 0
    if first:  # the others take over what it has drawn
        photos = _checked(task, watch)
        people = read_backgrounds(task.backgrounds) if task.backgrounds is not None else ([], [])
        if fresh:
            shutil.rmtree(task.work, ignore_errors=True)
        _claim(task, [*photos, *people[0], *people[1]], begun.sha256 if begun else "")
        train, validate = _parts(task, photos, people, watch)
    else:
        photos, people, train, validate = [], ([], []), [], []
    train, validate = as_the_first((train, validate))
    network, looks = fit(train, validate, task.work, recipe, start, watch)
    subjects = len({photo.subject for photo in photos})
    backs = [*people[0], *people[1]]
    data = [
        *[f"{len(photos)} labelled photos of {subjects} people"] * bool(photos),
        *[f"lesions painted on {len(backs)} photos of {len({one.subject for one in backs})} people"] * bool(backs),
        *["phantoms"] * task.phantom,
    ]
    told = {
        "description": f"trained with `skinimg train` on {' and '.join(data)}",
        "data": data,
        "seed": recipe.seed,
        "init": task.init,
        "untrained": _untrained(begun.untrained if begun else MASK_FINDINGS, train),
    }
    if first:
        calibration = begun.calibration if begun else None
        ship(task.out, network, validate, looks, told, recipe.device, begun=calibration)
    as_the_first(None)  # nobody reads the card before it is written
    return load_weights(task.out, NetworkCard)[1]


def _untrained(before: Sequence[str], train: Sequence[Path]) -> list[str]:
    """Findings that the weights at the start did not know, and that no tile to train on shows.

    Labels of the people who judge teach nothing, nor do those of photos too coarse for their finding.
    """
    left = set(before)
    for part in train:
        if not left:
            break
        left -= shown_in(load_part(part))
    return [name for name in MASK_FINDINGS if name in left]


def _checked(task: Task, watch: Watch | None) -> list[LabelledPhoto]:
    if task.data is None:
        if not task.phantom and task.backgrounds is None:
            raise SettingsError(
                "nothing to train on", needed="labelled photos (--data DIR), --phantom or --backgrounds DIR"
            )
        return []
    checked = check_dataset(task.data, watch)
    checked.require_usable()
    return checked.photos


def _claim(task: Task, photos: Sequence[LabelledPhoto], begun: str) -> None:
    """Mark the working folder as that of these very data: tiles and checkpoint of others must not be continued.

    begun : hash of the weights to begin with, empty without
    """
    seen = hashlib.sha256()
    for photo in photos:
        seen.update(repr((photo.name, photo.subject, photo.entry.view, photo.entry.mm_per_px)).encode())
        seen.update(file_sha256(photo.entry.path).encode())
        for finding, mask in sorted(photo.masks.items()):
            seen.update(f"{finding} {file_sha256(mask) if isinstance(mask, Path) else mask}".encode())
    mine = {"data": seen.hexdigest(), "phantom_parts": task.phantom_parts * task.phantom, "seed": task.recipe.seed}
    mine |= {"init": begun} if begun else {}
    claim = task.work / "data.json"
    if claim.exists() and json.loads(claim.read_text(encoding="utf-8")) != mine:
        raise SettingsError(
            f"{task.work} holds a training on other photos, masks or phantoms, or one begun with other weights",
            next_step="Use --fresh to begin again, or another --out.",
        )
    task.work.mkdir(parents=True, exist_ok=True)
    write_text(claim, json.dumps(mine))


def _parts(
    task: Task, photos: Sequence[LabelledPhoto], people: Split, watch: Watch | None
) -> tuple[list[Path], list[Path]]:
    """Tiles to train on and tiles to judge by. Where there are photos, photos judge; else painted people do."""
    store, seed = task.work / "tiles", task.recipe.seed
    train: list[Path] = []
    validate: list[Path] = []
    if task.phantom:
        train += draw_tile_store(store, task.phantom_parts, 2 * seed, task.workers, watch)
        if not photos and not any(people):
            validate = draw_tile_store(store, max(task.phantom_parts // 10, 2), 2 * seed + 1, task.workers, watch)
    for which, parts_of_them, count in zip(people, (train, validate), (task.people_parts, 2), strict=True):
        if which and not (photos and parts_of_them is validate):
            name = "people" if parts_of_them is train else "judging"
            parts_of_them += draw_people(store, name, seen_backgrounds(which, watch), count, seed)
    if photos:
        held_out = {photo.subject for photo in split_by_subject(photos, seed)[1]}
        for k, photo in enumerate(photos):
            judges = photo.subject in held_out
            own = _photo_parts(store, photo, k, 0 if judges else COPIES, seed)
            (validate if judges else train).extend(own)
            if watch is not None:
                watch(k + 1, len(photos), photo.name)
    for parts, what in ((train, "train on"), (validate, "judge by")):
        if not parts:
            raise StudyError(f"no skin to {what}", found="no tile of 25 mm that is a fifth skin", needed="more photos")
    return train, validate


def _photo_parts(store: Path, photo: LabelledPhoto, number: int, copies: int, seed: int) -> Iterator[Path]:
    """A part for a photo and one for each of its augmented views; those that are there already are kept."""
    paths = [store / f"photo-{number:04d}-{copy}.npz" for copy in range(copies + 1)]
    example = None if all(path.exists() for path in paths) else load_example(photo)
    for copy, path in enumerate(paths):
        if not path.exists() and example is not None:
            view = varied(example, _mixed(seed, number, copy)) if copy else example
            tiles = example_tiles(view) if view is not None else None
            if not tiles:
                continue
            save_part(path, tiles)
        yield path


def _mixed(*numbers: int) -> int:
    """One seed of several numbers, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(numbers).encode()).digest()[:4])


def varied(example: Example, seed: int) -> Example | None:
    """The same skin in another photo, its colours anchored anew; None where too little plain skin is left to do so."""
    frame = example.frame
    view = augment(Piece(frame.linear, example.coverage, frame.skin), seed)
    if view.valid.sum() < _FEWEST_PLAIN_PX:
        return None
    anchor = baseline_anchor(unaffected_density(view.linear, view.valid))
    return replace(
        example,
        frame=replace(frame, linear=view.linear, skin=view.valid),
        maps=skin_maps(view.linear, view.valid, frame.mm_per_px, anchor),
        coverage=view.coverage,
    )
