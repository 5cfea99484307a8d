"""Cards are read into records, and one that says something else is refused by the name of the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skinimg.base.errors import WeightsError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.noise import Repeatability
from skinimg.base.shipped import shipped
from skinimg.model.card import ClassicalCard, FaceCard, NetworkCard, as_json, read_card, read_noise, state_noise_in


def content(name: str) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((shipped("weights") / f"{name}.json").read_text(encoding="utf-8"))
    return card


@pytest.mark.parametrize(("name", "kind"), [("face", FaceCard), ("skin", NetworkCard), ("classical", ClassicalCard)])
def test_shipped_cards_are_records_of_their_kind(name: str, kind: type) -> None:
    card = read_card(shipped("weights") / f"{name}.json")
    assert type(card) is kind
    assert card.name == name
    assert card.description


def changed(name: str, key: str, change: Callable[[dict[str, Any], str], object]) -> dict[str, Any]:
    """A shipped card with something done to the entry at a dotted key."""
    card = content(name)
    table, (*path, last) = card, key.split("/")
    for part in path:
        table = table[part]
    change(table, last)
    return card


def _put(value: object) -> Callable[[dict[str, Any], str], object]:
    return lambda table, name: table.__setitem__(name, value)


NOISE = "repeatability/light/same_camera/6"


@pytest.mark.parametrize(
    ("name", "key", "change", "said"),
    [
        ("face", "sha256", dict.pop, "has no sha256"),
        ("face", "kind", _put("portrait"), "kind .*'portrait'.* one of face, segmentation network"),
        ("face", "iris_diameter_relative_sd", _put("5 %"), "iris_diameter_relative_sd .*needs a number"),
        ("face", "iris_diameter_relative_sd", _put(True), "iris_diameter_relative_sd .*needs a number"),
        ("skin", "filters", _put(True), "filters .*needs a multiple of 8"),
        ("skin", "findings", _put(["spots"]), "findings"),
        ("skin", "untrained", _put(["moles"]), "untrained .*names of spots, redness"),
        ("skin", "calibration/bias", _put([0, 1]), r"calibration\.bias .*needs 5 numbers"),
        ("skin", "calibration/bias", _put([0, 1, 2, 3, None]), r"calibration\.bias\[4\] .*needs a number"),
        ("skin", "validation", dict.pop, "has no validation"),
        ("skin", "repeatability/dark", dict.pop, r"has no repeatability\.dark"),
        ("skin", NOISE + "/spots/count/relative", dict.pop, r"has no repeatability\.light.*count\.relative"),
        ("skin", NOISE + "/spots/count/absolute", _put(float("inf")), r"count\.absolute .*needs a number"),
        ("skin", NOISE + "/spots/count/charm", _put(1), r"count\.charm .*needs one of absolute"),
        ("skin", "repeatability/light/same_camera/fine", _put({}), r"same_camera\.fine .*px/mm"),
        ("classical", "repeatability/light", _put(3), r"repeatability\.light .*needs a table"),
        ("skin", "error_correlation/spots", _put(0.3), r"error_correlation\.spots .*two findings"),
    ],
)
def test_a_card_that_is_wrong_is_refused_by_the_key(
    tmp_path: Path, name: str, key: str, change: Callable[[dict[str, Any], str], object], said: str
) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(changed(name, key, change)), encoding="utf-8")
    with pytest.raises(WeightsError, match=said):
        read_card(path)


def test_noise_that_is_stated_anew_is_read_back_and_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "skin.json"
    path.write_text(json.dumps(content("skin")), encoding="utf-8")
    noise = read_noise(shipped("weights") / "classical.json")
    state_noise_in(path, noise)
    assert read_noise(path) == noise
    assert json.loads(path.read_text(encoding="utf-8")) == content("skin") | as_json(noise)


def test_what_a_metric_does_not_state_is_not_written() -> None:
    noise = read_noise(shipped("weights") / "skin.json")
    stated = noise.stated["light", "same_camera"][6.0]
    written: Any = as_json(noise)
    assert set(stated) >= {(finding, "area") for finding in MASK_FINDINGS}
    assert stated["spots", "count"] == Repeatability(
        **written["repeatability"]["light"]["same_camera"]["6"]["spots"]["count"]
    )
    assert "per_mm2" not in written["repeatability"]["light"]["same_camera"]["6"]["spots"]["count"]
