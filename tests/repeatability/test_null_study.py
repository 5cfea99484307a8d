"""The noise that a weights card states: which entry is used for a photo, and what null pairs are made into."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from skinimg.base.entries import PhotoEntry, Subject
from skinimg.base.errors import PhotoError, WeightsError
from skinimg.base.findings import HEADLINE
from skinimg.base.noise import CAMERAS
from skinimg.base.reasons import why
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.measure.metrics import metric_keys
from skinimg.model.card import read_noise
from skinimg.model.segmenter import load_segmenter
from skinimg.phantom.synth import StudyRecipe
from skinimg.repeatability import null_study
from skinimg.skin.optics import TONES


def _card(folder: Path, repeatability: object) -> Path:
    path = folder / "card.json"
    path.write_text(json.dumps({"repeatability": repeatability}))
    return path


def test_the_nearest_resolution_speaks_for_a_photo(tmp_path: Path) -> None:
    def table(relative: float) -> object:
        return {"spots": {"area": {"relative": relative, "absolute": 0.0, "people": 4}}}

    light = {"same_camera": {"9": table(0.1), "4.5": table(0.3)}, "other_camera": {"9": table(0.5)}}
    read = read_noise(_card(tmp_path, {"light": light, "dark": {}}))

    def noise(camera: str, scale: float) -> float:
        return read.of("light", camera, scale)["spots", "area"].relative

    by_scale = {scale: noise("same_camera", scale) for scale in (2, 6, 7, 25)}
    assert by_scale == {2: 0.3, 6: 0.3, 7: 0.1, 25: 0.1}  # 6.4 lies half-way as a ratio
    assert noise("other_camera", 2) == 0.5
    assert read.of("dark", "same_camera", 9) == {}


@pytest.mark.parametrize(
    "stated", [{}, {"light": {}}, {"light": {"same_camera": {"fine": {}}}, "dark": {}}, {"light": 3, "dark": {}}]
)
def test_a_card_without_usable_noise_is_refused(tmp_path: Path, stated: object) -> None:
    with pytest.raises(WeightsError, match="repeatability"):
        read_noise(_card(tmp_path, stated))


@pytest.mark.parametrize("weights", ["classical", DEFAULT_WEIGHTS])
@pytest.mark.parametrize("camera", CAMERAS)
def test_shipped_cards_state_the_noise_of_every_headline(weights: str, camera: str) -> None:
    segmenter = load_segmenter(weights)
    for tone in TONES:
        known = segmenter.noise.of(tone, camera, 9)
        # What a card has not measured yet has no verdict: the fields have errors of their own.
        expected = {(f, m) for f, m in HEADLINE.items() if (f, m) in metric_keys()}
        assert expected - set(known) <= {(f, "load") for f in ("erythema", "hyperpigmentation")}
        assert all(noise.at(100.0) > 0 for noise in known.values())


def test_what_is_not_stated_of_an_unknown_camera_is_that_of_another_one(tmp_path: Path) -> None:
    def table(metric: str, relative: float) -> object:
        return {"6": {"spots": {metric: {"relative": relative, "absolute": 0.0}}}}

    light = {"other_camera": table("area", 0.5), "unknown_camera": table("burden", 0.2)}
    read = read_noise(_card(tmp_path, {"light": light, "dark": {}}))
    known = read.of("light", "unknown_camera", 9)
    assert {key: noise.relative for key, noise in known.items()} == {("spots", "area"): 0.5, ("spots", "burden"): 0.2}


def test_a_person_becomes_rows_of_what_the_photos_can_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    photos = tuple(
        PhotoEntry("anna", session, Path(session), session, covariates={"regime": regime})
        for session, regime in (("S1", "fixed_rig"), ("S2", "fixed_rig"), ("S3", "other_phone"))
    )
    frame = SimpleNamespace(native_px_per_mm=6.0)
    shot = SimpleNamespace(seen=SimpleNamespace(frame=frame, maps=SimpleNamespace(anchor=None)))

    def look(entry: PhotoEntry, *_: object) -> object:
        if entry.session == "S2":
            raise PhotoError(why("grey"))
        return shot

    def rows_of(person: str, tone: str, px_per_mm: float, regime: str, _: object) -> Iterator[dict[str, object]]:
        for finding in ("spots", "pores", "tone", "texture"):
            yield {"person": person, "tone": tone, "px": px_per_mm, "regime": regime, "finding": finding}

    monkeypatch.setattr(null_study, "look", look)
    monkeypatch.setattr(null_study, "paired", lambda *_: None)
    monkeypatch.setattr(null_study, "tone_of", lambda _: "light")
    monkeypatch.setattr(null_study, "rows_of", rows_of)
    subject, bench = Subject("anna", ("S1", "S2", "S3"), photos), SimpleNamespace(settings=Settings())
    faces, phantoms = (list(null_study._rows(subject, bench, source)) for source in ("faces", "same_phone"))
    assert [row["finding"] for row in faces] == ["spots", "tone"]
    assert [row["finding"] for row in phantoms] == ["spots", "pores", "tone", "texture"]
    assert {row["regime"] for row in faces} == {"other_phone"}
    assert {row["person"] for row in phantoms} == {"phantom anna"}


def test_phantoms_of_a_phone_and_of_a_rig_are_different_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """95 % of fewer than 19 people cannot be counted: fourteen and nine are."""

    def drawn(folder: Path, recipe: StudyRecipe, _watch: object) -> None:
        folder.mkdir()
        names = [f"P{k + 1:02d}" for k in range(recipe.subjects)]
        pd.DataFrame({"subject": names, "seed": recipe.seed}).to_csv(folder / "manifest.csv", index=False)

    def faces(_faces: object, folder: Path, *_: object, **__: object) -> Path:
        return folder

    monkeypatch.setattr(null_study, "synth", drawn)
    monkeypatch.setattr(null_study, "rephotographed", faces)

    def people(study: null_study.NullStudy, folder: Path) -> dict[str, set[str]]:
        folder.mkdir()
        written = [pd.read_csv(path) for path in study.manifests(folder, lambda *_: None, 1) if path.suffix]
        return {mine["x_regime"].iloc[0]: set(mine["subject"]) for mine in written}

    with_faces = people(null_study.NullStudy(subjects=14, faces=(tmp_path / "a.jpg",)), tmp_path / "with")
    assert set(with_faces) == {"same_phone", "fixed_rig"}
    assert len(set.union(*with_faces.values())) == 14 + 18
    alone = people(null_study.NullStudy(subjects=14), tmp_path / "alone")
    assert alone["same_phone"] == alone["other_phone"]  # the same people before two cameras
