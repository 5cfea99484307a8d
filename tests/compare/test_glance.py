"""What `check` sees of faces: the row of a photo that an analysis would refuse, or would not compare."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from skinimg.base.entries import PhotoEntry, Study, Subject
from skinimg.base.errors import PhotoError
from skinimg.base.shipped import shipped
from skinimg.compare.glance import _judge, glance, judge_faces

FIRST = "P01/S1_front.jpg"


@pytest.fixture(scope="module")
def first() -> Image.Image:
    return Image.open(shipped("samples") / "photos" / FIRST).convert("RGB").resize((900, 1125))


def rows_of(folder: Path, *photos: Image.Image, people: int = 1) -> list[dict[str, str]]:
    """Rows of the same photos of each of so many people."""
    subjects = []
    for name in map(str, range(people)):
        entries = []
        for k, photo in enumerate(photos, start=1):
            path = folder / f"{name}-S{k}.png"
            photo.save(path)
            entries.append(PhotoEntry(name, f"S{k}", path, path.name))
        subjects.append(Subject(name, tuple(e.session for e in entries), tuple(entries)))
    rows = [{"status": "ok", "reasons": ""} for _ in range(people * len(photos))]
    told: list[tuple[int, int]] = []
    judge_faces(Study(folder, tuple(subjects)), rows, lambda done, total, photo: told.append((done, total)))
    assert sorted(told) == [(k, len(rows)) for k in range(1, len(rows) + 1)]
    return rows


def test_a_copy_in_other_light_is_fine_and_a_harder_tone_curve_is_named(tmp_path: Path, first: Image.Image) -> None:
    codes = np.asarray(first).astype(np.float32)
    brighter = Image.fromarray(np.clip(codes * 1.03, 0, 255).astype(np.uint8))
    edited = Image.fromarray(np.clip(128 + 1.25 * (codes - 128), 0, 255).astype(np.uint8))
    nothing = Image.new("RGB", first.size, (150, 120, 100))
    rows = rows_of(tmp_path, first, brighter, edited, nothing)
    assert [row["status"] for row in rows] == ["ok", "ok", "warning", "rejected"]
    assert "tone curve" in rows[2]["reasons"]
    assert "not comparable: spots" in rows[2]["reasons"]
    assert "no face found" in rows[3]["reasons"]


def test_the_first_usable_photo_of_each_person_is_the_baseline(tmp_path: Path, first: Image.Image) -> None:
    """Edited is the baseline of its own copy; the original is what differs from it."""
    edited = Image.fromarray(
        np.clip(128 + 1.25 * (np.asarray(first).astype(np.float32) - 128), 0, 255).astype(np.uint8)
    )
    nothing = Image.new("RGB", first.size, (150, 120, 100))
    rows = rows_of(tmp_path, nothing, edited, edited, first, people=2)
    assert [row["status"] for row in rows] == ["rejected", "ok", "ok", "warning"] * 2


def test_what_an_analysis_refuses_is_refused(tmp_path: Path, first: Image.Image) -> None:
    """Too small a face, and a scale of the manifest that cannot be right."""
    rows = rows_of(tmp_path, first, first.resize((288, 360)))
    assert [row["status"] for row in rows] == ["ok", "rejected"]
    assert "the face is too small" in rows[1]["reasons"]
    entry = PhotoEntry("0", "S1", tmp_path / "0-S1.png", "0-S1.png", mm_per_px=5.0)
    with pytest.raises(PhotoError, match="face is too small"):
        glance(entry, None)


def test_a_head_turned_too_far_for_an_analysis_is_refused(tmp_path: Path, first: Image.Image) -> None:
    first.save(tmp_path / "S1.png")
    entry = PhotoEntry("0", "S1", tmp_path / "S1.png", "S1.png")
    seen = glance(entry, None)
    turn = Rotation.from_euler("y", 25, degrees=True).as_matrix()
    turned = replace(seen, frame=replace(seen.frame, landmarks=(seen.frame.landmarks @ turn.T).astype(np.float32)))
    row = {"status": "ok", "reasons": ""}
    assert _judge(entry, row, turned) is None
    assert row["status"] == "rejected"
    assert "found 25 degrees between them, needs at most 20 degrees" in row["reasons"]
