"""What all commands share: the app, its options, exit codes, progress bars and tables on a terminal.

Exit codes: 0 all done; 1 a bug; 2 usage, study or settings; 3 finished, but some subjects or photos could not be
scored (they are listed); 4 weights or device; 130 stopped by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import signal
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from skinimg.base.errors import DeviceError, SkinimgError, WeightsError

app = typer.Typer(
    name="skinimg",
    help="What a skin treatment changed, measured from photographs, with an error bar.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
BUG, USAGE, PARTIAL, MACHINE, STOPPED = 1, 2, 3, 4, 130

PathArgument = Annotated[
    Path, typer.Argument(help="manifest.csv, one subject's folder, or a folder of subject folders")
]


def _named_folder(text: str) -> Path:
    """A folder that was named: an empty variable of a script (`--out "$OUT"`) would be the folder where one stands."""
    if not text.strip():
        raise typer.BadParameter('an empty name; needs a folder, such as results. The folder where you are is "."')
    return Path(text).expanduser()  # shells leave `--out=~/results` as it is


OutOption = Annotated[
    Path,
    typer.Option("--out", help="Folder for everything that is written.", parser=_named_folder, metavar="PATH"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of tables.")]


class Stopped(BaseException):
    """Ctrl-C or SIGTERM; no `Exception`, so that nothing on the way takes it for a fault of its own."""


def stop_on_signals() -> None:
    """From here on Ctrl-C and SIGTERM unwind the program, which puts half-written files away, instead of killing it."""

    def stop(*_: object) -> None:
        raise Stopped

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"skinimg {metadata.version('skinimg')}")
        raise typer.Exit


@app.callback()
def _everywhere(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """What a skin treatment changed, measured from photographs, with an error bar."""


class Rate(ProgressColumn):
    """How many a minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{60 * task.speed:.1f}/min" if task.speed else "")


class Bar:
    """A progress bar on stderr, quiet when that is not a terminal; called with (done, of how many, what)."""

    def __init__(self, unit: str) -> None:
        columns = (
            TextColumn(unit),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[what]}"),
        )
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(unit, total=None, what="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, done: int, total: int, what: str) -> None:
        self._progress.update(self._task, completed=done, total=total, what=what)


def print_rows(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    if not rows:
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(row[column]) for column in columns))
    Console(markup=False, highlight=False).print(table)


def counted(number: int, one: str, more: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else more}"


def say(lines: tuple[str, ...]) -> None:
    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(f"- {line}")


def end(error: SkinimgError | OSError) -> NoReturn:
    """Say in one sentence what was raised on purpose, or which file stood in the way, and leave with its exit code.

    Raises an OSError again that names no file: no person could look at it, so it is a bug.
    """
    if isinstance(error, OSError):
        if error.filename is None:
            raise error
        message = f"{error.filename} cannot be read or written (found {error.strerror})"
    else:
        message = str(error)
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"skinimg: {message}", markup=False)
    sys.exit(MACHINE if isinstance(error, WeightsError | DeviceError) else USAGE)
