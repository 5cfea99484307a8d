"""Report, ADaM tables, blinding and power."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from skinimg.base.errors import SettingsError, StudyError
from skinimg.cli.main import app
from skinimg.study import read_study
from skinimg.trial.adam import parameter_codes
from skinimg.trial.blind import blind
from skinimg.trial.key import read_key, true_names, true_roster
from skinimg.trial.power import Pilot, needs, seen_in
from skinimg.trial.simulate import World, operating_figures
from tests.trial.tables import split_face, write_study

GAPS = np.random.default_rng(7).normal(-1, 1, 12)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = split_face(tmp_path_factory.mktemp("trial"), GAPS, visits=("S1", "S2", "S3"))
    words = [
        "trial",
        str(folder),
        "--design",
        "split-face",
        "--arms",
        "active",
        "control",
        "--endpoint",
        "spots.burden",
    ]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    return folder / "trial"


def test_adeff_is_a_basic_data_structure(done):
    table = pd.read_csv(done / "adeff.csv", keep_default_na=False)
    assert table["PARAMCD"].str.len().max() <= 8
    keys = ["USUBJID", "PARAMCD", "TRTP", "AVISITN"]
    assert not table.duplicated(keys).any()
    assert (table.groupby(keys[:-1]).size() == 3).all()
    later = table[table["ABLFL"] == ""].apply(pd.to_numeric, errors="coerce")
    assert np.allclose(later["AVAL"] - later["BASE"], later["CHG"], atol=1e-4)
    assert np.allclose(later["PCHG"], 100 * later["CHG"] / later["BASE"], atol=1e-3)
    assert set(table["LATERAL"]) == {"LEFT", "RIGHT"}
    define = pd.read_csv(done / "define.csv")
    assert set(define.loc[define["dataset"] == "adeff", "variable"]) == set(table)
    assert len(pd.read_csv(done / "adsl.csv")) == len(GAPS)


def test_the_report_speaks_french(tmp_path):
    folder = split_face(tmp_path, GAPS)
    words = ["trial", str(folder), "--design", "split-face", "--arms", "active", "control", "--lang", "fr"]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    html = (folder / "trial" / "trial.html").read_text(encoding="utf-8")
    for text in (
        'lang="fr"',
        "Aucun critère n’a été déclaré",
        "modèle mixte",
        "12 venus sur 12",
        "aux auteurs de le dire",
    ):
        assert text in html
    for text in ("Effects", "at baseline", "exploratory", "authors"):
        assert text not in html
    assert "no endpoint was declared" in (folder / "trial" / "trial.json").read_text(encoding="utf-8")


def test_the_report_says_flow_effects_and_limits(done):
    html = (done / "trial.html").read_text(encoding="utf-8")
    for words in ("Flow", "Limits", "authors must say", "(1 | subject)", "12 of 12 came"):
        assert words in html
    said = json.loads((done / "trial.json").read_text())
    assert said["endpoints"][0]["model"] == "change ~ arm * visit + baseline + side + (1 | subject) + (1 | subject:arm)"


def test_codes_are_short_and_differ():
    codes = parameter_codes(("texture.roughness_0.5_2", "texture.roughness_2_5", "m_gais", "m_1x"))
    assert len(set(codes.values())) == 4
    assert all(len(c) <= 8 and c[0].isalpha() and c.isalnum() for c in codes.values())


@pytest.fixture
def photos(tmp_path):
    """Two people whose left and right differ; dates, arms and EXIF."""
    rows = ["subject,session,photo,date,arm_left,arm_right"]
    for who in ("Anna", "Ben"):
        for k, session in enumerate(("S1", "S2", "S3")):
            pixels = np.full((40, 60, 3), 90 + 20 * k, np.uint8)
            pixels[:, :30, 0] = 200
            exif = Image.Exif()
            exif[0x010F] = "MAKER OF CAMERAS"
            path = tmp_path / "study" / f"{who}_{session}.jpg"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(path, exif=exif, quality=95)
            rows.append(f"{who},{session},{path.name},2025-0{k + 1}-01,active,control")
    (tmp_path / "study" / "manifest.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_blinded_photos_tell_nothing(photos):
    key = blind(
        read_study(photos / "study" / "manifest.csv"), photos / "blind", photos / "key.json", mirror=True, seed=1
    )
    text = (photos / "blind" / "manifest.csv").read_text()
    for word in ("Anna", "Ben", "S1", "S2", "2025", "active"):
        assert word not in text
    for path in (photos / "blind").rglob("*.png"):
        assert b"MAKER" not in path.read_bytes()
        red_left = np.asarray(Image.open(path))[20, 5, 0] > 180
        assert red_left != (path.parent.name in key.mirrored)
    read_study(photos / "blind" / "manifest.csv")


def test_blinding_says_that_the_baseline_can_be_told(photos):
    words = [
        "blind",
        str(photos / "study" / "manifest.csv"),
        "--out",
        str(photos / "b"),
        "--key",
        str(photos / "k.json"),
    ]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    assert "V01 is everybody's baseline" in found.output


@pytest.fixture
def blinded(tmp_path):
    """The same trial twice, under `open` with true names and under `closed` as an analysis of its blinded, mirrored copy."""
    visits = ("BL", "W3", "W6", "W12")
    rng = np.random.default_rng(11)
    people = [f"P{k}" for k in range(8)]
    sides = {s: ("active", "control") if k % 2 else ("control", "active") for k, s in enumerate(people)}
    graded = {(s, v): {"m_iga_left": int(rng.integers(5)), "m_iga_right": 9} for s in people for v in visits}
    days = {v: f"2026-0{k + 1}-0{k + 2}" for k, v in enumerate(visits)}
    changes = {
        (s, v, f"{side}_side"): float(rng.normal()) for s in people for v in visits[1:] for side in ("left", "right")
    }
    shown = write_study(tmp_path / "open", changes, visits=visits, more={"sides": sides, "graded": graded})
    manifest = pd.read_csv(shown / "study.csv", dtype=str).assign(date=lambda t: t["session"].map(days))
    manifest.to_csv(shown / "study.csv", index=False)
    tables = {
        name: pd.read_csv(shown / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("photos", "changes")
    }
    tables["photos"]["date"] = tables["photos"]["session"].map(days)
    tables["photos"].to_csv(shown / "photos.csv", index=False)
    for k, photo in enumerate(manifest["photo"]):
        (shown / photo).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((40, 60, 3), 60 + k, np.uint8)).save(shown / photo, quality=95)
    key = blind(read_study(shown / "study.csv"), tmp_path / "closed", tmp_path / "key.json", mirror=True, seed=2)
    assert 0 < len(key.mirrored) < 8
    mirrored = {key.subjects[s] for s in key.mirrored}
    back = [{true: b for b, true in names.items()} for names in (key.subjects, key.sessions)]
    tables["photos"]["date"] = ""
    for name, table in tables.items():
        if name == "changes":
            turned = table["subject"].isin(mirrored)
            table.loc[turned, "region"] = table["region"].map({"left_side": "right_side", "right_side": "left_side"})
        table["subject"], table["session"] = table["subject"].map(back[0]), table["session"].map(back[1])
        table.sort_values(["subject", "session"]).to_csv(tmp_path / "closed" / f"{name}.csv", index=False)
    return tmp_path


def test_a_blinded_trial_with_its_key_is_the_open_trial(blinded):
    plan = ["--design", "split-face", "--arms", "active", "control", "--endpoint", "spots.burden", "m_iga", "--json"]
    said = []
    for words in (["open"], ["closed", "--key", str(blinded / "key.json")]):
        found = CliRunner().invoke(app, ["trial", str(blinded / words[0]), *words[1:], *plan])
        assert found.exit_code == 0, found.output
        said.append(json.loads(found.stdout))
    assert said[0]["endpoints"][0]["visit"] == "W12"
    assert said[0] == said[1]
    for name in ("adsl", "adeff"):
        first, second = (pd.read_csv(blinded / f / "trial" / f"{name}.csv", dtype=str) for f in ("open", "closed"))
        pd.testing.assert_frame_equal(
            first.drop(columns=["STUDYID", "USUBJID"]), second.drop(columns=["STUDYID", "USUBJID"])
        )
    assert len(read_key(blinded / "key.json").unblinded) == 1


def test_what_raters_enter_for_a_mirrored_photo_is_of_the_other_side(blinded):
    key = read_key(blinded / "key.json")
    manifest = pd.read_csv(blinded / "closed" / "manifest.csv", dtype=str, keep_default_na=False)
    turned = manifest["subject"].isin(key.mirrored)
    seen = manifest.assign(m_gais_left=np.where(turned, "2", "1"), m_gais_right=np.where(turned, "1", "2"))
    table = true_roster(seen, key)
    assert set(table["m_gais_left"]) == {"1"}
    assert set(table["m_gais_right"]) == {"2"}


def test_the_key_of_another_study_is_refused(photos):
    blind(read_study(photos / "study" / "manifest.csv"), photos / "blind", photos / "key.json")
    with pytest.raises(StudyError, match="another study"):
        true_names(pd.DataFrame({"subject": ["P1"], "session": ["V01"]}), read_key(photos / "key.json"))


def test_the_key_never_lies_among_the_photos(photos):
    with pytest.raises(StudyError, match="among the blinded"):
        blind(read_study(photos / "study" / "manifest.csv"), photos / "blind", photos / "blind" / "key.json")


def test_people_needed_agree_with_the_published_table():
    """Machin: standardised difference 0.5, power 0.8, two-sided 5 %: 34 pairs, 64 in each group."""
    one = needs(Pilot("spots.burden", 20, 1.0, between=1.0, noise=0.0, alike=0.5), 0.5, trials=4000)
    by_design = {n.design: n for n in one if n.visits == 1}
    assert (by_design["split-face"].people, by_design["parallel"].people) == (34, 128)
    assert by_design["split-face"].power_simulated == pytest.approx(0.8, abs=0.025)


def test_drawn_photos_confirm_the_analytic_power():
    """Noise of baseline and visits, and sides that are alike: the simulation never sees the SD of the formula."""
    seen = Pilot("spots.burden", 20, 1.0, between=0.2, noise=0.12, alike=0.8)
    for need in needs(seen, 0.15, trials=4000):
        assert need.power_simulated == pytest.approx(0.83, abs=0.06), need
    (pairs,) = [n.people for n in needs(seen, 0.15, trials=10) if n.design == "split-face" and n.visits == 1]
    assert pairs == 18  # docs/TRIALS.md


def test_power_of_an_instrument_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="instrument"):
        seen_in(tmp_path, "m_corneo")


def test_power_reads_a_finished_analysis(tmp_path):
    rng = np.random.default_rng(8)
    arms = {f"P{k}": "a" for k in range(10)}
    changes = {(s, "S2", region): float(rng.normal()) for s in arms for region in ("face", "left_side", "right_side")}
    folder = write_study(tmp_path, changes, visits=("S1", "S2"), more={"arms": arms})
    found = CliRunner().invoke(app, ["power", str(folder), "--endpoint", "spots.burden", "--effect", "15%", "--json"])
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout)["needs"]
    assert next(n["people"] for n in said if n["design"] == "split-face") > 3


@pytest.mark.parametrize(("region", "sides"), [("patch", 0.0), ("left_cheek", 1.0)])
def test_power_of_a_close_up_or_one_side(tmp_path, region, sides):
    """A patch has no sides; those of a cheek change alike here."""
    rng = np.random.default_rng(8)
    regions = ("patch", "left_cheek", "right_cheek")
    changes = {(f"P{k}", "S2", r): change for k, change in enumerate(rng.normal(size=10)) for r in regions}
    folder = write_study(tmp_path, changes, visits=("S1", "S2"))
    assert seen_in(folder, "spots.burden", region).alike == pytest.approx(sides)
    with pytest.raises(SettingsError, match="region"):
        seen_in(folder, "spots.burden")


@pytest.mark.parametrize("design", ["split-face", "parallel"])
def test_null_trials_are_rarely_significant(design):
    """80 trials: more than 13 of them at 5 % happen once in 10,000. `scripts/bench trial` has 2,000."""
    found = operating_figures(World(design, 16, 2, missing=0.15), 80)
    assert found["mixed_significant"] <= 13 / 80
    assert found["mixed_covers"] >= 67 / 80
    assert found["mixed_fits"] == 1


def test_whoever_missed_the_first_visit_does_not_move_that_of_others(tmp_path):
    rows = ["subject,session,photo"]
    for who, sessions in (("Anna", ("S2", "S3")), ("Ben", ("S1", "S2", "S3"))):
        for session in sessions:
            path = tmp_path / "study" / f"{who}_{session}.png"
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (40, 60)).save(path)
            rows.append(f"{who},{session},{path.name}")
    (tmp_path / "study" / "manifest.csv").write_text("\n".join(rows) + "\n")
    for seed in range(4):
        out = tmp_path / f"blind{seed}"
        key = blind(read_study(tmp_path / "study" / "manifest.csv"), out, tmp_path / f"key{seed}.json", seed=seed)
        for subject in read_study(out / "manifest.csv").subjects:
            assert key.sessions[subject.sessions[0]] == {"Anna": "S2", "Ben": "S1"}[key.subjects[subject.name]]


def test_the_times_of_blinded_files_do_not_tell_the_order_of_visits(photos):
    study = read_study(photos / "study" / "manifest.csv")
    for seed in range(4):
        blind(study, photos / f"blind{seed}", photos / f"key{seed}.json", seed=seed)
        for folder in (photos / f"blind{seed}").glob("B*"):
            files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
            assert files == sorted(files)
