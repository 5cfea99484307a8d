"""Registration: where every pixel of one session lies in the baseline. Coordinates are moved, never measured pixels.

Comes in: two frames, and masks of what may have changed. Goes out: `Alignment`. `pipeline` calls it.

texture    what is looked at: local contrast of skin, without light, colour and lesions
coarse     first map: landmarks, features (features, scattered)
refine     dense map, both directions
validity   where it holds, how far it may be off
refusal    when two photos do not belong together
warp       arithmetic of maps
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skinimg.align.coarse import CoarseMap, face_map, landmark_map, patch_map
from skinimg.align.refine import nodes_of, refine
from skinimg.align.refusal import believed, refuse_other_view, refuse_small_overlap
from skinimg.align.texture import FACTOR, NODE, Texture, skin_texture
from skinimg.align.validity import area_ratio, error_nodes, matched_nodes
from skinimg.align.warp import affine_map, inside, invert, pixel_grid, rescale, sample
from skinimg.base.parallel import together
from skinimg.base.records import Alignment, BoolArray, FloatArray, Frame
from skinimg.base.settings import Settings
from skinimg.face import surface_factor

__all__ = ["align", "grid_for_contract", "identity_alignment"]

_STEP = FACTOR * NODE  # frame pixels between the nodes of a map


def align(
    baseline: Frame, session: Frame, baseline_lesions: BoolArray, session_lesions: BoolArray, settings: Settings
) -> Alignment:
    """Find the baseline's skin in a session.

    baseline_lesions, session_lesions : (h, w) bool, each in its own frame: what may have changed and must not pull.

    Raises
    ------
    AlignmentError
        Another view, other skin (another person, another place, a mirrored photo), or too little of the same.
    """
    refuse_other_view(baseline, session, settings)
    ours, theirs, *with_lesions = together(
        lambda: skin_texture(baseline, baseline_lesions),
        lambda: skin_texture(session, session_lesions),
        lambda: _with_lesions(baseline),
        lambda: _with_lesions(session),
    )
    # Skin is recognised by its marks too: they may guide the first, coarse map, and pull nothing in the fine one.
    everything = with_lesions[0], with_lesions[1]
    first = believed(_first_map(baseline, session, *everything), *everything)
    to_session, to_baseline, disagreement = refine(ours, theirs, first.to_other)
    matched = matched_nodes((ours, theirs), everything, to_session, disagreement)
    error = error_nodes(ours, theirs, to_session)
    alignment = _at_every_pixel(baseline, session, to_session, to_baseline, matched, error)
    refuse_small_overlap(alignment.overlap_fraction, settings)
    return alignment


def identity_alignment(frame: Frame) -> Alignment:
    """The baseline with itself: exact identity, error 0, overlap 1."""
    grid = pixel_grid((frame.skin.shape[0], frame.skin.shape[1]))
    return Alignment(
        to_session=grid,
        to_baseline=grid,
        valid_baseline=frame.skin,
        valid_session=frame.skin,
        matched_baseline=frame.skin,
        matched_session=frame.skin,
        jacobian=_surface(frame),
        error_mm=0.0,
        overlap_fraction=1.0,
    )


def grid_for_contract(alignment: Alignment, session: Frame, stride: int) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays of frame.npz (docs/REFERENCE.md), every `stride`-th pixel of the baseline's frame.

    grid_xy : (h, w, 2) float32, pixel of the session's original photo, upright; valid : (h, w) bool, where the skin's
    own pattern was found again; stride; mm_per_px.
    """
    frame_xy = alignment.to_session[::stride, ::stride]
    photo_xy = frame_xy @ session.to_photo[:, :2].T + session.to_photo[:, 2]
    return {
        "grid_xy": np.asarray(photo_xy, dtype=np.float32),
        "valid": np.ascontiguousarray(alignment.matched_baseline[::stride, ::stride]),
        "stride": np.asarray(stride),
        "mm_per_px": np.asarray(session.mm_per_px),
    }


def _first_map(baseline: Frame, session: Frame, ours: Texture, theirs: Texture) -> CoarseMap | None:
    if baseline.landmarks is None or session.landmarks is None:
        return patch_map(ours, theirs)
    return face_map(ours, theirs, landmark_map(baseline.landmarks, session.landmarks, nodes_of(ours)))


def _with_lesions(frame: Frame) -> Texture:
    return skin_texture(frame, np.zeros_like(frame.skin))


def _at_every_pixel(
    baseline: Frame,
    session: Frame,
    to_session: FloatArray,
    to_baseline: FloatArray,
    matched: BoolArray,
    error: FloatArray,
) -> Alignment:
    """Maps and masks on nodes, as a record at the frames' own pixels."""
    ahead, rough = together(
        lambda: rescale(to_session, baseline.skin.shape, 1 / _STEP),
        lambda: rescale(to_baseline, session.skin.shape, 1 / _STEP),
    )
    # Between nodes the two maps are interpolated apart by up to 0.2 px: the last step of the inversion is made here.
    back = invert(ahead, session.skin.shape, start=rough)
    shown = baseline.skin & inside(ahead, session.skin.shape) & _carry(session.skin, ahead)
    found = shown & _carry(matched, _node_places(baseline.skin.shape))
    ratio = sample(area_ratio(to_baseline, _carry(matched, to_baseline)), _node_places(session.skin.shape))
    return Alignment(
        to_session=ahead,
        to_baseline=back,
        valid_baseline=shown,
        valid_session=session.skin & inside(back, baseline.skin.shape) & _carry(shown, back),
        matched_baseline=found,
        matched_session=session.skin & inside(back, baseline.skin.shape) & _carry(found, back),
        jacobian=ratio * sample(_surface(baseline), back),
        error_mm=float(np.median(error[matched])) * _STEP * baseline.mm_per_px if matched.any() else float("nan"),
        overlap_fraction=float(shown.sum() / max(1, baseline.skin.sum())),
    )


def _surface(baseline: Frame) -> FloatArray:
    """Area of the face per area that the baseline's frame shows of it; 1 on a close-up, whose shape nobody knows."""
    if baseline.landmarks is None:
        return np.ones(baseline.skin.shape, np.float32)
    return surface_factor(baseline.landmarks, (baseline.skin.shape[0], baseline.skin.shape[1]))


def _carry(mask: BoolArray, at: FloatArray) -> BoolArray:
    return np.asarray(sample(mask.astype(np.float32), at) > 0.5)


def _node_places(shape: tuple[int, ...]) -> FloatArray:
    """Where each pixel of a frame lies on the nodes."""
    axis = np.array([[1, 0, 0.5], [0, 1, 0.5]]) / _STEP - np.array([[0, 0, 0.5], [0, 0, 0.5]])
    return affine_map(axis, (shape[0], shape[1]))
