"""Trials of people who do not exist: how often a test errs, and how often it finds what is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skinimg.trial import effects, mixed
from skinimg.trial.effects import Effect

ARMS = ("active", "control")


@dataclass(frozen=True)
class World:
    """What changes by how much. SDs in one unit, that of `effect`.

    effect : of the active arm at every visit; person, side, shot : SD of a person's change, of a side's own, of a visit
    share_of_baseline : how much of a deviation of the baseline is regressed away by the follow-up
    missing : share of visits without a photo
    """

    design: str
    people: int
    visits: int
    effect: float = 0.0
    person: float = 1.0
    side: float = 0.5
    shot: float = 1.0
    share_of_baseline: float = 0.3
    missing: float = 0.0


def draw(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """One trial as rows of `mixed.contrast`. Whole visits are missing, of both sides, as a visit that nobody came to."""
    split = world.design == "split-face"
    sides, n, v = 2 if split else 1, world.people, world.visits
    first_left = rng.permutation(n) % 2 == 0
    subject, side, visit = (a.ravel() for a in np.indices((n, sides, v)))
    active = (side == 0) == first_left[subject] if split else first_left[subject]
    baseline = rng.normal(size=n)[subject] + 0.5 * rng.normal(size=(n, sides))[subject, side]
    change = (
        world.effect * active
        + world.person * rng.normal(size=n)[subject]
        + world.side * rng.normal(size=(n, sides))[subject, side]
        + world.shot * rng.normal(size=len(subject))
        - world.share_of_baseline * baseline
    )
    rows = pd.DataFrame(
        {
            "subject": subject.astype(str),
            "arm": np.where(active, *ARMS),
            "side": np.where(side == 0, "left", "right") if split else "",
            "visit": np.char.add("V", visit.astype(str)),
            "baseline": baseline,
            "change": change,
        }
    )
    return rows[(rng.random((n, v)) >= world.missing)[subject, visit]]


def tested(rows: pd.DataFrame, world: World) -> tuple[Effect, mixed.Fit]:
    """The plain test and the mixed model of the last visit."""
    visit = f"V{world.visits - 1}"
    here = rows[rows["visit"] == visit]
    if world.design == "split-face":
        wide = here.pivot(index="subject", columns="arm", values="change")
        plain = effects.one_sample((wide[ARMS[0]] - wide[ARMS[1]]).to_numpy(np.float64))
    else:
        first, second = (here.loc[here["arm"] == arm, "change"].to_numpy(np.float64) for arm in ARMS)
        plain = effects.two_samples(first, second)
    return plain, mixed.contrast(rows, visit, ARMS)


def operating_figures(world: World, trials: int, seed: int = 0) -> dict[str, float]:
    """Shares of trials that are significant at 5 %, and whose interval holds the truth: t, rank, mixed model."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(trials):
        plain, model = tested(draw(world, rng), world)
        rows.append(
            {
                "t_significant": plain.p_t < 0.05,
                "rank_significant": plain.p_rank < 0.05,
                "mixed_significant": model.p < 0.05,
                "t_covers": plain.low <= world.effect <= plain.high,
                "mixed_covers": model.low <= world.effect <= model.high,
                "mixed_fits": not model.why,
            }
        )
    return {str(name): float(value) for name, value in pd.DataFrame(rows).astype(float).mean().items()}
