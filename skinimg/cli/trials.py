"""Commands for trial teams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from skinimg.cli.terminal import JsonOption, app, print_rows, say

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
    as_json: JsonOption = False,
) -> None:
    """Statistics of a study with arms: effects, mixed model, responders, flow of subjects and photos."""
    from skinimg.trial.document import document
    from skinimg.trial.plan import Plan, percent
    from skinimg.trial.trial import analyse

    share = percent(responder) if responder else None
    plan = Plan(design, tuple(arms or ()), tuple(endpoint or ()), visit, region, alpha, share, weigh)
    done = analyse(folder, plan, manifest)
    if as_json:
        typer.echo(json.dumps(document(done), ensure_ascii=False, indent=2))
        return
    rows = [_line(r) for r in document(done)["endpoints"]]  # type: ignore[attr-defined]
    print_rows(rows, tuple(rows[0]))
    say(tuple(done.flow["limits"]))  # type: ignore[arg-type]


def _line(row: dict[str, Any]) -> dict[str, str]:
    interval = f"{_text(row['effect'])} ({_text(row['ci_low'])} to {_text(row['ci_high'])})"
    tests = {name: _text(row[name]) for name in ("p_t", "p_rank", "p_mixed", "p_holm")}
    return {"endpoint": row["endpoint"], "visit": row["visit"], "n": str(row["n"]), "effect": interval, **tests}


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
