"""Find the face in a photo and place its 478 landmarks.

Two networks (`skinimg.model.face_network`): the finder looks at the photo at several sizes, each for faces of one
octave; the landmark network looks at an upright crop twice, the second time in the crop that its own first answer
suggests, averaged with its answer on the mirrored crop. The confidence is the geometric mean of what both networks say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import torch
from torch.nn import functional

from skinimg.base.errors import PhotoError, WeightsError
from skinimg.base.reasons import why
from skinimg.base.records import ByteArray, Face, FloatArray, Photo
from skinimg.face.crop import CROP_SIDE_RADII, FacePlace, crop_matrix, cut, from_crop_sides, place_of
from skinimg.face.pose import pose_deg, px_per_mm
from skinimg.model.card import FaceCard
from skinimg.model.device import steady_threads
from skinimg.model.face_network import CROP_PX, FINDER_STRIDE_PX, FaceFinder, LandmarkNetwork
from skinimg.model.weights import fill, load_weights, part_of
from skinimg.photo.colour import linear_to_srgb8

MIN_CONFIDENCE = 0.65  # 99 % of held-out people are above 0.72, all close-ups of skin below 0.3
_OTHER_MIN_CONFIDENCE = 0.85  # an emblem on a sleeve (0.7) must not pass for a second person
_LEVELS_PX = (48, 96, 192, 384)  # long sides: faces from 5 % to more than the whole of the photo
_FINE_LEVEL_PX = 768  # down to 2.5 %, only where the coarser levels see nothing
_MARGIN_PX = 32  # repeated border around each level, so that a face at the edge has surroundings
_MIN_PEAK = 0.2  # the finder proposes, the landmark network decides
_MAX_PROPOSALS = 6
_MAYBE_A_FACE = 0.05  # first-pass verdict below which the second pass is saved


@dataclass(frozen=True)
class FaceModel:
    finder: FaceFinder
    landmarks: LandmarkNetwork
    mirror: torch.Tensor  # (478,) index of each landmark's mirror image
    mean_shape: FloatArray  # (478, 3) the average face, frontal, in crop sides
    card: FaceCard


@lru_cache(maxsize=1)
def load_face_model(weights: str = "face") -> FaceModel:
    """The face model from its shipped weights, read once per process."""
    tensors, card = load_weights(weights, FaceCard)
    missing = [name for name in ("mirror", "mean_shape", "landmarks.heat.weight") if name not in tensors]
    if missing:
        raise WeightsError(f"the weights {weights} are no face model", found=f"no tensor {missing[0]}")
    finder, landmarks = FaceFinder(), LandmarkNetwork(anchors=len(tensors["landmarks.heat.weight"]))
    fill(finder, part_of(tensors, "finder"), weights)
    fill(landmarks, part_of(tensors, "landmarks"), weights)
    for net in (finder, landmarks):
        net.eval()
    return FaceModel(finder, landmarks, tensors["mirror"].long(), tensors["mean_shape"].float().numpy(), card)


def find_face(photo: Photo | np.ndarray, model: FaceModel | None = None) -> Face:
    """The face in a photo: the largest and most central one, with the number of others.

    photo: of `read_photo`; or pixels, (h, w, 3) or grey (h, w), sRGB-encoded, uint8, uint16 or float in [0, 1].
    model: the shipped one if not given.

    Raises
    ------
    PhotoError
        No face is found.
    WeightsError
        The face model's weights are missing or damaged.
    """
    model = model or load_face_model()
    pixels = linear_to_srgb8(photo.linear) if isinstance(photo, Photo) else _as_bytes(photo)
    with steady_threads():
        faces = _separate(_refine(pixels, _propose(pixels, _LEVELS_PX, model), model))
        if not faces or faces[0].confidence < MIN_CONFIDENCE:
            faces = _separate(faces + _refine(pixels, _propose(pixels, (_FINE_LEVEL_PX,), model), model))
    if not faces or faces[0].confidence < MIN_CONFIDENCE:
        if not faces:
            raise PhotoError(why("no_face", needed=MIN_CONFIDENCE))
        raise PhotoError(why("no_sure_face", confidence=float(faces[0].confidence), needed=MIN_CONFIDENCE))
    sure = [face for face in faces if face.confidence >= MIN_CONFIDENCE]
    main = max(sure, key=lambda face: _prominence(face, pixels.shape))
    others = [face for face in sure if face is not main and face.confidence >= _OTHER_MIN_CONFIDENCE]
    rival = max((np.ptp(face.landmarks[:, 1]) for face in others), default=0.0) / np.ptp(main.landmarks[:, 1])
    yaw, pitch, roll = pose_deg(main.landmarks, model.mean_shape)
    scale, scale_sd = px_per_mm(main.landmarks, model.card.iris_diameter_relative_sd)
    return Face(main.landmarks, main.confidence, yaw, pitch, roll, scale, scale_sd, len(others), float(rival))


@dataclass(frozen=True)
class _Proposal:
    place: FacePlace
    score: float  # the finder's


@dataclass(frozen=True)
class _Placed:
    landmarks: FloatArray  # (478, 3) in photo pixels
    confidence: float


def _as_bytes(pixels: np.ndarray) -> ByteArray:
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or min(pixels.shape[:2]) < 16:
        raise PhotoError(why("array_shape", shape=str(pixels.shape)))
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return (pixels >> 8).astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise PhotoError(why("array_type", type=str(pixels.dtype)))
    return (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)


def _as_input(images: list[ByteArray]) -> torch.Tensor:
    """RGB bytes -> (n, 3, h, w) in [-1, 1]."""
    batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return batch.float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def _propose(photo: ByteArray, levels_px: tuple[int, ...], model: FaceModel) -> list[_Proposal]:
    """Where the finder sees something like a face, best first."""
    h, w = photo.shape[:2]
    found: list[_Proposal] = []
    smaller = photo
    for long_side in sorted(levels_px, reverse=True):  # each level from the one before: the photo is read once
        zoom = long_side / max(h, w)
        size = (max(round(w * zoom), 1), max(round(h * zoom), 1))
        smaller = cv2.resize(smaller, size, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
        # Right and bottom margins round the sides up to whole cells of the coarsest feature map.
        extra = [-(side + 2 * _MARGIN_PX) % 32 for side in size]
        right, bottom = _MARGIN_PX + extra[0], _MARGIN_PX + extra[1]
        level = cv2.copyMakeBorder(smaller, _MARGIN_PX, bottom, _MARGIN_PX, right, cv2.BORDER_REPLICATE)
        cells = model.finder(_as_input([level]))[0]
        found += _peaks(cells, (w / size[0], h / size[1]))
    return _best_places(found)


def _peaks(cells: torch.Tensor, step: tuple[float, float]) -> list[_Proposal]:
    """Local maxima of one level's answer (6, h, w) in the photo; `step`: photo pixels per level pixel."""
    score = cells[0].sigmoid()
    top = functional.max_pool2d(score[None], 3, 1, 1)[0]
    proposals = []
    for y, x in torch.nonzero((score == top) & (score > _MIN_PEAK)).tolist():
        dx, dy, log_radius, cos, sin = cells[1:, y, x].tolist()
        level_x = FINDER_STRIDE_PX * (x + dx) + (FINDER_STRIDE_PX - 1) / 2 - _MARGIN_PX
        level_y = FINDER_STRIDE_PX * (y + dy) + (FINDER_STRIDE_PX - 1) / 2 - _MARGIN_PX
        radius = FINDER_STRIDE_PX * float(np.exp(log_radius)) * (step[0] + step[1]) / 2
        place = FacePlace(
            (level_x + 0.5) * step[0] - 0.5, (level_y + 0.5) * step[1] - 0.5, radius, float(np.arctan2(sin, cos))
        )
        proposals.append(_Proposal(place, float(score[y, x])))
    return proposals


