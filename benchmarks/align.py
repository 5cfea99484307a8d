"""Figures of registration as JSON on stdout.

    ./scripts/bench align [DATA] [--only PART] [--pictures DIR] [--portraits N] [--study DIR]

portraits    portraits of DATA/portraits taken again by a known warp: error at truth points, stated error, seconds
people       each portrait against the next person's, and against its own mirror image: what was refused
close_ups    first against every later photo of DATA/closeups/p1 and p2
crossed      every photo of p1 against every one of p2: two people in one series
phantoms     --study `skinimg synth --out DIR --subjects N --sessions 2 --null-fraction 1 --view front --view left45`:
             the second session against the first, of everybody with everybody, mirrored, and turned by 40 degrees
--pictures   baseline and warped session as a checkerboard of 8 mm squares, for the eye
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.align import align
from skinimg.base.errors import AlignmentError, PhotoError
from skinimg.base.records import Alignment, Frame, Photo
from skinimg.base.settings import Settings
from skinimg.face import find_face
from skinimg.observe.frame import closeup_frame, face_frame
from skinimg.photo.colour import linear_to_srgb8, srgb_to_linear
from skinimg.photo.decode import read_photo

Points = npt.NDArray[np.float64]  # (..., 2): x, y
Warp = Callable[[Points], Points]
SETTINGS = Settings()
HEAD_MM = 260.0  # what is kept of a portrait around the face


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--only", choices=("portraits", "people", "close_ups", "crossed", "phantoms"))
    parser.add_argument("--study", type=Path, help="phantoms of two sessions, front and left45")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--portraits", type=int, default=100, help="at most so many")
    given = parser.parse_args()
    result: dict[str, object] = {}
    if given.only in (None, "portraits", "people"):
        heads = [head(path) for path in sorted((given.data / "portraits").glob("*.jpg"))[: given.portraits]]
        faces = [(name, photo, frame) for name, photo, frame in heads if frame is not None]
    if given.only in (None, "portraits"):
        result["portraits"] = [taken_again(*face, seed) for seed, face in enumerate(faces)]
    if given.only in (None, "people"):
        result["people"] = strangers(faces)
    if given.only in (None, "close_ups"):
        result["close_ups"] = close_ups(given.data / "closeups", given.pictures)
    if given.only in (None, "crossed"):
        result["crossed"] = crossed(given.data / "closeups")
    if given.study and given.only in (None, "phantoms"):
        result["phantoms"] = phantoms(given.study / "photos")
    return result


def head(path: Path) -> tuple[str, Photo, Frame | None]:
    """A portrait cut down to the head, and its frame (None where no face is found)."""
    photo = read_photo(path)
    try:
        face = find_face(photo)
    except PhotoError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return path.stem, photo, None
    middle, half = face.landmarks[:, :2].mean(axis=0), HEAD_MM / 2 * face.px_per_mm
    x0, y0 = np.maximum(middle - half, 0).astype(int)
    x1, y1 = (middle + half).astype(int)
    photo = replace(photo, linear=np.ascontiguousarray(photo.linear[y0:y1, x0:x1]))
    face = find_face(photo)
    return path.stem, photo, face_frame(photo, face, face.px_per_mm, "iris")


def taken_again(name: str, photo: Photo, frame: Frame, seed: int) -> dict[str, object]:
    """Errors, in mm, of a portrait against itself under a known warp, another light and white balance, noise, JPEG."""
    again, warp = rephotograph(photo, frame.native_px_per_mm, seed)
    try:
        session = face_frame(again, find_face(again), frame.native_px_per_mm, "iris")
        started = time.process_time()
        found = register(frame, session)
    except (AlignmentError, PhotoError) as error:
        return {"name": name, "refused": str(error)}
    seconds = time.process_time() - started
    points = np.argwhere(frame.skin[::15, ::15])[:, ::-1] * 15
    truth = to_frame(warp(to_photo(points, frame)), session)
    error_mm = np.linalg.norm(found.to_session[points[:, 1], points[:, 0]] - truth, axis=1) * frame.mm_per_px
    seen = found.valid_baseline[points[:, 1], points[:, 0]]
    matched = found.matched_baseline[points[:, 1], points[:, 0]]
    return {
        "name": name,
        "native_px_per_mm": round(frame.native_px_per_mm, 1),
        "matched_share": round(float(matched.sum() / seen.sum()), 3),
        "matched_median_p95_mm": percentiles(error_mm[matched]),
        "valid_median_p95_mm": percentiles(error_mm[seen]),
        "stated_error_mm": round(found.error_mm, 4),
        "cpu_seconds": round(seconds, 2),
    }


def percentiles(values: Points) -> list[float]:
    return [round(float(value), 3) for value in np.percentile(values, [50, 95])]


def rephotograph(photo: Photo, px_per_mm: float, seed: int) -> tuple[Photo, Warp]:
    """The photo turned by 4 degrees, scaled by 4 %, moved smoothly by up to 2 mm; and where each photo pixel went."""
    rng = np.random.default_rng(seed)
    height, width = photo.linear.shape[:2]
    angle, scale = np.radians(4 * rng.choice([-1, 1])), 1.04 ** rng.choice([-1, 1])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([width, height]) / 2
    places = rng.uniform(0.2, 0.8, (5, 2)) * [width, height]
    pushes = rng.normal(0, 1, (5, 2))
    reach = 25 * px_per_mm

    def bend(points: Points) -> Points:
        apart = ((points[..., None, :] - places) ** 2).sum(axis=-1)
        return np.exp(-apart / (2 * reach**2)) @ pushes

    coarse = np.stack(np.meshgrid(np.arange(0, width, 16), np.arange(0, height, 16)), axis=-1).astype(float)
    pushes *= 2 * px_per_mm / np.linalg.norm(bend(coarse), axis=-1).max()
    back = np.linalg.inv(turn).T

    def source(points: Points) -> Points:
        return (points - middle) @ back + middle + bend(points)

    def warp(points: Points) -> Points:
        guess = (points - middle) @ turn.T + middle
        for _ in range(30):
            guess = guess + (points - source(guess)) @ turn.T
        return guess

    at = source(np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(float)).astype(np.float32)
    seen = cv2.remap(photo.linear, at[..., 0], at[..., 1], cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    light = np.exp(0.35 * rng.choice([-1, 1]) * np.linspace(-1, 1, width))[None, :, None]
    seen = seen * light * [1.0, 0.9, 0.77] + rng.normal(0, 0.004, seen.shape)
    _, data = cv2.imencode(".jpg", linear_to_srgb8(seen)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    codes = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert codes is not None
    return replace(photo, linear=srgb_to_linear(codes[..., ::-1] / np.float32(255))), warp


def strangers(people: list[tuple[str, Photo, Frame]]) -> dict[str, object]:
    """Different people and mirrored photos: refused of tried, and what was let through."""
    tried, passed, named = 0, [], 0
    for (name, photo, frame), (other, _, another) in zip(people, people[1:] + people[:1], strict=True):
        for label, session in ((other, another), ("mirror", mirrored(photo))):
            tried += 1
            try:
                register(frame, session)
                passed.append(f"{name} - {label}")
            except AlignmentError as error:
                named += label == "mirror" and "mirrored" in str(error)
    return {"tried": tried, "accepted": passed, "mirrored_and_called_so": named}


def phantoms(photos: Path) -> dict[str, dict[str, int]]:
    """How many pairs of each kind were tried and accepted; only the first kind should be."""
    baselines = {folder.name: head(folder / "S1_front.jpg")[2] for folder in sorted(photos.iterdir())}
    kinds = ("same person", "somebody else", "mirrored", "turned by 40 degrees")
    count = {kind: {"tried": 0, "accepted": 0} for kind in kinds}
    for name in baselines:
        _, photo, session = head(photos / name / "S2_front.jpg")
        from_the_side = photos / name / "S2_left45.jpg"  # a study may have no other views
        turned = head(from_the_side)[2] if from_the_side.exists() else None
        pairs = [(kinds[other != name], baseline, session) for other, baseline in baselines.items()]
        pairs += [(kinds[2], baselines[name], mirrored(photo)), (kinds[3], baselines[name], turned)]
        for kind, baseline, follow_up in pairs:
            if baseline is not None and follow_up is not None:
                count[kind]["tried"] += 1
                count[kind]["accepted"] += accepts(baseline, follow_up)
    return count


def mirrored(photo: Photo) -> Frame:
    """The mirror image of a portrait, as the face model sees it."""
    image = replace(photo, linear=np.ascontiguousarray(photo.linear[:, ::-1]))
    face = find_face(image)
    return face_frame(image, face, face.px_per_mm, "iris")


def close_up_frames(folder: Path) -> list[Frame]:
    photos = sorted(folder.glob("*.jpg"))
    return [closeup_frame(read_photo(path), SETTINGS.assumed_px_per_mm, "assumed") for path in photos]


def close_ups(folder: Path, pictures: Path | None) -> list[dict[str, object]]:
    rows = []
    for person in ("p1", "p2"):
        first, *later = close_up_frames(folder / person)
        for number, session in enumerate(later, start=2):
            row: dict[str, object] = {"pair": f"{person} 1-{number}"}
            rows.append(row)
            try:
                found = register(first, session)
            except AlignmentError as error:
                row["refused"] = str(error)
                continue
            share = float(found.matched_baseline.sum() / found.valid_baseline.sum())
            row |= {"overlap": round(found.overlap_fraction, 3), "matched_share": round(share, 3)}
            row["stated_error_mm"] = round(found.error_mm, 3)
            if pictures:
                draw(first, session, found, pictures / f"{person}_{number}.png")
    return rows


def crossed(folder: Path) -> dict[str, int]:
    ours, theirs = close_up_frames(folder / "p1"), close_up_frames(folder / "p2")
    accepted = sum(accepts(a, b) for a in ours for b in theirs)
    return {"tried": len(ours) * len(theirs), "accepted": accepted}


def accepts(baseline: Frame, session: Frame) -> bool:
    try:
        register(baseline, session)
    except AlignmentError:
        return False
    return True


def register(baseline: Frame, session: Frame) -> Alignment:
    return align(baseline, session, np.zeros_like(baseline.skin), np.zeros_like(session.skin), SETTINGS)


def draw(baseline: Frame, session: Frame, found: Alignment, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ours = linear_to_srgb8(baseline.linear)
    theirs = cv2.remap(linear_to_srgb8(session.linear), found.to_session, None, cv2.INTER_LINEAR)
    rows, columns = np.indices(ours.shape[:2]) // 80
    board = np.where(((rows + columns) % 2 == 0)[..., None], ours, theirs)
    cv2.imwrite(str(path), np.hstack([ours, board, theirs])[..., ::-1])


def to_photo(points: npt.NDArray[np.generic], frame: Frame) -> Points:
    affine = frame.to_photo.astype(float)
    return points @ affine[:, :2].T + affine[:, 2]


def to_frame(points: Points, frame: Frame) -> Points:
    affine = frame.to_photo.astype(float)
    return (points - affine[:, 2]) @ np.linalg.inv(affine[:, :2]).T
