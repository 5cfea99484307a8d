"""One person before the camera twice, with nothing done in between: the files of a baseline and of a clean follow-up."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.camera import rephotographed
from benchmarks.spoiled import CLEAN_QUALITY
from skinimg.base.entries import PhotoEntry
from skinimg.base.records import FloatArray
from skinimg.face import find_face
from skinimg.photo.colour import linear_to_srgb8
from skinimg.photo.decode import read_photo

_MAKER_TAG, _MODEL_TAG = 0x010F, 0x0110


@dataclass(frozen=True)
class Sitting:
    """`linear` : (H, W, 3) of the clean follow-up, before it was saved."""

    person: str
    folder: Path
    linear: FloatArray
    baseline: PhotoEntry
    clean: PhotoEntry


def sit(person: str, photo: Path, folder: Path) -> Sitting:
    """Photograph a person twice; the same two photos each time that it is asked for."""
    rng = np.random.default_rng(zlib.crc32(f"{person} gate".encode()))
    linear = read_photo(photo).linear
    face = find_face(linear_to_srgb8(linear))
    folder.mkdir(parents=True, exist_ok=True)
    before, after = (rephotographed(linear, face, rng) for _ in range(2))
    first, second = entry_of(folder / "baseline.jpg"), entry_of(folder / "clean.jpg")
    write(first.path, before, CLEAN_QUALITY)
    write(second.path, after, CLEAN_QUALITY)
    return Sitting(person, folder, after, first, second)


def entry_of(path: Path) -> PhotoEntry:
    """A photo of the follow-up, or of the baseline where its file is called so."""
    session = "S1" if path.stem == "baseline" else "S2"
    return PhotoEntry(path.parent.name, session, path, f"{path.parent.name}/{path.name}")


def write(path: Path, linear: FloatArray, quality: int) -> None:
    """A JPEG that names its camera."""
    exif = Image.Exif()
    exif[_MAKER_TAG], exif[_MODEL_TAG] = "Bench", "One"
    Image.fromarray(linear_to_srgb8(linear)).save(path, quality=quality, exif=exif)
