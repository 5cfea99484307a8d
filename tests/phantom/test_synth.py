"""A synthetic study: exact nothing where nothing was done, the same bytes for the same seed, nothing half-written."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from skinimg.base.errors import SettingsError, StudyError
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.cli.main import main
from skinimg.measure.metrics import metrics_of
from skinimg.phantom.synth import StudyRecipe, check, synth
from skinimg.study import read_study

RECIPE = StudyRecipe(
    subjects=2, sessions=2, seed=27, effects={"spots": -0.5}, null_fraction=0.5, arms="split-face", size_px=300,
    phototypes=(2,),
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("synth") / "study"
    calls: list[tuple[int, int]] = []
    synth(root, RECIPE, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    return root


def _changes(study: Path) -> pd.DataFrame:
    subjects = pd.read_csv(study / "truth" / "subjects.csv")
    return pd.read_csv(study / "truth" / "changes.csv").merge(subjects[["subject", "changed"]], on="subject")


def test_a_null_pair_is_exactly_null(study: Path) -> None:
    null = _changes(study).query("changed == 0")
    assert len(null) > 100
    assert (null["change"].dropna() == 0).all()


def test_the_photos_of_a_null_pair_differ(study: Path) -> None:
    subject = _changes(study).query("changed == 0")["subject"].iloc[0]
    first, second = (cv2.imread(str(study / "photos" / subject / f"S{k}_front.jpg")) for k in (1, 2))
    assert np.abs(first.astype(int) - second).mean() > 1


def test_only_the_treated_side_changes(study: Path) -> None:
    treated = _changes(study).query("changed == 1 and finding == 'spots' and metric == 'burden'").set_index("region")
    manifest = pd.read_csv(study / "manifest.csv", dtype=str).fillna("")
    row = manifest[manifest["subject"] == treated["subject"].iloc[0]].iloc[0]
    active, control = ("left", "right") if row["arm_left"] == "active" else ("right", "left")
    assert treated.loc[f"{control}_cheek", "change"] == 0
    assert treated.loc[f"{active}_side", "change"] < 0
    assert -80 < treated.loc[f"{active}_side", "change_percent"] < -25  # asked: -50 %; every spot has its own luck


def test_a_burden_that_fades_is_summed_where_it_was(study: Path) -> None:
    """The label of a faded spot shrinks to what can still be seen; its burden is that of the whole spot."""
    keys = ["subject", "session", "region", "finding", "metric"]
    alone = pd.read_csv(study / "truth" / "measurements.csv")[[*keys, "value"]]
    both = _changes(study).merge(alone, on=keys).query("changed == 1 and region == 'face' and finding == 'spots'")
    both = both.set_index("metric")
    assert both.loc["burden", "follow_up"] > 1.01 * both.loc["burden", "value"]
    assert both.loc["area", "follow_up"] == both.loc["area", "value"]


def test_other_findings_keep_their_truth(study: Path) -> None:
    pores = _changes(study).query("finding in ['pores', 'wrinkles', 'scars']")
    coverage = pores[pores["metric"].isin(["count", "length"])]
    assert (coverage["change"].dropna() == 0).all()


def test_truth_has_every_metric_of_the_contract(study: Path) -> None:
    table = pd.read_csv(study / "truth" / "measurements.csv")
    for finding in FINDINGS:
        assert set(table[table["finding"] == finding]["metric"]) == {m.id for m in metrics_of(finding)}
    empty = table[table["value"].isna()]
    assert empty["missing"].notna().all()
    assert table[table["value"].notna()]["missing"].isna().all()


def test_areas_add_up_and_are_human(study: Path) -> None:
    table = pd.read_csv(study / "truth" / "measurements.csv").query("subject == 'P01' and session == 'S1'")
    area = table[(table["finding"] == "spots") & (table["metric"] == "area")].set_index("region")["value"]
    assert area["left_side"] + area["right_side"] == pytest.approx(area["face"], rel=1e-9)
    percent = table[(table["finding"] == "spots") & (table["metric"] == "area_fraction")].set_index("region")["value"]
    assert 15_000 < 100 * area["face"] / percent["face"] < 50_000  # mm2 of facial skin


def test_the_manifest_is_a_study(study: Path) -> None:
    read = read_study(study / "manifest.csv")
    assert [s.name for s in read.subjects] == ["P01", "P02"]
    assert all(s.sessions == ("S1", "S2") for s in read.subjects)
    assert {read.subjects[0].photos[0].arm_left, read.subjects[0].photos[0].arm_right} == {"active", "control"}


def test_masks_maps_and_correspondence_fit_the_photo(study: Path) -> None:
    folder = study / "truth" / "P01" / "S2_front"
    photo = cv2.imread(str(study / "photos" / "P01" / "S2_front.jpg"))
    for finding in MASK_FINDINGS:
        mask = cv2.imread(str(folder / f"{finding}.png"), cv2.IMREAD_UNCHANGED)
        ids = cv2.imread(str(folder / f"{finding}_id.png"), cv2.IMREAD_UNCHANGED)
        assert mask.shape == ids.shape == photo.shape[:2]
        assert mask.dtype == np.uint8
        assert ids.dtype == np.uint16
    with np.load(folder / "maps.npz") as maps:
        skin = maps["melanin"] > 0
        assert skin.mean() > 0.1
        assert not skin[0].any()  # the wall has no melanin
    here = _landmarks(study, "S2_front")
    there = _landmarks(study, "S1_front")
    with np.load(folder / "to_baseline.npz") as grid:
        xy, valid, stride = grid["grid_xy"], grid["valid"], int(grid["stride"])
    # a landmark of the baseline photo is carried to the same landmark in this one
    both = here["visible"] & there["visible"]
    at = np.rint(there["landmarks"][both, :2] / stride).astype(int)
    ok = valid[at[:, 1], at[:, 0]]
    carried = xy[at[:, 1], at[:, 0]] - (at * stride - there["landmarks"][both, :2])
    off = np.linalg.norm(carried - here["landmarks"][both, :2], axis=1)[ok]
    assert ok.mean() > 0.8
    assert np.median(off) < 0.2  # px


def _landmarks(study: Path, name: str) -> dict[str, np.ndarray]:
    with np.load(study / "truth" / "P01" / name / "landmarks.npz") as table:
        return dict(table)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    recipe = replace(RECIPE, subjects=1, sessions=1, null_fraction=0.0)
    for name in ("a", "b"):
        synth(tmp_path / name, recipe)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) > 10
    assert files == sorted(p.relative_to(tmp_path / "b") for p in (tmp_path / "b").rglob("*") if p.is_file())
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


@pytest.mark.parametrize(
    "wrong",
    [
        {"effects": {"spots": -1.5}},
        {"effects": {"freckles": -0.2}},
        {"effects": {"tone": -0.2}},
        {"subjects": 0},
        {"subjects": 1, "null_fraction": 0.4},  # the one subject would be a null, and the effect nobody's
        {"null_fraction": 1.2},
        {"arms": "half"},
        {"size_px": 100},
        {"views": ("top",)},
        {"phototypes": (7,)},
    ],
)
def test_what_cannot_be_made_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        check(replace(RECIPE, **wrong))


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StudyError, match="already holds"):
        synth(tmp_path, RECIPE)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise OSError("no space left on device")

    with pytest.raises(StudyError, match="no space left"):
        synth(tmp_path / "study", replace(RECIPE, subjects=1, sessions=1, null_fraction=0.0), stop)
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["skinimg", "synth", "--out", str(tmp_path / "study"), "--device", "cuda"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 4
    assert not (tmp_path / "study").exists()
