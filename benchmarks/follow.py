"""Registration and tracking on phantoms, as JSON on stdout.

    ./scripts/bench follow [--people N] [--sheets N] [--size-px N] [--pictures DIR] [--weights NAME]

Every session has another pose (to 8 degrees), light, shine, focus and noise, and lesions that shrink and fade, to about
half their area at the last. The true masks stand in for a network, so that only registration and tracking are judged;
with --weights the network's own masks are followed, on the photographed people:

registration   error at truth points, in mm; how much of the face was matched; area of the lesions against the truth
tracking     share of sightings of a spot, red patch or scar that carry the number of its first sighting
sheets       tracking alone, on flat sheets of skin, with a smooth error of registration of known size
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from benchmarks.follow_sheets import HALVED, PHOTOTYPES, YAW_DEG, Marked, sheet, tracking, treated
from skinimg.align import align, identity_alignment
from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import SkinimgError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import Frame, Seen, Segmentation
from skinimg.base.settings import Settings
from skinimg.measure.objects import contrast_maps, find_objects, line_lengths
from skinimg.model.segmenter import Segmenter, lesion_mask, load_segmenter, segment
from skinimg.observe.see import Reference, see
from skinimg.phantom import truth
from skinimg.phantom.draws import new_seed, seeded, spawn
from skinimg.phantom.painting import Painted
from skinimg.phantom.portrait import Picture, Sitter, sample_sitter
from skinimg.phantom.series import photograph_session, sample_studio
from skinimg.phantom.view import FIELD_MM
from skinimg.photo.colour import linear_to_srgb8

SETTINGS = Settings()
STRIDE = 8


@dataclass(frozen=True)
class Session:
    """One photo, and what the pipeline makes of it."""

    picture: Picture
    seen: Seen
    marked: Marked


def main() -> list[dict[str, object]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=3, help="photographed: registration and tracking")
    parser.add_argument("--sheets", type=int, default=6, help="people of whom only a sheet of skin is drawn: tracking")
    parser.add_argument("--misplaced-mm", type=float, default=0.2, help="error of registration on the sheets")
    parser.add_argument("--size-px", type=int, default=1700, help="height of the photos; scars need 6 px/mm")
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--weights", default="", help="follow what these find instead of the truth")
    parser.add_argument("--pictures", type=Path, help="checkerboards of baseline and warped session, for the eye")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    done: list[dict[str, object]] = []
    for k in range(given.people):
        done.append(person(k, given))
        print(json.dumps(done[-1]), file=sys.stderr, flush=True)
    return done + [sheet(k, given.seed, given.misplaced_mm) for k in range(given.sheets)]


def person(k: int, given: argparse.Namespace) -> dict[str, object]:
    generator = seeded(given.seed + k)
    phototype = PHOTOTYPES[k % len(PHOTOTYPES)]
    sitter = sample_sitter(spawn(generator), FIELD_MM / given.size_px * 0.7, phototype)
    studio = sample_studio(spawn(generator), "same_phone", (given.size_px, given.size_px * 4 // 5))
    luck, sessions, rows, areas = new_seed(generator), list[Session](), [], []
    segmenter = load_segmenter(given.weights) if given.weights else None
    for number, yaw_deg in enumerate(YAW_DEG):
        painted = sitter.paint(treated(sitter.lesions, number, luck))
        picture = photograph_session(sitter, painted, studio, yaw_deg, spawn(generator))
        areas.append(true_areas(painted))
        try:
            session = look(sitter, picture, sessions[0] if sessions else None, segmenter)
        except SkinimgError as error:
            rows.append({"session": number + 1, "refused": str(error)})
            continue
        sessions.append(session)
        if number:
            rows.append({"session": number + 1, **registration(sitter, sessions[0], session, areas[0], areas[-1])})
            if given.pictures:
                draw(sessions[0].seen.frame, session, given.pictures / f"{k + 1}_{number + 1}.png")
    return {"phototype": phototype, "registration": rows, "tracking": tracking([s.marked for s in sessions])}


def look(sitter: Sitter, picture: Picture, first: Session | None, segmenter: Segmenter | None) -> Session:
    """What the pipeline makes of a photo, without a segmenter with the true masks in place of a network's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        Image.fromarray(picture.srgb.numpy()).save(path, quality=92, subsampling=0)
        reference = Reference(first.seen.face, first.seen.frame, first.seen.maps.anchor) if first else None
        seen = see(PhotoEntry("phantom", "S", path, path.name), reference, SETTINGS)
    frame = seen.frame
    maps, ids = truth.picture_maps(sitter, picture)
    coverage = np.stack([to_frame(maps[name], frame, cv2.INTER_AREA) for name in MASK_FINDINGS])
    true = Segmentation(MASK_FINDINGS, coverage * frame.skin, "truth")
    masks = segment(frame, seen.maps, segmenter) if segmenter else true
    numbers = {name: to_frame(ids[name].astype(np.float32), frame, cv2.INTER_NEAREST).astype(int) for name in ids}
    alignment = identity_alignment(frame)
    if first:
        alignment = align(first.seen.frame, frame, lesion_mask(first.marked.masks), lesion_mask(masks), SETTINGS)
    contrasts = contrast_maps(frame, seen.maps, masks)
    pixel_mm2 = alignment.jacobian * frame.mm_per_px**2
    objects = find_objects(masks, contrasts, line_lengths(masks, frame.mm_per_px), pixel_mm2)
    return Session(picture, seen, Marked(frame, masks, numbers, alignment, objects))


