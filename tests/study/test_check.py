"""What `skinimg check` tells of photos before any work."""

import shutil

import numpy as np
import pytest
from PIL import Image

from skinimg.study import read_study
from skinimg.study.check import check_study


def shot(path, colour=(180, 140, 120), taken="", size=(640, 480)):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(str(path)) + sum(map(ord, path.name))).integers(-9, 9, (size[1], size[0], 1))
    exif = Image.Exif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(path, exif=exif)


def rows_of(root):
    return {row["photo"]: row for row in check_study(read_study(root))}


def test_good_photos(tmp_path):
    shot(tmp_path / "S1_front.jpg")
    shot(tmp_path / "S2_front.png", size=(1000, 700))
    calls = []
    rows = check_study(read_study(tmp_path), lambda *call: calls.append(call))
    assert [row["status"] for row in rows] == ["ok", "ok"]
    assert [row["reasons"] for row in rows] == ["", ""]
    assert rows[1] | {"sha256": ""} == {
        "subject": tmp_path.name, "session": "S2", "date": "", "view": "front", "light": "standard", "replicate": 1,
        "photo": "S2_front.png", "sha256": "", "width": 1000, "height": 700, "bits": 8, "profile": "sRGB (assumed)",
        "captured": "", "status": "ok", "reasons": "",
    }  # fmt: skip
    assert len(rows[0]["sha256"]) == 64
    assert calls == [(1, 2, "S1_front.jpg"), (2, 2, "S2_front.png")]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_bad_files_are_rows_not_errors(tmp_path, suffix):
    shot(tmp_path / f"S1_front.{suffix}")
    shot(tmp_path / f"S2_front.{suffix}")
    broken = tmp_path / f"S2_front.{suffix}"
    broken.write_bytes(broken.read_bytes()[:3000])
    (tmp_path / f"S3_front.{suffix}").write_bytes(b"")
    rows = rows_of(tmp_path)
    assert rows[f"S1_front.{suffix}"]["status"] == "ok"
    assert rows[f"S2_front.{suffix}"]["status"] == rows[f"S3_front.{suffix}"]["status"] == "rejected"
    assert "damaged or truncated" in rows[f"S2_front.{suffix}"]["reasons"]
    assert "is empty" in rows[f"S3_front.{suffix}"]["reasons"]


@pytest.mark.parametrize(
    "colour, reason",
    [((255, 255, 255), "overexposed: "), ((5, 4, 4), "underexposed: 100 %"), ((120, 120, 120), "no colour")],
)
def test_exposure_and_colour(tmp_path, colour, reason):
    path = tmp_path / "S1_front.png"
    picture = np.full((480, 640, 3), colour, np.uint8)
    if colour[0] == 255:
        picture[100:110, :, 2] = 200
    Image.fromarray(picture).save(path)
    row = rows_of(tmp_path)["S1_front.png"]
    assert row["status"] == "warning"
    assert reason in row["reasons"]


def test_a_photo_that_was_copied_twice(tmp_path):
    shot(tmp_path / "S1_front.jpg")
    shutil.copy(tmp_path / "S1_front.jpg", tmp_path / "S2_front.jpg")
    rows = rows_of(tmp_path)
    assert rows["S1_front.jpg"]["status"] == "ok"
    assert "the same picture as S1_front.jpg" in rows["S2_front.jpg"]["reasons"]


def test_dates_and_views_that_do_not_fit(tmp_path):
    shot(tmp_path / "2024-01-05_front.jpg", taken="2024:01:05 09:00:00")
    shot(tmp_path / "2024-02-05_front.jpg", taken="2024:03:01 09:00:00")
    shot(tmp_path / "2024-02-05_left45.jpg")
    rows = rows_of(tmp_path)
    assert rows["2024-01-05_front.jpg"]["status"] == "ok"
    assert rows["2024-01-05_front.jpg"]["captured"] == "2024-01-05"
    assert "taken on 2024-03-01" in rows["2024-02-05_front.jpg"]["reasons"]
    assert "the baseline 2024-01-05 has no photo of view left45" in rows["2024-02-05_left45.jpg"]["reasons"]
