"""The table of contents: from the photos of one person to everything that is said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product
from pathlib import Path

from skinimg import tables
from skinimg.align import align, identity_alignment
from skinimg.artifacts import pictures_of, write_session
from skinimg.change import Pair, changes
from skinimg.comparable import differences
from skinimg.entries import PhotoEntry, Subject
from skinimg.errors import AlignmentError, CalibrationError, PhotoError
from skinimg.measure import NO_SCALE, field_maps, obstacles, place_of, shared_skin, shot_totals, values
from skinimg.notes import Notes
from skinimg.objects import contrast_maps, find_objects, line_lengths
from skinimg.observe import Reference, see
from skinimg.optics import tone_of
from skinimg.provenance import file_sha256
from skinimg.records import Change, SessionPictures, Shot, SubjectFailure, SubjectResult
from skinimg.score import scores
from skinimg.segment import Segmenter, lesion_mask, segment
from skinimg.settings import Settings
from skinimg.study import safe_name, session_key, view_key
from skinimg.track import Sighting, sight, track


@dataclass(frozen=True)
class Bench:
    """What every subject of a run is measured with."""

    segmenter: Segmenter
    settings: Settings


def analyze_subject(
    subject: Subject, bench: Bench, folder: Path
) -> tuple[SubjectResult | SubjectFailure, list[SessionPictures]]:
    """Analyse all views of a subject; write the pictures of its sessions under `folder`.

    Views and lights are never compared with each other.
    """
    notes = Notes()
    order = {name: i for i, name in enumerate(subject.sessions)}
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
    for session, replicates in groupby(entries, key=lambda e: e.session):
        shots: list[Shot] = []
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
            _measure(shot, first or shot, bench, notes)
            _draw(shot, first or shot, key, folder, notes)
        if not shots:
            _refuse(subject, key, session, entries[0], baseline, refusals, notes)
            continue
        sightings.append(sight(session, shots[0].frame, shots[0].objects, shots[0].alignment))
        if not baseline:
            baseline = shots
            if session != subject.sessions[0]:
                notes.warnings.append(f"{subject.name}, {key}: {session} serves as the baseline, earlier photos do not")
            continue
        with notes.stage("change"):
            _compare(subject, key, session, baseline, shots, bench, notes)
    if baseline:
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
        contrasts = contrast_maps(seen.maps, segmentation, seen.frame.skin, seen.frame.mm_per_px)
        lengths = line_lengths(segmentation, seen.frame.mm_per_px)
        area_mm2 = alignment.jacobian * seen.frame.mm_per_px**2
        fields = field_maps(seen.frame, seen.maps)
        objects = find_objects(segmentation, contrasts, lengths, area_mm2)
    return Shot(
        entry, seen.photo_sha256, seen.frame, seen.face, seen.colour.source, seen.colour.error_de00,
        seen.quality, seen.maps, segmentation,
        alignment, contrasts, lengths, objects, fields,
    )  # fmt: skip


def _measure(shot: Shot, first: Shot, bench: Bench, notes: Notes) -> None:
    with notes.stage("measure"):
        cells = shot_totals(shot, place_of(shot.alignment, first.frame, bench.settings.tile_mm), None)
        for region, finding, m, value, reason in values(shot, cells):
            notes.measurements.append(tables.measurement_row(shot.entry, region, finding, m, value, reason))


def _draw(shot: Shot, first: Shot, key: str, folder: Path, notes: Notes) -> None:
    with notes.stage("pictures"):
        days = tables.days_between(first.entry.date, shot.entry.date)
        pictures = pictures_of(shot, first.frame, days, key)
        write_session(folder / safe_name(session_key(shot.entry)), shot, pictures)
        if shot.entry.replicate == first.entry.replicate:
            notes.pictures.append(pictures)


def _compare(
    subject: Subject, key: str, session: str, baseline: list[Shot], shots: list[Shot], bench: Bench, notes: Notes
) -> None:
    """A follow-up against the baseline, on the skin that all their shots show."""
    first, everything = baseline[0], [*baseline, *shots]
    shared = shared_skin(everything)
    totals = [
        shot_totals(shot, place_of(shot.alignment, first.frame, bench.settings.tile_mm), shared) for shot in everything
    ]
    pair = Pair(tuple(totals[: len(baseline)]), tuple(totals[len(baseline) :]), first.frame.regions)
    missing = obstacles(everything, totals)
    apart = differences(first, shots[0])
    for region, (finding, m_id) in product(first.frame.regions, tables.metric_keys()):
        if finding in apart:
            missing.setdefault((region, finding, m_id), apart[finding])
    noise, settings = bench.segmenter.repeatability[tone_of(first.maps.anchor)], bench.settings
    found = list(changes(pair, missing, noise, settings.bootstrap_samples, settings.seed))
    no_scale = NO_SCALE if first.frame.scale_source == "assumed" else ""
    notes.changes += [tables.change_row(first.entry, shots[0].entry, c, no_scale) for c in found]
    notes.scores += [tables.score_row(subject.name, key, session, s) for s in scores(found, first.frame.regions[0])]


def _refuse(
    subject: Subject,
    key: str,
    session: str,
    entry: PhotoEntry,
    baseline: list[Shot],
    refusals: list[str],
    notes: Notes,
) -> None:
    """A session of which no photo could be used: said in every row that it would have had."""
    if not baseline:
        return
    reason = "no usable photo: " + "; ".join(refusals)
    blank = [
        Change(region, finding, m, tables.unit_of(m), reason=reason)
        for region in baseline[0].frame.regions
        for finding, m in tables.metric_keys()
    ]
    follow_up = replace(entry, session=session, date="")
    notes.changes += [tables.change_row(baseline[0].entry, follow_up, c) for c in blank]
    notes.scores += [tables.score_row(subject.name, key, session, s) for s in scores(blank, blank[0].region)]
