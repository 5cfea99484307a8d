"""The command that prints how to take the next photo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinimg.cli.terminal import OutOption, app


@app.command()
def guide(
    baseline: Annotated[Path, typer.Argument(metavar="BASELINE", help="The first photo of this person and view.")],
    out: OutOption,
) -> None:
    """Print a page for the next photo: the baseline as a ghost, its pose and its light in words; PNG and PDF."""
    from skinimg.report.guide import write_guide

    for path in write_guide(baseline, out):
        typer.echo(path)
