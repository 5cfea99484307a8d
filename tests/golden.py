"""Small numbers of every stage, for one pair of photos of a phantom: what tests/golden.json keeps.

Each stage starts from what the one before made. The photo is a drawn face; from the frame on, it is a piece of its
treated cheek, before and after, which costs two seconds instead of thirty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.align import align, identity_alignment
from skinimg.base.entries import PhotoEntry
from skinimg.base.records import Alignment, CellTotals, Face, Found, Photo, Seen, Segmentation, Shot
from skinimg.base.settings import Settings
from skinimg.compare.follow_up import FollowUp, judged, paired
from skinimg.compare.photo_pair import compared
from skinimg.face import find_face
from skinimg.measure.found import found_in
from skinimg.measure.totals import place_of, shot_totals
from skinimg.model.inference import InferenceOptions
from skinimg.model.segmenter import Segmenter, lesion_mask, load_segmenter, segment
from skinimg.model.trained import Trained
from skinimg.observe.frame import face_frame
from skinimg.observe.see import Reference, see
from skinimg.photo.decode import read_photo

KEPT = Path(__file__).parent / "golden.json"
PHOTOS = Path(__file__).parents[1] / "samples" / "photos" / "P01"
# The cheek in both photos, px: rows, columns.
CHEEK = {"S1": np.s_[1060:1480, 300:720], "S4": np.s_[1161:1581, 418:838]}
MM_PER_PX = 0.114
LANDMARKS = {"right eye": 33, "left eye": 263, "nose": 1, "chin": 152}

Numbers = dict[str, float | str]


@dataclass(frozen=True)
class Chain:
    """What the stages made of the pair; of two, the second is the follow-up's."""

    photo: Photo
    face: Face
    seen: tuple[Seen, Seen]
    segmentations: tuple[Segmentation, Segmentation]
    alignment: Alignment
    found: Found
    totals: CellTotals
    follow_up: FollowUp
    shots: tuple[Shot, Shot]
    segmenter: Segmenter


def chain(folder: Path) -> Chain:
    """Every stage of the pipeline, one after the other; the cheek's photos are written to `folder`."""
    settings = Settings()
    photo = read_photo(PHOTOS / "S1_front.jpg")
    entries = [_cheek(session, folder) for session in CHEEK]
    first = see(entries[0], None, settings)
    last = see(entries[1], Reference(first.face, first.frame, first.maps.anchor), settings)
    # In float32 everywhere: processors that multiply bfloat16 faster would give other probabilities.
    network = replace(Trained.load("skin", "cpu"), options=InferenceOptions("cpu"))
    segmenter = replace(load_segmenter("skin", "cpu"), probabilities=network.probabilities)
    segmentations = (segment(first.frame, first.maps, segmenter), segment(last.frame, last.maps, segmenter))
    alignments = (
        identity_alignment(first.frame),
        align(first.frame, last.frame, *map(lesion_mask, segmentations), settings),
    )
    found = [found_in(*of) for of in zip((first, last), segmentations, alignments, strict=True)]
    difference, shared = compared(first, last, alignments[1], segmentations)
    shots = (
        Shot(entries[0], first, found[0], alignments[0]),
        Shot(entries[1], last, found[1], shared, difference),
    )
    totals = shot_totals(shots[1], place_of(alignments[1], first.frame, settings.tile_mm))
    follow_up = paired([shots[0]], [shots[1]], settings)
    return Chain(
        photo=photo,
        face=find_face(photo),
        seen=(first, last),
        segmentations=segmentations,
        alignment=alignments[1],
        found=found[1],
        totals=totals,
        follow_up=follow_up,
        shots=shots,
        segmenter=segmenter,
    )


def _cheek(session: str, folder: Path) -> PhotoEntry:
    pixels = cv2.imread(str(PHOTOS / f"{session}_front.jpg"))
    path = folder / f"{session}.png"
    cv2.imwrite(str(path), pixels[CHEEK[session]])
    return PhotoEntry("P01", session, path, path.name, view="closeup", mm_per_px=MM_PER_PX)


def _spread(name: str, values: npt.NDArray[np.generic]) -> Numbers:
    """Mean and standard deviation."""
    return {f"{name}, mean": float(values.mean(dtype=np.float64)), f"{name}, SD": float(values.std(dtype=np.float64))}