def _best_places(found: list[_Proposal]) -> list[_Proposal]:
    """The strongest proposals, one for each spot."""
    kept: list[_Proposal] = []
    for proposal in sorted(found, key=lambda item: -item.score):
        if len(kept) < _MAX_PROPOSALS and all(_apart(proposal.place, other.place) for other in kept):
            kept.append(proposal)
    return kept


def _apart(a: FacePlace, b: FacePlace) -> bool:
    return bool(np.hypot(a.x - b.x, a.y - b.y) > 0.75 * max(a.radius, b.radius))


def _refine(photo: ByteArray, proposals: list[_Proposal], model: FaceModel) -> list[_Placed]:
    """Landmarks and confidence for each proposal: a first pass for all, a second for what may be a face."""
    if not proposals:
        return []
    marks, sure = _landmarks(photo, [proposal.place for proposal in proposals], model, mirrored=False)
    again = [i for i, value in enumerate(sure) if value > _MAYBE_A_FACE]
    if again:
        second = _landmarks(photo, [place_of(marks[i]) for i in again], model, mirrored=True)
        for i, points, value in zip(again, *second, strict=True):
            marks[i], sure[i] = points, value
    scores = [float(np.sqrt(proposal.score * value)) for proposal, value in zip(proposals, sure, strict=True)]
    return [_Placed(points, score) for points, score in zip(marks, scores, strict=True)]


