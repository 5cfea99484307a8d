"""How well the face model does on people it was never trained on: on crops by the truth, and on whole photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from skinimg.base.errors import PhotoError, WeightsError
from skinimg.base.records import BoolArray, ByteArray, FloatArray
from skinimg.face.crop import FacePlace, crop_matrix, place_of, to_crop_sides
from skinimg.face.find import FaceModel, find_face, load_face_model
from skinimg.face.mesh import LEFT_IRIS, RIGHT_IRIS
from skinimg.face.pose import iris_diameter_px
from skinimg.model.face_network import CROP_PX, LandmarkNetwork
from skinimg.training.face.loop import mixed
from skinimg.training.face.photos import Faces, load_faces, read_photo, skin_ita_deg

_WRONG_FACE_PERCENT = 50.0  # of the distance between the eyes; placed further off, it is the wrong face, or none


@torch.no_grad()
def held_out_crop_error(net: LandmarkNetwork, faces: Faces) -> FloatArray:
    """Mean landmark error of each held-out person in per cent of the inter-ocular distance, from shifted true crops."""
    rng = np.random.default_rng(7)
    images, targets = [], []
    for i in np.flatnonzero(faces.held_out):
        place = place_of(faces.landmarks[i])
        x, y = place.x + rng.normal(0, 2), place.y + rng.normal(0, 2)
        moved = FacePlace(x, y, place.radius * np.exp(rng.normal(0, 0.04)), place.roll)
        matrix = crop_matrix(moved, CROP_PX)
        images.append(cv2.warpAffine(faces.canvas[0][i], matrix, (CROP_PX, CROP_PX), borderMode=cv2.BORDER_REPLICATE))
        targets.append(to_crop_sides(faces.landmarks[i], matrix, CROP_PX))
    batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    with mixed():
        out = torch.cat([net(part).landmarks for part in torch.split(batch, 64)]).numpy()
    target = np.stack(targets)
    eyes = np.linalg.norm(target[:, RIGHT_IRIS[0], :2] - target[:, LEFT_IRIS[0], :2], axis=1)
    return 100 * np.linalg.norm((out - target)[..., :2], axis=2).mean(1) / eyes


@dataclass(frozen=True)
class FaceEvaluation:
    """What came out for the held-out people."""

    groups: dict[str, dict[str, float]]  # of people, by colour of photo and skin -> what `summary` says
    iris_log_ratio: float  # median ln of the iris' diameter over that of the labels
    iris_sd: float  # its spread: 1.4826 x median absolute deviation
    confidence: FloatArray  # (k,) of the faces found

    def lines(self) -> Iterator[str]:
        """For people to read."""
        for name, row in self.groups.items():
            yield f"{name:38s} " + "  ".join(f"{key} {value}" for key, value in row.items())
        yield (
            f"iris diameter against the label: median {self.iris_log_ratio:+.3f}, "
            f"robust sd {self.iris_sd:.3f} (log ratio)"
        )
        confident = ", ".join(f"{quantile:.2f}" for quantile in np.quantile(self.confidence, [0.01, 0.05, 0.5]))
        yield f"confidence, 1 %, 5 %, 50 %: {confident}"


@dataclass(frozen=True)
class _Seen:
    """One person; NaN where no face was found."""

    error_percent: float = np.nan  # mean over the landmarks, of the inter-ocular distance
    iris_log_ratio: float = np.nan
    confidence: float = np.nan


def evaluate(data: Path, weights: Path) -> FaceEvaluation:
    """Error over all 478 points in per cent of the inter-ocular distance, from whole photos of held-out people.

    Raises
    ------
    WeightsError
        No face was found in any photo.
    """
    model = load_face_model(str(weights))
    table = np.load(data / "landmarks.npz")
    chosen = np.flatnonzero(load_faces(data).held_out)
    tones, seen = [], []
    for i in chosen:
        photo, truth = read_photo(data, table["name"][i]), table["landmarks"][i]
        tones.append(skin_ita_deg(photo, truth))
        seen.append(_look_at(photo, truth, model))
    error = np.array([one.error_percent for one in seen])
    error[error > _WRONG_FACE_PERCENT] = np.nan
    if not np.isfinite(error).any():
        raise WeightsError(f"{weights} finds the face of none of {len(chosen)} held-out people")
    groups = _groups(table["colour"][chosen], np.array(tones))
    iris = np.array([one.iris_log_ratio for one in seen])[np.isfinite(error)]
    confidence = np.array([one.confidence for one in seen])
    return FaceEvaluation(
        {name: summary(error[group]) for name, group in groups.items() if group.any()},
        float(np.median(iris)),
        round(float(1.4826 * np.median(np.abs(iris - np.median(iris)))), 4),
        confidence[np.isfinite(confidence)],
    )


def _look_at(photo: ByteArray, truth: FloatArray, model: FaceModel) -> _Seen:
    try:
        face = find_face(photo, model)
    except PhotoError:
        return _Seen()
    eyes = np.linalg.norm(truth[RIGHT_IRIS[0], :2] - truth[LEFT_IRIS[0], :2])
    return _Seen(
        100 * np.linalg.norm((face.landmarks - truth)[:, :2], axis=1).mean() / eyes,
        np.log(iris_diameter_px(face.landmarks) / iris_diameter_px(truth)),
        face.confidence,
    )


def _groups(colour: BoolArray, ita_deg: FloatArray) -> dict[str, BoolArray]:
    """Who of (n,) people belongs to which group of them."""
    return {
        "all": np.ones(len(colour), bool),
        "greyscale": ~colour,
        "colour": colour,
        "colour, ITA above 41 (light)": colour & (ita_deg > 41),
        "colour, ITA 28 to 41 (intermediate)": colour & (ita_deg > 28) & (ita_deg <= 41),
        "colour, ITA 10 to 28 (tan)": colour & (ita_deg > 10) & (ita_deg <= 28),
        "colour, ITA below 10 (brown, dark)": colour & (ita_deg <= 10),
    }


def summary(error_percent: FloatArray) -> dict[str, float]:
    """Figures of (n,) people's errors, NaN where no face was found; no error is told where nobody's was."""
    found = error_percent[np.isfinite(error_percent)]
    error = (
        {
            "median_percent": round(float(np.median(found)), 2),
            "p90_percent": round(float(np.quantile(found, 0.9)), 2),
        }
        if len(found)
        else {}
    )
    return {
        "n": len(error_percent),
        **error,
        "not_found_percent": round(100 * float(np.mean(~np.isfinite(error_percent))), 2),
    }
