"""Lesions keep their number from session to session; new, resolved and hidden ones are told apart."""

import numpy as np
import pytest

from skinimg.base.findings import FACE_REGIONS, MASK_FINDINGS
from skinimg.base.records import Alignment, Frame, Objects
from skinimg.compare.sighting import sight
from skinimg.compare.track import track
from skinimg.output import tables

SHAPE = (600, 500)


def frame(px_per_mm=10.0):
    bits = np.ones(SHAPE, np.uint16)
    bits[300:] |= 1 << FACE_REGIONS.index("left_cheek")
    return Frame(
        np.zeros((*SHAPE, 3), np.float32), np.ones(SHAPE, bool), bits, FACE_REGIONS, None,
        np.eye(2, 3, dtype=np.float32), SHAPE, 0.1, px_per_mm, "manifest",
    )  # fmt: skip


def shifted(dx=0.0, dy=0.0, hidden=None):
    """A session in which every baseline pixel lies (dx, dy) further on."""
    ys, xs = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    valid = np.ones(SHAPE, bool)
    if hidden is not None:
        valid[hidden] = False
    to_session, to_baseline = np.dstack([xs + dx, ys + dy]), np.dstack([xs - dx, ys - dy])
    return Alignment(to_session, to_baseline, valid, valid, valid, valid, np.ones(SHAPE, np.float32), 0.1, 1.0)


def objects(spots):
    """spots: (n, 4) x, y in px, area in mm2, contrast."""
    empty = Objects(*(np.zeros(0, np.float32),) * 5)
    columns = np.asarray(spots, np.float32).reshape(-1, 4).T
    return {
        f: Objects(*columns, np.zeros(columns.shape[1], np.float32)) if f == "spots" else empty for f in MASK_FINDINGS
    }


def follow(*sessions, px_per_mm=10.0):
    base = frame(px_per_mm)
    seen = [sight(f"S{k + 1}", base, objects(spots), alignment) for k, (spots, alignment) in enumerate(sessions)]
    return tables.frame("lesions", track("a", "front", base, seen))


FIRST = [(100, 100, 5.0, 0.3), (300, 400, 8.0, 0.5), (200, 250, 2.0, 0.4)]


def statuses(table):
    return {k: list(g.sort_values("session")["status"]) for k, g in table.groupby("lesion")}


def test_everybody_persists_through_a_shift():
    moved = [(x + 20, y - 10, area, contrast) for x, y, area, contrast in FIRST]
    table = follow((FIRST, shifted()), (moved, shifted(20, -10)))
    assert statuses(table) == {k: ["baseline", "persisting"] for k in (1, 2, 3)}
    later = table[table["session"] == "S2"].sort_values("lesion")
    assert later["x_mm"].to_numpy() == pytest.approx([10, 30, 20], abs=0.02)
    assert list(later["region"]) == ["face", "left_cheek", "face"]


def test_a_fading_spot_is_followed():
    faded = [(100, 100, 5.0, 0.3), (300, 400, 4.0, 0.35), (200, 250, 1.2, 0.2)]
    assert statuses(follow((FIRST, shifted()), (faded, shifted()))) == {
        k: ["baseline", "persisting"] for k in (1, 2, 3)
    }


def test_new_resolved_and_hidden():
    later = [FIRST[0], (420, 300, 3.0, 0.4)]
    table = follow((FIRST, shifted()), (later, shifted(hidden=np.s_[200:300, 150:250])))
    assert statuses(table) == {
        1: ["baseline", "persisting"],
        2: ["baseline", "resolved"],
        3: ["baseline", "not_visible"],
        4: ["new"],
    }
    gone = table[table["status"] == "resolved"].iloc[0]
    assert gone["area_mm2"] == 0
    assert np.isnan(gone["contrast"])


def test_one_object_has_one_partner():
    """Two near neighbours: the total cost decides, not the first come."""
    first = [(100, 100, 4.0, 0.4), (108, 100, 4.0, 0.4)]
    later = [(104, 100, 4.0, 0.4), (112, 100, 4.0, 0.4)]
    table = follow((first, shifted()), (later, shifted()))
    assert statuses(table) == {1: ["baseline", "persisting"], 2: ["baseline", "persisting"]}
    place = table[table["session"] == "S2"].set_index("lesion")["x_mm"]
    assert place[1] == pytest.approx(10.4)
    assert place[2] == pytest.approx(11.2)


LARGE = (300, 300, 50.0, 0.4)  # a disc of 8 mm


def test_a_lesion_in_pieces_keeps_its_number_and_all_its_area():
    pieces = [(285, 300, 20.0, 0.3), (320, 310, 10.0, 0.3), (300, 275, 6.0, 0.3)]
    table = follow(([LARGE], shifted()), (pieces, shifted()), (pieces[1:], shifted()))
    assert statuses(table) == {1: ["baseline", "persisting", "persisting"]}
    assert list(table["area_mm2"]) == pytest.approx([50, 36, 16])
    assert table["x_mm"].iloc[1] == pytest.approx((285 * 20 + 320 * 10 + 300 * 6) / 360)


def test_what_grows_beside_a_lesion_is_no_piece_of_it():
    beside = [(270, 300, 25.0, 0.4), (300, 380, 6.0, 0.3)]  # the second 8 mm away, outside a radius of 4 mm
    within = [LARGE, (310, 300, 40.0, 0.3)]  # inside, but more than there was
    assert statuses(follow(([LARGE], shifted()), (beside, shifted())))[2] == ["new"]
    assert statuses(follow(([LARGE], shifted()), (within, shifted())))[2] == ["new"]


def test_lesions_that_ran_together_keep_their_numbers_and_parts():
    apart = [(270, 300, 30.0, 0.4), (325, 300, 10.0, 0.4)]
    joined = [(284, 300, 44.0, 0.4)]
    table = follow((apart, shifted()), (joined, shifted()), (apart, shifted()))
    assert statuses(table) == {k: ["baseline", "persisting", "persisting"] for k in (1, 2)}
    wide = table.pivot(index="lesion", columns="session", values="area_mm2")
    assert list(wide["S2"]) == pytest.approx([33, 11])
    assert list(wide["S3"]) == pytest.approx([30, 10])
    assert table.pivot(index="lesion", columns="session", values="x_mm").loc[2, "S2"] == pytest.approx(32.5)


def test_a_lesion_gone_beside_another_is_no_merger():
    apart = [(270, 300, 30.0, 0.4), (325, 300, 10.0, 0.4)]
    table = follow((apart, shifted()), (apart[:1], shifted()))
    assert statuses(table) == {1: ["baseline", "persisting"], 2: ["baseline", "resolved"]}


def test_a_thousand_neighbours():
    rng = np.random.default_rng(1)
    ys, xs = (v.ravel() * 12 + 20 for v in np.mgrid[0:32, 0:32])
    first = np.column_stack([xs, ys, np.full(xs.size, 1.0), np.full(xs.size, 0.3)])
    later = first + np.column_stack([rng.normal(0, 1.0, (xs.size, 2)), np.zeros((xs.size, 2))])
    table = follow((first, shifted()), (later, shifted()))
    wide = table.pivot(index="lesion", columns="session", values="x_mm")
    assert wide["S2"].notna().mean() > 0.999
    assert (np.abs(wide["S2"] - wide["S1"]) < 0.4).mean() > 0.995


def test_what_the_photo_cannot_resolve_is_not_tracked():
    assert len(follow((FIRST, shifted()), (FIRST, shifted()), px_per_mm=2.0)) == 0
