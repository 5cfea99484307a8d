"""Blinding: photos under names that tell neither person, later visit nor side, and the key that undoes it.

Blinded photos are decoded and written again as PNG, so that no date, camera, place or thumbnail of the file is left.
The key is written outside of the blinded folder; `key` reads it.
"""

from __future__ import annotations

import csv
import secrets
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np
from PIL import Image

from skinimg.base.entries import PhotoEntry, Study, Subject
from skinimg.base.errors import StudyError
from skinimg.photo.colour import linear_to_srgb8
from skinimg.photo.decode import read_photo
from skinimg.trial.key import OTHER_SIDE, STATED, Key, save_key


def blind(study: Study, out: Path, key_file: Path, *, mirror: bool = False, seed: int | None = None) -> Key:
    """Copy a study's photos under scrambled names to `out`, with a manifest without arms, and write the key.

    The baseline stays the first session of each subject, as change is measured from it; all later visits are in a random
    order of names. With `mirror`, a random half of the people is mirrored, so that even left and right are blind.

    Raises
    ------
    StudyError
        `out` or the key exists already, or the key would lie in `out`.
    """
    _refuse(out, key_file)
    rng = np.random.default_rng(secrets.randbits(64) if seed is None else seed)
    people = [study.subjects[k] for k in rng.permutation(len(study.subjects))]
    subjects = {f"B{k + 1:0{max(3, len(str(len(people))))}d}": subject for k, subject in enumerate(people)}
    names = list(dict.fromkeys(s for subject in study.subjects for s in subject.sessions))
    first = _first(study)
    later = [name for name in names if name not in first]
    order = [*first, *(later[k] for k in rng.permutation(len(later)))]
    sessions = {name: f"V{k + 1:02d}" for k, name in enumerate(order)}
    turned = {name for name in subjects if mirror and rng.random() < 0.5}
    out.mkdir(parents=True)
    rows = [
        _copy(entry, name, sessions[entry.session], out, mirrored=name in turned)
        for name, subject in subjects.items()
        for entry in sorted(subject.photos, key=lambda p: sessions[p.session])  # times of files tell who came when
    ]
    with (out / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["photo"]))
    key = Key(
        {n: s.name for n, s in subjects.items()},
        {b: n for n, b in sessions.items()},
        tuple(sorted(turned)),
        {name: _stated(subject.photos) for name, subject in subjects.items()},
        {name: _visits(subject, sessions) for name, subject in subjects.items()},
    )
    save_key(key, key_file)
    return key


def _first(study: Study) -> list[str]:
    """The sessions that are anybody's first, each person's own before all others of theirs."""
    before: dict[str, set[str]] = {subject.sessions[0]: set() for subject in study.subjects}
    for subject in study.subjects:
        for name in before.keys() & set(subject.sessions[1:]):
            before[name].add(subject.sessions[0])
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError as error:
        found = " and ".join(dict.fromkeys(error.args[1]))
        raise StudyError("sessions follow each other in two ways", found=found, needed="one order for all") from error


def _refuse(out: Path, key_file: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise StudyError(f"{out} is not empty", needed="a new folder")
    if key_file.exists():
        raise StudyError(
            f"the key {key_file} exists already", needed="a new file", next_step="Keys are never replaced."
        )
    if key_file.resolve().is_relative_to(out.resolve()):
        raise StudyError("the key lies among the blinded photos", found=str(key_file), needed="a file elsewhere")


def _copy(entry: PhotoEntry, subject: str, session: str, out: Path, *, mirrored: bool) -> dict[str, str]:
    view = OTHER_SIDE.get(entry.view, entry.view) if mirrored else entry.view
    light = "" if entry.light == "standard" else f"_{entry.light}"
    photo = f"{subject}/{session}_{view}{light}_{entry.replicate}.png"
    pixels = linear_to_srgb8(read_photo(entry.path).linear)
    (out / photo).parent.mkdir(exist_ok=True)
    Image.fromarray(np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels)).save(out / photo)
    scale = "" if entry.mm_per_px is None else repr(entry.mm_per_px)
    return {
        "subject": subject, "session": session, "photo": photo, "view": view, "light": entry.light,
        "replicate": str(entry.replicate), "mm_per_px": scale,
    }  # fmt: skip


def _stated(photos: tuple[PhotoEntry, ...]) -> dict[str, str]:
    return {name: next((v for p in photos if (v := getattr(p, name))), "") for name in STATED}


def _visits(subject: Subject, sessions: dict[str, str]) -> dict[str, dict[str, str]]:
    """Blinded session -> what was stated of it, in the order of the visits."""
    visits: dict[str, dict[str, str]] = {sessions[session]: {} for session in subject.sessions}
    for p in subject.photos:
        known = {"date": p.date, **{f"m_{name}": value for name, value in p.instruments.items()}}
        visits[sessions[p.session]] |= {name: value for name, value in known.items() if value}
    return visits
