"""The few numbers that a user may change, read from a TOML file; unknown names are refused before any work."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from skinimg.base.errors import SettingsError
from skinimg.base.findings import SCORED
from skinimg.base.targets import read_targets

# One working scale for every photo and every network input (docs/ARCHITECTURE.md, Decisions).
WORKING_MM_PER_PX = 0.1
# What is enclosed by skin and no larger is a mark on it, and is measured: moles, spots, papules.
LARGEST_MARK_MM2 = 200.0
# Of `analyze` and of everything else that segments; the trained weights have to beat it first (docs/BENCHMARKS.md).
DEFAULT_WEIGHTS = "skin"


@dataclass(frozen=True)
class Settings:
    """Settings of a run. Each default says where it comes from.

    max_megapixels : photos above are refused before decoding (a 200-megapixel phone sensor is the largest sold).
    assumed_px_per_mm : scale of a close-up without `mm_per_px` (docs/REFERENCE.md).
    card_patch_mm : from the centre of one patch of the colour card to the next, as measured on the card that is used; it
        gives the scale of a photo that shows it. 0: not known, as each make has its own.
    min_overlap : smallest share of baseline skin that must be seen again for a comparison.
    max_yaw_difference_deg : beyond it, two photos count as different views (foreshortening of 8 % at 23 degrees).
    tile_mm : side of the tiles in which clinical scores are resampled, no less than skin is alike over (docs/CONSTANTS.md 8).
    bootstrap_samples, seed : resamples of clinical scores, and the random seed of these and of placebo lesions.
    targets : findings that the treatment is for, such as "spots;erythema"; before the manifest's `treatment_target`.
    transient_days : a session closer to the last treatment shows transient redness, not efficacy.
    """

    max_megapixels: float = 200.0
    assumed_px_per_mm: float = 25.0
    card_patch_mm: float = 0.0
    min_overlap: float = 0.30
    max_yaw_difference_deg: float = 20.0
    tile_mm: float = 8.0
    bootstrap_samples: int = 400
    seed: int = 0
    transient_days: int = 7
    targets: str = ""

    def as_dict(self) -> dict[str, float | int | str]:
        """Plain values for run.json."""
        return asdict(self)


_RANGES: dict[str, tuple[float, float]] = {
    "max_megapixels": (0.01, 2000),
    "assumed_px_per_mm": (1, 500),
    "card_patch_mm": (0, 200),
    "min_overlap": (0.05, 1),
    "max_yaw_difference_deg": (1, 90),
    "tile_mm": (2, 50),
    "bootstrap_samples": (50, 20000),
    "seed": (0, 2**32 - 1),
    "transient_days": (0, 90),
}


def read_settings(path: Path | None) -> Settings:
    """Settings from a TOML file with the names of `Settings`; None gives the defaults.

    Raises
    ------
    SettingsError
        The file cannot be read, a name is unknown (the nearest known one is named), or a value has another type or is
        out of range.
    """
    if path is None:
        return Settings()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad writes a mark at the start
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        advice = 'Numbers have a decimal point (0.3), words stand in "quotes", and each name comes once.'
        raise SettingsError(
            f"settings file {path} cannot be read",
            found=str(error),
            needed="a TOML file in UTF-8",
            next_step=advice if isinstance(error, tomllib.TOMLDecodeError) else "",
        ) from error
    kinds = {name: type(value) for name, value in asdict(Settings()).items()}
    for name, value in values.items():
        if name not in kinds:
            near = get_close_matches(name, kinds, n=1)
            raise SettingsError(
                f"unknown setting {name!r} in {path}",
                needed=f"one of {', '.join(kinds)}",
                next_step=f"Did you mean {near[0]!r}?" if near else "",
            )
        if name == "targets":
            with_targets(Settings(), value)
            continue
        fits = isinstance(value, int | float) if kinds[name] is float else isinstance(value, int)
        low, high = _RANGES[name]
        if isinstance(value, bool) or not fits or not low <= value <= high:
            raise SettingsError(
                f"setting {name} in {path} is not usable",
                found=repr(value),
                needed=f"{kinds[name].__name__} from {low:g} to {high:g}",
            )
    return Settings(**{name: kinds[name](value) for name, value in values.items()})


def with_targets(settings: Settings, targets: object) -> Settings:
    """The same settings with the findings that the treatment is for, where some are given.

    Raises
    ------
    SettingsError
        No text, or something is named that is not scored.
    """
    try:
        return replace(settings, targets=";".join(read_targets(str(targets)))) if targets else settings
    except ValueError as error:
        raise SettingsError(
            "the treatment's target is not known",
            found=str(error),
            needed=f"one or more of {', '.join(SCORED)}, separated by commas or semicolons",
        ) from error
