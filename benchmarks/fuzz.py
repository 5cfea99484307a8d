"""Inputs that nobody means to give: each must be read, or refused by one of skinimg's own errors, and soon.

    ./scripts/bench fuzz [--minutes 30] [--seed 0]       figures; stops at the first input that breaks the rule

Good inputs are mutated: bytes of photos, text of manifests, names, settings, cards of weights, COCO files. tests/test_fuzz.py
tries the same, bounded.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from skinimg.base.errors import SkinimgError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.settings import Settings, read_settings
from skinimg.base.shipped import shipped
from skinimg.model.network_file import load_network
from skinimg.photo.decode import read_photo
from skinimg.study import read_study, uncompared
from skinimg.study.dates import dates_of, readings
from skinimg.study.names import parse_stem, safe_name
from skinimg.study.order import looks_like_session, order_sessions
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
_FORMATS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("jpg", {"quality": 90}),
    ("jpg", {"quality": 80, "progressive": True}),
    ("png", {}),
    ("tif", {}),
    ("webp", {}),
)


def _bytes(good: bytes, rng: np.random.Generator) -> bytes:
    """Bytes changed, cut, doubled or removed in up to 8 places; headers more often than the rest."""
    data = bytearray(good)
    for _ in range(rng.integers(1, 9)):
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
    for _ in range(rng.integers(1, 6)):
        a, b = sorted(int(v) for v in rng.integers(len(text) + 1, size=2))
        b = min(b, a + int(rng.integers(12)))
        text = text[:a] + (str(rng.choice(_WORDS)) if rng.random() < 0.8 else "") + text[b:]
    return text


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


def photo(rng: np.random.Generator, folder: Path) -> None:
    suffix, how = _FORMATS[rng.integers(len(_FORMATS))]
    path = folder / f"a.{suffix}"
    small = rng.integers(60, 200, (6, 8, 3), np.uint8)
    Image.fromarray(small).resize((64, 48)).save(path, **how)
    path.write_bytes(_bytes(path.read_bytes(), rng))
    if not np.isfinite(read_photo(path).linear).all():
        raise AssertionError("a photo with values that are not finite")


def manifest(rng: np.random.Generator, folder: Path) -> None:
    (folder / "p").mkdir(exist_ok=True)
    for name in ("a1", "a2", "b1", "b2"):
        (folder / "p" / f"{name}.jpg").write_bytes(name.encode())
    good = "subject,session,photo,date,view,arm_left,arm_right,mm_per_px,x_bmi\n" + "".join(
        f"{s},S{k},p/{s}{k}.jpg,2026-0{k}-12,front,active,control,0.1,22\n" for s in "ab" for k in (1, 2)
    )
    path = folder / "manifest.csv"
    path.write_bytes(_text(good, rng).encode() if rng.random() < 0.8 else _bytes(good.encode(), rng))
    uncompared(read_study(path))


def names(rng: np.random.Generator, _folder: Path) -> None:
    made = ["".join(map(str, rng.choice((*_WORDS, "_", "_", "-", " "), rng.integers(1, 6)))) for _ in range(6)]
    for name in made:
        parse_stem(name)
        safe_name(name)
        looks_like_session(name)
        readings(name)
    dates_of(made, lambda _: "", "the names")
    order_sessions(list(dict.fromkeys(made)), {})


def folders(rng: np.random.Generator, folder: Path) -> None:
    root = folder / "study"
    shutil.rmtree(root, ignore_errors=True)
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
    good = "\n".join(f"{k} = {json.dumps(v)}" for k, v in Settings().as_dict().items())
    path = folder / "settings.toml"
    path.write_bytes(_text(good, rng).encode() if rng.random() < 0.8 else _bytes(good.encode(), rng))
    read_settings(path)


def card(rng: np.random.Generator, folder: Path) -> None:
    weights = folder / "skin.safetensors"
    if not weights.exists():
        shutil.copy(shipped("weights") / weights.name, weights)
    good = json.loads((shipped("weights") / "skin.json").read_text(encoding="utf-8"))
    wrong = _tree(good, rng)
    if isinstance(wrong, dict) and rng.random() < 0.9:
        wrong["sha256"] = good["sha256"]  # so that what comes behind it is reached, too
    weights.with_suffix(".json").write_text(json.dumps(wrong), encoding="utf-8")
    load_network(str(weights))


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


ATTEMPTS: dict[str, Attempt] = {f.__name__: f for f in (photo, manifest, names, folders, settings, card, coco)}


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


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    end, seed, slowest = time.monotonic() + 60 * arguments.minutes, arguments.seed, 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        opened = memory = 0
        while time.monotonic() < end:
            for kind in ATTEMPTS:
                for _ in range(1 if kind == "card" else 20):  # a card needs its weights read each time
                    start = time.perf_counter()
                    try:
                        counts[f"{kind}: {attempt(kind, seed, folder)}"] += 1
                    except Exception:
                        print(f"broken by {kind}, seed {seed}")
                        raise
                    slowest = max(slowest, time.perf_counter() - start)
                    seed += 1
            if not memory:  # of the first round, with all that is loaded once
                opened, memory = _open_files(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        return {
            "inputs": sum(counts.values()),
            "outcomes": dict(sorted(counts.items())),
            "slowest_seconds": round(slowest, 2),
            "files_left_open": _open_files() - opened,
            "peak_memory_grown_mb": round(grown / 1024, 1),
        }


def _open_files() -> int:
    here = Path("/proc/self/fd")
    return sum(1 for _ in here.iterdir()) if here.is_dir() else 0
