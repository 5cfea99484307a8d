"""Registration: where every pixel of one session lies in the baseline. Coordinates are moved, never measured pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skinimg.align.coarse import feature_map, landmark_map, refine_by_features
from skinimg.align.refine import nodes_of, refine
from skinimg.align.texture import FACTOR, NODE, skin_texture
from skinimg.align.validity import error_nodes, smooth_area, weigh
from skinimg.align.warp import affine_map, inside, pixel_grid, rescale, sample
from skinimg.errors import AlignmentError
from skinimg.records import Alignment, BoolArray, FloatArray, Frame
from skinimg.settings import Settings

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
        The photos do not show the same skin, or too little of it.
    """
    ours, theirs = skin_texture(baseline, baseline_lesions), skin_texture(session, session_lesions)
    shape = nodes_of(ours)
    if baseline.landmarks is not None and session.landmarks is not None:
        to_session = landmark_map(baseline, session, shape)
        to_session, _ = refine_by_features(ours, theirs, to_session)
    else:
        to_session, _ = feature_map(ours, theirs)
    to_session, to_baseline, disagreement = refine(ours, theirs, to_session)
    evidence = weigh(ours, theirs, to_session, disagreement)
    return _assemble(baseline, session, to_session, to_baseline, evidence.matched, error_nodes(ours, theirs, to_session), settings)


def identity_alignment(frame: Frame) -> Alignment:
    """The baseline with itself: exact identity, error 0, overlap 1."""
    grid = pixel_grid(frame.skin.shape)
    return Alignment(
        to_session=grid,
        to_baseline=grid,
        valid_baseline=frame.skin,
        valid_session=frame.skin,
        jacobian=np.ones(frame.skin.shape, np.float32),
        error_mm=0.0,
        overlap_fraction=1.0,
    )


def grid_for_contract(alignment: Alignment, session: Frame, stride: int) -> dict[str, npt.NDArray[np.generic]]:
    """The arrays of frame.npz (DESIGN.md 2.2), every `stride`-th pixel of the baseline's frame.

    grid_xy : (h, w, 2) float32, pixel of the session's original photo, upright; valid : (h, w) bool; stride; mm_per_px.
    """
    frame_xy = alignment.to_session[::stride, ::stride]
    photo_xy = frame_xy @ session.to_photo[:, :2].T + session.to_photo[:, 2]
    return {
        "grid_xy": np.asarray(photo_xy, dtype=np.float32),
        "valid": np.ascontiguousarray(alignment.valid_baseline[::stride, ::stride]),
        "stride": np.asarray(stride),
        "mm_per_px": np.asarray(session.mm_per_px),
    }


def _assemble(
    baseline: Frame,
    session: Frame,
    to_session: FloatArray,
    to_baseline: FloatArray,
    matched: BoolArray,
    error: FloatArray,
    settings: Settings,
) -> Alignment:
    area = smooth_area(to_baseline, np.asarray(sample(matched.astype(np.float32), to_baseline) > 0.5))
    full = {
        "to_session": rescale(to_session, baseline.skin.shape, 1 / _STEP),
        "to_baseline": rescale(to_baseline, session.skin.shape, 1 / _STEP),
    }
    spread = np.asarray(rescale_image(matched.astype(np.float32), baseline.skin.shape) > 0.5)
    seen = sample(session.skin.astype(np.float32), full["to_session"]) > 0.5
    valid_baseline = baseline.skin & spread & seen & inside(full["to_session"], session.skin.shape)
    back = sample(valid_baseline.astype(np.float32), full["to_baseline"]) > 0.5
    valid_session = session.skin & back & inside(full["to_baseline"], baseline.skin.shape)
    overlap = float(valid_baseline.sum() / max(1, baseline.skin.sum()))
    if overlap < settings.min_overlap:
        raise AlignmentError(
            "the two photos do not show enough of the same skin",
            found=f"{100 * overlap:.0f} % of the baseline's skin found again",
            needed=f"{100 * settings.min_overlap:.0f} %",
            next_step="Check that the photo is of this person and place, not mirrored, and framed like the baseline.",
        )
    return Alignment(
        **full,
        valid_baseline=valid_baseline,
        valid_session=valid_session,
        jacobian=rescale_image(area, session.skin.shape),
        error_mm=float(np.median(error[matched])) * _STEP * baseline.mm_per_px,
        overlap_fraction=overlap,
    )


def rescale_image(image: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """An image on nodes, at every pixel of the frame."""
    at = np.asarray((pixel_grid((shape[0], shape[1])) + 0.5) / _STEP - 0.5, dtype=np.float32)
    return sample(image, at)
