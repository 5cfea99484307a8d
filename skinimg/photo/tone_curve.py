"""The tone curve that a phone lays over its photos, undone by the patches of a colour card.

A phone brightens faces: it applies one curve to all three channels, after its own colour matrix. Its inverse is
looked for before the matrix of the card is fitted: log f(x) = a log x + b (log x)^2 + c (log x)^3, which has a toe and
a shoulder and leaves 1 where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Array = npt.NDArray[np.float64]

_DARKEST = 1e-4  # of white: below it the curve goes on as a straight line through black
_LOGS = np.linspace(np.log(_DARKEST), 0.0, 200)
_FIRST_STEP = 0.15
_TRIES_PER_TERM = 50


@dataclass(frozen=True)
class ToneCurve:
    """terms : (3,) log a, b, c; all zero is the curve that changes nothing."""

    terms: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def apply(self, linear: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Undo the phone's curve; linear light of any shape, values at or below black are kept in proportion."""
        if not any(self.terms):
            return linear
        logs = np.log(np.maximum(linear, _DARKEST)).astype(linear.dtype)
        size = np.exp(self._log(logs), dtype=linear.dtype)
        return np.asarray(size * np.minimum(linear / _DARKEST, 1.0), linear.dtype)

    def rises(self) -> bool:
        """Whether brighter stays brighter from black to white."""
        return bool((np.diff(self._log(_LOGS)) > 0).all())

    def _log(self, logs: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        power, bend, twist = self.terms
        return logs * (np.exp(power) + logs * (bend + 0.2 * twist * logs))


def best_curve(error: Callable[[ToneCurve], float], start: ToneCurve | None = None) -> ToneCurve:
    """The rising curve with the least `error`, looked for by Nelder and Mead (1965) from `start` on."""
    origin = np.array((start or ToneCurve()).terms)
    step = _FIRST_STEP if start is None else _FIRST_STEP / 5

    def cost(terms: Array) -> float:
        curve = _of(terms)
        return error(curve) if curve.rises() else 1e3

    simplex = np.vstack([origin, origin + step * np.eye(3)])
    tries = _TRIES_PER_TERM * 3 if start is None else _TRIES_PER_TERM
    found = minimize(cost, origin, method="Nelder-Mead", options={"initial_simplex": simplex, "maxfev": tries})
    return _of(found.x)


def _of(terms: Array) -> ToneCurve:
    return ToneCurve((float(terms[0]), float(terms[1]), float(terms[2])))
