"""The table of contents: from the photos of one person to everything that is said about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from skinimg.align import align, identity_alignment
from skinimg.base.entries import PhotoEntry, Subject, days_between
from skinimg.base.errors import ReasonedError
from skinimg.base.parallel import behind
from skinimg.base.photo_difference import SAME
from skinimg.base.provenance import file_sha256
from skinimg.base.reasons import Reason, renamed, why
from skinimg.base.records import CellTotals, Shot
from skinimg.base.results import SessionPictures, SubjectResult
from skinimg.base.settings import Settings
from skinimg.base.targets import targets_of
from skinimg.compare.change import own_noise
from skinimg.compare.clinical_scores import estimates
from skinimg.compare.comparable import lone_lights, transient_redness, undated_treatments
from skinimg.compare.follow_up import FollowUp, judged, paired, refused, said_aloud, without_copies
from skinimg.compare.photo_pair import compared
from skinimg.compare.score import scores
from skinimg.compare.sighting import Sighting, sight_shot
from skinimg.compare.track import track
from skinimg.measure.found import found_in
from skinimg.measure.totals import NO_SCALE, for_comparison, obstacles, place_of, shot_totals, values
from skinimg.model.segmenter import Segmenter, lesion_mask, segment
from skinimg.observe.see import Reference, see
from skinimg.output import rows
from skinimg.output.notes import Notes
from skinimg.output.pictures import pictures_of, write_session
from skinimg.skin.optics import tone_of
from skinimg.study import safe_name, session_key, view_key

Write = Callable[[Shot, SessionPictures], None]


@dataclass(frozen=True)
class Equipment:
    """What every subject of a run is measured with."""

    segmenter: Segmenter
    settings: Settings


def analyze_subject(
    subject: Subject, equipment: Equipment, folder: Path
) -> tuple[SubjectResult, list[SessionPictures]]:
    """Analyse all views of a subject; write the pictures of its sessions under `folder`.

    Views and lights are never compared with each other.
    """
    notes = Notes()
    order = {name: i for i, name in enumerate(subject.sessions)}
    if warning := undated_treatments(subject):
        notes.warnings.append(warning)
    notes.warnings += lone_lights(subject)
    photos = sorted(subject.photos, key=lambda e: (view_key(e), order[e.session], e.replicate))
    with behind() as do_later:  # files are written while the next photo is looked at
        for key, entries in groupby(photos, key=view_key):
            write = partial(_write, do_later, folder / safe_name(key))
            _analyze_view(subject, key, list(entries), equipment, write, notes)
    return notes.result(subject.name), notes.pictures


def _analyze_view(
    subject: Subject, key: str, entries: Sequence[PhotoEntry], equipment: Equipment, write: Write, notes: Notes
) -> None:
    """All sessions of one view and light, each against the first that could be measured."""
    baseline: list[Shot] = []  # all replicates of the first usable session
    sightings: list[Sighting] = []
    later: list[FollowUp] = []
    for session, replicates in groupby(entries, key=lambda e: e.session):
        shots: list[Shot] = []
        cells: list[CellTotals] = []
        refusals: list[Reason] = []
        for entry in replicates:
            first = baseline[0] if baseline else shots[0] if shots else None
            try:
                shots.append(look(entry, first, equipment, notes))  # the one hold on its 0.4 GB
            except ReasonedError as error:
                # With pseudonyms the file's own name must not get into the rows.
                mine = tuple(renamed(reason, entry.path.name, Path(entry.photo).name) for reason in error.reasons)
                refusals += mine
                notes.photos.append(rows.rejected_row(entry, mine, file_sha256(entry.path)))
                continue
            cells.append(_measure(shots[-1], first or shots[-1], equipment, notes))
            shots[-1] = for_comparison(shots[-1]) if baseline else shots[-1]
            _draw(shots[-1], first or shots[-1], key, write, notes, shown=len(shots) == 1)
        if not shots:
            if baseline:
                later.append(refused(entry, baseline[0], refusals))
            continue
        _estimate(shots, cells, (baseline or shots)[0], equipment, notes)
        sightings.append(sight_shot(session, shots[0]))
        if not baseline:
            baseline = shots
            if session != subject.sessions[0]:
                notes.warnings.append(why("later_baseline", subject=subject.name, view=key, session=session))
            continue
        with notes.stage("change"):
            later.append(paired(baseline, shots, equipment.settings))
            notes.follow(key, later[-1])
    if baseline:
        with notes.stage("change"):
            _judge(subject, key, baseline[0], later, equipment, notes)
        with notes.stage("track"):
            notes.lesions += track(subject.name, key, baseline[0].seen.frame, sightings)


def look(entry: PhotoEntry, first: Shot | None, equipment: Equipment, notes: Notes) -> Shot:
    """One photo: decode, frame, optics, segmentation, alignment to the baseline's first shot."""
    with notes.stage("photo"):
        reference = Reference(first.seen.face, first.seen.frame, first.seen.maps.anchor) if first else None
        seen = see(entry, reference, equipment.settings)
    with notes.stage("segment"):
        segmentation = segment(seen.frame, seen.maps, equipment.segmenter)
    with notes.stage("align"):
        alignment = (
            align(
                first.seen.frame,
                seen.frame,
                lesion_mask(first.found.segmentation),
                lesion_mask(segmentation),
                equipment.settings,
            )
            if first
            else identity_alignment(seen.frame)
        )
        difference = SAME
        if first:
            found = (first.found.segmentation, segmentation)
            difference, alignment = compared(first.seen, seen, alignment, found)
    with notes.stage("objects"):
        return Shot(entry, seen, found_in(seen, segmentation, alignment), alignment, difference)


