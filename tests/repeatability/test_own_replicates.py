"""`skinimg repeatability`: the right shots are compared, the figures are those of their noise, bad input is refused."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from skinimg.base.errors import StudyError
from skinimg.model.segmenter import load_segmenter
from skinimg.model.weights import weights_path
from skinimg.output import tables
from skinimg.repeatability.own_noise import _own, write_noise
from skinimg.repeatability.own_replicates import repeatability
from skinimg.report.agreement import RepeatabilityRow
from tests.cli.test_main import skinimg

NOISE = 0.05


def measurements(shots, subjects=12, noise=NOISE, light="standard", missing=()):
    """A table as `analyze` writes it; shots : session -> replicates."""
    rng = np.random.default_rng(0)
    rows = []
    for subject in range(subjects):
        for session, replicates in shots.items():
            level = {"burden": rng.uniform(50, 300), "roughness_0.5_2": rng.uniform(5, 9)}
            for replicate in replicates:
                for finding, metric, unit in (("spots", "burden", "mm2 OD"), ("texture", "roughness_0.5_2", "%")):
                    gone = (finding, replicate) in missing
                    rows.append(
                        {
                            "subject": f"P{subject}", "session": session, "date": "", "view": "front", "light": light,
                            "replicate": replicate, "region": "face", "finding": finding, "metric": metric,
                            "value": np.nan if gone else level[metric] * np.exp(noise * rng.standard_normal()),
                            "unit": unit, "missing": "too blurred" if gone else "",
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)


def folder(tmp_path, *parts, copied=()):
    """A folder as `analyze` writes it; copied : numbers of the shots that are copies of the first of their session."""
    measured = pd.concat(parts, ignore_index=True)
    tables.write(measured, tmp_path / "measurements")
    shots = measured[["subject", "session", "view", "light", "replicate"]].drop_duplicates()
    sources = shots["replicate"].where(~shots["replicate"].isin(copied), 1)
    names = shots.drop(columns="replicate").assign(source=sources).astype(str).agg(" ".join, axis=1)
    photos = shots.assign(sha256=names, status="ok").reindex(columns=list(tables.COLUMNS["photos"]))
    tables.write(photos, tmp_path / "photos")
    return tmp_path


def row(outcome, finding="spots"):
    return outcome.table[outcome.table["finding"] == finding].iloc[0]


def test_the_noise_that_was_put_in_comes_out(tmp_path):
    found = row(repeatability(folder(tmp_path, measurements({"S1": (1, 2, 3), "S2": (1, 2, 3)}, subjects=200))))
    assert (found.n, found.k, found.subjects) == (400, 3, 200)
    assert found.cv_percent == pytest.approx(100 * NOISE, rel=0.1)
    assert found.mdc95_percent == pytest.approx(100 * np.expm1(1.96 * np.sqrt(2) * NOISE), rel=0.1)
    assert found.icc_2_1 > 0.95


def test_what_is_written_is_what_is_returned(tmp_path):
    out = folder(tmp_path, measurements({"S1": (1, 2)}))
    outcome = repeatability(out)
    for read in (pd.read_csv(out / "repeatability.csv"), pd.read_parquet(out / "repeatability.parquet")):
        assert list(read.columns) == list(outcome.table.columns)
        assert read["icc_2_1"].to_numpy() == pytest.approx(outcome.table["icc_2_1"].to_numpy(), rel=1e-5)


def test_unequal_replicates_use_the_first_that_all_have_and_say_so(tmp_path):
    outcome = repeatability(folder(tmp_path, measurements({"S1": (1, 2, 3), "S2": (2, 4), "S3": (1,)})))
    found = row(outcome)
    assert (found.n, found.k) == (24, 2)  # S3 has nothing to compare; shot 1 of S2 was refused
    assert "the first 2" in str(outcome.notes[0])
    assert "24 sessions of 12 people" in str(outcome.notes[0])


def test_copies_of_one_file_are_no_repeat_shots(tmp_path):
    """Of three shots the third is a copy of the first: the figures are those of two."""
    measured = measurements({"S1": (1, 2, 3)})
    first = measured["replicate"] == 1
    measured.loc[measured["replicate"] == 3, "value"] = measured.loc[first, "value"].to_numpy()
    outcome = repeatability(folder(tmp_path, measured, copied=(3,)))
    assert row(outcome).k == 2
    assert "12 repeat shots are copies of another and do not count" in [*map(str, outcome.notes)]
    with pytest.raises(StudyError, match="two usable shots"):
        repeatability(folder(tmp_path, measured[measured["replicate"] != 2], copied=(3,)))


def test_a_metric_without_values_has_a_reason(tmp_path):
    out = folder(tmp_path, measurements({"S1": (1, 2)}, missing={("spots", 2)}))
    found = row(repeatability(out))
    assert (found.n, found.missing) == (0, "too blurred")
    assert np.isnan(found.icc_2_1)
    assert row(repeatability(out), "texture").missing == ""


def test_lights_are_never_mixed(tmp_path):
    one, other = (measurements({"S1": (shot,)}, light=light) for shot, light in ((1, "standard"), (2, "uv")))
    with pytest.raises(StudyError, match="repeat"):
        repeatability(folder(tmp_path, one, other))


@pytest.mark.parametrize(
    ("shots", "subjects", "says"), [({"S1": (1,)}, 5, "0 people"), ({"S1": (1, 2)}, 1, "1 person")]
)
def test_too_little_is_refused(tmp_path, shots, subjects, says):
    with pytest.raises(StudyError, match=says):
        repeatability(folder(tmp_path, measurements(shots, subjects)))
    assert not (tmp_path / "repeatability.csv").exists()


@pytest.mark.parametrize("text", [None, "", "a,b\n1,2\n"])
def test_a_folder_that_is_no_output_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "measurements.csv").write_text(text)
    with pytest.raises(StudyError, match="measurements"):
        repeatability(tmp_path)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_is_whole_and_loads_nothing_from_outside(tmp_path, lang):
    page = repeatability(folder(tmp_path, measurements({"S1": (1, 2)})), lang).page.read_text(encoding="utf-8")
    assert page.count("data:image/svg+xml;base64,") == 2
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert ("Bland" in page) and ("12 sessions of 12 people" in page) == (lang == "en")


def test_the_command_prints_and_answers_in_json(tmp_path):
    out = folder(tmp_path, measurements({"S1": (1, 2)}))
    done = skinimg("repeatability", out)
    assert done.returncode == 0, done.stderr
    assert "burden" in done.stdout
    answer = json.loads(skinimg("repeatability", out, "--json").stdout)
    assert {r["metric"] for r in answer["rows"]} == {"burden", "roughness_0.5_2"}
    refused = skinimg("repeatability", tmp_path / "nowhere")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_noise_table_of_ones_own_pulls_the_cards_noise_towards_it(tmp_path):
    """200 people x 3 shots that stray by 5 %: the shot part of a burden becomes that, the session part stays the card's."""
    out = folder(tmp_path, measurements({"S1": (1, 2, 3)}, subjects=200))
    (out / "run.json").write_text(json.dumps({"weights": {"name": "classical"}}))
    outcome = repeatability(out)
    assert write_noise(out, outcome, tmp_path / "noise.json") == 2
    own, card = (
        load_segmenter("classical", noise=path).noise.of("light", "same_camera", 9)["spots", "burden"]
        for path in (tmp_path / "noise.json", None)
    )
    assert own.at(1e6) / 1e6 * np.sqrt(own.shot) == pytest.approx(NOISE, rel=0.1)
    assert own.at(1e6) * np.sqrt(1 - own.shot) >= 0.99 * card.at(1e6) * np.sqrt(0.75)


