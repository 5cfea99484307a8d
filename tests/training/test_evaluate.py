"""Evaluation on two drawn close-ups, with segmenters whose every error is known."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from skinimg.base.errors import StudyError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.noise import NoiseTable
from skinimg.model.segmenter import Segmenter, load_segmenter
from skinimg.training.dataset import Examples, load_example, read_dataset
from skinimg.training.evaluate import COLUMNS, PHOTO_COLUMNS, Judgement, evaluate, px_per_mm_class, tabulate
from skinimg.training.judge import FIGURES, judge
from tests.training.drawn_dataset import SPOTS, disc_mask, write_dataset, write_mask

TRUTH = disc_mask(SPOTS).astype(np.float32) / 255


def oracle(name="oracle", scale=1.0, drop=()):
    """Finds exactly what was drawn, at `scale` of its probability, without the spots in `drop`."""

    def probabilities(frame, maps):
        kept = tuple(s for k, s in enumerate(SPOTS) if k not in drop)
        p = np.zeros((5, *frame.skin.shape), np.float32)
        p[MASK_FINDINGS.index("spots")] = scale * disc_mask(kept).astype(np.float32) / 255
        return p

    return Segmenter(name, "0" * 64, probabilities, NoiseTable({}))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = write_dataset(tmp_path_factory.mktemp("set"))
    write_mask(folder / "p1" / "cheek_closeup.png", "scars", np.zeros((300, 300), np.uint8))
    return read_dataset(folder)


@pytest.fixture(scope="module")
def done(photos, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    segmenters = [oracle(), oracle("faint", 0.8, drop=(1,)), load_segmenter("classical")]
    return evaluate(Examples(photos), segmenters, out, about=lambda: {"folder": "set"}), out


def value(table, segmenter, figure, finding="spots", group="all", column="value"):
    row = table[
        (table.segmenter == segmenter) & (table.figure == figure) & (table.finding == finding) & (table.group == group)
    ]
    (only,) = row[column]
    return only


def test_an_oracle_is_perfect_and_a_faint_one_is_not(done):
    table = done[0].figures
    assert tuple(table.columns) == COLUMNS
    assert value(table, "oracle", "dice") == 1
    assert value(table, "oracle", "area_ratio") == pytest.approx(1, abs=1e-3)
    mm2 = [np.pi * s.radius_mm**2 for s in SPOTS]
    kept = (mm2[0] + mm2[2]) / sum(mm2)
    assert value(table, "faint", "area_ratio") == pytest.approx(0.8 * kept, abs=0.01)
    assert value(table, "faint", "dice") == pytest.approx(2 * kept / (1 + kept), abs=0.02)
    assert value(table, "faint", "lesion_recall") == pytest.approx(2 / 3)
    assert value(table, "faint", "lesion_precision") == 1
    assert value(table, "classical", "dice") > 0.5


def test_what_has_no_value_has_a_reason(done):
    table = done[0].figures
    assert (table.value.notna() ^ (table.missing != "")).all()
    assert value(table, "oracle", "dice", "scars", column="missing") == "nothing labelled and nothing found"


def test_unlabelled_findings_are_not_judged(done):
    table = done[0].figures
    assert set(table.finding) == {"spots", "scars"}
    assert value(table, "oracle", "ece", "scars", column="photos") == 1
    assert value(table, "oracle", "ece", "spots", column="photos") == 2


def test_files(done):
    out = done[1]
    assert {p.name for p in out.iterdir()} == {
        *("evaluation.csv", "evaluation.parquet", "evaluation_photos.csv", "evaluation_photos.parquet"),
        *("evaluation.json", "evaluation.html"),
    }
    assert tuple(pd.read_csv(out / "evaluation_photos.csv").columns) == PHOTO_COLUMNS
    facts = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert facts["figures"]["oracle"]["spots"]["dice"]["value"] == 1
    assert facts["figures"]["oracle"]["scars"]["dice"]["value"] is None
    assert [w["name"] for w in facts["weights"]] == ["oracle", "faint", "classical"]
    assert len(facts["weights"][2]["sha256"]) == 64
    assert facts["data"] == {"photos": 2, "subjects": 2, "folder": "set"}


def test_the_page_shows_cases_and_needs_nothing_else(done):
    html = (done[1] / "evaluation.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', html) == []
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html
    assert html.count('href="data:image/webp;base64,') == 2  # best and worst of two photos; scars have nothing to show
    for caption in ("photo", "truth", "oracle", "faint", "classical"):
        assert html.count(f"<figcaption>{caption}</figcaption>") == 2
    assert "Best case: Dice 1.00" in html
    assert "Worst case: Dice 1.00" in html
    assert "p0/cheek_closeup.png" in html
    # three outlines of the truth, three of the oracle, two of the faint one
    paths = re.findall(r'<path class="(?:true|found)" d="([^"]*)"', html)
    assert [p.count("M") for p in paths[:3]] == [3, 3, 2]


def test_names_cannot_break_the_page(photos, tmp_path):
    segmenter = oracle("<script>alert(1)</script>")
    evaluate([load_example(photos[0])], [segmenter], tmp_path)
    assert "<script>alert(1)" not in (tmp_path / "evaluation.html").read_text(encoding="utf-8")


def judgement(subject, truth, found, *, ita=45.0, px_per_mm=10.0, finding="spots"):
    maps = np.zeros((2, 20, 50), np.float32)
    maps[0].flat[:truth] = 1
    maps[1].flat[:found] = 1
    sums = judge(maps[0], maps[1], np.ones((20, 50), np.bool_), finding, 0.1)
    return Judgement("a", finding, f"{subject}.png", subject, ita, 0.1, px_per_mm, px_per_mm >= 3, sums)


def test_groups_are_sums_of_photos_and_not_means_of_their_figures():
    table = tabulate([judgement("x", 100, 100), judgement("y", 300, 100)])
    assert value(table, "a", "dice") == pytest.approx(2 * 200 / (400 + 200))
    assert value(table, "a", "area_error_percent") == pytest.approx(100 * 200 / 400)


def test_classes_and_coarse_photos_are_told_apart():
    table = tabulate(
        [judgement("x", 100, 100, ita=60), judgement("y", 100, 50, ita=-40), judgement("z", 100, 0, px_per_mm=2.0)]
    )
    dice = table[table.figure == "dice"]
    fine, coarse = dice[dice.measurable], dice[~dice.measurable]
    assert dict(zip(fine[fine.group == "ita"]["class"], fine[fine.group == "ita"].value, strict=True)) == {
        "very light": 1,
        "dark": pytest.approx(100 / 150),
    }
    assert list(fine[fine.group == "all"].photos) == [2]
    assert list(coarse[coarse.group == "all"].value) == [0]
    assert list(coarse[coarse.group == "px_per_mm"]["class"]) == ["below 5"]
    assert [px_per_mm_class(v) for v in (4.9, 5, 8, 12, 20, np.nan)] == [
        *("below 5", "5 to 8", "8 to 12", "12 to 20", "20 and more", "unknown")
    ]


def test_people_are_resampled_photos_of_one_person_alone():
    shots = [judgement("x", 100, n) for n in (100, 90, 80)]
    (one,) = set(tabulate(shots[:1]).resampled)
    assert one == ""
    table = tabulate([judgement("x", 200, 200), judgement("y", 200, 100), judgement("z", 200, 50)])
    assert set(table[table.group == "all"].resampled) == {"subjects"}
    low, high = (value(table, "a", "dice", column=c) for c in ("ci_low", "ci_high"))
    assert low == pytest.approx(2 * 50 / 250)  # all three draws are the worst person: 1 in 27 resamples
    assert high == pytest.approx(1)
    same = [Judgement("a", "spots", f"{k}.png", "x", 45.0, 0.1, 10.0, True, shot.sums) for k, shot in enumerate(shots)]
    assert set(tabulate(same).resampled) == {"photos"}


def test_no_usable_photo_is_an_error(tmp_path):
    with pytest.raises(StudyError, match="nothing to evaluate"):
        evaluate([], [oracle()], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_every_figure_is_in_the_table(done):
    assert set(done[0].figures.figure) == set(FIGURES)
