"""Whether light fell on one photo in patches that the other does not show: shine, a flash, a window.

Shine is white light on top of the skin's own. It pales what it covers, and where it covers plain skin, all else seems to
have darkened. It fills lines, too. The optical model tells it from pigment: a patch that faded is as bright in its shading as
before.
"""

from __future__ import annotations

import numpy as np

from skinimg.base.reasons import Reason, why
from skinimg.compare.paired_maps import STEP_MM, PairedSkin
from skinimg.skin.masked_blur import masked_blurs
from skinimg.skin.optics import invert

_PATCH_MM, _SURROUND_MM = 3.0, 20.0  # SD of Gaussian means: broader light is a lamp's, and taken out with it
# OD. 99.9 % of the skin of four painted and two clean pairs of people lies below 0.07, under a lamp moved to the side
# below 0.08; light added to forehead, nose and cheeks (benchmarks/spoiled.py) makes up to 0.42.
_PATCHY_OD = 0.08


# Of the skin. Drawn people whose shine and lamps stray had 4 % at most, with nothing called; shine on forehead, nose and cheeks
# of a real face 8 %, and 66 and 81 % of its redness and pigment gone.
_PATCHY_FRACTION = 0.05


def why_patchy(skin: PairedSkin) -> Reason | None:
    """Why a change of colour or of relief that stands out may be light, or None."""
    share = patchy_light_fraction(skin)
    return why("patchy_light", percent=100 * share, limit=100 * _PATCHY_FRACTION) if share > _PATCHY_FRACTION else None


def patchy_light_fraction(skin: PairedSkin) -> float:
    """Share of the skin, by area, where a patch got brighter or darker than the skin around it did."""
    if not skin.shown.any():
        return 0.0
    offset = np.asarray(skin.anchor.offset, np.float32)
    light = np.median((skin.after - skin.before)[skin.shown], axis=0).astype(np.float32)
    first, second = (invert((d - offset).astype(np.float32))[2] for d in (skin.before, skin.after - light))
    patches, around = (
        masked_blurs((second - first,), skin.shown, scale / STEP_MM)[0] for scale in (_PATCH_MM, _SURROUND_MM)
    )
    patchy = skin.shown & (np.abs(patches - around) > _PATCHY_OD)
    return float(skin.area_mm2[patchy].sum() / skin.area_mm2[skin.shown].sum())
