"""The one way to write a file: whole or not at all.

The content goes to a hidden file beside the target, reaches the disk, and takes the target's name in one rename. A
full disk, a kill or a loss of power leaves the old file or the new one, never half of one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A hidden path beside `path` to write to; it becomes `path` when the block ends well, and is removed otherwise.

    Raises
    ------
    OSError
        The disk is full, or the folder may not be written to; `path` is as it was.
    """
    partial = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with the line ends that the text has; raises OSError as `atomic` does."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes; raises OSError as `atomic` does."""
    with atomic(path) as partial:
        partial.write_bytes(content)
