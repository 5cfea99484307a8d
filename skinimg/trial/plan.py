"""What a trial declared before its data were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from skinimg.base.errors import SettingsError
from skinimg.base.findings import FINDINGS
from skinimg.measure.metrics import METRICS

DESIGNS = ("split-face", "parallel", "single-arm")


@dataclass(frozen=True)
class Plan:
    """A trial's plan.

    arms : the effect is the first minus the second; at most one for a single-arm design
    endpoints : declared, in their order, `finding.metric` or `m_NAME`; all others are exploratory
    visit : session of the declared test; empty: the last one
    region : `face`, `patch`, or a region; split-face designs add left_ and right_ (`face` there means the whole sides)
    responder : share of the baseline by which a responder improved; None: the smallest detectable change
    weigh : weigh people by the known noise of their change
    """

    design: str
    arms: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    visit: str = ""
    region: str = "face"
    alpha: float = 0.05
    responder: float | None = None
    weigh: bool = False

    def __post_init__(self) -> None:
        require(self.design, DESIGNS, "design")
        needed = (0, 1) if self.design == "single-arm" else (2,)
        if len(self.arms) not in needed:
            raise SettingsError(
                f"the design {self.design} cannot be analysed with these arms",
                found=f"{len(self.arms)}: {', '.join(self.arms)}" if self.arms else "no arms",
                needed="two" if needed == (2,) else "one, or none for all people",
                next_step="Name them: --arms active control." if needed == (2,) else "",
            )
        if len(set(self.arms)) < len(self.arms):
            raise SettingsError("an arm cannot be compared with itself", found=" ".join(self.arms))
        if not 0 < self.alpha < 1:
            raise SettingsError("alpha", found=str(self.alpha), needed="a number between 0 and 1")
        if self.responder is not None and not 0 < self.responder < 1:
            raise SettingsError("responder", found=f"{self.responder:.0%}", needed="between 0 % and 100 %, such as 20%")
        if repeated := sorted({e for e in self.endpoints if self.endpoints.count(e) > 1}):
            raise SettingsError("an endpoint is declared twice", found=", ".join(repeated))
        for endpoint in self.endpoints:
            check_endpoint(endpoint)


def require(name: str, known: Sequence[str], what: str) -> None:
    """Refuse a name that is not known, and offer the nearest one."""
    if name in known:
        return
    folded = {k.casefold(): k for k in known}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.4)
    raise SettingsError(
        f"{what} {name!r} is not known",
        found=name,
        needed=f"one of {', '.join(known)}" if known else "any at all; there is none",
        next_step=f"Did you mean {folded[near[0]]!r}?" if near else "",
    )


def check_endpoint(endpoint: str) -> None:
    """Refuse what is neither `finding.metric` nor `m_NAME`."""
    if endpoint.startswith("m_"):
        return
    known = [f"{finding}.{m.id}" for m in METRICS.values() for finding in m.findings if finding in FINDINGS]
    require(endpoint, known, "endpoint")


def percent(text: str) -> float:
    """`20%` -> 0.2.

    Raises
    ------
    SettingsError
        It is no percentage.
    """
    number, sign, rest = text.strip().partition("%")
    try:
        if not sign or rest:
            raise ValueError(text)
        return float(number) / 100
    except ValueError as error:
        raise SettingsError("a percentage cannot be read", found=text, needed="a number and %, such as 20%") from error
