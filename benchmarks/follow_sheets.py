"""Tracking of lesions on flat sheets of skin, by their true masks, with a registration that is off by a known amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from skinimg.align import identity_alignment
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import Alignment, Frame, Objects, Segmentation
from skinimg.compare.sighting import Sighting, sight
from skinimg.compare.track import track
from skinimg.measure.objects import find_objects
from skinimg.output import tables
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import new_seed, seeded, spawn
from skinimg.phantom.effects import LesionEffect, apply_effects
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.painting import paint
from skinimg.phantom.skin import even_skin, sample_person
from skinimg.skin.optics import haemoglobin_density, melanin_density

PHOTOTYPES = (2, 4, 5, 1, 3, 6)
YAW_DEG = (0.0, 6.0, -6.0, 3.0)  # of the sessions; photograph_session adds 2 degrees of its own
HALVED = ("spots", "redness", "scars")
FOLLOWED = ("spots", "scars", "redness")


@dataclass(frozen=True)
class Marked:
    """A frame with its true masks (5, h, w), lesion numbers (finding -> (h, w)), and where it lies in the baseline."""

    frame: Frame
    masks: Segmentation
    ids: dict[str, np.ndarray]
    alignment: Alignment
    objects: dict[str, Objects]


def treated(lesions: Sequence[Lesion], number: int, luck: int) -> Sequence[Lesion]:
    """The lesions at a session: at the last about half as wide in area, and 40 % paler."""
    share = number / (len(YAW_DEG) - 1)
    effect = LesionEffect(contrast=-0.4 * share, area=-0.5 * share)
    return apply_effects(lesions, dict.fromkeys(HALVED, effect), seeded(luck)) if number else lesions


def tracking(sessions: list[Marked]) -> dict[str, object]:
    """Of the lesions seen alone in two sessions or more: how many sightings kept the number of the first one."""
    base = sessions[0].frame
    sightings = [sight(f"S{k}", s.frame, s.objects, s.alignment) for k, s in enumerate(sessions)]
    table = tables.frame("lesions", track("phantom", "front", base, sightings))
    result: dict[str, object] = {}
    for finding in FOLLOWED:
        numbers: dict[int, int] = {}
        kept = lost = 0
        for session, sighting in zip(sessions, sightings, strict=True):
            rows = table[
                (table["finding"] == finding) & (table["session"] == sighting.session) & table["area_mm2"].gt(0)
            ]
            if rows.empty:  # a photo too coarse for this finding
                continue
            places = rows[["x_mm", "y_mm"]].to_numpy() / base.mm_per_px
            for lesion, at in owners(finding, session, sighting):
                # a piece or a part of a merger stands a little beside the row that it went into
                number = int(rows["lesion"].iloc[np.linalg.norm(places - at, axis=1).argmin()])
                if lesion in numbers:
                    kept, lost = kept + (number == numbers[lesion]), lost + (number != numbers[lesion])
                else:
                    numbers[lesion] = number
        tally = table[table["finding"] == finding]["status"].value_counts()
        result[finding] = {
            "lesions": len(numbers),
            "sightings_again": kept + lost,
            "kept_percent": round(100 * kept / (kept + lost), 1) if kept + lost else None,
            **{str(status): int(count) for status, count in tally.items()},
        }
    return result


def owners(finding: str, session: Marked, sighting: Sighting) -> list[tuple[int, np.ndarray]]:
    """The true lesion under the middle of every tracked object, and where it lies in the baseline."""
    objects, ids = session.objects[finding], session.ids[finding]
    x = np.clip(np.rint(objects.x_px).astype(int), 0, ids.shape[1] - 1)
    y = np.clip(np.rint(objects.y_px).astype(int), 0, ids.shape[0] - 1)
    seen = session.alignment.matched_session[y, x]
    pairs = zip(ids[y, x][seen], sighting.points[finding], strict=True)
    return [(int(lesion), at) for lesion, at in pairs if lesion]


def sheet(k: int, seed: int, misplaced_mm: float) -> dict[str, object]:
    """One person's cheek of 11 x 13 cm at four sessions, drawn flat and followed by true masks."""
    generator = seeded(seed + k)
    someone = sample_person(spawn(generator), PHOTOTYPES[k % len(PHOTOTYPES)])
    canvas = plain_canvas((1300, 1100), 0.1)
    plain = even_skin(canvas, someone.melanin, someone.blood)
    lesions = [x for x in sample_lesions(canvas, someone, spawn(generator)) if x.finding in HALVED]
    frame = flat_frame(canvas.shape)
    luck, rng, marked = new_seed(generator), np.random.default_rng(seed + k), []
    for number in range(len(YAW_DEG)):
        painted = paint(plain, canvas, treated(lesions, number, luck))
        change = painted.change
        probability = np.stack([painted.coverage[name].numpy() for name in MASK_FINDINGS])
        masks = Segmentation(MASK_FINDINGS, probability, "truth")
        melanin = melanin_density(someone.melanin * np.exp(change.ln_melanin.numpy())) - melanin_density(
            someone.melanin
        )
        blood = haemoglobin_density(someone.blood * np.exp(change.ln_blood.numpy())) - haemoglobin_density(
            someone.blood
        )
        contrasts = {"spots": melanin, "redness": blood, "scars": -change.height_mm.numpy()}
        contrasts = {name: contrasts.get(name, melanin) * rng.normal(1, 0.15) for name in MASK_FINDINGS}
        alignment = misplaced(frame, misplaced_mm if number else 0.0, rng)
        lengths = {"wrinkles": np.zeros(canvas.shape, np.float32)}
        objects = find_objects(masks, contrasts, lengths, np.full(canvas.shape, 0.01, np.float32))
        numbers = {name: plane.numpy() for name, plane in painted.instance.items()}
        marked.append(Marked(frame, masks, numbers, alignment, objects))
    return {"phototype": someone.phototype, "sheet": tracking(marked)}


def flat_frame(shape: tuple[int, int]) -> Frame:
    skin = np.ones(shape, bool)
    linear, upright = np.zeros((*shape, 3), np.float32), np.eye(2, 3, dtype=np.float32)
    return Frame(linear, skin, skin.astype(np.uint16), ("patch",), None, upright, shape, 0.1, 10.0, "manifest")


def misplaced(frame: Frame, rms_mm: float, rng: np.random.Generator) -> Alignment:
    """The identity, wrong by a smooth field."""
    exact = identity_alignment(frame)
    noise = [cv2.resize(rng.normal(0, 1, (7, 6)), frame.skin.shape[::-1], interpolation=cv2.INTER_CUBIC) for _ in "xy"]
    error = np.stack(noise, axis=-1)
    error *= rms_mm / frame.mm_per_px / np.sqrt((error**2).sum(axis=-1).mean())
    return replace(exact, to_baseline=(exact.to_baseline + error).astype(np.float32), error_mm=rms_mm)
