"""The table of contents: from the photos of one person to everything that is said about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product
from pathlib import Path

from skinimg import tables
from skinimg.align import align, identity_alignment
from skinimg.artifacts import pictures_of, write_session
from skinimg.change import Pair, changes, own_noise, withheld
from skinimg.comparable import differences, other_camera, transient_redness, undated_treatments
from skinimg.entries import PhotoEntry, Subject
from skinimg.errors import AlignmentError, CalibrationError, PhotoError
from skinimg.indices import estimates
from skinimg.measure import (
    NO_SCALE,
    common_support,
    compared_totals,
    field_maps,
    obstacles,
    place_of,
    shared_skin,
    shot_totals,
    values,
)
from skinimg.notes import Notes
from skinimg.objects import contrast_maps, find_objects, line_lengths
from skinimg.observe import Reference, see
from skinimg.optics import tone_of
from skinimg.provenance import file_sha256
from skinimg.records import CellTotals, Change, SessionPictures, Shot, SubjectFailure, SubjectResult
from skinimg.score import scores
from skinimg.segment import Noise, Segmenter, lesion_mask, segment
from skinimg.settings import Settings
from skinimg.study import safe_name, session_key, view_key
from skinimg.track import Sighting, sight, track


@dataclass(frozen=True)
class Bench:
    """What every subject of a run is measured with."""

    segmenter: Segmenter
    settings: Settings


@dataclass(frozen=True)
class FollowUp:
    """A later session, ready to be judged once all of its view are known: their replicates tell the noise together."""

    entry: PhotoEntry  # of its first usable shot, of its first shot where there is none
    pair: Pair | None  # with the baseline; None: no photo could be used
    missing: dict[tuple[str, str, str], str]  # (region, finding, metric) -> why it cannot be compared
    other_camera: str = ""  # both in words where they differ


def analyze_subject(
    subject: Subject, bench: Bench, folder: Path
) -> tuple[SubjectResult | SubjectFailure, list[SessionPictures]]:
    """Analyse all views of a subject; write the pictures of its sessions under `folder`.

    Views and lights are never compared with each other.
    """
    notes = Notes()
    order = {name: i for i, name in enumerate(subject.sessions)}
    if warning := undated_treatments(subject):
        notes.warnings.append(warning)
    photos = sorted(subject.photos, key=lambda e: (view_key(e), order[e.session], e.replicate))
    for key, entries in groupby(photos, key=view_key):
        _analyze_view(subject, key, list(entries), bench, folder / safe_name(key), notes)
    return notes.result(subject.name), notes.pictures


def _analyze_view(
    subject: Subject, key: str, entries: Sequence[PhotoEntry], bench: Bench, folder: Path, notes: Notes
) -> None:
    """All sessions of one view and light, each against the first that could be measured."""
    baseline: list[Shot] = []  # all replicates of the first usable session
    sightings: list[Sighting] = []
    later: list[FollowUp] = []
    for session, replicates in groupby(entries, key=lambda e: e.session):
        shots: list[Shot] = []
        cells: list[CellTotals] = []
        refusals: list[str] = []
        for entry in replicates:
            first = baseline[0] if baseline else shots[0] if shots else None
            try:
                shot = _look(entry, first, bench, notes)
            except (PhotoError, CalibrationError, AlignmentError) as error:
                refusals.append(str(error))
                notes.photos.append(tables.rejected_row(entry, str(error), file_sha256(entry.path)))
                continue
            shots.append(shot)
            notes.photos.append(tables.photo_row(shot))
            cells.append(_measure(shot, first or shot, bench, notes))
            _draw(shot, first or shot, key, folder, notes)
        if not shots:
            if baseline:
                later.append(_refused(entry, baseline[0], refusals))
            continue
        _estimate(shots, cells, (baseline or shots)[0], bench, notes)
        sightings.append(sight(session, shots[0].frame, shots[0].objects, shots[0].alignment))
        if not baseline:
            baseline = shots
            if session != subject.sessions[0]:
                notes.warnings.append(f"{subject.name}, {key}: {session} serves as the baseline, earlier photos do not")
            continue
        with notes.stage("change"):
            later.append(_pair(baseline, shots, bench))
    if baseline:
        with notes.stage("change"):
            _judge(subject, key, baseline[0], later, bench, notes)
        with notes.stage("track"):
            scaled = baseline[0].frame.scale_source != "assumed"
            notes.lesions.append(track(subject.name, key, baseline[0].frame, sightings, scaled))


def _look(entry: PhotoEntry, first: Shot | None, bench: Bench, notes: Notes) -> Shot:
    """One photo: decode, frame, optics, segmentation, alignment to the baseline's first shot."""
    with notes.stage("photo"):
        reference = Reference(first.face, first.frame, first.maps.anchor) if first else None
        seen = see(entry, reference, bench.settings)
    with notes.stage("segment"):
        segmentation = segment(seen.frame, seen.maps, bench.segmenter)
    with notes.stage("align"):
        alignment = (
            align(first.frame, seen.frame, lesion_mask(first.segmentation), lesion_mask(segmentation), bench.settings)
            if first
            else identity_alignment(seen.frame)
        )
    with notes.stage("objects"):
        contrasts = contrast_maps(seen.frame, seen.maps, segmentation)
        lengths = line_lengths(segmentation, seen.frame.mm_per_px)
        area_mm2 = alignment.jacobian * seen.frame.mm_per_px**2
        fields = field_maps(seen.frame, seen.maps)
        objects = find_objects(segmentation, contrasts, lengths, area_mm2)
    return Shot(
        entry, seen.photo_sha256, seen.frame, seen.face, seen.colour.source, seen.colour.error_de00,
        seen.quality, seen.maps, segmentation,
        alignment, contrasts, lengths, objects, fields, seen.camera,
    )  # fmt: skip


