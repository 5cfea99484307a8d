"""A later session against the baseline: what both show, what keeps them apart, and the change with its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from skinimg.base.entries import PhotoEntry, days_between
from skinimg.base.records import Change, Shot
from skinimg.base.settings import Settings
from skinimg.compare.change import OwnNoise, Pair, changes, withheld
from skinimg.compare.comparable import differences, other_camera
from skinimg.measure.metrics import METRICS, metric_keys
from skinimg.measure.objects import contrast_maps
from skinimg.measure.totals import common_support, compared_totals, obstacles, place_of, shared_skin
from skinimg.model.segmenter import Segmenter
from skinimg.skin.optics import tone_of


@dataclass(frozen=True)
class FollowUp:
    """A later session, ready to be judged once all of its view are known: their replicates tell the noise together."""

    entry: PhotoEntry  # of its first usable shot, of its first shot where there is none
    pair: Pair | None  # with the baseline; None: no photo could be used
    missing: dict[tuple[str, str, str], str]  # (region, finding, metric) -> why it cannot be compared
    other_camera: str = ""  # both in words where they differ


def paired(baseline: list[Shot], shots: list[Shot], tile_mm: float) -> FollowUp:
    """A follow-up and the baseline on the skin that all their shots show, and what keeps them from being compared."""
    first, everything = baseline[0], [*baseline, *shots]
    shared, totals = shared_skin(everything), []
    for shot, support in zip(everything, common_support(everything), strict=True):
        # Against skin that shows the finding in none of them: what has faded is not the ring of itself.
        contrasts = contrast_maps(shot.frame, shot.maps, replace(shot.segmentation, probability=support))
        place = place_of(shot.alignment, first.frame, tile_mm)
        totals.append(compared_totals(replace(shot, contrasts=contrasts), place, shared, support))
    missing = obstacles(everything, totals)
    apart = differences(first, shots[0])
    for region, (finding, m_id) in product(first.frame.regions, metric_keys()):
        if finding in apart:
            missing.setdefault((region, finding, m_id), apart[finding])
    pair = Pair(tuple(totals[: len(baseline)]), tuple(totals[len(baseline) :]), first.frame.regions)
    cameras = (other_camera(a, b) for a, b in product(baseline, shots))
    return FollowUp(shots[0].entry, pair, missing, next((text for text in cameras if text), ""))


def refused(entry: PhotoEntry, first: Shot, refusals: Sequence[str]) -> FollowUp:
    """A session of which no photo could be used: said in every row that it would have had."""
    reason = "no usable photo: " + "; ".join(refusals)
    keys = product(first.frame.regions, metric_keys())
    return FollowUp(entry, None, {(region, finding, m): reason for region, (finding, m) in keys})


def judged(
    first: Shot,
    f: FollowUp,
    own: Mapping[tuple[str, str, str], OwnNoise],
    passing: Mapping[str, str],
    segmenter: Segmenter,
    settings: Settings,
) -> list[Change]:
    """Every change since the baseline, with the noise that the weights card and all replicates of the view tell.

    first : the baseline's first shot; passing : of `transient_redness`
    """
    if f.pair:
        camera = "other_camera" if f.other_camera else "same_camera"
        card = segmenter.noise(tone_of(first.maps.anchor), camera, first.frame.native_px_per_mm)
        found = list(changes(f.pair, f.missing, card, own, settings.bootstrap_samples, settings.seed))
    else:
        found = [Change(*names, METRICS[names[2]].unit, reason=why) for names, why in f.missing.items()]
    if reason := _passing(first, f, passing):
        found = [withheld(c, reason) if c.finding == "redness" else c for c in found]
    return found


def said_aloud(first: Shot, f: FollowUp, passing: Mapping[str, str]) -> list[str]:
    """What is said aloud about the days between two sessions, and about their cameras."""
    if not f.pair:
        return []
    same = days_between(first.entry.date, f.entry.date) == 0
    said = ("of the same day as the baseline" if same else "", _passing(first, f, passing), f.other_camera)
    return [text for text in said if text]


def _passing(first: Shot, f: FollowUp, passing: Mapping[str, str]) -> str:
    """Why the change in redness between two sessions says nothing about the treatment, or ''."""
    if first.entry.session in passing:
        return f"the baseline is of {passing[first.entry.session]}"
    return passing.get(f.entry.session, "")
