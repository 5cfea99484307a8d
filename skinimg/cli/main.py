"""The command line. Exit codes: 0 all done; 1 a bug; 2 usage, study or settings; 3 finished, but some subjects or
photos could not be scored (they are listed); 4 weights or device; 130 stopped by Ctrl-C or SIGTERM.

Commands import what they need when they are called: `--help`, `list` and `manifest` answer without torch.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import skinimg.cli.care
import skinimg.cli.guide
import skinimg.cli.models
import skinimg.cli.trials  # noqa: F401  (all register their commands)
from skinimg.base.allocator import keep_freed_memory
from skinimg.base.errors import SettingsError, SkinimgError
from skinimg.base.findings import CLOSEUP_REGIONS, FACE_REGIONS, FINDINGS
from skinimg.base.settings import DEFAULT_WEIGHTS
from skinimg.cli.terminal import (
    PARTIAL,
    STOPPED,
    Bar,
    JsonOption,
    OutOption,
    PathArgument,
    Stopped,
    app,
    counted,
    end,
    print_rows,
    say,
    stop_on_signals,
)


def main() -> None:
    """Entry point: every error that skinimg raises on purpose becomes one sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):  # a name that the console's encoding lacks must not end a run
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    stop_on_signals()
    keep_freed_memory()
    try:
        app()
    except Stopped:
        say(("stopped; run the same command again to go on, finished subjects are kept",))
        sys.exit(STOPPED)
    except (SkinimgError, OSError) as error:
        end(error)


