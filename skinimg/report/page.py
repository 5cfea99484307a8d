"""How a page is made: options, the template environment, style and script inlined, written in one piece."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from skinimg.base.files import write_text
from skinimg.report.language import Language


@dataclass(frozen=True)
class ReportOptions:
    """How reports are made.

    lang : "en" or "fr"
    deidentify : cover the eyes; leave out file names, which often hold names
    pdf : also write a PDF beside the HTML
    """

    lang: str = "en"
    deidentify: bool = False
    pdf: bool = False


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("skinimg.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["inline"] = _inline
    # Dataclasses travel to the script as objects.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": asdict}
    return environment


def _inline(name: str) -> Markup:
    """One of our own style sheets or scripts; never anything from outside."""
    return Markup(files("skinimg.report").joinpath(f"templates/{name}").read_text(encoding="utf-8"))


def render(template: str, say: Language, **context: object) -> str:
    """The page as text; every value is escaped."""
    return _environment().get_template(template).render(say=say, lang=say.lang, **context)


def write(text: str, path: Path) -> Path:
    """Atomically: a reader sees the old page or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    return path
