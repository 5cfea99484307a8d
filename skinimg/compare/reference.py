"""What two photos of unchanged skin differ by: told by the pair's own skin, and foretold where skin did change.

The difference of two pigment maps is a constant (white balance), a slope (lamps of two colours), a field that wanders
from place to place (registration, files, blood), and, in places, the change that is looked for. The first three are a
random field with a covariance that the unchanged skin of this very pair shows. Kriging (Cressie 1993, Statistics for
Spatial Data, 3.4) foretells it in the places of change, with the error of every sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import nnls
from scipy.spatial.distance import cdist

Values = npt.NDArray[np.float64]

# Correlation lengths (mm) of the exponential parts of a covariance: below a cell to a third of a face.
_LENGTHS_MM = (3.0, 8.0, 25.0)
_MOST_CELLS = 900  # reference cells: their covariance is solved in 0.1 s
_LAGS_MM = np.arange(0.0, 64.0, 4.0)
_SLOPE_OD_PER_MM = 3e-4  # SD: lamps of two colours, 2 % of colour across 70 mm


@dataclass(frozen=True)
class Field:
    """The random field of unchanged skin, known at cells of reference skin.

    origin : (2,) mm, the middle of the places; places : (n, 2) mm from it; values : (n,) OD, weights_mm2 : (n,)
    nugget, parts : variances, OD2, white and of each of _LENGTHS_MM
    """

    origin: Values
    places: Values
    values: Values
    weights_mm2: Values
    nugget: float
    parts: Values

    def covariance(self, a: Values, b: Values) -> Values:
        """(len(a), len(b)) of two sets of places, without the nugget."""
        apart = cdist(a, b)
        rough = sum(part * np.exp(-apart / length) for part, length in zip(self.parts, _LENGTHS_MM, strict=True))
        return np.asarray(rough) + _SLOPE_OD_PER_MM**2 * (a @ b.T)


def field_of(places: Values, values: Values, weights_mm2: Values) -> Field:
    """Learn the field from cells of reference skin; more than enough of them are thinned evenly."""
    thin = np.linspace(0, len(values) - 1, min(len(values), _MOST_CELLS)).round().astype(int)
    origin = places.mean(axis=0)
    places, values, weights = places[thin] - origin, values[thin], weights_mm2[thin]
    nugget, parts = _variances(places, values)
    return Field(origin, places, values, weights, nugget, parts)


def _variances(places: Values, values: Values) -> tuple[float, Values]:
    """Non-negative least squares of the covariance parts on the robust variogram.

    Per lag the square of the mean root difference (Cressie and Hawkins 1980): one misread cell hardly moves it.
    """
    above = np.triu_indices(len(values), 1)
    apart = cdist(places, places)[above]
    rooted = np.sqrt(np.abs(values[above[0]] - values[above[1]]))
    lag = np.digitize(apart, _LAGS_MM) - 1
    count = np.bincount(lag, minlength=len(_LAGS_MM))
    mean_lag = np.bincount(lag, apart, minlength=len(_LAGS_MM)) / np.maximum(count, 1)
    fourth = (np.bincount(lag, rooted, minlength=len(_LAGS_MM)) / np.maximum(count, 1)) ** 4
    half = fourth / (0.457 + 0.494 / np.maximum(count, 1)) / 2  # semivariance
    told = count[:-1] > 30  # the last lag is everything beyond
    columns = [np.ones(len(_LAGS_MM) - 1), *(1 - np.exp(-mean_lag[:-1] / length) for length in _LENGTHS_MM)]
    design = np.stack(columns, axis=1)[told]
    trust = np.sqrt(count[:-1][told])
    found, _ = nnls(design * trust[:, None], half[:-1][told] * trust)
    return max(float(found[0]), 1e-8), found[1:]


@dataclass(frozen=True)
class Foretold:
    """Null difference at target cells: mean (n,) and covariance (n, n), OD."""

    mean: Values
    covariance: Values


class Kriging:
    """Solves a field once, for any number of targets."""

    def __init__(self, field: Field) -> None:
        self.field = field
        total = field.covariance(field.places, field.places) + field.nugget * np.eye(len(field.values))
        self._factor = cho_factor(total, lower=True)
        ones = np.ones(len(field.values))
        self._to_one = cho_solve(self._factor, ones)
        self._precision = float(ones @ self._to_one)  # of the mean
        self.mean = float(self._to_one @ field.values) / self._precision
        self._weights = cho_solve(self._factor, field.values - self.mean)

    def foretell(self, places: Values) -> Foretold:
        """The field at cells (n, 2) mm, in the frame's own origin."""
        at = places - self.field.origin
        across = self.field.covariance(at, self.field.places)
        solved = cho_solve(self._factor, across.T)  # (n_reference, n)
        left = 1.0 - across @ self._to_one
        covariance = self.field.covariance(at, at) - across @ solved + np.outer(left, left) / self._precision
        covariance += self.field.nugget * np.eye(len(at))
        return Foretold(self.mean + across @ self._weights, covariance)

    def placebo_ratio(self, radius_mm: float) -> float:
        """How much further sums over discs of unchanged skin stray than foretold: RMS, each disc left out in turn."""
        inverse = cho_solve(self._factor, np.eye(len(self.field.values)))
        projected = inverse - np.outer(self._to_one, self._to_one) / self._precision
        solved = projected @ self.field.values
        ratios = []
        centres = self.field.places[:: max(len(self.field.places) // 60, 1)]
        for centre in centres:
            disc = np.flatnonzero(np.hypot(*(self.field.places - centre).T) < radius_mm)
            if not 3 <= len(disc) <= len(self.field.values) // 2:
                continue
            block = np.linalg.inv(projected[np.ix_(disc, disc)])
            weights = self.field.weights_mm2[disc]
            spread = float(np.sqrt(weights @ block @ weights))
            ratios.append(float(weights @ block @ solved[disc]) / spread)
        return float(np.sqrt(np.mean(np.square(ratios)))) if ratios else 1.0
