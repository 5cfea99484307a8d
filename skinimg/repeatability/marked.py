"""Marks painted on a real face before it is photographed again, so that null pairs have something to stray by.

The noise of a load grows with it, and most faces of the open sets are almost bare. Every third face stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Generator

from skinimg.base.records import FloatArray
from skinimg.face import find_face, skin_mask
from skinimg.phantom.camera import sample_camera
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import spawn, uniform
from skinimg.phantom.kinds import KINDS
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.painter import paint_on_photo
from skinimg.phantom.skin import sample_person
from skinimg.photo.colour import linear_to_srgb8

_BARE = 1 / 3  # of all faces
_COLOURED = ("spots", "redness")  # relief cannot be painted on a photo as finely as a portrait would have to show it
_BLUR_PX = 0.6  # sigma of a photo's own blur, in its pixels


def with_marks(linear: FloatArray, generator: Generator) -> FloatArray:
    """(H, W, 3) linear sRGB of a photo with sun spots, freckles, melasma, marks of acne and couperose of a drawn person.

    Raises
    ------
    PhotoError
        No face, or too little plain skin.
    """
    bare = uniform(generator) < _BARE
    drawn = sample_person(spawn(generator))
    if bare:
        return linear
    person = replace(
        drawn,
        sun_spots=uniform(generator, 0.5, 5.0),
        freckling=uniform(generator, 0.0, 0.6),
        acne=uniform(generator, 0.0, 2.5),
        couperose=uniform(generator, 0.0, 3.0),
        melasma=uniform(generator) < 0.4,
    )
    face = find_face(linear_to_srgb8(linear))
    skin = skin_mask(linear, face.landmarks)
    canvas = plain_canvas((skin.shape[0], skin.shape[1]), 1.0 / face.px_per_mm)
    lesions = [one for one in sample_lesions(canvas, person, spawn(generator)) if KINDS[one.kind].finding in _COLOURED]
    light = sample_camera(generator, "training").light
    painted = paint_on_photo(
        torch.from_numpy(linear), torch.from_numpy(skin), canvas.mm_per_px, lesions, light, _BLUR_PX
    )
    return painted.linear.numpy()
