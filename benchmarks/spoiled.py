"""A photo taken once more as it should be, and ways in which clinics, phones and editors spoil it."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from skinimg.base.records import ByteArray, Face, FloatArray
from skinimg.face import mesh, skin_mask
from skinimg.photo.colour import linear_to_srgb, linear_to_srgb8, srgb_to_linear

Defect = Callable[[FloatArray, Face, float], tuple[FloatArray, float]]  # -> photo, and its size over the original's


def again(linear: FloatArray, face: Face, rng: np.random.Generator) -> FloatArray:
    """Another exposure (SD 5 %), white balance (2 %), turn (1 degree), distance (1 %), noise, JPEG 92."""
    height, width = linear.shape[:2]
    centre = face.landmarks[:, :2].mean(axis=0)
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), rng.normal(0, 1), np.exp(rng.normal(0, 0.01)))
    turn[:, 2] += rng.normal(0, 4, 2)
    moved = cv2.warpAffine(linear, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    lit = moved * np.exp(rng.normal(0, 0.05) + rng.normal(0, 0.02, 3)).astype(np.float32)
    noise = rng.standard_normal(lit.shape, np.float32) * np.sqrt(1e-4 * np.maximum(lit, 0) + 1e-6)
    return as_jpeg(lit + noise, 92)


def as_jpeg(linear: FloatArray, quality: int) -> FloatArray:
    data = io.BytesIO()
    Image.fromarray(linear_to_srgb8(linear)).save(data, "JPEG", quality=quality)
    return _back(np.asarray(Image.open(data)))


def mirrored(linear: FloatArray) -> FloatArray:
    return np.ascontiguousarray(linear[:, ::-1])


def _back(codes: ByteArray) -> FloatArray:
    return np.asarray(srgb_to_linear(codes.astype(np.float32) / 255), np.float32)


def _smoothed(linear: FloatArray, _face: Face, size: float) -> tuple[FloatArray, float]:
    return _back(cv2.medianBlur(linear_to_srgb8(linear), int(size))), 1.0


def _messenger(linear: FloatArray, _face: Face, zoom: float) -> tuple[FloatArray, float]:
    small = cv2.resize(linear, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    return as_jpeg(small, 35), zoom


def _contrast(linear: FloatArray, _face: Face, more: float) -> tuple[FloatArray, float]:
    return np.asarray(srgb_to_linear(np.clip(0.5 + (1 + more) * (linear_to_srgb(linear) - 0.5), 0, 1))), 1.0


def _saturation(linear: FloatArray, _face: Face, more: float) -> tuple[FloatArray, float]:
    codes = linear_to_srgb(linear)
    grey = codes @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(srgb_to_linear(np.clip(grey[..., None] + (1 + more) * (codes - grey[..., None]), 0, 1))), 1.0


def _curve(linear: FloatArray, _face: Face, power: float) -> tuple[FloatArray, float]:
    return np.asarray(np.maximum(linear, 0) ** power, np.float32), 1.0


def _sharpened(linear: FloatArray, _face: Face, amount: float) -> tuple[FloatArray, float]:
    codes = linear_to_srgb(linear)
    crisp = codes + amount * (codes - cv2.GaussianBlur(codes, (0, 0), 1.5))
    return np.asarray(srgb_to_linear(np.clip(crisp, 0, 1))), 1.0


def _defocused(linear: FloatArray, _face: Face, sd_px: float) -> tuple[FloatArray, float]:
    return np.asarray(cv2.GaussianBlur(linear, (0, 0), sd_px)), 1.0


def _cloth(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    return _covered(linear, face, 1 - share, 1.0, (0.18, 0.40, 0.64)), 1.0


def _hair(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    return _covered(linear, face, -0.3, share, (0.03, 0.02, 0.015)), 1.0


def _covered(linear: FloatArray, face: Face, top: float, bottom: float, colour: tuple[float, ...]) -> FloatArray:
    """Something with fibres between two heights of the face, 0 at its highest landmark."""
    (x0, y0), (x1, y1) = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
    rows = slice(max(round(y0 + top * (y1 - y0)), 0), max(round(y0 + bottom * (y1 - y0)), 0))
    columns = slice(max(round(x0), 0), round(x1))
    spoiled = linear.copy()
    fibres = np.exp(np.random.default_rng(0).normal(0, 0.1, spoiled[rows, columns].shape[:2]))[..., None]
    spoiled[rows, columns] = np.asarray(colour, np.float32) * fibres.astype(np.float32)
    return spoiled


def _side_light(linear: FloatArray, face: Face, rim: float) -> tuple[FloatArray, float]:
    """A gradient of `rim` in ln from the middle of the face to its side."""
    centre, half = face.landmarks[:, 0].mean(), np.ptp(face.landmarks[:, 0]) / 2
    across = (np.arange(linear.shape[1]) - centre) / half
    return np.asarray(linear * np.exp(rim * across)[None, :, None], np.float32), 1.0


def _exposure(linear: FloatArray, _face: Face, gain: float) -> tuple[FloatArray, float]:
    return np.asarray(np.clip(linear * gain, 0, 1), np.float32), 1.0


def _backdrop(linear: FloatArray, face: Face, blue: float) -> tuple[FloatArray, float]:
    (x0, y0), (x1, _) = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
    reach = 0.15 * (x1 - x0)
    x, y = np.arange(linear.shape[1]), np.arange(linear.shape[0])
    outside = (x < x0 - reach)[None] | (x > x1 + reach)[None] | (y < y0 - 2 * reach)[:, None]
    spoiled = linear.copy()
    spoiled[..., 2] *= np.where(outside, np.exp(-blue), 1).astype(np.float32)
    return spoiled, 1.0


def _lipstick(linear: FloatArray, face: Face, density: float) -> tuple[FloatArray, float]:
    mask = np.zeros(linear.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(face.landmarks[mesh.LIPS, :2]).astype(np.int32)], 1)
    spoiled = linear.copy()
    spoiled[..., 1:] *= np.where(mask > 0, np.exp(-density), 1).astype(np.float32)[..., None]
    return spoiled, 1.0


def _shine(linear: FloatArray, face: Face, light: float) -> tuple[FloatArray, float]:
    """The lamp's own colour over forehead, nose and cheeks."""
    spot = np.zeros(linear.shape[:2], np.float32)
    radius = 0.09 * float(np.ptp(face.landmarks[:, 0]))
    for x, y in face.landmarks[[151, 4, 50, 280], :2]:
        cv2.circle(spot, (round(float(x)), round(float(y))), round(radius), 1.0, -1)
    soft = cv2.GaussianBlur(spot, (0, 0), radius / 3)
    return np.asarray(np.clip(linear + light * soft[..., None], 0, 1), np.float32), 1.0


