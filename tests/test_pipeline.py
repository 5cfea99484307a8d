"""The main job on drawn close-ups with a known truth: a fading person, an unchanged one, and everything on disk."""

import json
import shutil
import weakref
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skinimg import Options, analyze, pipeline
from skinimg.base.entries import PhotoEntry, Subject
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.noise import NoiseTable, Repeatability
from skinimg.base.reasons import read_said
from skinimg.base.settings import Settings
from skinimg.measure.metrics import METRICS, metric_keys
from skinimg.model.segmenter import load_segmenter
from skinimg.output.tables import COLUMNS
from skinimg.pipeline import Equipment, analyze_subject
from skinimg.skin.optics import TONES, melanin_density
from tests.drawn import SPOTS, Spot, save, skin_patch

FADED = tuple(Spot(s.x_mm, s.y_mm, s.radius_mm, 1 + 0.4 * (s.factor - 1)) for s in SPOTS)
# Fixed filters measure drawn discs as they were drawn; a network knows skin, and calls a faint disc plain skin.
FILTERS = Options("classical")
GAINS = (1.25, 1.2, 1.1)  # the second session's lamp and white balance


def turned(linear: np.ndarray, degrees: float = 3.0, shift_px: tuple[float, float] = (12.0, -7.0)) -> np.ndarray:
    """The same skin held a little differently, as a second session is."""
    height, width = linear.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += shift_px
    return cv2.warpAffine(linear, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def write_study(folder: Path, mm_per_px: str = "0.1") -> Path:
    people = {"fading": (SPOTS, FADED), "steady": (SPOTS, SPOTS)}
    rows = ["subject,session,photo,date,view,mm_per_px"]
    for seed, (name, (before, after)) in enumerate(people.items()):
        save(skin_patch(before, seed=seed, noise_seed=1), folder / name / "before.png")
        later = turned(skin_patch(after, seed=seed, noise_seed=2, gains=GAINS))
        save(later, folder / name / "after.png")
        rows.append(f"{name},S1,{name}/before.png,2026-01-05,closeup,{mm_per_px}")
        rows.append(f"{name},S2,{name}/after.png,2026-02-05,closeup,{mm_per_px}")
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return manifest


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return write_study(folder)


@pytest.fixture(scope="module")
def out(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    assert analyze(study, folder, FILTERS).complete
    return folder


def read(out: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(
        out / f"{name}.csv", keep_default_na=False, na_values={c: [""] for c in ("value", "change_percent")}
    )


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_tables_have_the_columns_of_the_contract(out, name):
    assert tuple(pd.read_csv(out / f"{name}.csv").columns) == COLUMNS[name]
    assert tuple(pd.read_parquet(out / f"{name}.parquet").columns) == COLUMNS[name]


def test_fading_spots_improve_by_what_was_drawn_and_steady_ones_do_not(out):
    changes = read(out, "changes")
    burden = changes[(changes.finding == "spots") & (changes.metric == "burden")].set_index("subject")
    # The drawn melanin excess fell by 60 %; in density, which is concave in melanin, that is a little less.
    assert -70 < burden.loc["fading", "change_percent"] < -45
    assert abs(burden.loc["steady", "change_percent"]) < 5


def test_what_fades_below_what_is_found_is_still_measured_where_it_was(tmp_path):
    """A mask that ends where a spot can no longer be told from plain skin would call it cleared."""

    def only_the_dark(frame, maps):
        found = np.zeros((len(MASK_FINDINGS), *frame.skin.shape), np.float32)
        smooth = cv2.GaussianBlur(maps.melanin, (0, 0), 4)
        found[MASK_FINDINGS.index("spots")] = smooth > np.median(smooth) + 0.15
        return found

    faint = tuple(replace(spot, factor=1.15) for spot in SPOTS)
    photos = []
    for session, spots in (("S1", SPOTS), ("S2", faint)):
        path = save(turned(skin_patch(spots, noise_seed=len(photos), gains=GAINS)), tmp_path / f"{session}.png")
        photos.append(PhotoEntry("P", session, path, path.name, view="closeup", mm_per_px=0.1))
    equipment = Equipment(replace(load_segmenter("classical"), probabilities=only_the_dark), Settings())
    result, _ = analyze_subject(Subject("P", ("S1", "S2"), tuple(photos)), equipment, tmp_path / "pictures")
    changes = {(row.finding, row.metric): row.change_percent for row in result.changes}
    plain = melanin_density(0.03)
    whole = [s.radius_mm**2 * (melanin_density(0.03 * s.factor) - plain) for s in SPOTS]
    left = sum(s.radius_mm**2 for s in SPOTS) * (melanin_density(0.03 * 1.15) - plain) / sum(whole)
    assert changes["spots", "area"] == -100  # none of them is found
    assert changes["spots", "burden"] == pytest.approx(100 * (left - 1), abs=5)


def test_the_other_findings_do_not_follow_the_spots(out):
    """Cross-talk: fading melanin must not become fading blood."""
    changes = read(out, "changes")
    red = changes[(changes.finding == "redness") & (changes.metric == "area_fraction")]
    assert (red.change.astype(float).abs() < 1).all()


def test_every_measurement_has_a_value_or_a_reason(out):
    table = read(out, "measurements")
    assert (table.value.notna() ^ (table.missing != "")).all()
    seen = set(zip(table.finding, table.metric, strict=True))
    assert seen == set(metric_keys())


def test_every_reason_of_the_tables_is_there_as_data(out):
    known = read_said(out)
    said = {"photos": "reasons", "measurements": "missing", "changes": "reason", "scores": "grade", "indices": "note"}
    for name, column in said.items():
        assert set(read(out, name)[column]) - {""} <= set(known), name
    assert {reason.code for reasons in known.values() for reason in reasons} >= {"none_here", "no_absolute_colour"}


def test_every_change_has_a_verdict_and_its_reason(out):
    table = read(out, "changes")
    assert set(table.verdict) <= {"improved", "worsened", "unchanged", "not_assessable"}
    assert (table[table.verdict == "not_assessable"].reason != "").all()
    assert set(table.days) == {31}
    judged = table[table.verdict != "not_assessable"]
    assert (judged.ci_low.astype(float) <= judged.change.astype(float)).all()
    assert (judged.change.astype(float) <= judged.ci_high.astype(float)).all()


def test_spots_keep_their_identity(out):
    table = read(out, "lesions")
    spots = table[(table.finding == "spots") & (table.subject == "steady")]
    assert list(spots[spots.session == "S1"].status) == ["baseline"] * len(SPOTS)
    assert list(spots[spots.session == "S2"].status) == ["persisting"] * len(SPOTS)
    wide = spots.pivot(index="lesion", columns="session", values="x_mm").astype(float)
    assert (wide["S1"] - wide["S2"]).abs().max() < 0.2


def test_masks_lie_on_the_photos(out, study):
    folder = out / "subjects" / "fading" / "closeup" / "S1"
    photo = cv2.imread(str(study.parent / "fading" / "before.png"))
    mask = cv2.imread(str(folder / "spots_original.png"), cv2.IMREAD_GRAYSCALE)
    assert mask.shape == photo.shape[:2]
    for spot in SPOTS:
        assert mask[round(spot.y_mm * 10), round(spot.x_mm * 10)] > 200
    assert (mask > 127).mean() == pytest.approx(sum(np.pi * s.radius_mm**2 for s in SPOTS) / 3600, rel=0.25)
    assert {f"{f}.png" for f in MASK_FINDINGS} <= {p.name for p in folder.iterdir()}


def test_frame_grid_finds_the_same_skin(out):
    """grid_xy must undo the turn of 3 degrees and the shift of the second photo."""
    with np.load(out / "subjects" / "steady" / "closeup" / "S2" / "frame.npz") as data:
        grid, valid, stride = data["grid_xy"], data["valid"], int(data["stride"])
        assert float(data["mm_per_px"]) == pytest.approx(0.1)
    matrix = cv2.getRotationMatrix2D((300, 300), 3.0, 1.0)
    matrix[:, 2] += (12.0, -7.0)
    ys, xs = np.mgrid[: grid.shape[0], : grid.shape[1]] * stride
    truth = np.stack([xs, ys, np.ones_like(xs)], axis=-1) @ matrix.T
    assert valid.mean() > 0.7
    assert np.median(np.linalg.norm(grid - truth, axis=-1)[valid]) < 0.5  # px = 0.05 mm


def test_run_json_tells_what_was_run(out):
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert len(run["input_sha256"]) == 4
    assert all(len(value) == 64 for value in run["input_sha256"].values())
    assert run["weights"]["name"] == "classical"
    assert {"skinimg", "torch", "numpy"} <= set(run["versions"])


def test_workers_do_not_change_a_byte(study, out, tmp_path):
    assert analyze(study, tmp_path, Options("classical", workers=2)).complete
    for name in COLUMNS:
        assert (tmp_path / f"{name}.csv").read_bytes() == (out / f"{name}.csv").read_bytes()


def test_a_second_run_resumes_and_a_changed_photo_does_not(study, out, tmp_path):
    shutil.copytree(study.parent, tmp_path / "study")  # others look at the shared ones
    shutil.copytree(out, tmp_path / "out")
    mine, again = tmp_path / "study" / study.name, tmp_path / "out"
    assert analyze(mine, again, FILTERS).resumed == 2
    photo = mine.parent / "steady" / "after.png"
    photo.write_bytes(photo.read_bytes() + b"\0")
    assert analyze(mine, again, FILTERS).resumed == 1


def test_without_a_scale_only_what_needs_none_remains(tmp_path):
    folder = tmp_path / "study"
    manifest = write_study(folder, mm_per_px="")
    # 25 px/mm is assumed; drawn at 10, so a drawn millimetre counts as 0.4
    assert analyze(manifest, tmp_path / "out", FILTERS).complete
    table = read(tmp_path / "out", "measurements")
    for name, m in METRICS.items():
        rows = table[table.metric == name]
        if m.needs_mm:
            assert rows.value.isna().all(), name
    assert table[table.metric == "area_fraction"].value.notna().any()
    changes = read(tmp_path / "out", "changes")
    burden = changes[(changes.finding == "spots") & (changes.metric == "burden") & (changes.subject == "fading")].iloc[
        0
    ]
    assert burden.change_percent < -40 or "too little" in burden.reason
    assert burden.baseline == ""
    photos = read(tmp_path / "out", "photos")
    assert set(photos.scale_source) == {"assumed"}
    assert set(photos.px_per_mm) == {""}


def write_series(folder: Path, rows: list[str]) -> Path:
    """A manifest of small close-ups of one person, one photo per row; a photo named `broken*` cannot be read."""
    header = "subject,session,photo,date,view,light,replicate,mm_per_px,treatment"
    for number, row in enumerate(rows):
        photo = folder / row.split(",")[2]
        save(skin_patch(SPOTS[:3], size_mm=36, noise_seed=number), photo)
        if photo.name.startswith("broken"):
            photo.write_bytes(photo.read_bytes()[:2000])
    (folder / "manifest.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder / "manifest.csv"


@pytest.mark.parametrize(("first", "second"), [("", "0.1"), ("0.1", "")])
def test_photos_of_which_one_alone_has_a_scale_are_not_compared(tmp_path, first, second):
    """The other one's is assumed, 2.5 times as fine as it is: unchanged spots were called worsened by 118 %."""
    rows = [f"P,S1,a.png,2026-01-01,closeup,,1,{first},", f"P,S2,b.png,2026-02-01,closeup,,1,{second},"]
    analyze(write_series(tmp_path, rows), tmp_path / "out", FILTERS)
    changes, photos = read(tmp_path / "out", "changes"), read(tmp_path / "out", "photos")
    assert set(changes.verdict) == {"not_assessable"}
    spots = changes[(changes.finding == "spots") & (changes.metric == "burden")].iloc[0]
    assert spots.reason.startswith("one photo alone has a scale: give mm_per_px for every session")
    assert set(photos.status) == {"ok"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A broken first session, a treated one, one of the same day, three days and a month later; another light."""
    folder = tmp_path_factory.mktemp("course")
    rows = [
        "P,S0,broken.png,2026-01-01,closeup,,1,0.1,",
        "P,S1,a.png,2026-02-01,closeup,,1,0.1,laser",
        "P,S2,b.png,2026-02-01,closeup,,1,0.1,",
        "P,S3,c.png,2026-02-04,closeup,,1,0.1,",
        "P,S4,d.png,2026-03-04,closeup,,1,0.1,",
        "P,S4,e.png,2026-03-04,closeup,uv,1,0.1,",
    ]
    analyze(write_series(folder, rows), folder / "out", FILTERS)
    return folder / "out"


def test_redness_soon_after_a_treatment_keeps_its_numbers_and_stays_out_of_the_score(course):
    changes, scores = read(course, "changes"), read(course, "scores")
    red = changes[(changes.finding == "redness") & (changes.metric == "area_fraction")].set_index("session")
    assert list(red.verdict[["S2", "S3"]]) == ["not_assessable"] * 2
    assert "0 days after the treatment of S1" in red.reason["S2"]
    assert "3 days after the treatment of S1" in red.reason["S3"]
    assert red.follow_up["S3"] != ""
    assert "treatment" not in red.reason["S4"]
    judged = scores.set_index(["session", "finding"])
    assert judged.verdict["S3", "redness"] == "not_assessable"
    assert judged.improvement_percent["S3", "redness"] == ""
    assert judged.verdict["S3", "overall"] in ("unchanged", "not_assessable")


def test_an_unusable_baseline_and_a_shared_day_are_said_aloud(course):
    changes = read(course, "changes")
    assert set(changes.baseline_session) == {"S1"}
    assert set(changes[changes.session == "S2"].days) == {0}
    warnings = "\n".join(json.loads((course / "run.json").read_text(encoding="utf-8"))["warnings"])
    assert "S1 serves as the baseline" in warnings
    assert "S2: of the same day as the baseline" in warnings
    assert "S1 serves as the baseline" in (course / "reports" / "P.html").read_text(encoding="utf-8")


def test_another_light_is_never_compared(course):
    changes, measurements = read(course, "changes"), read(course, "measurements")
    assert set(changes.light) == {"standard"}
    assert set(measurements.light) == {"standard", "uv"}


def test_another_camera_is_said_and_believed_less(tmp_path):
    """The same photos, of which only the name of the second camera differs."""
    noise = {("spots", "burden"): Repeatability(0.02, 0.0)}
    stated = {(tone, "same_camera"): {9.0: noise} for tone in TONES}
    loud = {("spots", "burden"): Repeatability(0.5, 0.0)}
    stated |= {(tone, "other_camera"): {9.0: loud} for tone in TONES}
    equipment = Equipment(replace(load_segmenter("classical"), noise=NoiseTable(stated)), Settings())
    found = {}
    for second in ("phone A", "phone B", ""):
        folder = tmp_path / (second or "unknown")
        entries = []
        for session, spots, camera in (("S1", SPOTS, "phone A"), ("S2", FADED, second)):
            path = save(skin_patch(spots, noise_seed=1), folder / f"{session}.png")
            with Image.open(path) as photo:
                exif = photo.getexif()
                if camera:
                    exif[0x0110] = camera
                photo.save(path, exif=exif)
            entries.append(PhotoEntry("P", session, path, path.name, view="closeup", mm_per_px=0.1))
        result, _ = analyze_subject(Subject("P", ("S1", "S2"), tuple(entries)), equipment, folder)
        rows = {(row.region, row.finding, row.metric): row for row in result.changes}
        found[second] = rows["patch", "spots", "burden"], tuple(map(str, result.warnings))
    assert found["phone A"][0].verdict == "improved"
    assert found["phone B"][0].verdict == found[""][0].verdict == "unchanged"  # a camera that nobody names may be any
    assert found["phone B"][0].mdc95 == pytest.approx(25 * found["phone A"][0].mdc95)
    assert not any("phone" in text for text in found["phone A"][1])
    assert any("S2: taken with phone B, the baseline with phone A" in text for text in found["phone B"][1])


def test_a_session_whose_first_replicate_is_refused_is_shown_by_the_next(tmp_path):
    (tmp_path / "empty.png").touch()
    paths = [tmp_path / "empty.png", save(skin_patch(size_mm=36.0), tmp_path / "again.png")]
    paths.append(save(skin_patch(size_mm=36.0, noise_seed=1), tmp_path / "later.png"))
    photos = tuple(
        PhotoEntry("P", session, path, path.name, view="closeup", replicate=replicate, mm_per_px=0.1)
        for path, (session, replicate) in zip(paths, (("S1", 1), ("S1", 2), ("S2", 1)), strict=True)
    )
    equipment = Equipment(load_segmenter("classical"), Settings())
    result, pictures = analyze_subject(Subject("P", ("S1", "S2"), photos), equipment, tmp_path / "pictures")
    assert [row.status for row in result.photos] == ["rejected", "ok", "ok"]
    assert [shown.session for shown in pictures] == ["S1", "S2"]


def test_a_photo_that_was_compared_is_let_go_before_the_next_is_looked_at(tmp_path, monkeypatch):
    """Four photos at once, at 0.4 GB each, would be a third of a laptop's memory."""
    path = save(skin_patch(SPOTS), tmp_path / "same.png")
    photos = tuple(PhotoEntry("P", f"S{k}", path, path.name, view="closeup", mm_per_px=0.1) for k in range(4))
    seen: list[weakref.ref] = []
    held: list[int] = []

    def look(*given):
        held.append(sum(shot() is not None for shot in seen))
        shot = pipeline_look(*given)
        seen.append(weakref.ref(shot.seen.frame))
        return shot

    pipeline_look = pipeline.look
    monkeypatch.setattr(pipeline, "look", look)
    monkeypatch.setattr(cv2, "getNumThreads", lambda: 1)  # files are written at once, not behind
    analyze_subject(
        Subject("P", tuple(p.session for p in photos), photos),
        Equipment(load_segmenter("classical"), Settings()),
        tmp_path,
    )
    assert held == [0, 1, 1, 1]  # the baseline