def _measure(shot: Shot, first: Shot, bench: Bench, notes: Notes) -> CellTotals:
    with notes.stage("measure"):
        cells = shot_totals(shot, place_of(shot.alignment, first.frame, bench.settings.tile_mm))
        for region, finding, m, value, reason in values(shot, cells):
            notes.measurements.append(tables.measurement_row(shot.entry, region, finding, m, value, reason))
    return cells


def _estimate(shots: list[Shot], cells: list[CellTotals], first: Shot, bench: Bench, notes: Notes) -> None:
    """Clinical scores of one session; those need a face."""
    if first.face is None:
        return
    settings, card = bench.settings, _stated_noise(first, "same_camera", bench)
    regions, missing = first.frame.regions, obstacles(shots, cells)
    found = estimates(cells, regions, missing, card, settings.bootstrap_samples, settings.seed)
    notes.indices += [tables.index_row(shots[0].entry, e) for e in found]


def _draw(shot: Shot, first: Shot, key: str, folder: Path, notes: Notes) -> None:
    with notes.stage("pictures"):
        days = tables.days_between(first.entry.date, shot.entry.date)
        pictures = pictures_of(shot, first.frame, days, key)
        write_session(folder / safe_name(session_key(shot.entry)), shot, pictures)
        if shot.entry.replicate == first.entry.replicate:
            notes.pictures.append(pictures)


def _pair(baseline: list[Shot], shots: list[Shot], bench: Bench) -> FollowUp:
    """A follow-up and the baseline on the skin that all their shots show, and what keeps them from being compared."""
    first, everything = baseline[0], [*baseline, *shots]
    shared, totals = shared_skin(everything), []
    for shot, support in zip(everything, common_support(everything), strict=True):
        # Against skin that shows the finding in none of them: what has faded is not the ring of itself.
        contrasts = contrast_maps(shot.frame, shot.maps, replace(shot.segmentation, probability=support))
        place = place_of(shot.alignment, first.frame, bench.settings.tile_mm)
        totals.append(compared_totals(replace(shot, contrasts=contrasts), place, shared, support))
    missing = obstacles(everything, totals)
    apart = differences(first, shots[0])
    for region, (finding, m_id) in product(first.frame.regions, tables.metric_keys()):
        if finding in apart:
            missing.setdefault((region, finding, m_id), apart[finding])
    pair = Pair(tuple(totals[: len(baseline)]), tuple(totals[len(baseline) :]), first.frame.regions)
    cameras = (other_camera(a, b) for a, b in product(baseline, shots))
    return FollowUp(shots[0].entry, pair, missing, next((text for text in cameras if text), ""))


def _refused(entry: PhotoEntry, first: Shot, refusals: list[str]) -> FollowUp:
    """A session of which no photo could be used: said in every row that it would have had."""
    reason = "no usable photo: " + "; ".join(refusals)
    keys = product(first.frame.regions, tables.metric_keys())
    return FollowUp(entry, None, {(region, finding, m): reason for region, (finding, m) in keys})


def _judge(subject: Subject, key: str, first: Shot, later: Sequence[FollowUp], bench: Bench, notes: Notes) -> None:
    """Every follow-up against the baseline, with the noise that the weights card and all their replicates tell."""
    settings = bench.settings
    own = own_noise([f.pair for f in later if f.pair])
    passing = transient_redness(subject, settings.transient_days)
    no_scale = NO_SCALE if first.frame.scale_source == "assumed" else ""
    for f in later:
        if f.pair:
            card = _stated_noise(first, "other_camera" if f.other_camera else "same_camera", bench)
            found = list(changes(f.pair, f.missing, card, own, settings.bootstrap_samples, settings.seed))
            notes.warnings += [
                f"{subject.name}, {key}, {f.entry.session}: {text}" for text in _said_aloud(first, f, passing)
            ]
        else:
            found = [Change(*names, tables.unit_of(names[2]), reason=why) for names, why in f.missing.items()]
        if reason := _passing(first, f, passing):
            found = [withheld(c, reason) if c.finding == "redness" else c for c in found]
        notes.changes += [tables.change_row(first.entry, f.entry, c, no_scale) for c in found]
        whole = first.frame.regions[0]
        notes.scores += [tables.score_row(subject.name, key, f.entry.session, s) for s in scores(found, whole)]


def _stated_noise(first: Shot, camera: str, bench: Bench) -> Noise:
    """What the weights card knows of photos like the baseline's."""
    return bench.segmenter.noise(tone_of(first.maps.anchor), camera, first.frame.native_px_per_mm)


def _passing(first: Shot, f: FollowUp, passing: Mapping[str, str]) -> str:
    """Why the change in redness between two sessions says nothing about the treatment, or ''."""
    if first.entry.session in passing:
        return f"the baseline is of {passing[first.entry.session]}"
    return passing.get(f.entry.session, "")


def _said_aloud(first: Shot, f: FollowUp, passing: Mapping[str, str]) -> list[str]:
    """What is said aloud about the days between two sessions, and about their cameras."""
    same = tables.days_between(first.entry.date, f.entry.date) == 0
    said = ("of the same day as the baseline" if same else "", _passing(first, f, passing), f.other_camera)
    return [text for text in said if text]
