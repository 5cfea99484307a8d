"""The ways in which a follow-up is spoiled, each in three strengths, from what is hardly seen to what nobody misses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import spoiled_face as on_face
from benchmarks import spoiled_file as on_file
from skinimg.base.records import Face, FloatArray

Defect = Callable[[FloatArray, Face, float], FloatArray]
CLEAN_QUALITY = 92


@dataclass(frozen=True)
class Kind:
    """One way, its strengths, and the quality of the JPEG that it ends in."""

    name: str
    spoil: Defect
    strengths: tuple[float, float, float]
    saved_at: int = CLEAN_QUALITY


KINDS = (
    Kind("smoothed (median, px)", on_file.smoothed, (3, 5, 9)),
    Kind("messenger copy (size; JPEG 35)", on_file.smaller, (0.8, 0.65, 0.5), 35),
    Kind("chat copy (long side, px; JPEG 60)", on_file.of_long_side, (1600, 1280, 900), 60),
    Kind("chat copy (size; JPEG 60), saved again", on_file.chat_copy_kept, (0.8, 0.65, 0.5)),
    Kind("saved twice (JPEG quality), saved again", on_file.saved_twice, (60, 50, 40)),
    Kind("enlarged copy (size)", on_file.enlarged, (0.8, 0.65, 0.5)),
    Kind("screenshot (size)", on_file.screenshot, (0.9, 0.7, 0.5)),
    Kind("contrast raised", on_file.contrast, (0.07, 0.15, 0.25)),
    Kind("local contrast (share of CLAHE)", on_file.local_contrast, (0.15, 0.3, 0.6)),
    Kind("HDR tone mapping (of the broad light)", on_file.tone_mapped, (0.1, 0.2, 0.4)),
    Kind("veil, faded blacks (added light)", on_file.veil, (0.03, 0.06, 0.12)),
    Kind("saturation raised", on_file.saturation, (0.1, 0.2, 0.4)),
    Kind("tone curve (power)", on_file.curve, (0.93, 1.15, 1.3)),
    Kind("sharpened (amount)", on_file.sharpened, (0.5, 1.0, 2.0)),
    Kind("sharpened by the phone (amount)", on_file.phone_sharpening, (0.3, 0.6, 1.2)),
    Kind("grain (SD, codes)", on_file.grain, (3, 6, 12)),
    Kind("defocused (SD, px)", on_file.defocused, (0.7, 1.2, 2.0)),
    Kind("portrait mode (rim, mm)", on_file.portrait_mode, (1, 3, 6)),
    Kind("side light (ln to the rim)", on_file.side_light, (0.1, 0.25, 0.5)),
    Kind("mixed light (ln of blue to the rim)", on_file.mixed_light, (0.05, 0.1, 0.2)),
    Kind("vignette (ln in the corner)", on_file.vignette, (0.1, 0.25, 0.5)),
    Kind("underexposed (gain)", on_file.exposure, (0.8, 0.6, 0.4)),
    Kind("backdrop (ln blue)", on_file.backdrop, (0.1, 0.2, 0.4)),
    Kind("beauty filter (share)", on_face.beauty_filter, (0.3, 0.6, 1.0)),
    Kind("detail of 3 to 10 px taken out (share)", on_face.band_taken_out, (0.25, 0.5, 1.0)),
    Kind("skin whitened (share)", on_face.whitened, (0.06, 0.12, 0.25)),
    Kind("skin warmed (ln blue)", on_face.skin_warmed, (0.03, 0.06, 0.12)),
    Kind("red skin evened (ln green)", on_face.skin_less_red, (0.02, 0.04, 0.08)),
    Kind("foundation (cover)", on_face.foundation, (0.15, 0.3, 0.6)),
    Kind("lipstick (OD)", on_face.lipstick, (0.1, 0.2, 0.4)),
    Kind("shine (added light)", on_face.shine, (0.1, 0.3, 0.6)),
    Kind("cloth over the chin (of the face)", on_face.cloth, (0.15, 0.3, 0.45)),
    Kind("hair over the forehead (of the face)", on_face.hair, (0.08, 0.15, 0.25)),
    Kind("frame of glasses (mm)", on_face.glasses, (1.0, 2.0, 3.0)),
    Kind("wire glasses (mm)", on_face.wire_glasses, (0.5, 0.8, 1.2)),
    Kind("earphone cable (mm)", on_face.cable, (1.0, 2.0, 3.0)),
    Kind("plaster (of the skin)", on_face.plaster, (0.005, 0.01, 0.02)),
    Kind("fabric plaster (of the skin)", on_face.fabric_plaster, (0.005, 0.01, 0.02)),
    Kind("sticker (of the skin)", on_face.sticker, (0.005, 0.01, 0.02)),
    Kind("clear patches under the eyes (of the skin)", on_face.clear_patches, (0.01, 0.02, 0.04)),
    Kind("cream on a cheek (of the skin)", on_face.cream, (0.005, 0.01, 0.02)),
    Kind("finger on a cheek (of the skin)", on_face.finger, (0.01, 0.02, 0.04)),
    Kind("concealer (of the skin)", on_face.concealer, (0.01, 0.02, 0.04)),
)
