"""What `check` sees of faces: the row of a photo that an analysis would refuse, or would not compare."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skinimg.base.entries import PhotoEntry, Study, Subject
from skinimg.base.shipped import shipped
from skinimg.compare.glance import judge_faces

FIRST = "P01/S1_front.jpg"


@pytest.fixture(scope="module")
def first() -> Image.Image:
    return Image.open(shipped("samples") / "photos" / FIRST).convert("RGB").resize((900, 1125))


def rows_of(folder: Path, *photos: Image.Image) -> list[dict[str, str]]:
    entries = []
    for k, photo in enumerate(photos, start=1):
        path = folder / f"S{k}.png"
        photo.save(path)
        entries.append(PhotoEntry("P", f"S{k}", path, path.name))
    study = Study(folder, (Subject("P", tuple(e.session for e in entries), tuple(entries)),))
    rows = [{"status": "ok", "reasons": ""} for _ in entries]
    judge_faces(study, rows)
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
