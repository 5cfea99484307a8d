"""Commands for developers who train, evaluate and export segmentation weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skinimg.base.errors import SettingsError
from skinimg.cli.terminal import PARTIAL, USAGE, Bar, OutOption, app, counted, print_rows, say

if TYPE_CHECKING:  # `--help` answers without tables
    import pandas as pd

DataOption = Annotated[Path, typer.Option("--data", help="Photos with masks beside them; see docs/RETRAIN.md.")]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
SUFFIX = ".safetensors"


@app.command()
def train(
    data: Annotated[Path | None, typer.Option("--data", help="Photos with masks; see docs/RETRAIN.md.")] = None,
    phantom: Annotated[bool, typer.Option("--phantom", help="Draw phantoms to train on, also beside --data.")] = False,
    backgrounds: Annotated[
        Path | None, typer.Option("--backgrounds", help="Unlabelled photos of people, to paint lesions on.")
    ] = None,
    out: Annotated[str, typer.Option(metavar="NAME", help="Weights to write: NAME.safetensors and NAME.json.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Only say whether the data can be trained on.")] = False,
    steps: Annotated[int, typer.Option(min=1, help="At most this many; it stops early when nothing improves.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and data give the same weights on the CPU.")] = 0,
    device: DeviceOption = "auto",
    init: Annotated[str, typer.Option(metavar="WEIGHTS", help="Weights to begin with: a name or a file.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Processes that draw phantoms.")] = 1,
    resume: Annotated[bool, typer.Option("--resume/--fresh", help="Go on where a training was killed.")] = True,
) -> None:
    """Train the segmentation on your own masks; `analyze --weights NAME.safetensors` runs the result."""
    from skinimg.model.device import resolve_device

    chosen = resolve_device(device)
    if check:
        raise typer.Exit(_check(data))
    if not out:
        raise SettingsError("no name for the weights", needed="--out NAME")
    from skinimg.training.fit import Recipe
    from skinimg.training.retrain import Task, retrain

    target = Path(out) if out.endswith(SUFFIX) else Path(out + SUFFIX)
    recipe = Recipe(steps=steps, seed=seed, device=chosen)
    with Bar("training") as progress:
        task = Task(data, phantom, target, recipe, init, workers, backgrounds=backgrounds)
        card = retrain(task, not resume, progress)
    print_rows(
        [{"finding": name, "dice": value} for name, value in card.dice.items() if value is not None],
        ("finding", "dice"),
    )
    typer.echo(f"{target}: try `skinimg evaluate --data DIR --weights {target} --against classical --out evaluation`")


def _check(data: Path | None) -> int:
    """Print the table of a data set and what is wrong with it; the exit code."""
    from skinimg.training.check import check_dataset

    if data is None:
        raise SettingsError("nothing to check", needed="--data DIR")
    with Bar("photos") as progress:
        checked = check_dataset(data, progress)
    columns = ("finding", "photos", "with_any", "too_coarse", "area_mm2", "skin_percent", "off_skin_percent")
    photos = counted(len(checked.photos), "labelled photo", "labelled photos")
    people = counted(len({photo.subject for photo in checked.photos}), "person", "people")
    typer.echo(f"{data}: {photos} of {people}")
    print_rows(checked.rows, columns)
    say((*checked.warnings, *checked.problems))
    faults = counted(len(checked.problems), "thing", "things")
    typer.echo(f"{faults} to correct" if checked.problems else "can be trained on")
    return USAGE if checked.problems else 0


@app.command()
def evaluate(
    data: DataOption,
    out: OutOption,
    weights: Annotated[str, typer.Option(help="Name or .safetensors file; see `skinimg list weights`.")],
    against: Annotated[str, typer.Option(metavar="WEIGHTS", help="Other weights to compare with.")] = "",
    device: DeviceOption = "auto",
) -> None:
    """Judge weights on labelled photos: tables by skin colour and resolution, and a page of cases to look at."""
    from skinimg.model.segmenter import load_segmenter
    from skinimg.training.check import require_masks
    from skinimg.training.dataset import Examples, read_dataset
    from skinimg.training.evaluate import evaluate as run

    names = dict.fromkeys(name for name in (weights, against) if name)
    segmenters = [load_segmenter(name, device) for name in names]
    photos = read_dataset(data)
    require_masks(data, photos)
    examples = Examples(photos)
    with Bar("photos") as progress:
        done = run(examples, segmenters, out, progress, lambda: {"folder": data.name, "skipped": examples.skipped})
    _print_headline(done.figures)
    say(tuple(f"{photo}: left out, {reason}" for photo, reason in examples.skipped.items()))
    typer.echo(f"Cases: {done.page}")
    raise typer.Exit(PARTIAL if examples.skipped else 0)


@app.command()
def export(
    weights: Annotated[str, typer.Option(help="Name or .safetensors file; see `skinimg list weights`.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The .onnx file to write.")],
) -> None:
    """Write weights as ONNX, after checking that they give the same probabilities there."""
    from skinimg.model.onnx import export as run

    typer.echo(f"{out}: probabilities differ by {run(weights, out):.1g} at most")


def _print_headline(figures: pd.DataFrame) -> None:
    """The figures that decide, of the photos on which each finding is measurable."""
    shown = ("dice", "lesion_f1", "area_ratio", "false_positives_per_10cm2")
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for row in figures[(figures["group"] == "all") & figures["measurable"]].to_dict("records"):
        finding, segmenter = str(row["finding"]), str(row["segmenter"])
        line = rows.setdefault((finding, segmenter), {"finding": finding, "segmenter": segmenter})
        line[row["figure"]] = f"{row['value']:.3g}"
    print_rows(list(rows.values()), ("finding", "segmenter", *shown))
