"""What names of photos, sessions and folders mean."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import StudyError
from skinimg.study.dates import stamped_date
from skinimg.study.names import PhotoName, parse_stem, safe_name, session_key, view_key
from skinimg.study.order import order_sessions
from skinimg.study.places import looks_like_session


@pytest.mark.parametrize(
    "stem, session, view, light, replicate",
    [
        ("S1_front", "S1", "front", "", None),
        ("S1_Front_XPol_2", "S1", "front", "cross_polarized", 2),
        ("week_4_left45", "week_4", "left45", "", None),
        ("week_4_left_45_r2", "week_4", "left45", "", 2),
        ("week_4", "week_4", "", "", None),
        ("2024-01-05_right", "2024-01-05", "right", "", None),
        ("2024_01_05_R45_uv_03", "2024_01_05", "right45", "uv", 3),
        ("2024-01-05-front-ppol", "2024-01-05", "front", "parallel_polarized", None),
        ("baseline front cross polarized", "baseline", "front", "cross_polarized", None),
        ("T0_cross_pol_L45", "T0", "left45", "cross_polarized", None),
        ("S1_close_up", "S1", "closeup", "", None),
        ("S1_left_2", "S1", "left", "", 2),
        ("S1_r2", "S1", "", "", 2),
        ("front", "", "front", "", None),
        ("front_2", "", "front", "", 2),
        ("IMG_1234", "IMG_1234", "", "", None),
        ("1-1015-2022-134230", "1-1015-2022-134230", "", "", None),
        ("catherine_coleman__inflight", "catherine_coleman__inflight", "", "", None),
        ("front_front", "front", "front", "", None),
        ("", "", "", "", None),
        ("_-_", "", "", "", None),
    ],
)
def test_stems(stem, session, view, light, replicate):
    assert parse_stem(stem) == PhotoName(session, view, light, replicate)


@pytest.mark.parametrize(
    "names",
    [
        ["S1", "S2", "S10"],
        ["2024-01-05", "20240210", "2025_01_01 late"],
        ["baseline", "week4", "week12"],
        ["T0", "day7", "week4", "month3", "1 year"],
        ["before", "after"],
        ["Pre", "S1", "S2", "post"],
        ["D0", "J30", "J60"],
        ["visit 1", "visit_2", "Visit10"],
        ["baseline", "treated"],
        ["01_start", "02_middle", "10_close"],
        ["1-1015-2022-134230", "1-1016-2022-180003", "1-1030-2022-104348"],
        ["IMG_9", "IMG_10"],
        ["2024-01-05 before", "2024-01-05 after", "2024-02-01"],
        ["2024-01-05", "2024-01-05_S2", "2024-01-05_S10"],
        ["anything"],
        [],
    ],
)
def test_order(names):
    assert order_sessions(names, {}) == tuple(names)
    assert order_sessions(names[::-1], {}) == tuple(names)


@pytest.mark.parametrize(
    "names",
    [
        ["anna", "berta"],
        ["baseline", "paris", "rome"],
        ["S1", "week4"],
        ["2024-01-05", "week4"],
        ["2024-01-05", "baseline"],
        ["S1", "S01"],
        ["week1", "day7"],
        ["before", "pre", "after"],
    ],
)
def test_no_order(names):
    with pytest.raises(StudyError, match="cannot be ordered"):
        order_sessions(names, {})


def test_given_dates_win_over_names():
    dates = {"S1": "2024-03-01", "S2": "2024-01-01", "old": "2023-01-01"}
    assert order_sessions(["S1", "S2", "old"], dates) == ("old", "S2", "S1")


def test_some_dates_are_enough_where_the_names_agree():
    assert order_sessions(["S1", "S2", "S10"], {"S1": "2024-01-01", "S10": "2024-05-01"}) == ("S1", "S2", "S10")
    with pytest.raises(StudyError, match="none for S2"):
        order_sessions(["S1", "S2", "S10"], {"S1": "2024-06-01", "S10": "2024-05-01"})


@given(st.lists(st.dates(date(1950, 1, 1), date(2100, 1, 1)), unique=True, min_size=1, max_size=9))
def test_iso_dates_order_as_time(days):
    names = [day.isoformat() for day in days]
    assert order_sessions(names, {}) == tuple(day.isoformat() for day in sorted(days))


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=1, max_size=9), st.sampled_from(["S", "week ", "x_", "№"]))
def test_numbers_order_as_numbers(numbers, prefix):
    assert order_sessions([f"{prefix}{n}" for n in numbers], {}) == tuple(f"{prefix}{n}" for n in sorted(numbers))


WHEN = ("S1", "V2", "week4", "baseline", "day30", "month 3", "T0", "M3", "W12", "J30", "after", "before")
WHEN += ("2024-01-05", "20240105_x", "3 months", "Visit-2")
UNSAFE = ("a/b", "..", ".", ".hidden", "CON", "nul.txt", "com1", "a:b", "a\\b", "x" * 300, "é" * 90, "", " ", "a b")
UNSAFE += ("<script>", "tab\t", "bell\a", "trailing.", "a-0123abcd", "\ud800")


@pytest.mark.parametrize("name", WHEN)
def test_names_that_say_when(name):
    assert looks_like_session(name)


@pytest.mark.parametrize("name", ["anna", "p1", "P01", "IMG_1234", "2024-13-05", "1234", "left", "S1x", "99999999"])
def test_names_that_do_not(name):
    assert not looks_like_session(name)


def test_dates_in_names():
    assert stamped_date("PXL_20240105_101112345") == "2024-01-05"
    assert stamped_date("20240105_101112") == "2024-01-05"
    assert stamped_date("IMG-20240105-WA0001") == "2024-01-05"
    assert stamped_date("20240105_S1") == ""
    assert stamped_date("IMG_1234") == ""


def entry(**changes):
    return PhotoEntry(**{"subject": "A", "session": "S1", "path": Path("/a"), "photo": "a", **changes})


def test_keys_of_paths():
    assert view_key(entry()) == "front"
    assert view_key(entry(light="cross_polarized")) == "front_cross_polarized"
    assert session_key(entry()) == "S1"
    assert session_key(entry(replicate=2)) == "S1_r2"


@pytest.mark.parametrize("name", ["anna", "Ünal", "日本", "S-1_b.2", "P001"])
def test_good_names_stay(name):
    assert safe_name(name) == name


@pytest.mark.parametrize("name", UNSAFE)
def test_other_names_are_made_safe(name):
    safe = safe_name(name)
    assert safe != name
    assert safe == safe_name(name)
    assert safe.encode()
    assert Path(safe).name == safe


@given(st.text(), st.text())
def test_safe_names_are_safe_and_unique(one, other):
    safe = safe_name(one)
    assert 0 < len(safe.encode()) <= 120
    assert not set(safe) & set('/\\:*?"<>|\0\n ')
    assert safe[0] != "." and safe[-1] not in ". "
    if one != other:
        assert safe != safe_name(other)


@given(st.sampled_from(["CON", "prn", "LPT1", "aux.jpg", "NUL."]))
def test_reserved_names_of_windows_never_come_out(name):
    assert safe_name(name).split(".")[0].split("-")[0].casefold() not in ("con", "prn", "lpt1", "aux", "nul")


def test_a_day_more_is_a_place_later():
    start = date(2023, 12, 30)
    names = [(start + timedelta(days=k)).isoformat() for k in range(5)]
    assert order_sessions(sorted(names, key=hash), {}) == tuple(names)
