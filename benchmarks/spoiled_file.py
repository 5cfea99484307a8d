"""Ways in which phones, chats and editors spoil a whole photo; each returns the photo, smaller where it was made so."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

from skinimg.base.records import ByteArray, Face, FloatArray
from skinimg.photo.colour import linear_to_srgb, linear_to_srgb8, srgb_to_linear


def as_jpeg(linear: FloatArray, quality: int) -> FloatArray:
    data = io.BytesIO()
    Image.fromarray(linear_to_srgb8(linear)).save(data, "JPEG", quality=quality)
    return _decoded(np.asarray(Image.open(data)))


def mirrored(linear: FloatArray) -> FloatArray:
    return np.ascontiguousarray(linear[:, ::-1])


def _decoded(codes: ByteArray) -> FloatArray:
    return np.asarray(srgb_to_linear(codes.astype(np.float32) / 255), np.float32)


def smoothed(linear: FloatArray, _face: Face, size: float) -> FloatArray:
    return _decoded(cv2.medianBlur(linear_to_srgb8(linear), int(size)))


def smaller(linear: FloatArray, _face: Face, zoom: float) -> FloatArray:
    return np.asarray(cv2.resize(linear, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA))


def contrast(linear: FloatArray, _face: Face, more: float) -> FloatArray:
    return np.asarray(srgb_to_linear(np.clip(0.5 + (1 + more) * (linear_to_srgb(linear) - 0.5), 0, 1)))


def saturation(linear: FloatArray, _face: Face, more: float) -> FloatArray:
    codes = linear_to_srgb(linear)
    grey = codes @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(srgb_to_linear(np.clip(grey[..., None] + (1 + more) * (codes - grey[..., None]), 0, 1)))


def curve(linear: FloatArray, _face: Face, power: float) -> FloatArray:
    return np.asarray(np.maximum(linear, 0) ** power, np.float32)


def sharpened(linear: FloatArray, _face: Face, amount: float) -> FloatArray:
    codes = linear_to_srgb(linear)
    crisp = codes + amount * (codes - cv2.GaussianBlur(codes, (0, 0), 1.5))
    return np.asarray(srgb_to_linear(np.clip(crisp, 0, 1)))


def defocused(linear: FloatArray, _face: Face, sd_px: float) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(linear, (0, 0), sd_px))


def side_light(linear: FloatArray, face: Face, rim: float) -> FloatArray:
    """A gradient of `rim` in ln from the middle of the face to its side."""
    centre, half = face.landmarks[:, 0].mean(), np.ptp(face.landmarks[:, 0]) / 2
    across = (np.arange(linear.shape[1]) - centre) / half
    return np.asarray(linear * np.exp(rim * across)[None, :, None], np.float32)


def exposure(linear: FloatArray, _face: Face, gain: float) -> FloatArray:
    return np.asarray(np.clip(linear * gain, 0, 1), np.float32)


def backdrop(linear: FloatArray, face: Face, blue: float) -> FloatArray:
    (x0, y0), (x1, _) = face.landmarks[:, :2].min(axis=0), face.landmarks[:, :2].max(axis=0)
    reach = 0.15 * (x1 - x0)
    x, y = np.arange(linear.shape[1]), np.arange(linear.shape[0])
    outside = (x < x0 - reach)[None] | (x > x1 + reach)[None] | (y < y0 - 2 * reach)[:, None]
    spoiled = linear.copy()
    spoiled[..., 2] *= np.where(outside, np.exp(-blue), 1).astype(np.float32)
    return spoiled


def enlarged(linear: FloatArray, face: Face, zoom: float) -> FloatArray:
    """Made smaller and as large as before again, as from a web page."""
    return np.asarray(cv2.resize(smaller(linear, face, zoom), linear.shape[1::-1], interpolation=cv2.INTER_CUBIC))


def saved_twice(linear: FloatArray, _face: Face, quality: float) -> FloatArray:
    """Saved, cut by a few pixels, and saved again: the two grids of blocks do not meet."""
    first = as_jpeg(linear, int(quality))
    shifted = as_jpeg(np.roll(first, (3, 5), axis=(0, 1)), int(quality))
    return np.roll(shifted, (-3, -5), axis=(0, 1))


def of_long_side(linear: FloatArray, face: Face, side_px: float) -> FloatArray:
    """As chats send pictures."""
    return smaller(linear, face, min(side_px / max(linear.shape[:2]), 1.0))


def chat_copy_kept(linear: FloatArray, face: Face, zoom: float) -> FloatArray:
    """Sent by a chat, JPEG 60, and saved again by the phone's album."""
    return as_jpeg(smaller(linear, face, zoom), 60)


