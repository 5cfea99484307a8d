"""One photo, from file to findings: everything that can be known before it is compared with another."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import CalibrationError, PhotoError
from skinimg.base.findings import FINDINGS
from skinimg.base.parallel import together
from skinimg.base.reasons import Reason, why
from skinimg.base.records import Colour, Face, FloatArray, Frame, Photo, Quality, Seen, SkinAnchor
from skinimg.base.settings import Settings
from skinimg.observe.frame import closeup_frame, face_frame
from skinimg.observe.quality import assess
from skinimg.observe.witnesses import CARD, background, eye_whites
from skinimg.photo.chroma import with_halved_chroma
from skinimg.photo.colour import linear_to_srgb8
from skinimg.photo.colour_chart import ColourCard, card_px_per_mm, correct, find_card
from skinimg.photo.decode import read_photo
from skinimg.skin.optics import baseline_anchor, session_anchor, skin_maps, unaffected_density

_RIVAL = 0.8  # a child on the arm is smaller; before and after in one picture are of one size
_SEARCH_PX = 2000
_COARSEST = min(finding.min_px_per_mm for finding in FINDINGS.values())  # below it, nothing at all can be measured


_CARD_SD = 0.03  # density: what is left of the white balance after a card, 4 delta E 2000 at most


class Framed(Protocol):
    """A face, None on a close-up, and its frame: of a `Reference`, or of what `skinimg check` sees."""

    @property
    def face(self) -> Face | None: ...
    @property
    def frame(self) -> Frame: ...


@dataclass(frozen=True)
class Reference:
    """What later photos take over from the baseline: its scale and the colour of its plain skin."""

    face: Face | None
    frame: Frame
    anchor: SkinAnchor


def see(entry: PhotoEntry, reference: Reference | None, settings: Settings) -> Seen:
    """Decode a photo, find the face, resample it to the working scale, and separate its pigments.

    Raises
    ------
    PhotoError
        Unreadable, no face, too small, or too bad to be measured; the message says what to do.
    """
    photo = with_halved_chroma(read_photo(entry.path, settings.max_megapixels))
    photo, card, colour, face = _face_in_true_colours(photo, closeup=entry.view == "closeup")
    card_scale, colour = _scale_of(card, colour, settings)
    frame = frame_of(photo, entry, face, reference, settings, card_scale)
    walls = {} if face is None else background(photo.linear, face)
    # From here on the frame is all that is needed of the pixels: 144 MB of 12 megapixels are let go.
    photo = replace(photo, linear=photo.linear[:0].copy())
    quality, maps, shown = together(
        lambda: _usable(assess(frame, face)),
        lambda: skin_maps(frame.linear, frame.skin, frame.mm_per_px, _anchor(frame, colour, reference)),
        lambda: _witnesses(walls, frame, colour),
    )
    if face is not None and face.other_faces:
        others = why("several_faces", count=face.other_faces + 1)
        quality = replace(quality, reasons=(*quality.reasons, others))
    if colour.warnings:
        quality = replace(quality, reasons=(*quality.reasons, *colour.warnings))
    return Seen(
        sha256=photo.sha256,
        frame=frame,
        face=face,
        colour=colour,
        quality=quality,
        maps=maps,
        camera=photo.camera,
        witnesses=shown,
        jpeg_quality=photo.jpeg_quality,
    )


def _usable(quality: Quality) -> Quality:
    if quality.rejected:
        raise PhotoError(*quality.reasons)
    return quality


def _anchor(frame: Frame, colour: Colour, reference: Reference | None) -> SkinAnchor:
    plain = unaffected_density(frame.linear, frame.skin)
    if colour.source == "card":  # colours are absolute: nothing to borrow from the baseline
        return baseline_anchor(plain, _CARD_SD)
    return baseline_anchor(plain) if reference is None else session_anchor(plain, reference.anchor)


def _witnesses(walls: dict[str, FloatArray], frame: Frame, colour: Colour) -> dict[str, FloatArray]:
    shown = {CARD: np.zeros(3, np.float32)} if colour.source == "card" else {}
    if frame.landmarks is None:
        return shown
    return shown | walls | eye_whites(frame.linear, frame.landmarks, frame.mm_per_px)


def _face_in_true_colours(photo: Photo, *, closeup: bool) -> tuple[Photo, ColourCard | None, Colour, Face | None]:
    """The photo in the colours of the card that it shows, that card, and the face; None on a close-up.

    Few photos show a card, so the face is looked for beside it, and once more where a card changed the colours.
    """
    (card, unread), face = together(lambda: _card_of(photo), lambda: None if closeup else _face_or_why_not(photo))
    corrected, colour = _calibrated(photo, card, unread)
    if corrected is not photo and not closeup:
        face = _face_or_why_not(corrected)
    if isinstance(face, PhotoError):
        raise face
    return corrected, card, colour, face


def _card_of(photo: Photo) -> tuple[ColourCard | None, tuple[Reason, ...]]:
    """The card that a photo shows; none, and why, where a part of it cannot be read."""
    try:
        return find_card(photo.linear), ()
    except CalibrationError as error:
        return None, error.reasons


def _face_or_why_not(photo: Photo) -> Face | PhotoError:
    try:
        return face_of(photo)
    except PhotoError as error:
        return error


def _scale_of(card: ColourCard | None, colour: Colour, settings: Settings) -> tuple[float | None, Colour]:
    """px/mm by the card, where its size is known and it is seen straight on; and what is said of it where it is not."""
    if card is None or not settings.card_patch_mm:
        return None, colour
    try:
        return card_px_per_mm(card, settings.card_patch_mm), colour
    except CalibrationError as error:
        return None, replace(colour, warnings=(*colour.warnings, *error.reasons))


def _calibrated(photo: Photo, card: ColourCard | None, unread: tuple[Reason, ...]) -> tuple[Photo, Colour]:
    """The photo in the colours of a card; as it is where there is none, or none to be trusted.

    unread : why a card that is there was not read
    """
    if card is None:
        return photo, Colour("skin", float("nan"), unread)
    try:
        linear, error_de00 = correct(photo.linear, card)
    except CalibrationError as error:
        return photo, Colour("skin", float("nan"), error.reasons)
    return replace(photo, linear=linear), Colour("card", error_de00)


def face_of(photo: Photo) -> Face:
    """The face, in pixels of the photo; PhotoError where there is none, or two of one size, as in a collage."""
    face = _found_face(photo)
    if face.rival_size > _RIVAL:
        raise PhotoError(why("two_faces", percent=100 * face.rival_size, limit=100 * _RIVAL))
    return face


def _found_face(photo: Photo) -> Face:
    """It is looked for in at most 2,000 px: the network sees far fewer anyway."""
    from skinimg.face import find_face

    height, width = photo.linear.shape[:2]
    shrink = max(height, width) / _SEARCH_PX
    if shrink <= 1:
        return find_face(linear_to_srgb8(photo.linear))
    size = (round(width / shrink), round(height / shrink))
    small = find_face(linear_to_srgb8(cv2.resize(photo.linear, size, interpolation=cv2.INTER_AREA)))
    zoom = np.array([width / size[0], height / size[1], shrink], np.float32)
    landmarks = small.landmarks * zoom
    landmarks[:, :2] += (zoom[:2] - 1) / 2  # pixel centres are integers, pixel edges meet
    return replace(
        small,
        landmarks=landmarks,
        px_per_mm=small.px_per_mm * shrink,
        px_per_mm_sd=small.px_per_mm_sd * shrink,
    )


def frame_of(
    photo: Photo,
    entry: PhotoEntry,
    face: Face | None,
    reference: Framed | None,
    settings: Settings,
    card_scale: float | None = None,
) -> Frame:
    """A photo at the working scale; PhotoError where its face is too small to be measured.

    Scale: the manifest's, else that of a card, else (on a face) the iris of the baseline, else assumed.

    A later session does not use its own iris: the size of the face against the baseline's is known ten times better
    than the width of an iris in either, and a wrong ratio of the two would be a change of every area.
    """
    if entry.mm_per_px is not None:
        px_per_mm, source = 1.0 / entry.mm_per_px, "manifest"
    elif card_scale is not None and (face is None or reference is None or reference.face is None):
        px_per_mm, source = card_scale, "card"
    elif face is None:
        px_per_mm, source = settings.assumed_px_per_mm, "assumed"
    elif reference is None or reference.face is None:
        # Turned to the side on purpose, a person looks where the nose points, and the iris is seen slanted: at 40
        # degrees of yaw, phantoms measured 0.80 of their true scale (cos 40 = 0.77). In front, eyes meet the camera.
        slant = 1.0 if entry.view == "front" else max(math.cos(math.radians(face.yaw_deg)), 0.5)
        px_per_mm, source = face.px_per_mm / slant, "iris"
    else:
        px_per_mm = reference.frame.native_px_per_mm * _face_size_px(face) / _face_size_px(reference.face)
        source = reference.frame.scale_source
    if face is None:
        return closeup_frame(photo, px_per_mm, source)
    if px_per_mm < _COARSEST:
        width_px = float(np.ptp(face.landmarks[:, 0]))
        needed_width = 140.0 * _COARSEST
        raise PhotoError(
            why("face_too_small", px_per_mm=px_per_mm, width=width_px, needed=_COARSEST, needed_width=needed_width)
        )
    return face_frame(photo, face, px_per_mm, source)


def _face_size_px(face: Face) -> float:
    """Root mean square distance of the landmarks from their centre, in three dimensions, so that pose drops out."""
    centred = face.landmarks - face.landmarks.mean(axis=0)
    return math.sqrt(float(np.mean((centred**2).sum(axis=1))))