@app.command()
def analyze(
    path: PathArgument,
    out: OutOption,
    weights: Annotated[
        str, typer.Option(help="Name or .safetensors file; see `skinimg list weights`.")
    ] = DEFAULT_WEIGHTS,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    workers: Annotated[int, typer.Option(min=1, help="Processes; the tables are the same for any number.")] = 1,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask cluster, instead of processes here.")] = "",
    shard: Annotated[str, typer.Option(metavar="K/N", help="One part of the study; `skinimg merge` joins them.")] = "",
    settings: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings in TOML.")] = None,
    noise: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Noise of your own photos, of `skinimg repeatability --use`.")
    ] = None,
    target: Annotated[
        str, typer.Option(metavar="FINDINGS", help="What the treatment is for, e.g. spots,erythema: the overall score.")
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Keep what the same code finished, or do all again.")
    ] = True,
    lang: Annotated[str, typer.Option(help="Language of the reports: en or fr.")] = "en",
    deidentify: Annotated[bool, typer.Option("--deidentify", help="Cover the eyes in the reports.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also write each report as PDF.")] = False,
    pseudonymize: Annotated[
        Path | None, typer.Option(metavar="KEYFILE", help="Keyed hashes instead of the names of people and files.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure what changed in every subject of a study, and write tables, pictures and reports."""
    from skinimg.base.settings import read_settings, with_targets
    from skinimg.report import ReportOptions
    from skinimg.run.run import Options
    from skinimg.run.run import analyze as run
    from skinimg.run.shards import read_shard

    report, part = ReportOptions(lang, deidentify, pdf), read_shard(shard)
    options = Options(weights, device, workers, scheduler, not resume, report, pseudonymize, noise, part)
    chosen = with_targets(read_settings(settings), target)
    with Bar("subjects") as progress:
        outcome = run(path, out, options, chosen, progress)
    if as_json:
        print(json.dumps(_summary(outcome), ensure_ascii=False, indent=2))
    else:
        _print_outcome(outcome)
    raise typer.Exit(0 if outcome.complete else PARTIAL)


@app.command()
def check(path: PathArgument, as_json: JsonOption = False) -> None:
    """Read the layout and the quality of the photos, a second each, and say what would keep them from comparison."""
    from skinimg.compare.glance import judge_faces
    from skinimg.study import read_study, uncompared
    from skinimg.study.check import check_study

    study = read_study(path)
    alone = uncompared(study)
    with Bar("photos") as progress:
        rows = check_study(study, progress)
    with Bar("faces") as progress:
        judge_faces(study, rows, progress)
    if as_json:
        left_out = [{"file": item.file, "reason": item.reason} for item in study.left_out]
        said = {"photos": rows, "warnings": study.warnings, "left_out": left_out, "uncompared": alone}
        print(json.dumps(said, ensure_ascii=False, indent=2, default=str))
    else:
        print_rows(rows, ("subject", "session", "view", "photo", "status", "reasons"))
        say((*study.warnings, *alone))
    whole = all(row["status"] != "rejected" for row in rows) and not alone
    raise typer.Exit(0 if whole else PARTIAL)


@app.command()
def manifest(
    folder: Annotated[Path, typer.Argument(help="Folder of photos.")],
    out: Annotated[Path | None, typer.Option("--out", help="The CSV to write; default FOLDER/manifest.csv.")] = None,
) -> None:
    """Write what skinimg understands of a folder as a manifest, to correct by hand."""
    from skinimg.study import read_study, write_manifest

    target = out or folder / "manifest.csv"
    study = read_study(folder, strict=False)
    write_manifest(study, target)
    photos = sum(len(subject.photos) for subject in study.subjects)
    print(f"{target}: {counted(len(study.subjects), 'subject', 'subjects')}, {counted(photos, 'photo', 'photos')}")
    say(study.warnings)


@app.command()
def repeatability(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The --out folder of an analysis with repeat shots.")],
    lang: Annotated[str, typer.Option(help="Language of the page: en or fr.")] = "en",
    use: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a noise table of these shots, for `analyze --noise`."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How well your own repeat shots agree: ICC, SEM, CV, smallest detectable change, Bland-Altman plots."""
    from skinimg.repeatability.own_noise import write_noise
    from skinimg.repeatability.own_replicates import headlines
    from skinimg.repeatability.own_replicates import repeatability as run

    outcome = run(folder, lang)
    if use is not None:
        spoken = write_noise(folder, outcome, use)
        say((f"{use}: noise of {counted(spoken, 'metric', 'metrics')} moved towards these repeat shots",))
    if as_json:
        rows = json.loads(outcome.table.to_json(orient="records", force_ascii=False))
        print(json.dumps({"rows": rows, "notes": [*map(str, outcome.notes)]}, ensure_ascii=False, indent=2))
        return
    shown = headlines(outcome.rows)
    print_rows(shown, tuple(shown[0]) if shown else ())
    say(tuple(map(str, outcome.notes)))
    print(f"Table: {folder / 'repeatability.csv'}\nPage: {outcome.page}")


@app.command()
def synth(
    out: OutOption,
    subjects: Annotated[int, typer.Option(help="People.")] = 2,
    sessions: Annotated[int, typer.Option(help="Sessions of each; the first is the baseline.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    effect: Annotated[
        list[str] | None, typer.Option(metavar="FINDING=PERCENT", help="Change at the last session, e.g. spots=-40%.")
    ] = None,
    null_fraction: Annotated[float, typer.Option(help="Share of subjects whom nothing changes.")] = 0.4,
    arms: Annotated[str, typer.Option(help="none, split-face or parallel.")] = "none",
    size_px: Annotated[int, typer.Option(help="Height of the photos.")] = 1600,
    view: Annotated[list[str] | None, typer.Option(help="front, left45, right45; repeat for several.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Draw a study of people who do not exist, with the exact truth of every change."""
    from skinimg.model.device import resolve_device
    from skinimg.phantom.synth import StudyRecipe
    from skinimg.phantom.synth import synth as draw

    effects = dict(_effect(text) for text in effect or ())
    recipe = StudyRecipe(
        subjects,
        sessions,
        seed,
        effects,
        null_fraction,
        arms,
        size_px,
        tuple(view) if view else ("front",),
    )
    with Bar("photos") as progress:
        manifest_path = draw(out, recipe, lambda done, total: progress(done, total, ""), resolve_device(device))
    print(f"{manifest_path}: {counted(recipe.photos, 'photo', 'photos')}, truth in {out / 'truth'}")


def _effect(text: str) -> tuple[str, float]:
    """`spots=-40%` -> ("spots", -0.4)."""
    finding, sign, amount = text.partition("=")
    try:
        return finding.strip(), float(amount.strip().removesuffix("%")) / 100
    except ValueError as error:
        raise SettingsError(
            f"effect {text!r} cannot be read",
            found=amount if sign else "no =",
            needed="FINDING=PERCENT, e.g. spots=-40%",
        ) from error


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="findings, metrics, regions or weights.")], as_json: JsonOption = False
) -> None:
    """What skinimg knows: findings, metrics, regions, weights."""
    from skinimg.base.shipped import shipped
    from skinimg.measure.metrics import METRICS
    from skinimg.model.card import read_card

    rows: list[dict[str, Any]]
    if what == "findings":
        rows = [
            {"id": f.id, "title": f.title, "needs_px_per_mm": f.min_px_per_mm, "definition": f.definition}
            for f in FINDINGS.values()
        ]
    elif what == "metrics":
        rows = [
            {"id": m.id, "title": m.title, "unit": m.unit, "better": m.better, "findings": " ".join(m.findings)}
            for m in METRICS.values()
        ]
    elif what == "regions":
        rows = [{"id": r, "view": "faces"} for r in FACE_REGIONS] + [
            {"id": r, "view": "closeup"} for r in CLOSEUP_REGIONS
        ]
    elif what == "weights":
        cards = [read_card(path) for path in sorted(shipped("weights").glob("*.json"))]
        rows = [{"name": c.name, "kind": c.KIND, "description": c.description} for c in cards]
    else:
        raise typer.BadParameter(f"{what!r}; needs findings, metrics, regions or weights")
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        print_rows(rows, tuple(rows[0]) if rows else ())


@app.command()
def demo(out: OutOption = Path("demo_report")) -> None:
    """Analyse the shipped samples and say where the report is."""
    from skinimg.base.shipped import shipped
    from skinimg.run.run import analyze as run

    with Bar("subjects") as progress:
        outcome = run(shipped("samples") / "manifest.csv", out, progress=progress)
    _print_outcome(outcome)
    raise typer.Exit(0 if outcome.complete else PARTIAL)


def _summary(outcome: Any) -> dict[str, Any]:
    scores = outcome.tables["scores"]
    return {
        "out": str(outcome.out),
        "complete": outcome.complete,
        "resumed": outcome.resumed,
        "failures": outcome.failures,
        "rejected": [{"photo": photo, "reason": reason} for photo, reason in outcome.rejected],
        "uncompared": list(outcome.uncompared),
        "warnings": list(outcome.warnings),
        "scores": json.loads(scores.to_json(orient="records", force_ascii=False)),
    }


def _print_outcome(outcome: Any) -> None:
    """The overall score of every subject and session, what could not be scored, and where to look."""
    scores = outcome.tables["scores"]
    rows = [{**row, "improvement": _percent(row)} for row in scores[scores["finding"] == "overall"].to_dict("records")]
    print_rows(rows, ("subject", "view", "session", "improvement", "verdict", "grade"))
    lines = [f"{subject}: {reason}" for subject, reason in outcome.failures.items()]
    lines += [f"{photo}: {reason}" for photo, reason in outcome.rejected]
    say((*outcome.warnings, *outcome.uncompared, *lines))
    print(f"Report: {outcome.out / 'index.html'}")


def _percent(row: dict[str, Any]) -> str:
    if row["improvement_percent"] != row["improvement_percent"]:  # NaN
        return "-"
    return f"{row['improvement_percent']:.0f} % ({row['ci_low']:.0f} to {row['ci_high']:.0f})"