def local_contrast(linear: FloatArray, _face: Face, share: float) -> FloatArray:
    """Of the light alone, evened out in tiles, as `auto enhance` does."""
    lab = cv2.cvtColor(linear_to_srgb8(linear), cv2.COLOR_RGB2LAB)
    even = cv2.createCLAHE(2.0, (8, 8)).apply(lab[..., 0]).astype(np.float32)
    lab[..., 0] = np.round(lab[..., 0] + share * (even - lab[..., 0])).astype(np.uint8)
    return _decoded(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def tone_mapped(linear: FloatArray, _face: Face, share: float) -> FloatArray:
    """HDR of a phone: broad light drawn together, detail left."""
    light = np.log(np.maximum(linear.mean(axis=2), 1e-3))
    broad = cv2.GaussianBlur(light, (0, 0), linear.shape[1] / 40)
    return np.asarray(linear * np.exp(-share * (broad - broad.mean()))[..., None], np.float32)


def phone_sharpening(linear: FloatArray, _face: Face, amount: float) -> FloatArray:
    """Grain taken away first, then narrow halos."""
    codes = cv2.bilateralFilter(linear_to_srgb(linear).astype(np.float32), 5, 0.03, 2.0)
    crisp = codes + amount * (codes - cv2.GaussianBlur(codes, (0, 0), 0.8))
    return np.asarray(srgb_to_linear(np.clip(crisp, 0, 1)), np.float32)


def screenshot(linear: FloatArray, face: Face, zoom: float) -> FloatArray:
    """Of a viewer whose bars lie over the upper and lower end of the photo."""
    shown = smaller(linear, face, zoom)
    bar = round(0.06 * len(shown))
    shown[:bar] = shown[-bar:] = 0.01
    return shown


def vignette(linear: FloatArray, _face: Face, corner: float) -> FloatArray:
    """Darker by `corner` (ln) in the corners of the photo."""
    height, width = linear.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.asarray(linear * np.exp(-corner * (x**2 + y**2) / 2)[..., None], np.float32)


def mixed_light(linear: FloatArray, face: Face, rim: float) -> FloatArray:
    """A window on one side, a bulb on the other: blue falls by `rim` (ln) from the middle of the face to its side."""
    centre, half = face.landmarks[:, 0].mean(), np.ptp(face.landmarks[:, 0]) / 2
    across = np.clip((np.arange(linear.shape[1]) - centre) / half, -1.5, 1.5)[None, :, None]
    return np.asarray(linear * np.exp(across * np.array([0.5, 0, -1]) * rim), np.float32)


def grain(linear: FloatArray, _face: Face, sd_codes: float) -> FloatArray:
    """High ISO: noise that the camera's own filter has made blotchy."""
    noise = np.random.default_rng(0).standard_normal(linear.shape, np.float32)
    blotchy = cv2.GaussianBlur(noise, (0, 0), 0.8)
    codes = linear_to_srgb(linear) + np.float32(sd_codes / 255) * blotchy / blotchy.std()
    return np.asarray(srgb_to_linear(np.clip(codes, 0, 1)), np.float32)


def veil(linear: FloatArray, _face: Face, light: float) -> FloatArray:
    """A greasy lens, or faded blacks of a filter: the same light added everywhere."""
    return np.asarray(np.clip(linear * (1 - light) + light * linear.mean(axis=(0, 1)), 0, 1), np.float32)


def portrait_mode(linear: FloatArray, face: Face, reach_mm: float) -> FloatArray:
    """The backdrop out of focus, and the rim of the face with it, by `reach_mm` from its outline inwards."""
    outline = np.zeros(linear.shape[:2], np.uint8)
    cv2.fillConvexPoly(outline, cv2.convexHull(np.round(face.landmarks[:, :2]).astype(np.int32)), 1)
    from_rim = cv2.distanceTransform(outline, cv2.DIST_L2, 5) / face.px_per_mm
    sharp = np.clip(from_rim / np.float32(reach_mm) - 0.5, 0, 1)[..., None]
    blurred = cv2.GaussianBlur(linear, (0, 0), 2.0 * face.px_per_mm)
    return np.asarray(linear * sharp + blurred * (1 - sharp), np.float32)
