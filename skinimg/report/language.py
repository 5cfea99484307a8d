"""Words, numbers and dates in the reader's language. The words are in texts/LANG.toml, one file per language."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from skinimg.base.errors import SettingsError
from skinimg.base.reasons import LANGUAGES, Reason, sentences

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
_UNITS = {"1": "", "mm2": "mm²", "1/cm2": "/cm²", "mm2 OD": "mm²·OD", "deg": "°"}


@dataclass(frozen=True)
class Language:
    """One language: call it with a key of its catalogue, `say("verdict.improved")`."""

    lang: str
    catalogue: dict[str, dict[str, Any]]

    def __call__(self, key: str, **values: object) -> str:
        section, _, name = key.partition(".")
        return sentences(self.lang).fill(str(self.catalogue[section][name]), values)

    def name(self, section: str, id: str) -> str:
        """The word for an identifier of the tables, or the identifier itself, readable, where there is none."""
        return str(self.catalogue[section].get(id, id.replace("_", " ")))

    def reason(self, *reasons: Reason) -> str:
        """One reason or several in the reader's language: without advice, naming no file."""
        words = sentences(self.lang)
        text = words.separator.join(words.say(reason, self._names).rstrip() for reason in reasons)
        return _unbroken(text[0].upper() + text[1:]) if text else self("sentence.no_reason")

    @property
    def _names(self) -> Mapping[str, Callable[[str], str]]:
        """How a reason's identifiers are called; a file's name may hold a person's, and the page has it elsewhere."""
        return {
            "file": lambda _: self("ui.the_photo"),
            "finding": lambda id: self.name("finding", id).lower(),
            "region": lambda id: self.name("region", id),
            "unit": self.unit,
            "place": lambda key: uncapital(self.view(key)),
            "view": lambda key: uncapital(self.view(key)),
            "views": lambda keys: ", ".join(uncapital(self.view(key)) for key in keys.split(", ")),
        }

    def view(self, key: str) -> str:
        """`front_cross_polarized` as "Front view, cross-polarised light"."""
        view, _, light = key.partition("_")
        title = self.name("view", view)
        return f"{title}, {self.name('view', light)}" if light else title

    def number(self, value: float, decimals: int | None = None, sign: bool = False, step: float = math.nan) -> str:
        """Grouped thousands, a real minus sign, three significant digits unless `decimals` is given; — if missing.

        step : what is smaller has no digits of its own
        """
        if not math.isfinite(value):
            return self("ui.nodata")
        if decimals is None:
            decimals = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
            if math.isfinite(step) and step > 0:
                decimals = min(decimals, max(0, math.ceil(-math.log10(step))))
        rounded = round(value, decimals)
        text = f"{abs(rounded):,.{decimals}f}"
        for plain, local in ((",", "\0"), (".", self("number.decimal")), ("\0", self("number.thousands"))):
            text = text.replace(plain, local)
        return (MINUS if rounded < 0 else "+" if sign and rounded > 0 else "") + text

    def percent(self, value: float, sign: bool = False) -> str:
        """Whole percent from 10 % on, one decimal below."""
        text = self.number(value, 0 if abs(value) >= 9.95 else 1, sign)
        return self("number.percent", value=text) if math.isfinite(value) else text

    def value(self, value: float, unit: str, sign: bool = False, step: float = math.nan) -> str:
        """A value with its unit as it is written in the field; step : of `number`."""
        if not math.isfinite(value):
            return self("ui.nodata")
        if unit == "%":
            return self.percent(value, sign)
        if unit == "1" and value == int(value):
            return self.number(value, 0, sign)  # a count
        written = self.unit(unit)
        gap = "" if written in ("", "°") else NBSP
        return self.number(value, sign=sign, step=step) + gap + written

    def unit(self, unit: str) -> str:
        """A unit as it is written in the field, empty for a bare number."""
        return _UNITS.get(unit, unit)

    def date(self, iso: str) -> str:
        """`2026-01-15` in words; anything else as it is."""
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return iso
        months = self.catalogue["number"]["months"]
        return self("number.date", day=day.day, month=months[day.month - 1], year=day.year)


@cache
def language(lang: str) -> Language:
    """The catalogue of a language.

    Raises
    ------
    SettingsError
        There is no report in this language.
    """
    if lang not in LANGUAGES:
        raise SettingsError("unknown report language", found=lang, needed=f"one of {', '.join(LANGUAGES)}")
    text = files("skinimg.report").joinpath(f"texts/{lang}.toml").read_text(encoding="utf-8")
    return Language(lang, tomllib.loads(_unbroken(text)))


def _unbroken(text: str) -> str:
    """No line ends before a percent sign, nor before the marks that French sets apart."""
    return re.sub(" (?=[%:;?!»])", NBSP, text).replace("« ", f"«{NBSP}")


def uncapital(text: str) -> str:
    return text[:1].lower() + text[1:]
