"""A noise model from null pairs: the likeliest variances of every metric, and how many of them hold 95 % of people.

The variance of a null change is a sum of parts, none of them negative (docs/METHODS.md, Change):

    v^2 (2 relative^2 + (gain g)^2 + (light l)^2 + (colour c)^2 + (turn t)^2)
        + 2 per_unit v + 2 local^2 / skin + (placebo p)^2

with the value v, and what this pair itself says: gain g, light l, colour c, turn of the head t, spread p of placebo
lesions. The parts are fitted together by maximum likelihood of normal differences over all regions, so that a small
region tells `per_unit` and the whole face tells `relative`. Dark skin strays further than light skin: by one factor,
since a dozen people cannot tell eight parts of their own. People differ, and tails are heavy, so how many standard
errors hold 95 % is not taken from a table but counted (split conformal prediction, people as units): every person is
judged by a model that was fitted on others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import nnls

from skinimg.base.findings import FINDINGS, HEADLINE
from skinimg.base.noise import Z95, Noise, Repeatability
from skinimg.measure.metrics import METRICS
from skinimg.repeatability.quantiles import enough_to_count, quantiles
from skinimg.skin.optics import TONES

Values = npt.NDArray[np.float64]

FEWEST_PEOPLE = 5
# Below it no more is asked of people than how much a value strays, not what plain skin tells of it (a line through five points).
_FEWEST_TO_TELL = 10
# People that the stray of everybody stands for when the factor of one tone is told: of five people half of it is believed.
_USUAL_PEOPLE = 5
_MOST_SQUARE = 9  # times its expectation: one photo that went wrong must not speak for all
_FOLDS = 5
_ROUNDS = 2  # the variance needs the share of the single shot, and the factors of the tones; these need the variance
# What few people can fit by chance and no photo does: an amplitude told by plain skin at most carries over whole.
# Placebo lesions are a measurement of the noise itself: free, their part took the place of all others and reached 4; at 1.5
# scars of 8 phantoms were covered in 85 %.
_BOUNDS = {"gain": 1.5, "light": 5.0, "colour": 5.0, "turn": 0.1, "placebo": 2.5}
# Measured per true change strays by as much between people: 0.66 to 1.11 on eight with painted spots, none of the exam.
# The interval of a large change must hold that, too.
_DILUTION = 0.15
# Of twelve drawn people whose pores lost 28 to 31 % of their load, eleven were measured: 0.1 to 1.65 of it, the less the
# fainter the pores are; the interval holds ten (scripts/bench treated pores --people 12).
_DILUTION_OF = {"pores": 0.4}
_TOLD = ("gain", "light", "colour", "turn")
# Maps of pigment, which a turn of the head does not move: in five null pairs of phantoms turned by 4 to 7 degrees spots
# stray by 0.5 to 3 %, in 18 turned by less by 9 % (RMS). A part for the turn would stand in for what else phantoms do.
_NOT_SHAPE = ("melanin", "haemoglobin")
_RIDGE = 0.02  # of the weight of all pairs
_REWEIGHTED = 8  # times; the parts stand still to 1 % after five
_WHOLE_WEIGHT = 3.0  # of a row of the whole face against one of a region: the headline must fit best
_PARTS = ("relative", *_TOLD, "per_unit", "local", "placebo")
_LEAST = 0.01  # relative: two dozen people cannot show that a part is smaller
# Of the load of spots: eleven people of none of the exams, with painted spots, melasma and flush over each other, through
# the exam's camera: an unchanged load strays by 1.2 % (rms), by 1.7 % at its upper 90 % bound, a photo by 1.2 %; a little
# more, since one camera drew them all.
_LEAST_OF = {"spots": 0.014}


def fit(rows: pd.DataFrame) -> dict[str, Noise]:
    """Tone -> (finding, metric) -> its noise, to three digits; left out where fewer than five people tell of it."""
    stated: dict[str, Noise] = {tone: {} for tone in TONES}
    known = rows[np.isfinite(rows["start"]) & np.isfinite(rows["end"])]  # a width of lines where there are none
    for (finding, metric), mine in known.groupby(["finding", "metric"], sort=False):
        for tone, noise in fitted(mine.reset_index(drop=True), str(metric)).items():
            rounded = {name: float(f"{value:.3g}") for name, value in asdict(noise).items()}
            stated[tone][str(finding), str(metric)] = Repeatability(**rounded)
    return stated


def fitted(rows: pd.DataFrame, metric: str) -> dict[str, Repeatability]:
    """Tone -> the noise of one metric of one finding; rows : (n,) of null pairs."""
    people = rows["person"].unique()
    apart = (rows["end"] - rows["start"]).to_numpy()
    if len(people) < FEWEST_PEOPLE or np.abs(apart).max() < 1e-9 * np.abs(rows["start"]).max():
        return {}
    by_tone = _likeliest_by_tone(rows, metric)
    dilution = _DILUTION_OF.get(str(rows["finding"].iloc[0]), _DILUTION) if METRICS[metric].load else 0.0
    fold = rows["person"].map({name: k % _FOLDS for k, name in enumerate(sorted(people))}).to_numpy()
    scaled = np.empty(len(rows))
    for k in range(_FOLDS):
        out = fold == k
        if out.any():
            scaled[out] = np.abs(apart[out]) / errors_by_tone(_likeliest_by_tone(rows[~out], metric), rows[out], metric)
    outlined = rows[rows["area_mm2"] > 0]
    od = np.nanmedian(outlined["placebo"] / outlined["area_mm2"]) if metric == "burden" and len(outlined) else 0.0
    per_placebo = float(np.nan_to_num(od)) / 2**0.5  # for pairs without enough plain skin
    stated = {}
    for tone, noise in by_tone.items():
        quantile = quantiles(scaled, rows, tone, Z95 if METRICS[metric].load else 0.0)
        told = {"people": float(len(people)), "dilution": dilution, "per_mm2": per_placebo * noise.placebo}
        stated[tone] = replace(noise, **told, quantile=quantile[0], quantile_region=quantile[1])
    return stated


def errors_by_tone(stated: Mapping[str, Repeatability], rows: pd.DataFrame, metric: str) -> Values:
    """(n,) standard errors of the null changes of these rows, each by the noise of its tone."""
    found = np.full(len(rows), np.nan)  # of a tone that nothing is stated of
    tone = rows["tone"].to_numpy()
    for name, noise in stated.items():
        if (mine := tone == name).any():
            found[mine] = errors(noise, rows[mine], metric)
    return found


def errors(noise: Repeatability, rows: pd.DataFrame, metric: str) -> Values:
    """(n,) standard errors of the null changes of these rows."""
    design = _design(rows, metric, noise.shot)
    parts = np.array([getattr(noise, name) ** (1 if name == "per_unit" else 2) for name in _PARTS])
    return np.sqrt(design @ parts + 2 * noise.absolute**2 + 1e-24)


def _design(rows: pd.DataFrame, metric: str, shot: float) -> Values:
    """(n, parts) by what each squared part (per_unit: the part itself) enters the variance of a change."""
    start, end, skin = (rows[name].to_numpy(np.float64) for name in ("start", "end", "skin_cm2"))
    kept = [1 - shot + shot / rows[name].to_numpy(np.float64) for name in ("shots_before", "shots_after")]
    # What an observed null value is worth: both estimate the same, so their mean square stands for either.
    square, size = (start**2 + end**2) / 2, (np.abs(start) + np.abs(end)) / 2
    both = kept[0] + kept[1]
    load = METRICS[metric].load
    placebo = rows["placebo"].to_numpy(np.float64) ** 2 if metric == "burden" else np.zeros(len(rows))
    told = [square * rows[name].to_numpy(np.float64) ** 2 for name in _TOLD]
    if len(rows) and FINDINGS[str(rows["finding"].iloc[0])].contrast_map in _NOT_SHAPE:
        told[_TOLD.index("turn")][:] = 0
    return np.stack(
        [
            both * square, *told, both * size * load, both * (not load) / np.maximum(skin, 0.1), np.nan_to_num(placebo),
        ],
        axis=1,
    )  # fmt: skip


def _likeliest_by_tone(rows: pd.DataFrame, metric: str) -> dict[str, Repeatability]:
    """Tone -> the likeliest noise: the parts are common to all skin, and each tone has a factor of its own."""
    if not enough_to_count(rows["person"]):
        return dict.fromkeys(TONES, _likeliest(rows, metric))
    times = dict.fromkeys(TONES, 1.0)
    for _ in range(_ROUNDS):
        usual = rows["tone"].map(times).to_numpy(np.float64)
        steady = rows["start"] + (rows["end"] - rows["start"]) / usual
        noise = _likeliest(rows.assign(end=steady, shot_square=rows["shot_square"] / usual**2), metric)
        times = _times(rows, np.abs((rows["end"] - rows["start"]).to_numpy()) / errors(noise, rows, metric))
    scaled = {tone: noise.times(times[tone]) for tone in TONES}
    return {tone: replace(mine, relative=max(mine.relative, _least(rows, metric))) for tone, mine in scaled.items()}


def _times(rows: pd.DataFrame, scaled: Values) -> dict[str, float]:
    """Tone -> how many times as far as all people its people stray; 1 where nobody is of that tone.

    scaled : (n,) changes of the rows over one standard error of the model for everybody
    """
    weight = _weight(rows)
    square = np.minimum(scaled**2, _MOST_SQUARE) * weight
    sums = rows.assign(square=square, weight=weight).groupby(["tone", "person"])[["square", "weight"]].sum()
    stray = sums["square"] / sums["weight"]
    usual = float(stray.mean())
    by_tone = {str(tone): mine / usual for tone, mine in stray.groupby("tone")}
    return {
        tone: float(np.sqrt((_USUAL_PEOPLE + by_tone[tone].sum()) / (_USUAL_PEOPLE + len(by_tone[tone]))))
        if tone in by_tone
        else 1.0
        for tone in TONES
    }


def _least(rows: pd.DataFrame, metric: str) -> float:
    return _LEAST_OF.get(str(rows["finding"].iloc[0]), _LEAST) if METRICS[metric].load else _LEAST


def _weight(rows: pd.DataFrame) -> Values:
    return np.where(rows["whole"], _WHOLE_WEIGHT, 1.0)


def _likeliest(rows: pd.DataFrame, metric: str) -> Repeatability:
    shot = 0.5
    square = (rows["end"] - rows["start"]).to_numpy() ** 2
    floor = 0.02 * float(np.sqrt(np.average(square)))  # an absolute part, so that next to nothing is not exact
    weight = _weight(rows)
    for _ in range(_ROUNDS):
        design = _design(rows, metric, shot)
        parts = _variances(design, square, weight, 2 * floor**2, rows["person"].nunique() >= _FEWEST_TO_TELL)
        stated = {n: float(p if n == "per_unit" else np.sqrt(p)) for n, p in zip(_PARTS, parts, strict=True)}
        relative = max(stated.pop("relative"), _least(rows, metric))
        noise = Repeatability(relative, floor, shot=shot, **stated)
        shot = _shot_share(noise, rows, metric)
    return noise


def _variances(design: Values, square: Values, weight: Values, floor: float, telling: bool) -> Values:
    """(parts,) the likeliest, none negative: weighted least squares of squares to start with, then likelihood."""
    scale = np.maximum(design.max(axis=0), 1e-30)
    used = design.max(axis=0) > 0
    if not telling:
        used &= [name not in _TOLD for name in _PARTS]
    a, typical = design / scale, float(np.average(square, weights=weight)) + 1e-30
    most = np.array([_BOUNDS.get(name, np.inf) for name in _PARTS]) ** 2 * scale
    expected = np.full(len(square), typical)
    held_back = np.array([name in _TOLD for name in _PARTS])[used]
    for _ in range(_REWEIGHTED):  # the variance of a square is twice the square of its mean
        w = np.sqrt(weight) / (expected + 0.02 * typical)
        target = np.maximum(np.minimum(square, _MOST_SQUARE * expected) - floor, 0) * w
        columns = a[:, used] * w[:, None]
        # What plain skin tells explains only what a common share does not: a little ridge on these parts alone.
        ridge = np.diag(held_back * np.sqrt(_RIDGE) * np.linalg.norm(columns, axis=0))
        parts, _ = nnls(np.vstack([columns, ridge]), np.concatenate([target, np.zeros(len(ridge))]))
        parts = np.minimum(parts, most[used])
        expected = a[:, used] @ parts + floor
    found = np.zeros(design.shape[1])
    found[used] = parts / scale[used]
    return found


def _shot_share(noise: Repeatability, rows: pd.DataFrame, metric: str) -> float:
    """Share of the variance of a session that differs between its shots; one half where nobody was photographed twice."""
    several = rows[rows["shot_freedom"] > 0]
    if not len(several):
        return 0.5
    alone = several.assign(shots_before=1, shots_after=1, **dict.fromkeys((*_TOLD, "placebo"), 0.0))
    stated = errors(noise, alone, metric) ** 2 / 2
    between = (several["shot_square"] / several["shot_freedom"]).to_numpy()
    return float(np.clip(np.median(between / stated) / 0.455, 0.1, 0.9))  # 0.455: median of chi-square with 1 df


def correlation(rows: pd.DataFrame, table: Mapping[str, Noise]) -> dict[tuple[str, str], float]:
    """(finding, finding) -> correlation of the scaled errors of their headlines over null pairs; never below 0."""
    scaled = {}
    for finding, metric in HEADLINE.items():
        mine = rows[rows["whole"] & (rows["finding"] == finding) & (rows["metric"] == metric)]
        noise = {tone: stated[finding, metric] for tone, stated in table.items() if (finding, metric) in stated}
        if len(mine) and noise:
            z = (mine["end"] - mine["start"]).to_numpy() / errors_by_tone(noise, mine, metric)
            scaled[finding] = pd.Series(z.clip(-3, 3), index=pd.MultiIndex.from_frame(mine[["person", "session"]]))
    names = list(scaled)
    found = {}
    for k, a in enumerate(names):
        for b in names[k + 1 :]:
            both = pd.concat([scaled[a], scaled[b]], axis=1, join="inner").to_numpy()
            if len(both) >= 10:  # about zero, which is the mean of a null change
                rho = float((both[:, 0] * both[:, 1]).sum() / np.sqrt((both**2).sum(axis=0).prod()))
                found[a, b] = round(max(rho, 0.0), 2)
    return found