def test_weights_of_ones_own_are_found_from_where_the_analysis_lies(tmp_path):
    """run.json names a file of weights as seen from its own folder."""
    (tmp_path / "trained").mkdir()
    shutil.copy(weights_path("classical").with_suffix(".json"), tmp_path / "trained" / "mine.json")
    (tmp_path / "out").mkdir()
    out = folder(tmp_path / "out", measurements({"S1": (1, 2, 3)}))
    (out / "run.json").write_text(json.dumps({"weights": {"name": "../trained/mine.safetensors"}}))
    assert write_noise(out, repeatability(out), tmp_path / "noise.json") == 2


def test_too_few_repeat_shots_make_no_noise_table(tmp_path):
    out = folder(tmp_path, measurements({"S1": (1, 2)}, subjects=3))
    (out / "run.json").write_text(json.dumps({"weights": {"name": "classical"}}))
    with pytest.raises(StudyError, match="too few repeat shots"):
        write_noise(out, repeatability(out), tmp_path / "noise.json")
    assert not (tmp_path / "noise.json").exists()


def test_people_without_any_of_it_say_nothing_of_a_loads_noise(tmp_path):
    """A load of 0 has no logarithm: of 12 people two have spots, so two repeat shots speak, too few for a table."""
    measured = measurements({"S1": (1, 2)})
    none = (measured["finding"] == "spots") & ~measured["subject"].isin(["P0", "P1"])
    measured.loc[none, "value"] = 0.0
    out = folder(tmp_path, measured)
    (out / "run.json").write_text(json.dumps({"weights": {"name": "classical"}}))
    assert write_noise(out, repeatability(out), tmp_path / "noise.json") == 1  # of texture alone


def test_intervals_are_in_the_table(tmp_path):
    found = row(repeatability(folder(tmp_path, measurements({"S1": (1, 2, 3)}, subjects=30))))
    assert found.icc_2_1_low < found.icc_2_1 < found.icc_2_1_high
    assert found.sem_agreement_low < found.sem_agreement < found.sem_agreement_high


def test_of_several_views_the_one_with_most_repeat_shots_speaks():
    def row(view, n, percent):
        return RepeatabilityRow(
            view, "standard", "face", "spots", "burden", "mm2 OD", n, n, 2, 50.0, mdc95_percent=percent
        )

    few, many = row("left45", 8, 60.0), row("front", 20, 10.0)
    shots = {(one.view, "standard", "face", "spots", "burden"): np.full((one.n, 2), 50.0) for one in (few, many)}
    for order in ([few, many], [many, few]):
        noise, _ = _own(order, shots)["spots", "burden"]
        assert noise.degrees_of_freedom == 20
        assert noise.sd == pytest.approx(0.0344, abs=1e-4)
