"""Pseudonyms: stable with the key, silent without."""

from pathlib import Path

import pytest

from skinimg.base.entries import LeftOut, PhotoEntry, Study, Subject
from skinimg.base.errors import SettingsError
from skinimg.study import read_study, uncompared
from skinimg.study.pseudonyms import pseudonym, pseudonymized, read_key
from tests.study.laid import lay

KEY = b"0123456789abcdef"


def test_a_name_has_one_pseudonym_per_key():
    assert pseudonym("Anna", KEY) == pseudonym("Anna", KEY)
    assert pseudonym("Anna", KEY) != pseudonym("Anna", KEY[::-1])
    # RFC 4231, test case 2
    assert pseudonym("what do ya want for nothing?", b"Jefe") == "P-5bdcc146bf60"


def test_no_name_is_left():
    entry = PhotoEntry("Anna", "S1", Path("/clinic/Anna/Anna_S1.jpg"), "Anna/Anna_S1.jpg")
    study = Study(
        Path("/clinic"), (Subject("Anna", ("S1",), (entry,)),), ("Anna: odd",), (LeftOut("Anna.txt", "Anna"),)
    )
    hidden = pseudonymized(study, KEY)
    text = repr((hidden.subjects[0].name, hidden.subjects[0].photos[0].photo, hidden.warnings, hidden.left_out))
    assert "Anna" not in text
    assert hidden.subjects[0].photos[0].path == entry.path  # still to be read


def test_a_short_or_missing_key_is_refused(tmp_path):
    (tmp_path / "key").write_text("secret\n")
    with pytest.raises(SettingsError, match=r"too short .found 6 bytes"):
        read_key(tmp_path / "key")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_key(tmp_path / "none")


def test_what_was_lost_is_still_told_and_names_nobody(tmp_path):
    """The run must end as not complete, or a session is missing from a pseudonymised result in silence."""
    root = lay(tmp_path / "study", "Anna/S1/front.jpg", "Anna/S3/front.jpg", "Anna/S2/notes.txt")
    study = read_study(root)
    hidden = pseudonymized(study, KEY)
    assert len(study.lost) == len(uncompared(study)) == 1
    assert uncompared(hidden) == ("1 sessions or subjects have no photo that can be read: see `skinimg check`",)
