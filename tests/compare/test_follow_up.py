"""What a follow-up takes from the shots of a session."""

from types import SimpleNamespace

from skinimg.base.reasons import why
from skinimg.base.results import Change
from skinimg.compare.follow_up import FollowUp, _cameras, _kept_back, _told_by_loads, without_copies
from skinimg.compare.plain_skin import PlainSkin


def shot(sha256="a", camera="one", colour="skin"):
    return SimpleNamespace(seen=SimpleNamespace(sha256=sha256, camera=camera, colour=SimpleNamespace(source=colour)))


def test_a_copy_is_no_second_shot_and_the_order_stays():
    first, copy, other = shot("a"), shot("a"), shot("b")
    kept = without_copies([first, copy, other])
    assert [s.seen.sha256 for s in kept] == ["a", "b"]
    assert kept[0] is first


def test_a_copy_at_the_end_does_not_move_the_first_shot():
    first, other, copy = shot("a"), shot("b"), shot("a")
    kept = without_copies([first, other, copy])
    assert [s is t for s, t in zip(kept, (first, other), strict=True)] == [True, True]


def test_the_worst_pair_of_cameras_speaks_for_all():
    alike = PlainSkin({}, {})
    assert _cameras([shot()], [shot()], alike) == ("same_camera", None)
    kind, words = _cameras([shot(), shot(camera="")], [shot()], alike)
    assert kind == "unknown_camera"
    assert "does not name its camera" in str(words)
    kind, words = _cameras([shot(camera="")], [shot(), shot(camera="two")], alike)
    assert kind == "unknown_camera"
    kind, words = _cameras([shot()], [shot(camera="two"), shot()], alike)
    assert (kind, str(words)) == ("other_camera", "taken with two, the baseline with one")


def test_photos_that_look_like_two_cameras_are_taken_for_two():
    for camera in ("one", ""):
        kind, words = _cameras([shot(camera=camera)], [shot(camera=camera)], PlainSkin({}, {}, 0.0, 0.2))
        assert kind == "other_camera"
        assert words


def test_a_card_in_one_photo_alone_makes_two_cameras_of_one():
    kind, words = _cameras([shot(colour="card")], [shot()], PlainSkin({}, {}))
    assert (kind, words.code) == ("other_camera", "card_in_one_photo")
    assert _cameras([shot(colour="card")], [shot(colour="card")], PlainSkin({}, {})) == ("same_camera", None)


def test_what_the_photos_cannot_tell_keeps_its_numbers_and_loses_its_verdict():
    rows = [
        Change("face", finding, metric, "OD", 1.0, 2.0, verdict="worsened")
        for finding, metric in (("spots", "burden"), ("redness", "burden"), ("erythema", "load"))
    ]
    edited, colours, passing = why("tan_or_edit"), why("other_colours"), why("skin_alone")

    def codes(told=None, camera="same_camera", source="skin", **pair):
        f = FollowUp(None, None, {}, camera_class=camera, color_source=source, **pair)
        kept = _kept_back(rows, f, told)
        assert [c.change for c in kept] == [1.0, 1.0, 1.0]
        assert all((c.verdict == "not_assessable") == bool(c.reason) for c in kept)
        return [c.reason for c in kept]

    assert codes() == [None, None, None]
    assert codes(edited=edited) == [edited, edited, edited]
    assert codes(camera="other_camera") == [None, None, colours]
    assert codes(camera="other_camera", source="card+skin") == [None, None, None]
    assert codes(passing) == [None, passing, passing]


def test_lines_that_light_may_have_filled_are_not_called():
    verdicts = ("improved", "unchanged")
    rows = [
        Change("face", finding, "burden", "OD", 2.0, 1.0, verdict=verdict)
        for finding in ("wrinkles", "spots")
        for verdict in verdicts
    ]
    f = FollowUp(None, None, {}, patchy=why("patchy_light", percent=8, limit=5))
    kept = _kept_back(rows, f, None)
    assert [c.verdict for c in kept] == ["not_assessable", "unchanged", *verdicts]
    assert [c.reason and c.reason.code for c in kept] == ["patchy_light", None, None, None]


def test_a_contrast_called_against_its_load_has_no_verdict():
    """Of a mark that shrinks, the darkest part is left: it is no worse."""

    def row(metric, verdict, region="face"):
        return Change(region, "spots", metric, "OD", 1.0, 2.0, verdict=verdict)

    rows = [row("burden", "improved"), row("contrast", "worsened"), row("contrast", "worsened", "chin")]
    fallen, against, alone = _told_by_loads(rows)
    assert (fallen.verdict, alone.verdict) == ("improved", "worsened")
    assert (against.verdict, against.reason.code) == ("not_assessable", "darkest_left")
    alike = [row("burden", "improved"), row("contrast", "improved")]
    assert _told_by_loads(alike) == alike
