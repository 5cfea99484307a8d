"""What skinimg looks for: one record per finding, and the regions of a face.

Network channels, mask files, metrics, overlays, report sections and tests derive from these tables.
They import nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["area", "object", "line", "field"]


@dataclass(frozen=True)
class Finding:
    """One thing that can be seen on skin.

    `kind` says how it is measured: `object` = countable things (spots, pores, scars), `area` = patches without a
    meaningful count, `line` = long thin things, `field` = a property of all skin, without a mask.
    `min_px_per_mm` is the native resolution of a photo below which the finding is not measurable (docs/REFERENCE.md).
    `smallest_mm2` is the smallest thing that is an object of its own; 0 for a field. Spots and scars: docs/CONSTANTS.md 7
    (0.8 mm2) halved, since a fading spot must not vanish at once; pores: a disc of 0.1 mm radius; lines: 3 mm x 0.1 mm.
    `contrast_map` names the map whose lesion-minus-ring difference is the finding's contrast.
    `colour` is the overlay's sRGB, from the colour-blind-safe palette of Okabe and Ito (2008).
    """

    id: str
    title: str
    definition: str
    kind: Kind
    min_px_per_mm: float
    smallest_mm2: float
    contrast_map: Literal["melanin", "haemoglobin", "relief", ""]
    colour: tuple[int, int, int]
    source: str


FINDINGS: dict[str, Finding] = {
    finding.id: finding
    for finding in (
        Finding(
            "spots",
            "Pigmentation spots",
            "skin with more melanin than the skin around it: freckles, lentigines, melasma, post-inflammatory marks",
            "object",
            3.0,
            0.4,
            "melanin",
            (230, 159, 0),
            "Bastiaens 1997 (2.2-fold epidermal melanin in lentigines); docs/CONSTANTS.md 4",
        ),
        Finding(
            "redness",
            "Redness",
            "skin with more blood than the person's unaffected skin: erythema, visible vessels, fresh red marks",
            "area",
            2.0,
            4.0,
            "haemoglobin",
            (204, 121, 167),
            "docs/CONSTANTS.md 3 (B > 1.5 x reference) and 4",
        ),
        Finding(
            "pores",
            "Pores",
            "openings of hair follicles seen as round dark dots, 0.1 to 0.6 mm across",
            "object",
            8.0,
            0.03,
            "relief",
            (0, 114, 178),
            "Flament 2015, visible from 0.25 mm; docs/CONSTANTS.md 4",
        ),
        Finding(
            "scars",
            "Scars",
            "depressions left by acne, 1 to 8 mm across: icepick, boxcar and rolling scars",
            "object",
            6.0,
            0.4,
            "relief",
            (0, 158, 115),
            "Jacob 2001 (three types of atrophic scar); docs/CONSTANTS.md 4",
        ),
        Finding(
            "wrinkles",
            "Wrinkles and lines",
            "furrows longer than 3 mm, from fine lines to folds",
            "line",
            5.0,
            0.3,
            "relief",
            (86, 180, 233),
            "Lemperle 2001; docs/CONSTANTS.md 4",
        ),
        Finding(
            "tone",
            "Skin tone",
            "colour of all skin: lightness, individual typology angle, melanin, haemoglobin, and how even they are",
            "field",
            2.0,
            0.0,
            "",
            (0, 0, 0),
            "Chardon 1991 (ITA); docs/CONSTANTS.md 3",
        ),
        Finding(
            "texture",
            "Texture",
            "relief between 0.2 and 5 mm, seen as shading: pores, fine lines and unevenness together",
            "field",
            5.0,
            0.0,
            "",
            (0, 0, 0),
            "docs/CONSTANTS.md 3 (roughness proxy)",
        ),
        Finding(
            "erythema",
            "Erythema",
            "redness without a border: couperose, rosacea, flush; blood above that of the person's plainest skin",
            "field",
            2.0,
            0.0,
            "haemoglobin",
            (213, 94, 0),
            "Tan 2014 (clinician's erythema assessment); docs/METHODS.md 6",
        ),
        Finding(
            "hyperpigmentation",
            "Hyperpigmentation",
            "pigment without a border: melasma, sun damage; melanin above that of the person's plainest skin",
            "field",
            2.0,
            0.0,
            "melanin",
            (240, 228, 66),
            "Pandya 2011 (mMASI); docs/METHODS.md 6",
        ),
    )
}

# Findings whose change is that of the paired map, not the difference of two photos' totals.
PAIRED_FINDINGS: tuple[str, ...] = ("erythema", "hyperpigmentation")
TOTALLED_FINDINGS: tuple[str, ...] = tuple(f for f in FINDINGS if f not in PAIRED_FINDINGS)

# The findings that a network segments, in the order of its output channels.
MASK_FINDINGS: tuple[str, ...] = tuple(f.id for f in FINDINGS.values() if f.kind != "field")

# The metric that stands for its finding. Burden is insensitive to threshold and blur; pores have none in the contract,
# so their soft area stands in; tone and texture by what is treated (evenness; relief of pores and fine lines).
HEADLINE: dict[str, str] = {
    "spots": "burden",
    "redness": "burden",
    "pores": "area",
    "scars": "burden",
    "wrinkles": "burden",
    "erythema": "load",
    "hyperpigmentation": "load",
    "tone": "evenness",
    "texture": "roughness_0.5_2",
}
# What is scored: how much there is of a finding. Tone and texture have no amount that could be cleared.
SCORED: tuple[str, ...] = tuple(finding for finding in HEADLINE if finding not in ("tone", "texture"))

# Bit k of a region map is region k. Left and right are the person's own. `face` is all valid skin.
FACE_REGIONS: tuple[str, ...] = (
    "face",
    "forehead",
    "left_cheek",
    "right_cheek",
    "nose",
    "chin",
    "left_periorbital",
    "right_periorbital",
    "perioral",
    "left_side",
    "right_side",
)
CLOSEUP_REGIONS: tuple[str, ...] = ("patch",)

VIEWS: tuple[str, ...] = ("front", "left45", "right45", "left", "right", "closeup")
LIGHTS: tuple[str, ...] = ("standard", "cross_polarized", "parallel_polarized", "uv")


def regions_of(view: str) -> tuple[str, ...]:
    """Region names of a view: eleven on a face, one on a close-up."""
    return CLOSEUP_REGIONS if view == "closeup" else FACE_REGIONS