def to_frame(image: np.ndarray, frame: Frame, how: int) -> np.ndarray:
    size = frame.skin.shape[::-1]
    flag = cv2.INTER_NEAREST if how == cv2.INTER_NEAREST else cv2.INTER_LINEAR
    return cv2.warpAffine(image.astype(np.float32), frame.to_photo, size, flags=flag | cv2.WARP_INVERSE_MAP)


def true_areas(painted: Painted) -> dict[str, np.ndarray]:
    """finding -> area of each lesion number on the sheet of skin, in pixels of it."""
    return {
        name: np.bincount(painted.instance[name].flatten().numpy(), painted.coverage[name].flatten().numpy())
        for name in HALVED
    }


def registration(
    sitter: Sitter, first: Session, session: Session, before: dict[str, np.ndarray], after: dict[str, np.ndarray]
) -> dict[str, object]:
    """Error at truth points; and area of the lesions that both photos show whole, measured against true."""
    base, found = first.seen.frame, session.marked.alignment
    grid = truth.correspondence(sitter, first.picture.seen, session.picture.seen, session.picture.view, STRIDE)
    rows, columns = np.nonzero(grid["valid"])
    at = photo_to_frame(np.stack([columns, rows], axis=-1) * float(STRIDE), base)
    x, y = np.rint(at).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < base.skin.shape[1]) & (y < base.skin.shape[0])
    x, y, at = x[inside], y[inside], at[inside]
    true = photo_to_frame(grid["grid_xy"][rows, columns][inside].astype(float), session.seen.frame)
    ours = found.to_session[y, x] + (at - np.stack([x, y], axis=-1))
    error_mm = np.linalg.norm(ours - true, axis=1) * base.mm_per_px
    skin, matched = base.skin[y, x], found.matched_baseline[y, x]
    poses = [
        np.array([getattr(s.picture.view, f"{axis}_deg") for axis in ("yaw", "pitch", "roll")])
        for s in (first, session)
    ]
    return {
        "turned_deg": [round(float(part), 1) for part in poses[1] - poses[0]],
        "matched_share_of_face": round(float(matched.sum() / skin.sum()), 3),
        "matched_median_p95_mm": percentiles(error_mm[matched]),
        "shown_median_p95_mm": percentiles(error_mm[found.valid_baseline[y, x]]),
        "stated_error_mm": round(found.error_mm, 3),
        "area_kept": {name: area_kept(name, first.marked, session.marked, before, after) for name in HALVED},
    }


def photo_to_frame(points: np.ndarray, frame: Frame) -> np.ndarray:
    affine = frame.to_photo.astype(float)
    return (points - affine[:, 2]) @ np.linalg.inv(affine[:, :2]).T


def percentiles(values: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in np.percentile(values, [50, 95])]


def area_kept(
    name: str, first: Marked, session: Marked, before: dict[str, np.ndarray], after: dict[str, np.ndarray]
) -> dict[str, float]:
    """Area at the session over that at the baseline, measured and true, of the lesions that both photos show whole."""
    index = MASK_FINDINGS.index(name)
    sums = []
    for s, matched, area in (
        (first, session.alignment.matched_baseline, first.alignment.jacobian),
        (session, session.alignment.matched_session, session.alignment.jacobian),
    ):
        ids, coverage = s.ids[name].ravel(), s.masks.probability[index].ravel()
        size = np.bincount(ids, coverage * area.ravel(), minlength=len(before[name]))
        lost = np.bincount(ids, coverage * ~matched.ravel(), minlength=len(before[name]))
        sums.append((size, lost))
    n = min(len(before[name]), len(after[name]))
    whole = (sums[0][0][:n] > 20) & (sums[0][1][:n] == 0) & (sums[1][1][:n] == 0)
    whole[0] = False
    if not whole.any():
        return {"lesions": 0}
    measured = sums[1][0][:n][whole].sum() / sums[0][0][:n][whole].sum()
    true = after[name][:n][whole].sum() / before[name][:n][whole].sum()
    return {"lesions": int(whole.sum()), "measured": round(float(measured), 3), "true": round(float(true), 3)}


def draw(base: Frame, session: Session, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ours = linear_to_srgb8(base.linear)
    theirs = cv2.remap(
        linear_to_srgb8(session.seen.frame.linear), session.marked.alignment.to_session, None, cv2.INTER_LINEAR
    )
    rows, columns = np.indices(ours.shape[:2]) // 80
    board = np.where(((rows + columns) % 2 == 0)[..., None], ours, theirs)
    cv2.imwrite(str(path), np.hstack([ours, board])[..., ::-1])
