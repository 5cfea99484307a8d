"""The gate's table counts what is called at every strength, and nothing where nothing was judged."""

from benchmarks.gate_tables import Called, Row, table


def row(strength, headlines=None, judged=0, overall="unchanged", warned=(), kind="veil"):
    found = Row(who="a", kind=kind, strength=strength, warned=list(warned), withheld=[])
    if headlines is not None:
        rows = [f"face {finding}" for finding in headlines]
        found["called"] = Called(
            judged=judged, rows=rows, headlines=headlines, overall=overall, percents={}, gain={}, camera=""
        )
    return found


def test_a_weak_photo_that_calls_is_not_hidden_by_a_strong_one():
    weak = row(1, {"spots": -19.0}, 200, "improved")
    strong = row(3, {}, 0, "not_assessable", ["another camera"])
    line = table([weak, row(2), strong])[-1]
    assert line == "| veil | 0, 0, 1 | 0, 0, 1 | 0, 0, 1 | 1, 0, 0 | 1, 0, 0 | spots 1 | 1, 0, 0 | 1 of 200 |"


def test_what_the_clean_pair_calls_by_itself_is_no_fault_of_the_veil():
    clean = row(0, {"spots": -17.0}, 200, kind="clean")
    both, same = row(1, {"spots": -17.0, "erythema": 60.0}, 200), row(2, {"spots": -18.0}, 200)
    lines = table([clean, both, same])
    assert lines[-2] == "| clean | 0 | 0 | 0 | 1 | 1 | spots 1 | 0 | 1 of 200 |"
    assert "| 1, 0 | erythema 1 |" in lines[-1]
