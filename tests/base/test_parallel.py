"""Pieces of work side by side: in order, whatever the threads, and an error reaches the caller."""

import threading

import cv2
import pytest

from skinimg.base.parallel import each, together


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
