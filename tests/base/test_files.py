"""Whole or not at all."""

import errno
import os

import pytest

from skinimg.base.files import atomic, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "a.csv", "old")
    with pytest.raises(OSError, match="full"), atomic(tmp_path / "a.csv") as partial:
        partial.write_text("ne")
        raise OSError(errno.ENOSPC, "full")
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "old"


def test_content_is_on_the_disk_before_it_has_the_name(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_text(tmp_path / "a.csv", "new")
    assert list(tmp_path.iterdir()) == []
