"""What lies on a face, is painted on it, or is done to its skin alone by a retouch."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import Face, FloatArray
from skinimg.face import mesh, skin_mask
from skinimg.photo.colour import linear_to_srgb, srgb_to_linear


def cloth(linear: FloatArray, face: Face, share: float) -> FloatArray:
    return _covered(linear, face, 1 - share, 1.0, (0.18, 0.40, 0.64))


def hair(linear: FloatArray, face: Face, share: float) -> FloatArray:
    return _covered(linear, face, -0.3, share, (0.03, 0.02, 0.015))


def _covered(linear: FloatArray, face: Face, top: float, bottom: float, colour: tuple[float, ...]) -> FloatArray:
    """Something with fibres between two heights of the face, 0 at its highest landmark."""
    (x0, y0), (x1, y1) = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
    rows = slice(max(round(y0 + top * (y1 - y0)), 0), max(round(y0 + bottom * (y1 - y0)), 0))
    columns = slice(max(round(x0), 0), round(x1))
    spoiled = linear.copy()
    fibres = np.exp(np.random.default_rng(0).normal(0, 0.1, spoiled[rows, columns].shape[:2]))[..., None]
    spoiled[rows, columns] = np.asarray(colour, np.float32) * fibres.astype(np.float32)
    return spoiled


def lipstick(linear: FloatArray, face: Face, density: float) -> FloatArray:
    mask = np.zeros(linear.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(face.landmarks[mesh.LIPS, :2]).astype(np.int32)], 1)
    spoiled = linear.copy()
    spoiled[..., 1:] *= np.where(mask > 0, np.exp(-density), 1).astype(np.float32)[..., None]
    return spoiled


def shine(linear: FloatArray, face: Face, light: float) -> FloatArray:
    """The lamp's own colour over forehead, nose and cheeks."""
    spot = np.zeros(linear.shape[:2], np.float32)
    radius = 0.09 * float(np.ptp(face.landmarks[:, 0]))
    for x, y in face.landmarks[[151, 4, 50, 280], :2]:
        cv2.circle(spot, (round(float(x)), round(float(y))), round(radius), 1.0, -1)
    soft = cv2.GaussianBlur(spot, (0, 0), radius / 3)
    return np.asarray(np.clip(linear + light * soft[..., None], 0, 1), np.float32)


