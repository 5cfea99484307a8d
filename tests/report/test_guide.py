"""The page for the next photo."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skinimg.base.shipped import shipped
from skinimg.report.guide import write_guide


def test_the_guide_is_one_picture_and_one_page_without_the_name_of_the_file(tmp_path: Path) -> None:
    photo = tmp_path / "Marie Dupont.png"
    first = Image.open(shipped("samples") / "photos" / "P01" / "S1_front.jpg")
    first.convert("RGB").resize((900, 1125)).save(photo)
    picture, page = write_guide(photo, tmp_path / "guide")
    with Image.open(picture) as shown:
        assert shown.size == pytest.approx((1240, 1753), abs=2)
        assert np.asarray(shown.convert("L")).std() > 10
    assert page.read_bytes().count(b"/Type /Page\n") + page.read_bytes().count(b"/Type /Page ") == 1
    assert b"Dupont" not in page.read_bytes() + picture.read_bytes()
