"""Pictures as parts: what is covered stays covered, what is small stays visible, the size keeps to its bound."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import numpy as np
from PIL import Image

from skinimg.report import ReportOptions, write_subject_report
from skinimg.report.pictures import choose_sessions, outline, view_pictures


def _decode(href: str) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(href.partition(",")[2])))
    assert not image.info.get("exif")
    return np.asarray(image.convert("RGB"), np.float32)


def test_deidentified_eyes_are_one_colour_in_every_picture(drawn_subject):
    pictures = drawn_subject().pictures
    covered = view_pictures(0, pictures, True, True, len(pictures))
    open_eyes = view_pictures(0, pictures, True, False, len(pictures))
    assert covered is not None and open_eyes is not None and covered.eyes_covered
    x0, y0, x1, y1 = pictures[0].eyes
    for part, plain in zip(covered.parts, open_eyes.parts, strict=True):
        if part.href:
            image, other = _decode(part.href), _decode(plain.href)
            zoom = image.shape[1] / covered.width
            box = np.s_[round(y0 * zoom) : round(y1 * zoom), round(x0 * zoom) : round(x1 * zoom)]
            assert image[box].std(axis=(0, 1)).max() < 4 < other[box].std(axis=(0, 1)).max()


def test_pictures_are_withheld_where_the_eyes_are_unknown(drawn_subject, tmp_path):
    drawn = drawn_subject(scale=0.2)
    blind = [replace(picture, eyes=None) for picture in drawn.pictures]
    options = ReportOptions(deidentify=True)
    path = write_subject_report(drawn.result, blind, options, {}, tmp_path / "r.html", drawn.subject)
    html = path.read_text(encoding="utf-8")
    assert "image/webp" not in html
    assert "the place of the eyes is not known" in html
    assert "front.jpg" not in html  # file names hold names


def test_a_closeup_has_no_eyes_to_cover(drawn_subject):
    pictures = [replace(p, eyes=None) for p in drawn_subject(view="closeup", scale=0.2).pictures]
    shown = view_pictures(0, pictures, True, True, len(pictures))
    assert shown is not None and not shown.eyes_covered


def test_outline_keeps_holes_and_single_pixels():
    mask = np.zeros((40, 40), bool)
    mask[5:25, 5:25] = True
    mask[10:20, 10:20] = False
    mask[35, 35] = True
    path = outline(mask)
    assert path.count("M") == path.count("z") == 3
    assert re.fullmatch(r"(M\d+ \d+l[-\d ]+z)+", path)
    assert outline(np.zeros((4, 4), bool)) == ""


def test_shown_sessions_are_spread_from_first_to_last():
    assert choose_sessions(3) == [0, 1, 2]
    chosen = choose_sessions(40)
    assert (len(chosen), chosen[0], chosen[-1]) == (12, 0, 39)
    assert max(np.diff(chosen)) <= 4


def test_four_faces_of_twelve_megapixels_stay_below_eight_megabytes(drawn_subject, tmp_path):
    """Skin-like grain at the size of a face in the working frame, 2000 x 1667 px at 0.1 mm/px: the worst for WebP."""
    drawn = drawn_subject(scale=5 / 3)
    noise = np.random.default_rng(0).normal(0, 6, drawn.pictures[0].aligned.shape)
    grainy = [replace(p, aligned=np.clip(p.aligned + noise, 0, 255).astype(np.uint8)) for p in drawn.pictures]
    path = write_subject_report(drawn.result, grainy, ReportOptions(), {}, tmp_path / "r.html")
    assert 1e6 < path.stat().st_size < 8e6
