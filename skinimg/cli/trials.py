"""Commands for trial teams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from skinimg.cli.terminal import PARTIAL, Bar, JsonOption, OutOption, PathArgument, app, print_rows, say

_SPREAD = ("--arms", "--endpoint")


class Spread(TyperCommand):
    """Lets `--arms A B` mean `--arms A --arms B`; what follows up to the next option belongs to it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        spread: list[str] = []
        option, taken = "", 0
        for word in args:
            if word.startswith("-"):
                option, taken = (word, 0) if word in _SPREAD else ("", 0)
                spread.append(word)
                continue
            if option and taken:
                spread.append(option)
            spread.append(word)
            taken += 1
        return super().parse_args(ctx, spread)


FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The --out folder of an analysis.")]
DesignOption = Annotated[str, typer.Option(help="split-face, parallel or single-arm.")]
ArmsOption = Annotated[
    list[str] | None, typer.Option(metavar="A B", help="Arms; the effect is the first minus the second.")
]
LangOption = Annotated[str, typer.Option(help="Language of the report: en or fr.")]
ManifestOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The study's table, instead of DIR/study.csv.")
]


@app.command(cls=Spread)
def trial(
    folder: FolderArgument,
    design: DesignOption,
    arms: ArmsOption = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMES", help="Declared, in order: spots.burden redness.burden m_NAME ..."),
    ] = None,
    visit: Annotated[str, typer.Option(metavar="SESSION", help="Of the declared test; default the last.")] = "",
    region: Annotated[str, typer.Option(help="Region; left_ and right_ are added for a split face.")] = "face",
    alpha: Annotated[float, typer.Option(help="Two-sided error of the first kind.")] = 0.05,
    responder: Annotated[
        str, typer.Option(metavar="PERCENT", help="Improvement of a responder; default its smallest detectable change.")
    ] = "",
    weigh: Annotated[bool, typer.Option("--weigh", help="Weigh people by the known noise of their change.")] = False,
    manifest: ManifestOption = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Key of `skinimg blind`: unblinds, and notes when.")
    ] = None,
    lang: LangOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Statistics of a study with arms: effects, mixed model, responders, flow of subjects and photos."""
    from skinimg.trial.document import document
    from skinimg.trial.key import use_key
    from skinimg.trial.plan import Plan, percent
    from skinimg.trial.trial import analyse
    from skinimg.trial.written import write_trial

    share = percent(responder) if responder else None
    plan = Plan(design, tuple(arms or ()), tuple(endpoint or ()), visit, region, alpha, share, weigh)
    done = analyse(folder, plan, manifest, use_key(key) if key else None)
    page = write_trial(done, folder, lang)
    if as_json:
        typer.echo(json.dumps(document(done), ensure_ascii=False, indent=2))
        return
    rows = [_line(r) for r in document(done)["endpoints"]]  # type: ignore[attr-defined]
    print_rows(rows, tuple(rows[0]))
    say(tuple(done.flow["limits"]))  # type: ignore[arg-type]
    typer.echo(f"Report: {page}")


@app.command()
def blind(
    path: PathArgument,
    out: OutOption,
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Where the key is written; not under --out.")],
    mirror: Annotated[bool, typer.Option("--mirror", help="Mirror a random half of the people.")] = False,
) -> None:
    """Copy photos under scrambled names, without metadata, that tell no person, arm, side or later visit."""
    from skinimg.study import read_study
    from skinimg.trial.blind import blind as run

    made = run(read_study(path), out, key, mirror=mirror)
    say(("V01 is everybody's baseline, as change is measured from it; later visits are numbered at random.",))
    typer.echo(f"{out / 'manifest.csv'}: {len(made.subjects)} people; the key is {key}: keep it away from the raters")


@app.command()
def power(
    folder: FolderArgument,
    endpoint: Annotated[str, typer.Option(metavar="NAME", help="For example spots.burden.")],
    effect: Annotated[str, typer.Option(metavar="PERCENT", help="Difference of the arms, of the baseline: 15%.")],
    region: Annotated[str, typer.Option(help="Region, such as face, left_cheek or patch.")] = "face",
    goal: Annotated[float, typer.Option("--power", help="Wanted power.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided error of the first kind.")] = 0.05,
    as_json: JsonOption = False,
) -> None:
    """How many people a trial needs, from the noise and the spread between people in a finished analysis."""
    from dataclasses import asdict

    from skinimg.trial.plan import percent
    from skinimg.trial.power import needs, seen_in

    seen = seen_in(folder, endpoint, region)
    rows = [asdict(n) for n in needs(seen, percent(effect), power=goal, alpha=alpha)]
    if as_json:
        typer.echo(json.dumps({"seen": asdict(seen), "needs": rows}, indent=2))
        return
    print_rows(
        [r | {"sd": f"{r['sd']:.3f}", "power_simulated": f"{r['power_simulated']:.2f}"} for r in rows], tuple(rows[0])
    )


@app.command()
def verify(folder: FolderArgument) -> None:
    """Analyse the same photos again and say whether every table is identical, or what differs and by how much."""
    from skinimg.run.verify import verify as run

    with Bar("subjects") as progress:
        done = run(folder, progress)
    say((*done.notes, *done.differences))
    typer.echo(f"{done.tables} tables: identical" if done.identical else f"{len(done.differences)} differences")
    raise typer.Exit(0 if done.identical else PARTIAL)


@app.command()
def merge(
    parts: Annotated[list[Path], typer.Argument(metavar="DIR...", help="The --out folders of analyze --shard.")],
    out: OutOption,
) -> None:
    """Join the parts of a study that were analysed with `--shard`."""
    from skinimg.run.shards import merge as run

    typer.echo(f"Report: {run(parts, out)}")


def _line(row: dict[str, Any]) -> dict[str, str]:
    interval = f"{_text(row['effect'])} ({_text(row['ci_low'])} to {_text(row['ci_high'])})"
    tests = {name: _text(row[name]) for name in ("p_t", "p_rank", "p_mixed", "p_holm")}
    return {"endpoint": row["endpoint"], "visit": row["visit"], "n": str(row["n"]), "effect": interval, **tests}


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
