"""Inputs that nobody means to give: each must be read, or refused by one of skinimg's own errors, and soon.

    ./scripts/bench fuzz [--inputs 1000000] [--minutes 30] [--seed 0]

Good inputs are mutated: bytes of photos, text of manifests, workbooks, names, settings, cards of weights, COCO files.
It stops at the first input that breaks the rule, and names it. tests/benchmarks/test_fuzz.py tries the same, bounded.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import faulthandler
import gc
import hashlib
import io
import json
import resource
import shutil
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openpyxl
import pillow_heif
import torch
from PIL import Image
from safetensors.torch import save

from skinimg.base.errors import SkinimgError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.settings import Settings, read_settings
from skinimg.base.shipped import shipped
from skinimg.model.card import FILTERS
from skinimg.model.network import SkinNetwork
from skinimg.model.network_file import load_network
from skinimg.model.weights import half_precision
from skinimg.photo.decode import read_photo
from skinimg.study import read_study, uncompared
from skinimg.study.dates import dates_of, readings
from skinimg.study.names import parse_stem, safe_name
from skinimg.study.order import order_sessions
from skinimg.study.places import looks_like_session
from skinimg.training.coco import find_coco, read_coco

SLOWEST_SECONDS = 30.0
Attempt = Callable[[np.random.Generator, Path], None]  # may raise SkinimgError and nothing else
_WORDS = (
    *("", " ", ",", ";", "\t", '"', "'", "\n", "\r\n", "=", "+1", "-1", "0", "1e999", "nan", "inf", "null", "true"),
    *(
        "\0",
        "\u200b",
        "\u00a0",
        "\u202e",
        "é",
        "e\u0301",
        "张",
        "😀",
        "../",
        "/",
        "\\",
        "..",
        "a" * 300,
        "=1+1",
        "%s",
        "{}",
    ),
    *("S1", "S10", "V2", "D-7", "W-4", "before", "after", "baseline", "2026-01-12", "12-01-2026", "31/02/2026", "J0"),
    *("subject", "session", "photo", "date", "view", "front", "left45", "arm", "x_a", "m_b", "mm_per_px", "0,1", "R1"),
)
_ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), "", "1", "\0", [], {}, [[]], [None], {"": 0}),
    *([1e308] * 6, [[0, 0, 1]], "a" * 1000),
)
_PHOTOS: tuple[tuple[str, str, dict[str, Any]], ...] = (  # extension, of how many bits, how it is saved
    ("jpg", "8", {"quality": 90}),
    ("jpg", "8", {"quality": 80, "progressive": True}),
    ("png", "8", {}),
    ("png", "16", {}),
    ("tif", "8", {}),
    ("tif", "8", {"compression": "tiff_adobe_deflate"}),
    ("tif", "16", {}),
    ("webp", "8", {}),
    ("webp", "8", {"lossless": True}),
    ("heic", "8", {}),
)
# How many of each kind in a round: about the same time for each, but for cards, which cost twenty times as much.
_ROUND = {
    **{"photo": 20, "manifest": 30, "workbook": 5, "names": 20},
    **{"folders": 10, "settings": 40, "card": 1, "coco": 30},
}
_IN_MEMORY = Path("/dev/shm")  # on a disk, ten times as long
_RISE_MB = 4.0  # of the peak, that is worth a line


def _few(rng: np.random.Generator, most: int) -> int:
    """Half of all inputs are changed in one place: what is wrong in many is refused at the first of them."""
    return min(int(rng.geometric(0.5)), most)


def _bytes(good: bytes, rng: np.random.Generator) -> bytes:
    """Bytes changed, cut, doubled or removed in up to 8 places; headers more often than the rest."""
    data = bytearray(good)
    for _ in range(_few(rng, 8)):
        reach = len(data) if rng.random() < 0.5 else min(400, len(data))
        if not reach:
            break
        place, length = int(rng.integers(reach)), int(rng.integers(1, 64))
        kind = rng.integers(5)
        if kind < 2:
            data[place] = rng.integers(256)
        elif kind == 2:
            del data[place : place + length]
        elif kind == 3:
            data[place:place] = data[place : place + length]
        else:
            data[place : place + length] = rng.bytes(length)
    return bytes(data[: rng.integers(len(data) + 1)] if rng.random() < 0.1 else data)


def _text(good: str, rng: np.random.Generator) -> str:
    """Words put in, cut out and exchanged."""
    text = good
    for _ in range(_few(rng, 5)):
        a, b = sorted(int(v) for v in rng.integers(len(text) + 1, size=2))
        b = min(b, a + int(rng.integers(12)))
        text = text[:a] + (str(rng.choice(_WORDS)) if rng.random() < 0.8 else "") + text[b:]
    return text


def _encoded(good: str, rng: np.random.Generator) -> bytes:
    return _text(good, rng).encode() if rng.random() < 0.8 else _bytes(good.encode(), rng)


def _tree(value: Any, rng: np.random.Generator) -> Any:
    """A JSON value with something odd in one place of it."""
    if rng.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return _ODD[rng.integers(len(_ODD))]
    copied = dict(value) if isinstance(value, dict) else list(value)
    keys = list(copied) if isinstance(copied, dict) else list(range(len(copied)))
    key = keys[rng.integers(len(keys))]
    if rng.random() < 0.15:
        del copied[key]
    else:
        copied[key] = _tree(copied[key], rng)
    return copied


@cache
def _good_photo(number: int) -> bytes:
    """A small photo of each kind; encoded once, as all that follows is in how its bytes are changed."""
    suffix, bits, how = _PHOTOS[number]
    codes = np.random.default_rng(number).integers(60, 200, (6, 8, 3), np.uint8)
    image, data = Image.fromarray(codes).resize((64, 48)), io.BytesIO()
    if bits == "16":
        return _deep(suffix, np.asarray(image).astype(np.uint16) * 257)
    if suffix == "heic":
        pillow_heif.from_pillow(image).save(data, quality=80)
    else:
        image.save(data, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper()), **how)
    return data.getvalue()


def _deep(suffix: str, codes: np.ndarray) -> bytes:
    return bytes(cv2.imencode(f".{suffix}", codes)[1])


def photo(rng: np.random.Generator, folder: Path) -> None:
    number = int(rng.integers(len(_PHOTOS)))
    path = folder / f"a.{_PHOTOS[number][0]}"
    path.write_bytes(_bytes(_good_photo(number), rng))
    if not np.isfinite(read_photo(path).linear).all():
        raise AssertionError("a photo with values that are not finite")


_MANIFEST = "subject,session,photo,date,view,arm_left,arm_right,mm_per_px,x_bmi\n" + "".join(
    f"{s},S{k},p/{s}{k}.jpg,2026-0{k}-12,front,active,control,0.1,22\n" for s in "ab" for k in (1, 2)
)


def manifest(rng: np.random.Generator, folder: Path) -> None:
    path = _beside_photos(folder) / "manifest.csv"
    path.write_bytes(_cells(rng) if rng.random() < 0.5 else _encoded(_MANIFEST, rng))
    uncompared(read_study(path))


def _cells(rng: np.random.Generator) -> bytes:
    """The manifest with words in a few of its cells, quoted as they must be."""
    rows, text = [line.split(",") for line in _MANIFEST.splitlines()], io.StringIO()
    for _ in range(_few(rng, 5)):
        rows[rng.integers(len(rows))][rng.integers(len(rows[0]))] = str(rng.choice(_WORDS))
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def workbook(rng: np.random.Generator, folder: Path) -> None:
    """The same manifest as .xlsx: bytes of the archive, or text of one of the files in it."""
    path = _beside_photos(folder) / "manifest.xlsx"
    if rng.random() < 0.3:
        path.write_bytes(_bytes(_good_workbook(), rng))
    else:
        with zipfile.ZipFile(io.BytesIO(_good_workbook())) as whole, zipfile.ZipFile(path, "w") as wrong:
            spoiled = str(rng.choice(whole.namelist()))
            for name in whole.namelist():
                text = whole.read(name).decode()
                wrong.writestr(name, _text(text, rng).encode() if name == spoiled else text)
    uncompared(read_study(path))


@cache
def _good_workbook() -> bytes:
    book, data = openpyxl.Workbook(), io.BytesIO()
    for row in _MANIFEST.splitlines():
        book.worksheets[0].append(row.split(","))
    book.save(data)
    return data.getvalue()


def _beside_photos(folder: Path) -> Path:
    if not (folder / "p").exists():
        (folder / "p").mkdir()
        for name in ("a1", "a2", "b1", "b2"):
            (folder / "p" / f"{name}.jpg").write_bytes(name.encode())
    return folder


def names(rng: np.random.Generator, _folder: Path) -> None:
    made = ["".join(map(str, rng.choice((*_WORDS, "_", "_", "-", " "), rng.integers(1, 6)))) for _ in range(6)]
    for name in made:
        parse_stem(name)
        safe_name(name)
        looks_like_session(name)
        readings(name)
    if rng.random() < 0.5:
        dates_of(made, lambda _: "", "the names")
    else:
        order_sessions(list(dict.fromkeys(made)), {})


def folders(rng: np.random.Generator, folder: Path) -> None:
    root = folder / "study"
    if root.exists():
        shutil.rmtree(root)
    usable = [
        word for word in _WORDS if word and not set(word) & set("/\0\\\n\r") and word not in ("..",) and len(word) < 99
    ]
    for _ in range(rng.integers(1, 7)):
        parts = [
            "".join(map(str, rng.choice((*usable, "_", "_"), rng.integers(1, 4)))) for _ in range(rng.integers(1, 4))
        ]
        path = root.joinpath(*parts[:-1], f"{parts[-1]}.{rng.choice(['jpg', 'JPG', 'heic', 'nef', 'txt', 'png'])}")
        if len(path.name) < 200 and not any(parent.is_file() for parent in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_dir():
                path.write_bytes(bytes(path))
    root.mkdir(exist_ok=True)
    uncompared(read_study(root, strict=bool(rng.integers(2))))


def settings(rng: np.random.Generator, folder: Path) -> None:
    values = {name: json.dumps(value) for name, value in Settings().as_dict().items()}
    path = folder / "settings.toml"
    if rng.random() < 0.5:  # another value for one of them, whole
        values[str(rng.choice(list(values)))] = json.dumps(_ODD[rng.integers(len(_ODD))])
        path.write_bytes("\n".join(f"{name} = {value}" for name, value in values.items()).encode())
    else:
        path.write_bytes(_encoded("\n".join(f"{name} = {value}" for name, value in values.items()), rng))
    read_settings(path)


def card(rng: np.random.Generator, folder: Path) -> None:
    path = folder / "small.safetensors"
    if not path.exists():
        path.write_bytes(_good_network()[0])
    good = json.loads(_good_network()[1])
    wrong = _tree(good, rng)
    if isinstance(wrong, dict) and rng.random() < 0.9:
        wrong["sha256"] = good["sha256"]  # so that what comes behind it is reached, too
    path.with_suffix(".json").write_text(json.dumps(wrong), encoding="utf-8")
    load_network(str(path))


@cache
def _good_network() -> tuple[bytes, str]:
    """Tensors and card of the smallest network there is, with all that the shipped card states."""
    card = json.loads((shipped("weights") / "skin.json").read_text(encoding="utf-8"))
    blob = save(half_precision(SkinNetwork(FILTERS[0]).state_dict()))
    return blob, json.dumps(card | {"filters": FILTERS[0], "sha256": hashlib.sha256(blob).hexdigest()})


def coco(rng: np.random.Generator, folder: Path) -> None:
    content: Any = {
        "images": [{"id": k, "file_name": f"p{k}.jpg", "width": 64, "height": 48} for k in (1, 2)],
        "categories": [{"id": k, "name": name} for k, name in enumerate(MASK_FINDINGS)],
        "annotations": [
            {"id": k, "image_id": 1 + k % 2, "category_id": k, "segmentation": [[4, 4, 20, 4, 20, 20, 4, 20]]}
            for k in range(4)
        ],
    }
    for _ in range(rng.integers(1, 4)):
        content = _tree(content, rng)
    text = json.dumps(content)
    (folder / "annotations.json").write_bytes(_bytes(text.encode(), rng) if rng.random() < 0.2 else text.encode())
    found = find_coco(folder)
    if found is not None:
        read_coco(found, [])


ATTEMPTS: dict[str, Attempt] = {
    f.__name__: f for f in (photo, manifest, workbook, names, folders, settings, card, coco)
}


def attempt(kind: str, seed: int, folder: Path) -> str:
    """Try one input; `read` or the name of the error that refused it. Any other error is raised as it is.

    Raises
    ------
    AssertionError
        It took longer than SLOWEST_SECONDS, or a warning got out.
    """
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            ATTEMPTS[kind](np.random.default_rng([seed, *kind.encode()]), folder)
            found = "read"
        except SkinimgError as error:
            found = type(error).__name__
    if time.perf_counter() - start > SLOWEST_SECONDS:
        raise AssertionError(f"{kind} {seed} took {time.perf_counter() - start:.0f} s")
    return found


@dataclass
class Tally:
    """What has been tried, and what it cost."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    rises: list[tuple[float, str]] = field(
        default_factory=list
    )  # of the peak of memory, and the input at which it rose

    def round(self, folder: Path) -> None:
        """Some inputs of every kind. An input that hangs, or ends the process, leaves its traceback."""
        for kind, times in _ROUND.items():
            for _ in range(times):
                faulthandler.dump_traceback_later(2 * SLOWEST_SECONDS, exit=True)
                start, peak = time.perf_counter(), peak_mb()
                try:
                    self.counts[f"{kind}: {attempt(kind, self.seed, folder)}"] += 1
                except BaseException:
                    print(f"broken by {kind}, seed {self.seed}", file=sys.stderr)
                    raise
                name = f"{kind}, seed {self.seed}"
                self.slowest = max(self.slowest, (time.perf_counter() - start, name))
                if peak_mb() > peak + _RISE_MB:
                    self.rises.append((peak_mb() - peak, name))
                self.seed += 1
        faulthandler.cancel_dump_traceback_later()


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="stop after so many")
    parser.add_argument("--minutes", type=float, default=30, help="or after so long")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    faulthandler.enable()
    end = time.monotonic() + 60 * arguments.minutes
    tally = Tally(arguments.seed)
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as name:
        tally.round(Path(name))  # loads all that is loaded once
        tally.rises.clear()
        opened, in_use, peak = _open_files(), [memory_mb()], peak_mb()
        while time.monotonic() < end and tally.counts.total() < arguments.inputs:
            tally.round(Path(name))
            if tally.counts.total() // 20_000 >= len(in_use):
                in_use.append(memory_mb())
                print(
                    f"{tally.counts.total()} inputs, next seed {tally.seed}, {in_use[-1]:.0f} MB",
                    file=sys.stderr,
                    flush=True,
                )
        return {
            "inputs": tally.counts.total(),
            "outcomes": dict(sorted(tally.counts.items())),
            "slowest": tally.slowest,
            "files_left_open": _open_files() - opened,
            "memory_in_use_mb": [round(mb) for mb in in_use],
            "peak_grown_mb": round(peak_mb() - peak),
            "peak_grown_by": [(round(mb, 1), name) for mb, name in tally.rises],
        }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_mb() -> float:
    """Resident once everything that is free has been handed back to the kernel; of Linux with glibc."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize() / 2**20


def _open_files() -> int:
    here = Path("/proc/self/fd")
    return sum(1 for _ in here.iterdir()) if here.is_dir() else 0
