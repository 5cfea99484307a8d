"""The noise that a weights card states: how it is computed from null pairs, and which entry is used for a photo."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skinimg.base.errors import WeightsError
from skinimg.base.settings import DEFAULT_WEIGHTS
from skinimg.model.segmenter import load_segmenter, read_repeatability
from skinimg.repeatability.null_study import NullStudy, _shrunk, repeatability


def _pairs(baseline: list[float], follow_up: list[float], metric: str = "area") -> pd.DataFrame:
    people = [f"P{k // 2}" for k in range(len(baseline))]  # two pairs each
    return pd.DataFrame(
        {"subject": people, "finding": "spots", "metric": metric, "baseline": baseline, "follow_up": follow_up}
    )


def test_noise_is_the_size_of_null_differences_over_root_two() -> None:
    stated = repeatability(_pairs([100, 100, 100, 100], [110, 90, 110, 90]))["spots"]["area"]
    assert stated["relative"] == pytest.approx(10 / math.sqrt(2) / 100, rel=0.01)
    assert stated["absolute"] == pytest.approx(0.1 * 10 / math.sqrt(2), rel=0.01)
    assert stated["people"] == 2


def test_a_constant_drift_is_noise_too() -> None:
    assert repeatability(_pairs([100, 100, 100], [120, 120, 120]))["spots"]["area"]["relative"] > 0.1


def _burdens(value: list[float], apart: list[float], area_mm2: list[float]) -> pd.DataFrame:
    def rows(metric: str, middle: list[float], gap: list[float]) -> pd.DataFrame:
        low, high = ([m + sign * g / 2 for m, g in zip(middle, gap, strict=True)] for sign in (-1, 1))
        return _pairs(low, high, metric).assign(subject=[f"P{k}" for k in range(len(middle))], session="S2")

    return pd.concat([rows("burden", value, apart), rows("area", area_mm2, [0.0] * len(value))])


def test_noise_of_a_burden_goes_with_what_there_is_or_with_the_area_as_the_pairs_have_it() -> None:
    value, area_mm2, luck = [1.0, 30.0, 5.0, 80.0, 2.0], [100.0, 60.0, 10.0, 90.0, 40.0], [1, -1, 1, 1, -1]
    by_value = _burdens(value, [0.05 * v * z for v, z in zip(value, luck, strict=True)], area_mm2)
    by_area = _burdens(value, [0.05 * a * z for a, z in zip(area_mm2, luck, strict=True)], area_mm2)
    expected = 0.05 / math.sqrt(2)
    share, od = (repeatability(pairs)["spots"]["burden"] for pairs in (by_value, by_area))
    assert share["relative"] == pytest.approx(expected, rel=0.03)
    assert share["absolute"] > 0  # next to nothing is not exact
    assert share["per_mm2"] * 100 < 0.1 * expected * 1  # the first pair, where the area is largest beside the burden
    assert od["per_mm2"] == pytest.approx(expected, rel=0.03)
    assert od["relative"] * 80 < 0.1 * expected * 90  # the fourth, where the burden is largest beside the area


def test_a_burden_of_nothing_does_not_tell_its_noise() -> None:
    nothing = _burdens([0.0, 10.0, 20.0, 30.0], [0.0, 1.0, -2.0, 3.0], [0.0, 5.0, 10.0, 20.0])
    rest = _burdens([10.0, 20.0, 30.0], [1.0, -2.0, 3.0], [5.0, 10.0, 20.0])
    stated, expected = (repeatability(pairs)["spots"]["burden"] for pairs in (nothing, rest))
    assert [stated[part] for part in ("relative", "per_mm2")] == [expected[part] for part in ("relative", "per_mm2")]


def test_nothing_is_stated_from_too_few_pairs_or_from_nothing_found() -> None:
    assert repeatability(_pairs([1, 1], [2, 2])) == {}
    assert repeatability(_pairs([0, 0, 0], [0, 0, 0])) == {}


def _card(folder: Path, repeatability: object) -> Path:
    path = folder / "card.json"
    path.write_text(json.dumps({"repeatability": repeatability}))
    return path


def test_the_nearest_resolution_speaks_for_a_photo(tmp_path: Path) -> None:
    def table(relative: float) -> object:
        return {"spots": {"area": {"relative": relative, "absolute": 0.0, "people": 4}}}

    light = {"same_camera": {"9": table(0.1), "4.5": table(0.3)}, "other_camera": {"9": table(0.5)}}
    read = read_repeatability(_card(tmp_path, {"light": light, "dark": {}}))
    segmenter = replace(load_segmenter("classical"), repeatability=read)

    def noise(camera: str, scale: float) -> float:
        return segmenter.noise("light", camera, scale)["spots", "area"].relative

    by_scale = {scale: noise("same_camera", scale) for scale in (2, 6, 7, 25)}
    assert by_scale == {2: 0.3, 6: 0.3, 7: 0.1, 25: 0.1}  # 6.4 lies half-way as a ratio
    assert noise("other_camera", 2) == 0.5
    assert segmenter.noise("dark", "same_camera", 9) == {}


@pytest.mark.parametrize(
    "stated", [{}, {"light": {}}, {"light": {"same_camera": {"fine": {}}}, "dark": {}}, {"light": 3, "dark": {}}]
)
def test_a_card_without_usable_noise_is_refused(tmp_path: Path, stated: object) -> None:
    with pytest.raises(WeightsError, match="repeatability"):
        read_repeatability(_card(tmp_path, stated))


def test_shipped_cards_state_noise_for_both_resolutions_and_for_another_camera() -> None:
    stated = load_segmenter(DEFAULT_WEIGHTS).repeatability
    assert all(len(stated[tone, "same_camera"]) == 2 for tone in ("light", "dark"))
    assert all(stated[tone, "other_camera"] for tone in ("light", "dark"))


def test_smaller_copies_are_smaller_and_named_alike(tmp_path: Path) -> None:
    (tmp_path / "study" / "photos").mkdir(parents=True)
    Image.fromarray(np.full((40, 30, 3), 120, np.uint8)).save(tmp_path / "study" / "photos" / "a.jpg")
    (tmp_path / "study" / "manifest.csv").write_text("subject,session,photo\nP1,S1,photos/a.jpg\n")
    manifest = _shrunk(tmp_path / "study" / "manifest.csv", tmp_path / "half", 2)
    assert manifest.read_text() == "subject,session,photo\nP1,S1,photos/a.jpg\n"
    with Image.open(tmp_path / "half" / "photos" / "a.jpg") as photo:
        assert photo.size == (15, 20)
    assert NullStudy().px_per_mm(2) == NullStudy().px_per_mm(1) / 2
