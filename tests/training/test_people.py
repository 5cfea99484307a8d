"""Backgrounds: what is refused before hours are spent, and tiles that come out the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from skinimg.base.errors import SettingsError, StudyError
from skinimg.training.backgrounds import background
from skinimg.training.fit import Recipe
from skinimg.training.people import draw_people, read_backgrounds, seen_backgrounds
from skinimg.training.retrain import Task, retrain
from skinimg.training.tile_store import TILES_PER_PART, load_part
from tests.training.test_scenes import patch_of_skin


def photo(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((60, 60, 3), 128, np.uint8))


def test_a_folder_is_split_by_person(tmp_path: Path) -> None:
    for name in ("anna/1.jpg", "anna/2.jpg", "ben.jpg", "carl.jpg"):
        photo(tmp_path / name)
    train, judge = read_backgrounds(tmp_path)
    assert {one.subject for one in train} | {one.subject for one in judge} == {"anna", "ben", "carl"}
    assert not {one.subject for one in train} & {one.subject for one in judge}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "too few people"),
        (("anna/1.jpg", "anna/2.jpg"), "too few people"),
        (("anna.jpg", "ben.jpg", "anna.spots.png"), "holds masks"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    for name in names:
        photo(tmp_path / name)
    with pytest.raises(StudyError, match=message):
        read_backgrounds(tmp_path)
    with pytest.raises(StudyError, match="is not a folder"):
        read_backgrounds(tmp_path / "nowhere")


def test_photos_without_a_face_are_named(tmp_path: Path) -> None:
    photo(tmp_path / "wall.jpg")
    photo(tmp_path / "floor.jpg")
    train, judge = read_backgrounds(tmp_path)
    with pytest.raises(StudyError, match=r"no background can be used(.|\n)*(wall|floor)"):
        seen_backgrounds([*train, *judge])


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nothing to train on"):
        retrain(Task(None, False, tmp_path / "mine.safetensors", Recipe()))


def test_a_part_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    seen = [background("nobody", *patch_of_skin())]
    (one,), (again,) = (draw_people(tmp_path / name, "people", seen, 1, 3) for name in ("a", "b"))
    first, second = load_part(one), load_part(again)
    assert len(first) == TILES_PER_PART
    assert np.array_equal(first.relative, second.relative)
    assert np.array_equal(first.known, second.known)
    (other,) = draw_people(tmp_path / "c", "people", [replace(seen[0], melanin=0.1)], 1, 3)
    assert not np.array_equal(load_part(other).relative, first.relative)


def test_dark_skin_is_drawn_more_often(tmp_path: Path) -> None:
    """The sets at hand have one dark face in ten; drawn as often as all others, it stays half-learnt."""
    seen = background("nobody", *patch_of_skin())
    people = [replace(seen, tone=tone, native_px_per_mm=native) for tone, native in (("light", 6.0), ("dark", 20.0))]
    (part,) = draw_people(tmp_path, "people", people, 1, 3)
    dark = float((load_part(part).native_px_per_mm > 12).mean())
    assert 0.65 < dark < 0.95
