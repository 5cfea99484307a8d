"""Whole trials from tables: right numbers, and no p-value from nothing."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from skinimg.base.errors import SettingsError, StudyError
from skinimg.cli.main import app
from skinimg.trial.document import document, full_document
from skinimg.trial.plan import Plan
from skinimg.trial.trial import analyse
from tests.trial.tables import split_face, write_study

PLAN = Plan("split-face", ("active", "control"), ("spots.burden",))
GAPS = np.array([-1.2, -2.4, -1.3, -1.31, 0.1, -1.05, -1.8, -0.8, -4.6, -1.4])  # Student 1908, ties broken


def parallel(folder, first, second, **more):
    arms = {f"A{k}": "active" for k in range(len(first))} | {f"C{k}": "control" for k in range(len(second))}
    changes = {(s, "S2", "face"): v for s, v in zip(arms, [*first, *second], strict=True)}
    return write_study(folder, changes, visits=("S1", "S2"), more={"arms": arms} | more)


def test_split_face_is_the_paired_test_on_swapped_sides(tmp_path):
    first = analyse(split_face(tmp_path, GAPS), PLAN).results[0]
    expected = stats.ttest_1samp(GAPS, 0)
    assert first.n == len(GAPS)
    assert first.effect.estimate == pytest.approx(GAPS.mean())
    assert first.effect.p_t == pytest.approx(expected.pvalue)
    assert first.effect.p_rank == pytest.approx(stats.wilcoxon(GAPS).pvalue)
    assert first.model.estimate == pytest.approx(GAPS.mean(), abs=0.5)
    assert first.p_holm == first.model.p
    assert first.responders == {"active": (8, 10), "control": (0, 10)}
    assert first.p_responders == pytest.approx(2 * 0.5**8)


def test_parallel_is_welch_and_fisher(tmp_path):
    rng = np.random.default_rng(1)
    first, second = rng.normal(-2, 1, 12), rng.normal(0, 2, 9)
    found = analyse(parallel(tmp_path, first, second), Plan("parallel", ("active", "control"), ("spots.burden",)))
    r = found.results[0]
    assert r.effect.p_t == pytest.approx(stats.ttest_ind(first, second, equal_var=False).pvalue)
    assert r.effect.p_rank == pytest.approx(stats.mannwhitneyu(first, second).pvalue)
    table = [[(first < -1).sum(), (first >= -1).sum()], [(second < -1).sum(), (second >= -1).sum()]]
    assert r.p_responders == pytest.approx(stats.fisher_exact(table)[1])
    assert r.model.formula == "change ~ arm + baseline"


def test_single_arm_is_the_change_itself(tmp_path):
    values = np.random.default_rng(2).normal(-1, 1, 8)
    folder = parallel(tmp_path, values, [])
    r = analyse(folder, Plan("single-arm", ("active",), ("spots.burden",))).results[0]
    assert r.effect.p_t == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert r.model.estimate == pytest.approx(values.mean())
    assert np.isnan(r.p_responders)


def test_the_document_has_the_agreed_keys_and_no_nan(tmp_path):
    split_face(tmp_path, GAPS)
    command = ["trial", str(tmp_path), "--design", "split-face", "--arms", "active", "control"]
    found = CliRunner().invoke(app, [*command, "--endpoint", "spots.burden", "--json"])
    assert found.exit_code == 0, found.output
    said = json.loads(found.stdout, parse_constant=lambda name: pytest.fail(name))
    assert set(said) == {"design", "arms", "endpoints", "flow"}
    assert said["arms"] == ["active", "control"]
    assert set(said["endpoints"][0]) == {
        *("endpoint", "visit", "n", "effect", "ci_low", "ci_high", "p_t", "p_rank", "p_mixed", "p_holm"),
        *("responders", "p_responders", "role"),
    }  # fmt: skip
    assert said["endpoints"][0]["role"] == "declared"


def test_missing_visits_and_reasons_are_counted(tmp_path):
    gaps = GAPS.copy()
    gaps[:5] = np.nan
    found = analyse(split_face(tmp_path, gaps), PLAN)
    assert found.results[0].n == 5
    assert any("5 of" in limit or "in 15 of 20" in limit for limit in found.flow["limits"]) or found.results[0].missing
    lost = [row for row in found.flow["missing"] if row["endpoint"] == "spots.burden"]
    assert lost == [{"endpoint": "spots.burden", "visit": "S2", "arm": "active", "reason": "too dark", "people": 5}]


def test_half_not_assessable_is_said(tmp_path):
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=8), rng.normal(size=8)
    first[:4] = second[:4] = np.nan
    found = analyse(parallel(tmp_path, first, second), Plan("parallel", ("active", "control"), ("spots.burden",)))
    for arm in ("active", "control"):
        text = f"spots.burden at S2 could be assessed in 4 of 8 of {arm} only: those may differ from the others"
        assert text in found.flow["limits"]


def test_half_of_one_arm_is_said(tmp_path):
    values = np.random.default_rng(3).normal(size=18)
    values[14:] = np.nan
    found = analyse(parallel(tmp_path, values[:10], values[10:]), Plan("parallel", ("active", "control")))
    assert any("in 4 of 8 of control only" in limit for limit in found.flow["limits"])
    assert not any("of active only" in limit for limit in found.flow["limits"])


@pytest.mark.parametrize("few", [1, 2])
def test_an_arm_of_one_or_two_is_no_comparison(tmp_path, few):
    first, second = np.random.default_rng(3).normal(size=(2, 10))
    found = analyse(parallel(tmp_path, first, second[:few]), Plan("parallel", ("active", "control"), ("spots.burden",)))
    row = document(found)["endpoints"][0]
    assert [row[k] for k in ("p_t", "p_rank", "p_mixed", "p_holm", "p_responders", "ci_low")] == [None] * 6
    assert f"spots.burden at S2: {10 + few} people, too few in one arm for a test" in found.flow["limits"]


def test_two_pairs_are_no_test(tmp_path):
    said = document(analyse(split_face(tmp_path, [1.0, 2.0]), PLAN))
    row = said["endpoints"][0]
    assert row["n"] == 2
    assert [row[k] for k in ("p_t", "p_rank", "p_mixed", "p_holm", "p_responders", "ci_low")] == [None] * 6
    assert "too few for a test" in said["flow"]["limits"][0]


def test_the_same_change_in_all_is_no_test(tmp_path):
    row = document(analyse(split_face(tmp_path, [1.0] * 6), PLAN))["endpoints"][0]
    assert (row["effect"], row["p_t"], row["p_rank"], row["p_mixed"]) == (1.0, None, None, None)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (("split-face", ("active",)), "found 1: active, needs two"),
        (("split-face", ("active", "active")), "compared with itself"),
        (("split-face", ("activ", "control")), "Did you mean 'active'"),
        (("splitface", ("active", "control")), "Did you mean 'split-face'"),
        (("split-face", ("active", "control"), ("spot.burden",)), "Did you mean 'spots.burden'"),
        (("split-face", ("active", "control"), ("m_colour",)), "'m_colour' is not known"),
        (("split-face", ("active", "control"), ("spots.burden",), "S22"), "Did you mean 'S2'"),
        (("split-face", ("active", "control"), ("spots.burden",), "", "cheeks"), "is not known"),
    ],
)
def test_misspelt_plans_are_refused_with_the_nearest_name(tmp_path, plan, words):
    folder = split_face(tmp_path, GAPS)
    with pytest.raises(SettingsError) as error:
        analyse(folder, Plan(*plan))
    assert words in str(error.value)


def test_the_wrong_design_is_refused(tmp_path):
    with pytest.raises(StudyError, match="Did you mean --design split-face"):
        analyse(split_face(tmp_path, GAPS), Plan("parallel", ("active", "control")))


def edited(folder, edit):
    table = pd.read_csv(folder / "study.csv", dtype=str, keep_default_na=False)
    edit(table).to_csv(folder / "study.csv", index=False)
    return folder


def test_a_subject_in_two_arms_is_refused(tmp_path):
    def edit(table):
        table.loc[1, "arm"] = "control"
        return table

    folder = edited(parallel(tmp_path, GAPS, GAPS), edit)
    with pytest.raises(StudyError, match=r"two arms.*A0: active and control"):
        analyse(folder, Plan("parallel", ("active", "control")))


def test_an_arm_misspelt_for_one_person_is_named(tmp_path):
    folder = edited(
        parallel(tmp_path, GAPS, GAPS), lambda t: t.assign(arm=t["arm"].mask(t["subject"] == "A0", "actve"))
    )
    found = analyse(folder, Plan("parallel", ("active", "control"), ("spots.burden",)))
    assert "1 person of other arms left out: actve (1)" in found.flow["limits"]


def test_sides_swapped_between_sessions_are_refused(tmp_path):
    def edit(table):
        table.loc[1, ["arm_left", "arm_right"]] = table.loc[1, ["arm_right", "arm_left"]].to_numpy()
        return table

    with pytest.raises(StudyError, match="swapped between sessions"):
        analyse(edited(split_face(tmp_path, GAPS), edit), PLAN)


def test_one_arm_on_both_sides_is_refused(tmp_path):
    with pytest.raises(StudyError, match="both sides of a face have the same arm"):
        analyse(edited(split_face(tmp_path, GAPS), lambda t: t.assign(arm_left="control", arm_right="control")), PLAN)


def test_one_arm_in_the_study_is_refused(tmp_path):
    with pytest.raises(StudyError, match="one arm only"):
        analyse(parallel(tmp_path, GAPS, []), Plan("parallel", ("active", "control")))


def test_one_subject_is_refused(tmp_path):
    with pytest.raises(StudyError, match="a trial needs people"):
        analyse(split_face(tmp_path, [1.0]), PLAN)


def test_all_missing_is_refused(tmp_path):
    arms = [np.nan] * 6
    with pytest.raises(StudyError, match="nothing could be assessed of anybody"):
        analyse(parallel(tmp_path, arms, arms), Plan("parallel", ("active", "control")))


def test_rows_that_come_twice_are_refused(tmp_path):
    folder = split_face(tmp_path, GAPS)
    table = pd.read_csv(folder / "changes.csv")
    pd.concat([table, table.iloc[:2]]).to_csv(folder / "changes.csv", index=False)
    with pytest.raises(StudyError, match="come twice"):
        analyse(folder, PLAN)


def test_a_name_with_signs_that_nobody_sees_is_the_same_person_in_any_table(tmp_path):
    study = split_face(tmp_path, GAPS)
    table = pd.read_csv(study / "study.csv", dtype=str, keep_default_na=False)
    table.assign(subject=table["subject"].replace("P02", "P02\u200b")).to_csv(tmp_path / "corrected.csv", index=False)
    assert analyse(study, PLAN, tmp_path / "corrected.csv").results[0].n == len(GAPS)


def test_an_arm_that_is_spelt_in_two_ways_is_refused_in_any_table(tmp_path):
    """`--manifest` names a table that `analyze` may never have read: `active` would be left out as another arm."""
    study = split_face(tmp_path, GAPS)
    table = pd.read_csv(study / "study.csv", dtype=str, keep_default_na=False)
    spelt = table.assign(arm_left=table["arm_left"].where(table["subject"] != "P02", "Active"))
    spelt.to_csv(tmp_path / "corrected.csv", index=False)
    with pytest.raises(StudyError, match=r"corrected.csv: rows 4 and 6: the arms active and Active look like one"):
        analyse(study, PLAN, tmp_path / "corrected.csv")
    assert analyse(study, PLAN).results


def test_another_order_and_encoding_of_the_manifest_change_nothing(tmp_path):
    folder = split_face(tmp_path, GAPS)
    before = document(analyse(folder, PLAN))
    table = pd.read_csv(folder / "study.csv", dtype=str, keep_default_na=False).iloc[::-1]
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        table.to_csv(tmp_path / "m.csv", index=False, sep=";", encoding=encoding)
        assert document(analyse(folder, PLAN, tmp_path / "m.csv")) == before


def test_instruments_and_graders(tmp_path):
    rng = np.random.default_rng(4)
    arms = {f"A{k}": "active" if k % 2 else "control" for k in range(20)}
    graded = {}
    for s, arm in arms.items():
        for v in ("S1", "S2"):
            grade = 2 + int(rng.integers(0, 4)) - (2 if v == "S2" and arm == "active" else 0)
            graded[s, v] = {"m_gais_r1": grade, "m_gais_r2": grade + int(rng.integers(0, 2))}
    changes = {(s, "S2", "face"): float(rng.normal()) for s in arms}
    folder = write_study(tmp_path, changes, visits=("S1", "S2"), more={"arms": arms, "graded": graded})
    found = analyse(folder, Plan("parallel", ("active", "control"), ("m_gais_r1",)))
    r = found.results[0]
    assert (r.endpoint, r.role, r.n) == ("m_gais_r1", "declared", 20)
    assert r.effect.estimate < 0
    said = full_document(found)["agreement"][0]
    assert said["graders"] == 2
    assert 0 < said["icc_2_1"]["low"] < said["icc_2_1"]["value"] < 1


def test_graders_of_sides_agree_too(tmp_path):
    rng = np.random.default_rng(4)
    graded = {}
    for k in range(len(GAPS)):
        for v in ("S1", "S2"):
            left, right = (int(g) for g in rng.integers(0, 5, 2))
            graded[f"P{k:02d}", v] = {
                "m_iga_r1_left": left, "m_iga_r2_left": left, "m_iga_r1_right": right, "m_iga_r2_right": right + 1,
            }  # fmt: skip
    said = full_document(analyse(split_face(tmp_path, GAPS, graded=graded), PLAN))["agreement"]
    assert [(a["name"], a["n"], a["graders"]) for a in said] == [("m_iga", 40, 2)]
    assert list(said[0]["weighted_kappa"]) == ["m_iga_r1 m_iga_r2"]
    assert 0.8 < said[0]["icc_2_1"]["value"] < 1


def test_noise_that_is_known_weighs(tmp_path):
    folder = split_face(tmp_path, GAPS)
    plain = analyse(folder, PLAN).results[0]
    table = pd.read_csv(folder / "changes.csv")
    table.loc[table["subject"] == "P08", "mdc95"] = 1000.0  # the outlier of Student's data
    table.to_csv(folder / "changes.csv", index=False)
    weighed = analyse(folder, Plan("split-face", PLAN.arms, PLAN.endpoints, weigh=True)).results[0]
    assert weighed.effect.estimate == pytest.approx(np.delete(GAPS, 8).mean(), abs=0.01)
    assert plain.effect.estimate < weighed.effect.estimate


def test_people_whose_noise_is_not_known_are_not_counted_as_weighed(tmp_path):
    folder = split_face(tmp_path, GAPS, graded={(f"P{k:02d}", v): {"m_x_left": k, "m_x_right": k * (v == "S2")}
                                                for k in range(10) for v in ("S1", "S2")})  # fmt: skip
    table = pd.read_csv(folder / "changes.csv")
    table.loc[table["subject"].isin(["P00", "P01"]), "mdc95"] = np.nan
    table.to_csv(folder / "changes.csv", index=False)
    found = analyse(folder, Plan("split-face", PLAN.arms, ("spots.burden", "m_x"), weigh=True))
    spots, instrument = found.results
    assert spots.n == 8
    assert instrument.n == 10
    assert np.isfinite(instrument.effect.p_t)
    assert "m_x is not weighed: the noise of its changes is not known" in found.flow["limits"]


def test_the_tipping_point_undoes_the_result():
    from skinimg.trial import effects

    delta = effects.tipping_point(-1.6, 0.9, 0.25)
    assert abs(-1.6 + 0.25 * delta) == pytest.approx(0.9)
    assert np.isnan(effects.tipping_point(-1.6, 0.9, 0.0))
    assert np.isnan(effects.tipping_point(-0.8, 0.9, 0.25))
    assert np.isnan(effects.tipping_point(float("nan"), float("nan"), 0.25))


def test_a_photo_listed_twice_is_refused(tmp_path):
    folder = edited(parallel(tmp_path, GAPS, GAPS), lambda t: pd.concat([t, t.iloc[:1]]))
    with pytest.raises(StudyError, match=r"study\.csv has rows that come twice.*A0 S1 A0/S1\.jpg"):
        analyse(folder, Plan("parallel", ("active", "control")))


@pytest.mark.parametrize("text", ["0.2", "20", "%", "20%%", "twenty %"])
def test_a_percentage_needs_its_sign(text):
    from skinimg.trial.plan import percent

    assert percent(" 20 %") == 0.2
    with pytest.raises(SettingsError, match="such as 20%"):
        percent(text)


def test_each_arm_of_a_parallel_trial_has_its_tipping_point(tmp_path):
    rng = np.random.default_rng(5)
    first, second = rng.normal(-2, 0.5, 12), rng.normal(0, 0.5, 12)
    first[:2] = second[:4] = np.nan
    (r,) = analyse(
        parallel(tmp_path, first, second), Plan("parallel", ("active", "control"), ("spots.burden",))
    ).results
    half = (r.model.high - r.model.low) / 2
    moved = [r.model.estimate + 2 / 12 * r.tipping[0], r.model.estimate - 4 / 12 * r.tipping[1]]
    assert moved == pytest.approx([-half, -half])
    row = full_document(analyse(tmp_path, Plan("parallel", ("active", "control"), ("spots.burden",))))["endpoints"][0]
    assert (row["tipping_point"], row["tipping_point_second_arm"]) == r.tipping
