"""Photos of real skin as other cameras would have taken them: the one file that imports albumentations.

In the order in which a camera does it: the skin is turned, moved and nearer or farther; the light is stronger and of
another colour; the lens blurs; the sensor adds noise (all linear); tone curve and JPEG follow in 8-bit sRGB. Amounts
keep what is labelled visible: a pore of 0.2 mm survives a blur of 0.8 px, and not much more.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray
from skinimg.photo.colour import linear_to_srgb8, srgb_to_linear

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask the network for its latest version at import
import albumentations as A

_SCALE = (0.85, 1.18)
_ROTATE_DEG = (-12.0, 12.0)
_SHIFT = (-0.04, 0.04)  # of the sides
_EXPOSURE_STOPS = 0.4  # SD; automatic exposures of one face differ by half a stop
_GAIN_SD = 0.06  # of red and blue against green: 6 % is what automatic white balances differ by
_BLUR_SD_PX = (0.3, 0.8)
_NOISE_SD = (0.001, 0.006)  # linear, at white 1; a phone indoors
_TONE_SCALE = 0.06
_JPEG = (60, 98)
_BURNT = 0.97  # brighter is not skin colour any more


@dataclass(frozen=True)
class Piece:
    """A photo with its truth, or a piece of one."""

    linear: FloatArray  # (h, w, 3) linear sRGB
    coverage: FloatArray  # (n, h, w) 0..1
    valid: BoolArray  # (h, w) skin that can be judged


def augment(view: Piece, seed: int) -> Piece:
    """The same skin in another photo, of the same size; one seed gives one result.

    What lies outside of the picture is its mirror image, truth and all: a black border would bleed into the skin
    through blur and JPEG.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a renamed or ignored parameter must not pass silently
        moved = _moved(view, seed)
        linear = _developed(_exposed(moved.linear, seed), seed)
    return Piece(linear, moved.coverage, moved.valid & (linear.max(axis=2) < _BURNT))


def _moved(view: Piece, seed: int) -> Piece:
    """Turned by quarters, mirrored, rotated, shifted, nearer or farther; truth goes with the picture."""
    turn = A.Compose(
        [
            A.D4(p=1),
            A.Affine(
                scale=_SCALE,
                rotate=_ROTATE_DEG,
                translate_percent=_SHIFT,
                keep_ratio=True,
                interpolation=cv2.INTER_LINEAR,
                mask_interpolation=cv2.INTER_LINEAR,
                border_mode=cv2.BORDER_REFLECT_101,
                p=0.8,
            ),
        ],
        seed=seed,
    )
    truth = np.concatenate([view.coverage, view.valid[None].astype(np.float32)]).transpose(1, 2, 0)  # (h, w, n + 1)
    done = turn(image=view.linear, mask=np.ascontiguousarray(truth))
    coverage = np.ascontiguousarray(done["mask"].transpose(2, 0, 1))
    return Piece(done["image"], coverage[:-1], coverage[-1] > 0.999)


def _exposed(linear: FloatArray, seed: int) -> FloatArray:
    """Light, lens and sensor."""
    rng = np.random.default_rng(seed)
    gains = np.exp2(rng.normal(0, _EXPOSURE_STOPS)) * np.exp(rng.normal(0, _GAIN_SD, 3) * (1, 0, 1))
    seen: FloatArray = linear * gains.astype(np.float32)
    if rng.random() < 0.4:
        seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(*_BLUR_SD_PX))
    return seen + rng.normal(0, rng.uniform(*_NOISE_SD), seen.shape).astype(np.float32)


def _developed(linear: FloatArray, seed: int) -> FloatArray:
    """What the camera's software does, and back to linear light as if it had done nothing."""
    develop = A.Compose(
        [A.RandomToneCurve(scale=_TONE_SCALE, p=0.5), A.ImageCompression("jpeg", quality_range=_JPEG, p=0.7)],
        seed=seed,
    )
    return srgb_to_linear(develop(image=linear_to_srgb8(linear))["image"])
