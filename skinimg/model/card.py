"""What weights say about themselves, NAME.json beside NAME.safetensors: read and checked here, and nowhere else.

A card holds what the code needs, which is a record below, and what people should know (data, licence, limits, figures),
which is text and never read back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

from skinimg.base.errors import WeightsError
from skinimg.base.files import write_text
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.noise import CAMERAS, Noise, NoiseTable, Repeatability
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.skin.optics import TONES

FILTERS = range(8, 257, 8)  # groups of eight are normalised together; the shipped network has 32
REINSTALL = "Reinstall skinimg, or train again."
_NOISE_OF = {field.name for field in fields(Repeatability)}


@dataclass(frozen=True)
class Calibration:
    """Probability = sigmoid(logit / temperature + bias), per finding, so that summed probability is area."""

    temperature: tuple[float, ...]
    bias: tuple[float, ...]


@dataclass(frozen=True)
class FaceCard:
    """Of the networks that find a face and its landmarks."""

    KIND: ClassVar[str] = "face"
    name: str
    description: str
    sha256: str  # of the tensors
    iris_diameter_relative_sd: float  # of an iris' width in pixels, by the error of its landmarks


@dataclass(frozen=True)
class NetworkCard:
    """Of a network that segments skin."""

    KIND: ClassVar[str] = "segmentation network"
    name: str
    description: str
    sha256: str  # of the tensors
    filters: int
    calibration: Calibration
    untrained: tuple[str, ...]  # findings that it does not know
    dice: Mapping[str, float | None]  # finding -> on tiles that were held out; None where nothing of it was known
    noise: NoiseTable


@dataclass(frozen=True)
class ClassicalCard:
    """Of the classical filters, which have no tensors."""

    KIND: ClassVar[str] = "segmentation"
    name: str
    description: str
    noise: NoiseTable


Card = FaceCard | NetworkCard | ClassicalCard


def read_card(path: Path) -> Card:
    """The card in a file.

    Raises
    ------
    WeightsError
        It cannot be read, or says something else than a card has to say; the message names the key.
    """
    card = _read(path)
    kinds: dict[str, Callable[[_Node], Card]] = {
        FaceCard.KIND: _face,
        NetworkCard.KIND: _network,
        ClassicalCard.KIND: _classical,
    }
    kind = card["kind"].text()
    if kind not in kinds:
        raise card["kind"].refused(f"one of {', '.join(kinds)}")
    return kinds[kind](card)


def read_noise(path: Path) -> NoiseTable:
    """The noise in a card, or in a file of `skinimg repeatability --use`. Raises WeightsError as `read_card` does."""
    return _noise_table(_read(path))


def state_noise_in(path: Path, noise: NoiseTable) -> None:
    """Replace the noise in a card, and leave everything else in it as it is."""
    content = json.loads(path.read_text(encoding="utf-8")) | as_json(noise)
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def as_json(noise: NoiseTable) -> dict[str, object]:
    """The part of a card that `read_noise` reads: `repeatability`, `error_correlation` and where they are from."""
    repeatability: dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]] = {tone: {} for tone in TONES}
    for (tone, camera), levels in noise.stated.items():
        for level, table in levels.items():
            written = repeatability[tone].setdefault(camera, {}).setdefault(f"{level:g}", {})
            for (finding, metric), stated in table.items():
                written.setdefault(finding, {})[metric] = _as_stated(stated)
    return {
        "repeatability": repeatability,
        "error_correlation": {" ".join(pair): rho for pair, rho in noise.correlation.items()},
        "repeatability_from": noise.source,
    }


def _as_stated(noise: Repeatability) -> dict[str, float]:
    """The fields that say something: both that every metric has, and what differs from its default."""
    default = asdict(Repeatability(math.nan, math.nan))
    return {name: value for name, value in asdict(noise).items() if value != default[name]}


@dataclass(frozen=True)
class _Node:
    """A value of a card that knows where it stands, so that an error can name it."""

    file: Path
    key: str  # dotted; empty for the card itself
    value: object

    def refused(self, needed: str) -> WeightsError:
        what = f"the card {self.file} cannot be used" + (f": {self.key}" if self.key else "")
        return WeightsError(what, found=f"{self.value!r:.60}", needed=needed, next_step=REINSTALL)

    def items(self) -> Iterator[tuple[str, _Node]]:
        if not isinstance(self.value, dict):
            raise self.refused("a table")
        for name in self.value:
            yield name, _Node(self.file, f"{self.key}.{name}".lstrip("."), self.value[name])

    def __getitem__(self, name: str) -> _Node:
        if found := self.get(name):
            return found
        missing = f"{self.key}.{name}".lstrip(".")
        raise WeightsError(f"the card {self.file} cannot be used: it has no {missing}", next_step=REINSTALL)

    def get(self, name: str) -> _Node | None:
        return dict(self.items()).get(name)

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.refused("text")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not math.isfinite(self.value):
            raise self.refused("a number")
        return float(self.value)

    def per_finding(self) -> tuple[float, ...]:
        if not isinstance(self.value, list) or len(self.value) != len(MASK_FINDINGS):
            raise self.refused(f"{len(MASK_FINDINGS)} numbers, one per finding")
        return tuple(_Node(self.file, f"{self.key}[{k}]", value).number() for k, value in enumerate(self.value))


def _read(path: Path) -> _Node:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"cannot read the card {path}: {error.strerror}", next_step=REINSTALL) from error
    except ValueError as error:
        raise WeightsError(f"the card {path} is damaged: {error}", next_step=REINSTALL) from error
    return _Node(path, "", content)


def _face(card: _Node) -> FaceCard:
    return FaceCard(
        name=card["name"].text(),
        description=card["description"].text(),
        sha256=card["sha256"].text(),
        iris_diameter_relative_sd=card["iris_diameter_relative_sd"].number(),
    )


def _network(card: _Node) -> NetworkCard:
    for name, needed in (("findings", list(MASK_FINDINGS)), ("mm_per_px", WORKING_MM_PER_PX)):
        if card[name].value != needed:
            raise card[name].refused(repr(needed))
    filters = card["filters"]
    if not isinstance(filters.value, int) or filters.value not in FILTERS:
        raise filters.refused(f"a multiple of {FILTERS.step} up to {FILTERS[-1]}")
    untrained = card["untrained"].value
    if not isinstance(untrained, list) or not all(name in MASK_FINDINGS for name in untrained):
        raise card["untrained"].refused(f"names of {', '.join(MASK_FINDINGS)}")
    calibration = card["calibration"]
    dice = card["validation"]["dice"]
    return NetworkCard(
        name=card["name"].text(),
        description=card["description"].text(),
        sha256=card["sha256"].text(),
        filters=filters.value,
        calibration=Calibration(calibration["temperature"].per_finding(), calibration["bias"].per_finding()),
        untrained=tuple(untrained),
        dice={name: None if value.value is None else value.number() for name, value in dice.items()},
        noise=_noise_table(card),
    )


def _classical(card: _Node) -> ClassicalCard:
    return ClassicalCard(card["name"].text(), card["description"].text(), _noise_table(card))


def _noise_table(card: _Node) -> NoiseTable:
    stated: dict[tuple[str, str], dict[float, Noise]] = {}
    for tone, camera in product(TONES, CAMERAS):
        levels = card["repeatability"][tone].get(camera)
        stated[tone, camera] = {} if levels is None else dict(_levels(levels))
    correlation = card.get("error_correlation")
    source = card.get("repeatability_from")
    return NoiseTable(
        stated,
        {} if correlation is None else dict(_pairs(correlation)),
        "" if source is None else source.text(),
    )


def _levels(stated: _Node) -> Iterator[tuple[float, Noise]]:
    for level, table in stated.items():
        try:
            px_per_mm = float(level)
        except ValueError as error:
            raise table.refused("a number of px/mm as its name") from error
        yield px_per_mm, dict(_metrics(table))


def _metrics(table: _Node) -> Iterator[tuple[tuple[str, str], Repeatability]]:
    for finding, metrics in table.items():
        for metric, noise in metrics.items():
            parts = dict(noise.items())
            if unknown := sorted(parts.keys() - _NOISE_OF):
                raise parts[unknown[0]].refused(f"one of {', '.join(sorted(_NOISE_OF))}")
            relative, absolute = noise["relative"].number(), noise["absolute"].number()
            others = {name: part.number() for name, part in parts.items() if name not in ("relative", "absolute")}
            yield (finding, metric), Repeatability(relative, absolute, **others)


def _pairs(correlation: _Node) -> Iterator[tuple[tuple[str, str], float]]:
    for names, rho in correlation.items():
        pair = names.split()
        if len(pair) != 2:
            raise rho.refused("two findings as its name")
        yield (pair[0], pair[1]), rho.number()
