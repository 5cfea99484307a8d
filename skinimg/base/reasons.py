"""Why something cannot be measured, or what is doubtful about it: a code and its values.

The sentences are in sentences/LANG.toml, one file per language. The tables are written in English, each report in the
language of its reader; both from the same Reason.
"""

from __future__ import annotations

import json
import string
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from skinimg.base.files import write_text

LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class Reason:
    """`code` : a key of [reason] in sentences/LANG.toml; `values` : what fills the places of its sentence."""

    code: str
    values: tuple[tuple[str, Value], ...] = ()
    advise: bool = True  # whether the tables add what to do about it

    def __str__(self) -> str:
        """The sentence of the tables, in English."""
        return _english(self)


Value = str | int | float | Reason | tuple[Reason, ...]
Said = Mapping[str, tuple[Reason, ...]]  # the text of a cell of the tables -> what it says


def why(code: str, **values: Value) -> Reason:
    """`why("shiny", percent=10.0, limit=5.0)`."""
    return Reason(code, tuple(values.items()))


def in_words(reasons: Iterable[Reason]) -> str:
    """Several reasons as one cell of the tables."""
    return "; ".join(map(str, reasons))


def told(cell: str, said: Said) -> tuple[Reason, ...]:
    """What a cell of a table on disk says; its words as they are where an older version wrote no reasons beside them."""
    return said.get(cell) or ((why("as_told", words=cell),) if cell else ())


def renamed(reason: Reason, old: str, new: str) -> Reason:
    """The same with another name for a file: with pseudonyms its own must not get into the tables."""
    values = ((place, v.replace(old, new) if isinstance(v, str) else v) for place, v in reason.values)
    return replace(reason, values=tuple(values))


@dataclass(frozen=True)
class Sentences:
    """One language. `hint` : what to do about a reason, in the language of the tables only."""

    reason: dict[str, str]
    hint: dict[str, str]
    decimal: str
    separator: str
    singular: list[int]  # the whole numbers after which a noun stands in the singular

    def say(self, reason: Reason, names: Mapping[str, Callable[[str], str]] | None = None, hints: bool = False) -> str:
        """The sentence of a reason, without a full stop.

        names : place -> how an identifier is called there, such as {"finding": ...}
        hints : add what to do about it
        """
        text = self.fill(self.reason[reason.code], dict(reason.values), names, hints)
        hint = self.hint.get(reason.code, "") if hints and reason.advise else ""
        if not hint:
            return text
        return f"{text}. {hint}" if hint[0].isupper() else f"{text}; {hint}"

    def fill(
        self,
        text: str,
        values: Mapping[str, object],
        names: Mapping[str, Callable[[str], str]] | None = None,
        hints: bool = False,
    ) -> str:
        """A sentence with its places filled: numbers as this language writes them, each with its noun."""
        return _Writer(self, names or {}, hints).format(text, **values)


class _Writer(string.Formatter):
    """Fills a sentence: numbers as the language writes them, `{days:day|days}` with its noun, reasons within reasons."""

    def __init__(self, sentences: Sentences, names: Mapping[str, Callable[[str], str]], hints: bool) -> None:
        self.sentences, self.names, self.hints = sentences, names, hints

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        value = super().get_value(key, args, kwargs)
        return self.names[str(key)](value) if key in self.names and isinstance(value, str) else value

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Reason):
            return self.sentences.say(value, self.names, self.hints)
        if isinstance(value, tuple):
            return self.sentences.separator.join(self.sentences.say(part, self.names, self.hints) for part in value)
        if "|" in format_spec:
            one, more = format_spec.split("|")
            return f"{value} {one if value in self.sentences.singular else more}"
        text = str(super().format_field(value, format_spec))
        return text if isinstance(value, str) else text.replace(".", self.sentences.decimal)


@lru_cache(maxsize=4096)  # a face has a few thousand values, most of them missing for the same reason
def _english(reason: Reason) -> str:
    return sentences("en").say(reason, hints=True)


@cache
def sentences(lang: str) -> Sentences:
    """The sentences of a language, one of LANGUAGES."""
    text = files("skinimg.base").joinpath(f"sentences/{lang}.toml").read_text(encoding="utf-8")
    return Sentences(**tomllib.loads(text))


FILE = "reasons.json"


def write_said(folder: Path, said: Said) -> None:
    """`reasons.json` of a folder of results."""
    write_text(folder / FILE, json.dumps(as_data(said), indent=1, ensure_ascii=False) + "\n")


def read_said(folder: Path) -> dict[str, tuple[Reason, ...]]:
    """What the cells of a folder of results say; raises OSError or ValueError where it does not hold that."""
    return from_data(json.loads((folder / FILE).read_text(encoding="utf-8")))


def as_data(said: Said) -> dict[str, list[dict[str, Any]]]:
    """What cells say, for JSON."""
    return {text: [_data(reason) for reason in reasons] for text, reasons in said.items()}


def from_data(data: Mapping[str, list[dict[str, Any]]]) -> dict[str, tuple[Reason, ...]]:
    """What `as_data` made."""
    return {text: tuple(map(_reason, reasons)) for text, reasons in data.items()}


def _data(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "values": {place: _plain(value) for place, value in reason.values}}


def _plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_data(part) for part in value]
    return _data(value) if isinstance(value, Reason) else value


def _reason(data: Mapping[str, Any]) -> Reason:
    return Reason(data["code"], tuple((place, _value(value)) for place, value in data["values"].items()))


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(map(_reason, value))
    return _reason(value) if isinstance(value, dict) else value
