"""The log of runs: nobody alters a line unseen."""

import pytest

from skinimg.base.errors import StudyError
from skinimg.base.log import LOG, append_log, check_log


@pytest.fixture
def out(tmp_path):
    (tmp_path / "changes.csv").write_text("a,b\n")
    for action in ("analyze", "analyze", "forget"):
        append_log(tmp_path, action, {"device": "cpu"})
    return tmp_path


def test_a_chain_is_read_in_order(out):
    assert [line["action"] for line in check_log(out)] == ["analyze", "analyze", "forget"]
    assert all("changes.csv" in line["tables"] for line in check_log(out))


@pytest.mark.parametrize(
    "alter",
    [
        lambda lines: [lines[0].replace("cpu", "gpu"), *lines[1:]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [*lines[:2], lines[2][: len(lines[2]) // 2]],
        lambda lines: [*lines, "null"],
    ],
    ids=["changed", "removed", "swapped", "cut", "senseless"],
)
def test_an_altered_log_is_refused_and_not_continued(out, alter):
    lines = (out / LOG).read_text().splitlines()
    (out / LOG).write_text("\n".join(alter(lines)) + "\n")
    with pytest.raises(StudyError, match="was altered"):
        check_log(out)
    with pytest.raises(StudyError, match="was altered"):
        append_log(out, "analyze", {})


def test_no_log_is_no_fault(tmp_path):
    assert check_log(tmp_path) == []
