"""What a trial takes from the tables of an analysis: nobody is lost because they changed, nor because of a comma."""

import numpy as np
import pandas as pd
import pytest

from skinimg.base.reasons import why
from skinimg.trial.adam import adeff, adsl
from skinimg.trial.plan import Plan
from skinimg.trial.trial import analyse
from tests.trial.tables import split_face, write_study

PARALLEL = Plan("parallel", ("active", "control"), ("spots.burden",))


def parallel(folder, visits=("S1", "S2"), **more):
    """Ten people; of the active arm everybody changes by more than is noise."""
    rng = np.random.default_rng(5)
    arms = {f"P{k}": "active" if k % 2 else "control" for k in range(10)}
    changes = {
        (s, v, "face"): (-3.0 if arm == "active" else 0.0) + float(rng.normal(0, 0.3))
        for s, arm in arms.items()
        for v in visits[1:]
    }
    return write_study(folder, changes, visits=visits, more={"arms": arms} | more)


def test_a_change_without_a_better_direction_is_a_change(tmp_path):
    """Who became lighter beyond the noise has no verdict, but a change; a photo in other colours has none."""
    table = pd.read_csv(parallel(tmp_path) / "changes.csv", dtype={"reason": str}).assign(finding="tone", metric="ita")
    moved = table["change"] < -1
    table.loc[moved, ["verdict", "reason"]] = "not_assessable", str(why("no_direction"))
    table.loc[table["subject"] == "P1", "reason"] = str(why("other_colours"))
    table.to_csv(tmp_path / "changes.csv", index=False)
    r = analyse(tmp_path, Plan("parallel", ("active", "control"), ("tone.ita",))).results[0]
    assert r.missing == {"active": 1, "control": 0}
    assert r.effect.estimate == pytest.approx(-3.0, abs=0.5)


def test_a_visit_of_one_arm_alone_does_not_undo_the_model(tmp_path):
    """One person came once more, between two visits."""
    table = pd.read_csv(parallel(tmp_path) / "changes.csv")
    before = analyse(tmp_path, PARALLEL).results[0].model
    extra = table[table["subject"] == "P1"].assign(session="S1b")
    pd.concat([table, extra]).to_csv(tmp_path / "changes.csv", index=False)
    photos = pd.read_csv(tmp_path / "photos.csv")
    more = photos[(photos["subject"] == "P1") & (photos["session"] == "S2")].assign(session="S1b")
    order = pd.concat([photos, more]).sort_values(["subject", "session"])
    order.to_csv(tmp_path / "photos.csv", index=False)
    found = next(r for r in analyse(tmp_path, Plan(**vars(PARALLEL) | {"visit": "S2"})).results if r.visit == "S2")
    assert found.model.why is None
    assert found.model.estimate == pytest.approx(before.estimate)


def test_graders_write_commas_too(tmp_path):
    grades = {(f"P{k:02d}", v): {"m_gais_r1": "3,5", "m_gais_r2": f"{k},5"} for k in range(5) for v in ("S1", "S2")}
    assert (
        analyse(
            split_face(tmp_path, [-1.0, -2, -3, -4, -5], graded=grades),
            Plan("split-face", ("active", "control"), ("spots.burden",)),
        )
        .graders[0]
        .n
        == 10
    )


def test_a_parameter_has_one_name(tmp_path):
    """Also in the rows of visits that nobody came to."""
    table = pd.read_csv(parallel(tmp_path, visits=("S1", "S2", "S3")) / "changes.csv")
    table[(table["subject"] != "P1") | (table["session"] != "S3")].to_csv(tmp_path / "changes.csv", index=False)
    rows = adeff(analyse(tmp_path, PARALLEL), "study")
    assert set(rows["PARAM"]) == {"spots.burden (mm2 OD)"}


def test_what_is_stated_in_a_later_row_is_stated(tmp_path):
    graded = {(f"P{k}", "S2"): {"age": "40", "site": "Lyon"} for k in range(10)}
    rows = adsl(analyse(parallel(tmp_path, graded=graded), PARALLEL), "study")
    assert set(rows["AGE"]) == {"40"}
    assert set(rows["SITEID"]) == {"Lyon"}