def _enlarged(linear: FloatArray, _face: Face, zoom: float) -> tuple[FloatArray, float]:
    """Made smaller and as large as before again, as from a web page."""
    small = cv2.resize(linear, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    return as_jpeg(cv2.resize(small, linear.shape[1::-1], interpolation=cv2.INTER_CUBIC), 92), 1.0


def _band_taken_out(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    """Frequency separation: detail of 3 to 10 px (SD) leaves the skin, finer detail stays."""
    codes = linear_to_srgb(linear)
    band = cv2.GaussianBlur(codes, (0, 0), 3) - cv2.GaussianBlur(codes, (0, 0), 10)
    return _as_skin(linear, face, codes - share * band), 1.0


def _whitened(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    """Skin nearer to white, and paler."""
    codes = linear_to_srgb(linear)
    light = codes + share * (1 - codes)
    grey = light.mean(axis=2, keepdims=True)
    return _as_skin(linear, face, grey + (1 - share) * (light - grey)), 1.0


def _as_skin(linear: FloatArray, face: Face, codes: FloatArray) -> FloatArray:
    """Other codes where skin is, with a soft border."""
    skin = cv2.GaussianBlur(skin_mask(linear, face.landmarks).astype(np.float32), (0, 0), 3)[..., None]
    known = linear_to_srgb(linear)
    return np.asarray(srgb_to_linear(np.clip(known + skin * (codes - known), 0, 1)), np.float32)


def _plaster(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    """A beige strip without texture on one cheek, in the light that falls there."""
    skin = skin_mask(linear, face.landmarks)
    (x, y), width = face.landmarks[50, :2], float(np.sqrt(3 * share * skin.sum()))
    mask = np.zeros(skin.shape, np.uint8)
    corners = cv2.boxPoints(((float(x), float(y)), (width, width / 3), 20.0))
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
    colour = np.median(linear[skin], axis=0) * np.array([1.1, 1.05, 0.9], np.float32)
    light = cv2.GaussianBlur(linear.mean(axis=2), (0, 0), 15) / np.median(linear[skin].mean(axis=1))
    return np.where(mask[..., None] > 0, colour * light[..., None], linear).astype(np.float32), 1.0


def _laid_on(linear: FloatArray, face: Face, mask: FloatArray, look: FloatArray, soft_px: float = 0.7) -> FloatArray:
    """Something of linear colour `look` (H, W, 3), as bright as white at 1, over `mask` in the light that falls there."""
    skin = skin_mask(linear, face.landmarks)
    light = cv2.GaussianBlur(linear.mean(axis=2), (0, 0), 15) / np.median(linear[skin].mean(axis=1))
    cover = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), soft_px)[..., None]
    return np.asarray(linear * (1 - cover) + look * light[..., None] * cover, np.float32)


def _round(linear: FloatArray, face: Face, landmark: int, share: float, flat: float = 1.0) -> FloatArray:
    """(H, W) an ellipse of a share of the skin, `flat` times as high as wide."""
    mask = np.zeros(linear.shape[:2], np.uint8)
    half = float(np.sqrt(share * skin_mask(linear, face.landmarks).sum() / np.pi / flat))
    x, y = np.round(face.landmarks[landmark, :2]).astype(int).tolist()
    cv2.ellipse(mask, (x, y), (round(half), round(flat * half)), 0, 0, 360, 1, -1, cv2.LINE_AA)
    return mask.astype(np.float32)


def _grain(shape: tuple[int, ...], scale_px: float) -> FloatArray:
    """(H, W, 1) noise of SD 1."""
    noise = cv2.GaussianBlur(np.random.default_rng(0).standard_normal(shape[:2]).astype(np.float32), (0, 0), scale_px)
    return np.asarray(noise / noise.std(), np.float32)[..., None]


def _sticker(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    return _laid_on(linear, face, _round(linear, face, 425, share), np.full_like(linear, (0.1, 0.4, 0.15))), 1.0


def _clear_patches(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    """Hydrogel under both eyes: brighter, and the pores are gone."""
    mask = sum(_round(linear, face, landmark, share / 2, 0.4) for landmark in (118, 347))
    even = cv2.GaussianBlur(linear, (0, 0), face.px_per_mm) * np.float32(1.12) + np.float32(0.03)
    cover = cv2.GaussianBlur(np.asarray(mask, np.float32), (0, 0), 0.7)[..., None]
    return np.asarray(linear * (1 - cover) + even * cover, np.float32), 1.0


def _cream(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    """White, not rubbed in, six tenths of it opaque."""
    white = np.float32(1.5 * np.median(linear[skin_mask(linear, face.landmarks)]))
    look = white * np.exp(0.05 * _grain(linear.shape, 0.5 * face.px_per_mm)) * np.ones(3, np.float32)
    return _laid_on(linear, face, 0.6 * _round(linear, face, 50, share), look, 1.0), 1.0


def _finger(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    """16 mm of the forehead's skin laid over a cheek from the side, darker at its rims."""
    mask = np.zeros(linear.shape[:2], np.uint8)
    (x, y), (x0, y0) = face.landmarks[205, :2].tolist(), face.landmarks[151, :2].tolist()
    width = 16 * face.px_per_mm
    reach = share * float(skin_mask(linear, face.landmarks).sum()) / width
    cv2.line(mask, (round(x), round(y)), (round(x - reach), round(y + 0.4 * reach)), 1, round(width))
    moved = cv2.warpAffine(
        linear, np.array([[-1, 0, x0 + x], [0, 1, y - y0]]), linear.shape[1::-1], borderMode=cv2.BORDER_REFLECT
    )
    from_rim_mm = cv2.distanceTransform(mask, cv2.DIST_L2, 5) / face.px_per_mm
    shade = np.clip(0.55 + 0.11 * from_rim_mm, 0, 1).astype(np.float32)[..., None]
    cover = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]
    return np.asarray(
        linear * (1 - cover) + moved * shade * np.array([1.05, 0.93, 0.9], np.float32) * cover, np.float32
    ), 1.0


def _cable(linear: FloatArray, face: Face, width_mm: float) -> tuple[FloatArray, float]:
    """Of an earphone, white, from an ear over the cheek to the chin."""
    ear, cheek, chin = face.landmarks[[234, 50, 152], :2]
    way = np.round([ear, (ear + cheek) / 2, (cheek + chin) / 2, chin]).astype(np.int32)
    mask = np.zeros(linear.shape[:2], np.uint8)
    cv2.polylines(mask, [way], False, 1, max(round(width_mm * face.px_per_mm), 1), cv2.LINE_AA)
    return _laid_on(linear, face, mask.astype(np.float32), np.full_like(linear, 0.7)), 1.0


def _concealer(linear: FloatArray, face: Face, share: float) -> tuple[FloatArray, float]:
    """Skin-coloured, with a soft border; half of the fine contrast shows through."""
    even = np.median(linear[skin_mask(linear, face.landmarks)], axis=0)
    fine = linear / np.maximum(cv2.GaussianBlur(linear, (0, 0), 1.5 * face.px_per_mm), 1e-3)
    mask = 0.8 * _round(linear, face, 280, share)
    return _laid_on(linear, face, mask, even * np.sqrt(np.maximum(fine, 0)), 1.5 * face.px_per_mm), 1.0


def _glasses(linear: FloatArray, face: Face, width_mm: float) -> tuple[FloatArray, float]:
    """A black frame around both eyes."""
    mask, mm = np.zeros(linear.shape[:2], np.uint8), face.px_per_mm
    for x, y in face.landmarks[[468, 473], :2].tolist():
        axes = (round(25 * mm), round(20 * mm))
        width = max(round(width_mm * mm), 1)
        cv2.ellipse(mask, (round(x), round(y + 4 * mm)), axes, 0, 0, 360, 1, width, cv2.LINE_AA)
    return _laid_on(linear, face, mask.astype(np.float32), np.full_like(linear, 0.03)), 1.0


DEFECTS: dict[str, Defect] = {
    "smoothed (median, px)": _smoothed,
    "messenger copy (size, JPEG 35)": _messenger,
    "contrast raised": _contrast,
    "saturation raised": _saturation,
    "tone curve (power)": _curve,
    "sharpened (amount)": _sharpened,
    "defocused (SD, px)": _defocused,
    "cloth over the chin (of the face)": _cloth,
    "hair over the forehead (of the face)": _hair,
    "side light (ln to the rim)": _side_light,
    "underexposed (gain)": _exposure,
    "backdrop (ln blue)": _backdrop,
    "lipstick (OD)": _lipstick,
    "shine (added light)": _shine,
    "enlarged copy (size)": _enlarged,
    "detail of 3 to 10 px taken out (share)": _band_taken_out,
    "skin whitened (share)": _whitened,
    "plaster (of the skin)": _plaster,
    "sticker (of the skin)": _sticker,
    "clear patches under the eyes (of the skin)": _clear_patches,
    "cream on a cheek (of the skin)": _cream,
    "finger on a cheek (of the skin)": _finger,
    "concealer (of the skin)": _concealer,
    "earphone cable (mm)": _cable,
    "frame of glasses (mm)": _glasses,
}
STRENGTHS: dict[str, tuple[float, float, float]] = dict(
    zip(
        DEFECTS,
        (
            (3, 5, 9), (0.8, 0.65, 0.5), (0.07, 0.15, 0.25), (0.1, 0.2, 0.4), (0.93, 1.15, 1.3), (0.5, 1.0, 2.0), (0.7, 1.2, 2.0),
            (0.15, 0.3, 0.45), (0.08, 0.15, 0.25), (0.1, 0.25, 0.5), (0.8, 0.6, 0.4), (0.1, 0.2, 0.4),
            (0.1, 0.2, 0.4), (0.1, 0.3, 0.6),
            (0.8, 0.65, 0.5), (0.25, 0.5, 1.0), (0.06, 0.12, 0.25), (0.005, 0.01, 0.02),
            (0.005, 0.01, 0.02), (0.01, 0.02, 0.04), (0.005, 0.01, 0.02), (0.01, 0.02, 0.04), (0.01, 0.02, 0.04),
            (1.0, 2.0, 3.0), (1.0, 2.0, 3.0),
        ),
        strict=True,
    )
)  # fmt: skip