def _photo(made: Chain) -> Numbers:
    linear = made.photo.linear
    return {"height": linear.shape[0], "width": linear.shape[1], "bits": made.photo.bits, **_spread("linear", linear)}


def _face(made: Chain) -> Numbers:
    face, places = made.face, {}
    for name, k in LANDMARKS.items():
        places |= {f"{name}, {axis}": float(v) for axis, v in zip("xy", face.landmarks[k, :2], strict=True)}
    angles = {"yaw_deg": face.yaw_deg, "pitch_deg": face.pitch_deg, "roll_deg": face.roll_deg}
    return {**places, **angles, "px_per_mm": face.px_per_mm, "confidence": face.confidence}


def _frame(made: Chain) -> Numbers:
    whole = face_frame(made.photo, made.face, made.face.px_per_mm, "iris")
    regions = {
        f"share of {name}": float((whole.skin & (whole.region_bits >> bit & 1 > 0)).mean())
        for bit, name in enumerate(whole.regions)
    }
    numbers = {"height": whole.skin.shape[0], "width": whole.skin.shape[1], **regions}
    cheek = made.seen[1]
    numbers |= {"share of skin": float(cheek.frame.skin.mean()), "sharpness": cheek.quality.sharpness}
    for name in ("melanin", "haemoglobin", "shading"):
        numbers |= _spread(name, getattr(cheek.maps, name)[cheek.frame.skin])
    return numbers


def _segmentation(made: Chain) -> Numbers:
    numbers: Numbers = {}
    for session, masks in zip(CHEEK, made.segmentations, strict=True):
        for name, probability in zip(masks.findings, masks.probability, strict=True):
            key = f"{session}, {name}"
            numbers |= {f"{key}, mean": float(probability.mean()), f"{key}, mask": float((probability > 0.5).mean())}
    return numbers


def _alignment(made: Chain) -> Numbers:
    a = made.alignment
    height, width = a.valid_baseline.shape
    middle = a.to_session[height // 2, width // 2]
    return {
        "x of the middle": float(middle[0]),
        "y of the middle": float(middle[1]),
        "overlap": a.overlap_fraction,
        "matched": float(a.matched_baseline.mean()),
        "area ratio": float(a.jacobian[a.valid_session].mean()),
        "error_mm": a.error_mm,
    }


def _objects(made: Chain) -> Numbers:
    numbers: Numbers = {}
    for name, objects in made.found.objects.items():
        numbers |= {f"{name}, count": len(objects.x_px), f"{name}, area_mm2": float(objects.area_mm2.sum())}
        numbers |= {f"{name}, {k}": float(getattr(objects, k)[0]) for k in ("x_px", "contrast") if len(objects.x_px)}
    numbers |= {f"{name}, length_mm": float(lengths.sum()) for name, lengths in made.found.lengths.items()}
    for name, fields in made.found.fields.items():
        numbers |= {f"{name}, {quantity}": float(values.mean()) for quantity, values in fields.items()}
    return numbers


def _totals(made: Chain) -> Numbers:
    return {
        f"{finding}, {quantity}": float(values.sum())
        for finding, quantities in made.totals.totals.items()
        for quantity, values in quantities.items()
    }


def _changes(made: Chain) -> Numbers:
    numbers: Numbers = {f"photos, {name}": value for name, value in asdict(made.shots[1].difference).items()}
    for c in judged(made.shots[0], made.follow_up, {}, {}, made.segmenter):
        if c.region == made.seen[0].frame.regions[0]:
            key = f"{c.finding} {c.metric}"
            numbers |= {f"{key}, change": c.change, f"{key}, mdc95": c.mdc95, f"{key}, verdict": c.verdict}
    return numbers


STAGES: dict[str, Callable[[Chain], Numbers]] = {
    "photo": _photo,
    "face": _face,
    "frame": _frame,
    "segmentation": _segmentation,
    "alignment": _alignment,
    "objects": _objects,
    "totals": _totals,
    "changes": _changes,
}


def numbers_of(made: Chain) -> dict[str, Numbers]:
    """stage -> name -> number, or word; what is not a number is left out."""
    everything = {stage: numbers(made) for stage, numbers in STAGES.items()}
    return {
        stage: {name: v for name, v in numbers.items() if isinstance(v, str) or np.isfinite(v)}
        for stage, numbers in everything.items()
    }
