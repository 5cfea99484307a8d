"""Real faces photographed again by a drawn camera: null pairs of real skin, for how much measurements stray.

A standardized portrait is taken as the person. Each new photo of it turns and shifts the head a little, bends its outline
as a turn of the head does, moves the lamp, and goes through another camera (`phantom.camera.develop`): exposure, white
balance, focus, noise, sharpening, tone curve and JPEG. Amounts by regime are those of the phantoms' cameras.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Generator

from skinimg.base.records import ByteArray, FloatArray
from skinimg.phantom.camera import Camera, Regime, develop, sample_camera
from skinimg.phantom.draws import normal, seeded, spawn, uniform
from skinimg.photo.decode import read_photo
from skinimg.repeatability.marked import with_marks

REGIMES: tuple[Regime, ...] = ("fixed_rig", "same_phone", "other_phone")
_MODEL = 0x0110  # EXIF
_MEGAPIXELS = 200.0
# The portraits have been through a camera: its colours and tone curve are theirs. They are bright, so a little darker.
_GREY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_EV = -0.4
# By regime: turn in the picture (deg), scale (ln), bend (share of the width), gradient of light across the picture and
# its colour (density). SDs: what a chin rest, a careful hand and another room leave; our choice. The light of one phone
# differs as it does on phantoms whose lamp moves (0.04 OD over the skin) and up to what is let pass without a word (0.10).
_STRAY: dict[str, tuple[float, float, float, float, float]] = {
    "fixed_rig": (0.5, 0.01, 0.004, 0.01, 0.003),
    "same_phone": (2.0, 0.04, 0.012, 0.13, 0.01),
    "other_phone": (2.5, 0.06, 0.015, 0.15, 0.015),
}


def rephotographed(
    faces: Sequence[Path],
    folder: Path,
    seed: int,
    plan: Sequence[tuple[Regime, int]],
    *,
    marks: bool = True,
    workers: int = 1,
) -> Path:
    """A study of these faces in `folder`, in which nothing happens; a face that is there is kept.

    plan : regime and number of shots of every follow-up; the baseline is one shot
    marks : paint marks on two in three faces first

    Returns
    -------
    Path
        The manifest: sessions S1 (the baseline), then one per entry of the plan; `x_regime` names it.
    """
    sessions: list[tuple[str, Regime, int]] = [("S1", "fixed_rig", 1)]
    sessions += [(f"S{k}", regime, shots) for k, (regime, shots) in enumerate(plan, start=2)]
    names = [(s, regime, k, f"{s}_{k}.jpg") for s, regime, n in sessions for k in range(1, n + 1)]
    homes = [folder / "photos" / face.stem for face in faces]
    seeds = [seed * 10_000 + number for number in range(len(faces))]
    work = faces, homes, seeds, repeat(names), repeat(marks)
    if workers == 1:
        list(map(_draw, *work))
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
            list(pool.map(_draw, *work))
    rows = [
        (face.stem, s, f"photos/{face.stem}/{name}", "front", k, regime)
        for face in faces
        for s, regime, k, name in names
    ]
    table = pd.DataFrame(rows, columns=["subject", "session", "photo", "view", "replicate", "x_regime"])
    table.to_csv(folder / "manifest.csv", index=False)
    return folder / "manifest.csv"


def _one_thread() -> None:
    torch.set_num_threads(1)


def _draw(face: Path, home: Path, seed: int, names: Sequence[tuple[str, Regime, int, str]], marks: bool) -> None:
    """All photos of one face in `home`, unless they are there."""
    if all((home / file).exists() for *_, file in names):
        return
    generator = seeded(seed)
    linear = read_photo(face, _MEGAPIXELS).linear
    linear = with_marks(linear, spawn(generator)) if marks else linear
    camera = replace(sample_camera(generator, "same_phone"), colour_matrix=_GREY, s_curve=0.0, exposure_ev=_EV)
    for name, regime, shot, file in names:
        if shot == 1:
            taken = camera if name == "S1" else _steady(sample_camera(generator, regime, camera))
            light, later = _light(linear.shape, regime, generator), spawn(generator)
        _write(home / file, _shot(linear, light, regime, taken, later), taken, regime, name)


def _steady(camera: Camera) -> Camera:
    """The camera with an exposure that does not burn the skin out, as a camera's own control sees to."""
    return replace(camera, exposure_ev=min(camera.exposure_ev, _EV + 0.15))


def _light(shape: tuple[int, ...], regime: Regime, generator: Generator) -> FloatArray:
    """(h, w, 3) factor of a session's lamp against the portrait's: a gradient across the picture, slightly coloured."""
    *_, gradient, colour = _STRAY[regime]
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape[:2])
    density = np.zeros(shape, np.float32)
    for channel in range(3):
        density[..., channel] = normal(generator, 0, colour) * x[None, :] + normal(generator, 0, colour) * y[:, None]
    common = normal(generator, 0, gradient) * x[None, :] + normal(generator, 0, gradient) * y[:, None]
    return np.asarray(np.exp(-(density + common[..., None])), np.float32)


def _shot(linear: FloatArray, light: FloatArray, regime: Regime, camera: Camera, generator: Generator) -> ByteArray:
    """(h, w, 3) sRGB of one exposure, head placed again."""
    turn_deg, scale, bend, *_ = _STRAY[regime]
    height, width = linear.shape[:2]
    angle, zoom = math.radians(normal(generator, 0, turn_deg)), math.exp(normal(generator, 0, scale))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x - width / 2, y - height / 2
    u, v = (x * math.cos(angle) - y * math.sin(angle)) / zoom, (x * math.sin(angle) + y * math.cos(angle)) / zoom
    turn, nod = (normal(generator, 0, bend) for _ in range(2))
    u, v = u + turn * width * (1 - (2 * u / width) ** 2), v + nod * height * (1 - (2 * v / height) ** 2)
    shift = [uniform(generator, -0.01, 0.01) * side for side in (width, height)]
    at = (u + width / 2 + shift[0]).astype(np.float32), (v + height / 2 + shift[1]).astype(np.float32)
    moved = cv2.remap(linear * light, *at, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).clip(0)
    return develop(torch.from_numpy(moved), camera, generator).numpy()


def _write(path: Path, srgb: ByteArray, camera: Camera, regime: Regime, session: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(srgb)
    exif = image.getexif()
    exif[_MODEL] = f"drawn {session}" if regime == "other_phone" else "drawn"
    image.save(path, quality=min(camera.jpeg_quality, 95), subsampling=0, exif=exif)
