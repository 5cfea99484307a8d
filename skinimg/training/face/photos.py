"""Photos of faces with their landmarks, as the face model learns from them: who is held out, and who is drawn often."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.records import BoolArray, ByteArray, FloatArray
from skinimg.face.crop import CROP_SIDE_RADII, FacePlace, crop_matrix, place_of

CANVAS_PX, CANVAS_RADIUS_PX = 384, 45.0  # every training photo is kept at the size at which its face has this radius
_HELD_OUT_OF = 8  # one person in eight is never trained on
_FACE = slice(120, 264)  # of a canvas's sides: the face without most of what is around it
_THUMB_PX = 24
_SAME_PORTRAIT = 0.97  # correlation
_CHEEKS = (50, 280)
_DARK_ITA_DEG = 10.0


@dataclass(frozen=True)
class Faces:
    """Photos around their faces, not turned, every face of the same size; points are in pixels of the full canvas."""

    name: npt.NDArray[np.str_]
    canvas: tuple[ByteArray, ByteArray, ByteArray]  # (n, 384, 384, 3) RGB, and at half and quarter size
    landmarks: FloatArray  # (n, 478, 3)
    corners: FloatArray  # (n, 4, 2) of the photo
    weight: FloatArray  # (n,) how often to train on each
    held_out: BoolArray  # (n,) never trained on

    @property
    def trained_on(self) -> npt.NDArray[np.int64]:
        """Who is trained on."""
        return np.flatnonzero(~self.held_out)

    def someone(self, rng: np.random.Generator) -> int:
        """One of those trained on, drawn by weight."""
        weight = self.weight[self.trained_on]
        return rng.choice(self.trained_on, p=weight / weight.sum())


def load_faces(folder: Path) -> Faces:
    """The photos in `folder`/images that are named in `folder`/landmarks.npz: name, landmarks in pixels, colour."""
    table = np.load(folder / "landmarks.npz")
    canvases, marks, corners, tone = [], [], [], []
    for name, points in zip(table["name"], table["landmarks"], strict=True):
        photo = read_photo(folder, name)
        matrix = _to_canvas(points)
        canvases.append(cv2.warpAffine(photo, matrix, (CANVAS_PX, CANVAS_PX), borderMode=cv2.BORDER_REPLICATE))
        marks.append(np.column_stack([points[:, :2] @ matrix[:, :2].T + matrix[:, 2], points[:, 2] * matrix[0, 0]]))
        h, w = photo.shape[:2]
        corners.append(np.array([[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]]) @ matrix[:, :2].T + matrix[:, 2])
        tone.append(skin_ita_deg(photo, points))
    # Most photos are greyscale and light-skinned men: colour counts 1.3 times, dark skin in colour 4 times.
    weight = np.where(table["colour"], np.where(np.array(tone) < _DARK_ITA_DEG, 4.0, 1.3), 1.0)
    full = np.stack(canvases)
    half = _halved(full)
    held_out = held_out_people(table["name"], full)
    return Faces(table["name"], (full, half, _halved(half)), np.stack(marks), np.stack(corners), weight, held_out)


def read_photo(folder: Path, name: str) -> ByteArray:
    """(h, w, 3) RGB."""
    return cv2.cvtColor(cv2.imread(str(folder / "images" / name)), cv2.COLOR_BGR2RGB)


def _to_canvas(landmarks: FloatArray) -> FloatArray:
    """(2, 3) affine map from a photo to its canvas: scaled and moved, not turned."""
    place = place_of(landmarks)
    upright = FacePlace(place.x, place.y, place.radius, 0.0)
    matrix = crop_matrix(upright, 1) * (CANVAS_RADIUS_PX * CROP_SIDE_RADII)
    matrix[:, 2] = (CANVAS_PX - 1) / 2 - matrix[:, :2] @ (place.x, place.y)
    return matrix


def _halved(canvases: ByteArray) -> ByteArray:
    return np.stack([cv2.resize(c, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for c in canvases])


def held_out_people(names: npt.NDArray[np.str_], canvases: ByteArray) -> BoolArray:
    """Who is never trained on: one name in eight by hash, and whoever looks exactly like them.

    The names are one per person and term of party; 10 pairs are the same portrait under two names. Their correlation
    is above 0.99 and that of the next pair below 0.96.
    """
    out = np.array([_hash(f"skinimg-face-{name}") % _HELD_OUT_OF == 0 for name in names])
    greys = [cv2.cvtColor(canvas[_FACE, _FACE], cv2.COLOR_RGB2GRAY) for canvas in canvases]
    thumbs = np.stack([cv2.resize(grey, (_THUMB_PX, _THUMB_PX)).ravel() for grey in greys])
    thumbs = thumbs - thumbs.mean(1, keepdims=True)
    thumbs /= np.linalg.norm(thumbs, axis=1, keepdims=True)
    for a, b in np.argwhere(np.triu(thumbs @ thumbs.T, 1) > _SAME_PORTRAIT):
        out[a] = out[b] = out[a] or out[b]
    return out


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def skin_ita_deg(rgb: ByteArray, landmarks: FloatArray) -> float:
    """Individual typology angle of the brighter half of both cheeks, degrees: above 28 light, below 10 dark.

    NaN where no cheek lies in the photo.
    """
    values = []
    for index in _CHEEKS:
        x, y = landmarks[index, :2].round().astype(int)
        values.append(rgb[max(y - 5, 0) : y + 6, max(x - 5, 0) : x + 6].reshape(-1, 3))
    pixels = np.concatenate(values).astype(np.float32) / 255
    if not len(pixels):
        return float("nan")
    lab = cv2.cvtColor(pixels[None], cv2.COLOR_RGB2LAB)[0]
    lab = np.median(lab[lab[:, 0] >= np.median(lab[:, 0])], 0)
    return float(np.degrees(np.arctan2(lab[0] - 50, max(lab[2], 1e-3))))