def band_taken_out(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """Frequency separation: detail of 3 to 10 px (SD) leaves the skin, finer detail stays."""
    codes = linear_to_srgb(linear)
    band = cv2.GaussianBlur(codes, (0, 0), 3) - cv2.GaussianBlur(codes, (0, 0), 10)
    return _as_skin(linear, face, codes - share * band)


def whitened(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """Skin nearer to white, and paler."""
    codes = linear_to_srgb(linear)
    light = codes + share * (1 - codes)
    grey = light.mean(axis=2, keepdims=True)
    return _as_skin(linear, face, grey + (1 - share) * (light - grey))


def _as_skin(linear: FloatArray, face: Face, codes: FloatArray) -> FloatArray:
    """Other codes where skin is, with a soft border."""
    skin = cv2.GaussianBlur(skin_mask(linear, face.landmarks).astype(np.float32), (0, 0), 3)[..., None]
    known = linear_to_srgb(linear)
    return np.asarray(srgb_to_linear(np.clip(known + skin * (codes - known), 0, 1)), np.float32)


def plaster(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """A beige strip without texture on one cheek, in the light that falls there."""
    skin = skin_mask(linear, face.landmarks)
    (x, y), width = face.landmarks[50, :2], float(np.sqrt(3 * share * skin.sum()))
    mask = np.zeros(skin.shape, np.uint8)
    corners = cv2.boxPoints(((float(x), float(y)), (width, width / 3), 20.0))
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
    colour = np.median(linear[skin], axis=0) * np.array([1.1, 1.05, 0.9], np.float32)
    light = cv2.GaussianBlur(linear.mean(axis=2), (0, 0), 15) / np.median(linear[skin].mean(axis=1))
    return np.where(mask[..., None] > 0, colour * light[..., None], linear).astype(np.float32)


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


def sticker(linear: FloatArray, face: Face, share: float) -> FloatArray:
    return _laid_on(linear, face, _round(linear, face, 425, share), np.full_like(linear, (0.1, 0.4, 0.15)))


def clear_patches(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """Hydrogel under both eyes: brighter, and the pores are gone."""
    mask = sum(_round(linear, face, landmark, share / 2, 0.4) for landmark in (118, 347))
    even = cv2.GaussianBlur(linear, (0, 0), face.px_per_mm) * np.float32(1.12) + np.float32(0.03)
    cover = cv2.GaussianBlur(np.asarray(mask, np.float32), (0, 0), 0.7)[..., None]
    return np.asarray(linear * (1 - cover) + even * cover, np.float32)


def cream(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """White, not rubbed in, six tenths of it opaque."""
    white = np.float32(1.5 * np.median(linear[skin_mask(linear, face.landmarks)]))
    look = white * np.exp(0.05 * _grain(linear.shape, 0.5 * face.px_per_mm)) * np.ones(3, np.float32)
    return _laid_on(linear, face, 0.6 * _round(linear, face, 50, share), look, 1.0)


def finger(linear: FloatArray, face: Face, share: float) -> FloatArray:
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
    )


def cable(linear: FloatArray, face: Face, width_mm: float) -> FloatArray:
    """Of an earphone, white, from an ear over the cheek to the chin."""
    ear, cheek, chin = face.landmarks[[234, 50, 152], :2]
    way = np.round([ear, (ear + cheek) / 2, (cheek + chin) / 2, chin]).astype(np.int32)
    mask = np.zeros(linear.shape[:2], np.uint8)
    cv2.polylines(mask, [way], False, 1, max(round(width_mm * face.px_per_mm), 1), cv2.LINE_AA)
    return _laid_on(linear, face, mask.astype(np.float32), np.full_like(linear, 0.7))


def concealer(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """Skin-coloured, with a soft border; half of the fine contrast shows through."""
    even = np.median(linear[skin_mask(linear, face.landmarks)], axis=0)
    fine = linear / np.maximum(cv2.GaussianBlur(linear, (0, 0), 1.5 * face.px_per_mm), 1e-3)
    mask = 0.8 * _round(linear, face, 280, share)
    return _laid_on(linear, face, mask, even * np.sqrt(np.maximum(fine, 0)), 1.5 * face.px_per_mm)


def glasses(linear: FloatArray, face: Face, width_mm: float) -> FloatArray:
    """A black frame around both eyes."""
    mask, mm = np.zeros(linear.shape[:2], np.uint8), face.px_per_mm
    for x, y in face.landmarks[[468, 473], :2].tolist():
        axes = (round(25 * mm), round(20 * mm))
        width = max(round(width_mm * mm), 1)
        cv2.ellipse(mask, (round(x), round(y + 4 * mm)), axes, 0, 0, 360, 1, width, cv2.LINE_AA)
    return _laid_on(linear, face, mask.astype(np.float32), np.full_like(linear, 0.03))


def beauty_filter(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """Skin smoothed where it is even, borders kept."""
    codes = linear_to_srgb(linear).astype(np.float32)
    smooth = cv2.bilateralFilter(codes, -1, 0.08, 1.0 * face.px_per_mm)
    return _as_skin(linear, face, codes + np.float32(share) * (smooth - codes))


def skin_warmed(linear: FloatArray, face: Face, blue: float) -> FloatArray:
    """The slider of a skin tone: blue falls by `blue` (ln) on the skin alone, red rises by a third of it."""
    codes = linear_to_srgb(linear * np.exp(np.array([blue / 3, 0, -blue], np.float32)))
    return _as_skin(linear, face, codes)


def skin_less_red(linear: FloatArray, face: Face, green: float) -> FloatArray:
    """Redness evened out by an app: where skin is redder than its median, green rises by up to `green` (ln)."""
    red = np.log(np.maximum(linear[..., 0], 1e-3) / np.maximum(linear[..., 1], 1e-3))
    red = cv2.GaussianBlur(red, (0, 0), 0.5 * face.px_per_mm)
    above = np.clip((red - np.median(red[skin_mask(linear, face.landmarks)])) / 0.1, 0, 1)
    codes = linear_to_srgb(linear * np.exp(above[..., None] * np.array([0, green, green / 2], np.float32)))
    return _as_skin(linear, face, codes)


def foundation(linear: FloatArray, face: Face, cover: float) -> FloatArray:
    """Over all skin: colour drawn to one tone, a little warmer; relief and broad light stay."""
    light = linear.mean(axis=2, keepdims=True)
    tone = np.median(linear[skin_mask(linear, face.landmarks)], axis=0) * np.array([1.03, 1.0, 0.94], np.float32)
    broad = cv2.GaussianBlur(light, (0, 0), 3.0 * face.px_per_mm)[..., None]
    even = tone / tone.mean() * np.sqrt(np.maximum(light * broad, 0))
    return _as_skin(linear, face, linear_to_srgb((1 - cover) * linear + cover * even))


def fabric_plaster(linear: FloatArray, face: Face, share: float) -> FloatArray:
    """Woven, of the skin's colour, on one cheek."""
    skin = skin_mask(linear, face.landmarks)
    mask = np.zeros(skin.shape, np.uint8)
    (x, y), width = face.landmarks[280, :2].tolist(), float(np.sqrt(3 * share * skin.sum()))
    cv2.fillPoly(mask, [np.round(cv2.boxPoints(((x, y), (width, width / 3), -20.0))).astype(np.int32)], 1)
    across, down = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in skin.shape[::-1]))
    thread = 2 * np.pi / (0.7 * face.px_per_mm)
    weave = 1 + 0.08 * np.sin(thread * (across + down)) * np.sin(thread * (across - down))
    look = np.median(linear[skin], axis=0) * np.array([1.05, 1.0, 0.92], np.float32) * weave[..., None]
    return _laid_on(linear, face, mask.astype(np.float32), look.astype(np.float32))


def wire_glasses(linear: FloatArray, face: Face, width_mm: float) -> FloatArray:
    """Thin metal round both eyes, over the nose and to the ears."""
    mask, mm = np.zeros(linear.shape[:2], np.uint8), face.px_per_mm
    eyes = face.landmarks[[468, 473], :2] + np.array([0, 3 * mm], np.float32)
    width = max(round(width_mm * mm), 1)
    radius = 0.38 * float(np.linalg.norm(eyes[1] - eyes[0]))
    along = (eyes[1] - eyes[0]) / np.linalg.norm(eyes[1] - eyes[0])
    for eye, ear, way in ((eyes[0], 234, -along), (eyes[1], 454, along)):
        x, y = np.round(eye).astype(int).tolist()
        cv2.circle(mask, (x, y), round(radius), 1, width, cv2.LINE_AA)
        ends = np.round([eye + radius * way, face.landmarks[ear, :2]]).astype(np.int32)
        cv2.polylines(mask, [ends], False, 1, width, cv2.LINE_AA)
    bridge = np.round([eye - radius * way for eye, way in ((eyes[0], -along), (eyes[1], along))])
    cv2.polylines(mask, [bridge.astype(np.int32)], False, 1, width, cv2.LINE_AA)
    return _laid_on(linear, face, mask.astype(np.float32), np.full_like(linear, 0.25))
