"""A later session against the baseline: what both show, what keeps them apart, and the change with its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from skinimg.base.entries import PhotoEntry, days_between
from skinimg.base.findings import FINDINGS, PAIRED_FINDINGS
from skinimg.base.reasons import Reason, why
from skinimg.base.records import CellTotals, FloatArray, Shot
from skinimg.base.results import Change
from skinimg.base.settings import Settings
from skinimg.compare.change import OwnNoise, Pair, changes, withheld
from skinimg.compare.comparable import camera_class, camera_said, scale_in_one
from skinimg.compare.field_changes import field_changes, maps_of_change
from skinimg.compare.fields import compared_fields
from skinimg.compare.multiplicity import CALLED, with_roles
from skinimg.compare.one_sharpness import at_one_sharpness
from skinimg.compare.paired_maps import paired_skin
from skinimg.compare.patchy_light import why_patchy
from skinimg.compare.photo_limits import RELIEF, withheld_findings
from skinimg.compare.plain_skin import PlainSkin, carried_contrasts, looks_like_another_camera, plain_skin
from skinimg.compare.tone_changes import tone_changes
from skinimg.measure.common_skin import common_support, shared_skin
from skinimg.measure.metrics import METRICS, metric_keys
from skinimg.measure.objects import contrast_maps
from skinimg.measure.totals import compared_totals, obstacles, place_of, with_areas_of_one_contrast
from skinimg.model.segmenter import Segmenter
from skinimg.skin.optics import tone_of

BLOOD = ("redness", "erythema")  # what passes in the days after a treatment
# Photographed again with the colours of another drawn phone, an unchanged face showed ten times its redness.
_OTHER_COLOURS = why("other_colours")
_WORST = ("other_camera", "unknown_camera", "same_camera")


@dataclass(frozen=True)
class FollowUp:
    """A later session, ready to be judged once all of its view are known: their replicates tell the noise together."""

    entry: PhotoEntry  # of its first usable shot, of its first shot where there is none
    pair: Pair | None  # with the baseline; None: no photo could be used
    missing: dict[tuple[str, str, str], Reason]  # (region, finding, metric) -> why it cannot be compared
    camera_class: str = "same_camera"  # of `comparable.camera_class`, the worst of all its pairs of shots
    cameras: Reason | None = None  # where they differ or are not known
    plain: PlainSkin = field(default_factory=lambda: PlainSkin({}, {}))  # what unchanged skin of the pair says
    fields: tuple[Change, ...] = ()  # what is measured on the paired map: wide patches, and the colour of all skin
    left_out: Reason | None = None  # a reference that was not believed
    patchy: Reason | None = None  # why a change of relief that stands out may be light
    edited: Reason | None = None  # why nothing can be compared, told by the colour of all skin
    color_source: str = "skin"  # what told the light of this session, joined by +
    maps: dict[str, FloatArray] = field(default_factory=dict)  # finding -> (r, c) OD of change for the eye
    copies: int = 0  # repeat shots of both sessions that are copies of one file


def without_copies(shots: list[Shot]) -> list[Shot]:
    """The repeat shots of a session in their order, each file once: a copy is no second measurement."""
    first_of_file: dict[str, Shot] = {}
    for shot in shots:
        first_of_file.setdefault(shot.seen.sha256, shot)
    return list(first_of_file.values())


def paired(baseline: list[Shot], shots: list[Shot], settings: Settings) -> FollowUp:
    """A follow-up and the baseline on the skin that all their shots show, and what keeps them from being compared."""
    given = len(baseline) + len(shots)
    baseline, shots = without_copies(baseline), without_copies(shots)
    first, everything = baseline[0], at_one_sharpness([*baseline, *shots])
    shared, supports = shared_skin(everything), common_support(everything)

    def compared(shot: Shot, support: FloatArray) -> tuple[CellTotals, dict[str, FloatArray]]:
        alike = _against_skin_outside(shot, support)
        place = place_of(shot.alignment, first.seen.frame, settings.tile_mm)
        return compared_totals(alike, place, shared, support), carried_contrasts(alike)

    support = supports[0]
    # From the last to the first: a support is let go once it is summed over, 57 MB of each photo of 12 megapixels.
    told = [compared(shot, supports.pop()) for shot in reversed(everything)]
    sums, contrasts = zip(*reversed(told), strict=True)
    totals = with_areas_of_one_contrast(sums)
    plain = plain_skin(baseline, shots, contrasts, shared, support, settings.seed)
    missing = _missing(everything, shots, totals)
    pair = Pair(tuple(totals[: len(baseline)]), tuple(totals[len(baseline) :]), first.seen.frame.regions)
    kind, said = _cameras(baseline, shots, plain)
    skin = paired_skin(baseline, shots)
    fields, patchy = compared_fields(skin), why_patchy(skin)
    wide = field_changes(skin, fields, pair.baseline, missing, patchy)
    rows = *wide, *tone_changes(skin, fields, pair.baseline, missing)
    return FollowUp(
        entry=shots[0].entry,
        pair=pair,
        missing=missing,
        camera_class=kind,
        cameras=said,
        plain=plain,
        fields=rows,
        left_out=fields.left_out,
        patchy=patchy,
        edited=fields.edited if kind != "other_camera" else None,  # which paints skin otherwise than walls
        color_source=fields.source,
        maps=maps_of_change(skin, fields),
        copies=given - len(everything),
    )


def _against_skin_outside(shot: Shot, support: FloatArray) -> Shot:
    """A shot with contrasts against skin that shows the finding in no shot: what has faded is not the ring of itself."""
    everywhere = replace(shot.found.segmentation, probability=support)
    contrasts = contrast_maps(shot.seen.frame, shot.seen.maps, everywhere)
    contrasts["redness"] = shot.found.contrasts["redness"]  # against no skin outside: the same again, kept once
    return replace(shot, found=replace(shot.found, contrasts=contrasts))


def _cameras(baseline: list[Shot], shots: list[Shot], plain: PlainSkin) -> tuple[str, Reason | None]:
    """The class of cameras of the worst of all pairs of shots, and what is said of it; what is known to differ goes first."""
    worst = min(product(baseline, shots), key=lambda ab: _WORST.index(camera_class(*ab)))
    kind, said = camera_class(*worst), camera_said(*worst)
    if kind != "other_camera" and looks_like_another_camera(plain):
        return "other_camera", said or why("looks_like_another_camera")
    return kind, said


def _missing(
    everything: Sequence[Shot], shots: Sequence[Shot], totals: Sequence[CellTotals]
) -> dict[tuple[str, str, str], Reason]:
    """(region, finding, metric) -> why it cannot be compared: nothing can where one photo alone has a scale.

    everything : the baseline's shots and those of the follow-up; shots : the latter
    """
    missing = obstacles(everything, totals)
    one_scale = scale_in_one(everything)
    apart = dict.fromkeys(FINDINGS, one_scale) if one_scale else withheld_by_any(shots)
    for region, (finding, m_id) in product(everything[0].seen.frame.regions, metric_keys()):
        if finding in apart:
            missing.setdefault((region, finding, m_id), apart[finding])
    return missing


def withheld_by_any(shots: Sequence[Shot]) -> dict[str, Reason]:
    """Finding -> why it cannot be compared: one shot that is unlike the baseline spoils the mean of all."""
    reasons: dict[str, Reason] = {}
    for shot in shots:
        for finding, reason in withheld_findings(shot.difference).items():
            reasons.setdefault(finding, reason)
    return reasons


def refused(entry: PhotoEntry, first: Shot, refusals: Sequence[Reason]) -> FollowUp:
    """A session of which no photo could be used: said in every row that it would have had."""
    reason = why("no_usable_photo", refusals=tuple(refusals))
    keys = product(first.seen.frame.regions, metric_keys())
    return FollowUp(entry, None, {(region, finding, m): reason for region, (finding, m) in keys})


def judged(
    first: Shot,
    f: FollowUp,
    own: Mapping[tuple[str, str, str], OwnNoise],
    passing: Mapping[str, Reason],
    segmenter: Segmenter,
) -> list[Change]:
    """Every change since the baseline, with the noise that the weights card and all replicates of the view tell.

    first : the baseline's first shot; passing : of `transient_redness`
    """
    if f.pair:
        card = segmenter.noise.of(tone_of(first.seen.maps.anchor), f.camera_class, first.seen.frame.native_px_per_mm)
        found = [*changes(f.pair, f.missing, card, own, f.plain), *f.fields]
    else:
        found = [Change(*names, METRICS[names[2]].unit, reason=why) for names, why in f.missing.items()]
    kept = _kept_back(found, f, _passing(first, f, passing))
    return with_roles(_told_by_loads(kept), first.seen.frame.regions[0])


def _kept_back(found: Sequence[Change], f: FollowUp, passing: Reason | None) -> list[Change]:
    """The changes, without a verdict where the photos of this session or its day cannot give one."""
    other_colours = f.camera_class == "other_camera" and not f.color_source.startswith("card")

    def reason_of(c: Change) -> Reason | None:
        if passing and c.finding in BLOOD:
            return passing
        if f.patchy and c.finding in RELIEF and c.verdict in CALLED:
            return f.patchy
        return f.edited or (_OTHER_COLOURS if other_colours and _needs_colours(c) else None)

    return [withheld(c, reason) if (reason := reason_of(c)) else c for c in found]


def _told_by_loads(found: Sequence[Change]) -> list[Change]:
    """A contrast that is called against its load has no verdict: of a mark that shrinks, the darkest part is left."""
    loads = {(c.region, c.finding): c.verdict for c in found if c.metric == "burden" and c.verdict in CALLED}

    def against(c: Change) -> bool:
        return (
            c.metric == "contrast" and c.verdict in CALLED and loads.get((c.region, c.finding), c.verdict) != c.verdict
        )

    return [withheld(c, why("darkest_left")) if against(c) else c for c in found]


def _needs_colours(c: Change) -> bool:
    """Whether a change is nothing without both photos' colours being those of one camera."""
    return c.finding in PAIRED_FINDINGS or METRICS[c.metric].needs_absolute_colour


def said_aloud(first: Shot, f: FollowUp, passing: Mapping[str, Reason]) -> list[Reason]:
    """What is said aloud about the days between two sessions, and about their cameras."""
    if not f.pair:
        return []
    same = days_between(first.entry.date, f.entry.date) == 0
    said = (
        why("same_day") if same else None,
        _passing(first, f, passing),
        f.cameras,
        f.left_out,
        f.edited,
        why("copies", count=f.copies) if f.copies else None,
    )
    return [reason for reason in said if reason]


def _passing(first: Shot, f: FollowUp, passing: Mapping[str, Reason]) -> Reason | None:
    """Why the change in redness between two sessions says nothing about the treatment, or None."""
    if first.entry.session in passing:
        return why("baseline_soon_after_treatment", passing=passing[first.entry.session])
    return passing.get(f.entry.session)
