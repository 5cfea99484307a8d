"""Pieces of work side by side: in order, whatever the threads, and an error reaches the caller."""

import threading

import cv2
import pytest

from skinimg.base.parallel import behind, each, together


@pytest.fixture(params=[1, 2, 4])
def threads(request):
    before = cv2.getNumThreads()
    cv2.setNumThreads(request.param)
    yield request.param
    cv2.setNumThreads(before)


def test_results_come_in_the_order_of_the_items(threads):
    assert each(lambda k: k * k, range(20)) == [k * k for k in range(20)]
    assert together(lambda: "a", lambda: 1) == ["a", 1]
    assert each(str, []) == []


def test_as_many_at_once_as_opencv_may_use(threads):
    if threads == 1:
        assert set(each(lambda _: threading.get_ident(), range(3))) == {threading.get_ident()}
        return
    meeting = threading.Barrier(threads)  # passes only where so many come at once
    each(lambda _: meeting.wait(timeout=20), range(threads))


def test_an_error_reaches_the_caller(threads):
    with pytest.raises(ZeroDivisionError):
        each(lambda k: 1 / k, [1, 0, 2])


def test_what_is_done_behind_is_done_in_order_when_the_block_ends(threads):
    done = []
    with behind() as later:
        for k in range(20):
            later(done.append, k)
    assert done == list(range(20))


def test_a_block_goes_on_while_work_is_done_behind_it(threads):
    if threads == 1:
        with behind() as later:
            seen = []
            later(lambda: seen.append(threading.get_ident()))
            assert seen == [threading.get_ident()]
        return
    go_on, waited = threading.Event(), []
    with behind() as later:
        later(lambda: waited.append(go_on.wait(timeout=20)))
        go_on.set()
    assert waited == [True]


def test_an_error_behind_reaches_the_caller_and_an_error_of_the_block_comes_first(threads):
    with pytest.raises(ZeroDivisionError), behind() as later:
        later(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError if threads == 1 else KeyError), behind() as later:
        later(lambda: 1 / 0)
        raise KeyError
