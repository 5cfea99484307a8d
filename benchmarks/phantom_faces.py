"""Does the face model, trained on real faces alone, find phantoms as well as people? JSON by yaw.

    ./scripts/bench phantom_faces [--people 30] [--size 500] [--worst OUT.png]

Every person of the six phototypes in turn is photographed from the front and once turned by 40 degrees, left and right
in turn. found : a face whose middle is the phantom's. error : mean distance of the 478 landmarks from the truth, in %
of the distance between the pupils (landmarks 468 and 473) in space, so that a turned face is not judged more harshly;
error_in_sight : only the landmarks that the photo shows. scale_ratio : px_per_mm found over true.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from skinimg.base.errors import PhotoError
from skinimg.face import find_face
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.portrait import sample_sitter
from skinimg.phantom.series import photograph_session, sample_studio
from skinimg.phantom.truth import landmark_truth
from skinimg.phantom.view import FIELD_MM

PUPILS = [468, 473]


def judge(pixels: np.ndarray, truth: dict[str, np.ndarray]) -> dict[str, float]:
    """One photo; {} where the face was not found."""
    try:
        face = find_face(pixels)
    except PhotoError:
        return {}
    landmarks = truth["landmarks"]
    between = float(np.linalg.norm(np.subtract(*landmarks[PUPILS])))
    if np.linalg.norm(np.subtract(face.landmarks.mean(0), landmarks.mean(0))[:2]) > 0.5 * between:
        return {}
    distance = 100 * np.linalg.norm(face.landmarks[:, :2] - landmarks[:, :2], axis=1) / between
    return {
        "error": float(distance.mean()),
        "error_in_sight": float(distance[truth["visible"]].mean()),
        "scale_ratio": face.px_per_mm / float(truth["px_per_mm"]),
        "yaw_error_deg": face.yaw_deg - float(truth["pose_deg"][0]),
    }


def summary(rows: list[dict[str, float]]) -> dict[str, object]:
    """n, found share, and median and 90th percentile (or spread) of what was measured on the found."""
    found = [row for row in rows if row]
    result: dict[str, object] = {"n": len(rows), "found_percent": round(100 * len(found) / max(1, len(rows)), 1)}
    for name in ("error", "error_in_sight") if found else ():
        values = [row[name] for row in found]
        result[f"{name}_percent"] = {
            "median": round(float(np.median(values)), 2),
            "p90": round(float(np.percentile(values, 90)), 2),
        }
    for name in ("scale_ratio", "yaw_error_deg") if found else ():
        values = [row[name] for row in found]
        result[name] = {"mean": round(float(np.mean(values)), 3), "sd": round(float(np.std(values)), 3)}
    return result


def marked(pixels: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The photo with the true landmarks in green and those found in red."""
    picture = pixels.copy()
    for x, y in landmarks[:, :2]:
        cv2.circle(picture, (round(float(x)), round(float(y))), 1, (0, 255, 0), -1)
    try:
        for x, y in find_face(pixels).landmarks[:, :2]:
            cv2.circle(picture, (round(float(x)), round(float(y))), 1, (255, 0, 0), -1)
    except PhotoError:
        pass  # nothing found, nothing red
    return picture


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--size", type=int, default=500, help="height of the photos in pixels")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worst", type=Path, help="a picture of the worst photo, landmarks drawn in")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after so many, with the people done by then")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rows: dict[str, list[dict[str, float]]] = {"front": [], "turned by 40 degrees": []}
    worst = (-1.0, np.zeros((1, 1, 3), np.uint8))
    start = time.perf_counter()
    shape = (arguments.size, arguments.size * 4 // 5)
    for number in range(arguments.people):
        if time.perf_counter() - start > 60 * arguments.minutes:
            break
        generator = seeded(arguments.seed + number)
        sitter = sample_sitter(spawn(generator), FIELD_MM / arguments.size * 0.7, number % 6 + 1)
        painted = sitter.paint()
        for name, yaw in zip(rows, (0.0, (-40.0, 40.0)[number % 2]), strict=True):
            studio = sample_studio(generator, "same_phone", shape)
            picture = photograph_session(sitter, painted, studio, yaw, generator)
            pixels, truth = picture.srgb.numpy(), landmark_truth(sitter, picture)
            row = judge(pixels, truth)
            rows[name].append(row)
            badness = row.get("error", 1e9)
            if badness > worst[0]:
                worst = (badness, marked(pixels, truth["landmarks"]))
            print(f"{number} {name}: {row or 'not found'}", file=sys.stderr, flush=True)
    if arguments.worst:
        cv2.imwrite(str(arguments.worst), worst[1][..., ::-1])
    return {name: summary(of) for name, of in rows.items()}