def _measure(shot: Shot, first: Shot, equipment: Equipment, notes: Notes) -> CellTotals:
    notes.photos.append(rows.photo_row(shot))
    with notes.stage("measure"):
        cells = shot_totals(shot, place_of(shot.alignment, first.seen.frame, equipment.settings.tile_mm))
        for region, finding, m, value, reason in values(shot, cells):
            notes.measurements.append(rows.measurement_row(shot.entry, region, finding, m, value, reason))
    return cells


def _estimate(shots: list[Shot], cells: list[CellTotals], first: Shot, equipment: Equipment, notes: Notes) -> None:
    """Clinical scores of one session; those need a face."""
    if first.seen.face is None:
        return
    sums, once = dict(zip(map(id, shots), cells, strict=True)), without_copies(shots)
    cells = [sums[id(shot)] for shot in once]
    settings, regions, missing = equipment.settings, first.seen.frame.regions, obstacles(once, cells)
    card = equipment.segmenter.noise.of(
        tone_of(first.seen.maps.anchor), "same_camera", first.seen.frame.native_px_per_mm
    )
    found = estimates(cells, regions, missing, card, settings.bootstrap_samples, settings.seed)
    notes.indices += [rows.index_row(shots[0].entry, e) for e in found]


def _draw(shot: Shot, first: Shot, key: str, write: Write, notes: Notes, *, shown: bool) -> None:
    """The files of one photo; the report shows the first usable photo of each session."""
    with notes.stage("pictures"):
        days = days_between(first.entry.date, shot.entry.date)
        pictures = pictures_of(shot, first.seen.frame, days, key)
        write(shot, pictures)
        if shown:
            notes.pictures.append(pictures)


def _write(do_later: Callable[..., None], folder: Path, shot: Shot, pictures: SessionPictures) -> None:
    do_later(write_session, folder / safe_name(session_key(shot.entry)), shot, pictures)


def _judge(
    subject: Subject, key: str, first: Shot, later: Sequence[FollowUp], equipment: Equipment, notes: Notes
) -> None:
    """Every follow-up against the baseline."""
    targets = targets_of(subject, equipment.settings.targets)
    own = own_noise([f.pair for f in later if f.pair])
    passing = transient_redness(subject, equipment.settings.transient_days)
    no_scale = NO_SCALE if first.seen.frame.scale_source == "assumed" else None
    for f in later:
        found = judged(first, f, own, passing, equipment.segmenter)
        place = {"subject": subject.name, "view": key, "session": f.entry.session}
        notes.warnings += [why("in_session", **place, said=said) for said in said_aloud(first, f, passing)]
        notes.changes += [rows.change_row(first.entry, f.entry, c, no_scale) for c in found]
        found_scores = scores(found, targets, equipment.segmenter.noise.correlation)
        notes.scores += [rows.score_row(subject.name, key, f.entry.session, s) for s in found_scores]