@torch.inference_mode()
def _landmarks(
    photo: ByteArray, places: list[FacePlace], model: FaceModel, mirrored: bool
) -> tuple[list[FloatArray], list[float]]:
    """One pass: crop, network on the crop (and its mirror image, averaged), back to photo pixels."""
    matrices = [crop_matrix(place, CROP_PX) for place in places]
    batch = _as_input([_crop(photo, place) for place in places])
    out = model.landmarks(batch)
    marks, sure = out.landmarks, out.logit.sigmoid()
    if mirrored:
        other = model.landmarks(batch.flip(3))
        marks = (marks + other.landmarks[:, model.mirror] * torch.tensor([-1.0, 1.0, 1.0])) / 2
        sure = (sure + other.logit.sigmoid()) / 2
    in_photo = [from_crop_sides(points, m, CROP_PX) for points, m in zip(marks.numpy(), matrices, strict=True)]
    return in_photo, sure.tolist()


def _crop(photo: ByteArray, place: FacePlace) -> ByteArray:
    """The upright crop around a face, without aliasing: area-averaged to 1.25 times its size first, then turned."""
    side = CROP_SIDE_RADII * place.radius
    shrink = min(1.25 * CROP_PX / side, 1.0)
    reach = 0.8 * side  # half the diagonal of the crop and a little
    h, w = photo.shape[:2]
    x0, x1 = (int(np.clip(v, 0, w)) for v in (place.x - reach, place.x + reach + 1))
    y0, y1 = (int(np.clip(v, 0, h)) for v in (place.y - reach, place.y + reach + 1))
    x0, y0 = min(x0, w - 2), min(y0, h - 2)
    part = photo[y0 : max(y1, y0 + 2), x0 : max(x1, x0 + 2)]
    size = (max(round(part.shape[1] * shrink), 1), max(round(part.shape[0] * shrink), 1))
    step_x, step_y = part.shape[1] / size[0], part.shape[0] / size[1]
    if shrink < 1:
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    else:
        step_x = step_y = 1.0
    to_photo = np.array([[step_x, 0, (step_x - 1) / 2 + x0], [0, step_y, (step_y - 1) / 2 + y0], [0, 0, 1]])
    return cut(part, (crop_matrix(place, CROP_PX) @ to_photo), CROP_PX)


def _separate(faces: list[_Placed]) -> list[_Placed]:
    """Each face once, the surest answer for it, surest first."""
    kept: list[_Placed] = []
    for face in sorted(faces, key=lambda item: -item.confidence):
        place = place_of(face.landmarks)
        if all(_apart(place, place_of(other.landmarks)) for other in kept):
            kept.append(face)
    return kept


def _prominence(face: _Placed, shape: tuple[int, ...]) -> float:
    """Radius, up to halved towards the corners of the photo; a doubtful face weighs less."""
    place = place_of(face.landmarks)
    h, w = shape[:2]
    off_centre = np.hypot(place.x - w / 2, place.y - h / 2) / np.hypot(w / 2, h / 2)
    return float(place.radius * (1 - 0.5 * off_centre) * face.confidence**4)
