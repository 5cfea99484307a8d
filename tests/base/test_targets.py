"""What a treatment is for: read from the manifest, the settings or the command line, and refused where it is not scored."""

from pathlib import Path

import pytest

from skinimg.base.entries import PhotoEntry, Subject
from skinimg.base.errors import SettingsError
from skinimg.base.settings import Settings, read_settings, with_targets
from skinimg.base.targets import read_targets, targets_of


def test_separators_and_order():
    assert read_targets("erythema; spots") == ("spots", "erythema")
    assert read_targets("spots,erythema") == read_targets("spots + erythema") == ("spots", "erythema")
    assert read_targets("Spots; Redness;") == ("spots", "redness")
    assert read_targets(" ") == ()


def test_what_is_not_scored_is_named():
    with pytest.raises(ValueError, match="tone"):
        read_targets("spots;tone")
    with pytest.raises(SettingsError, match="sports"):
        with_targets(Settings(), "sports")


def test_the_command_line_goes_before_the_manifest_and_all_rows_count():
    photos = tuple(
        PhotoEntry("P", s, Path(s), s, treatment_target=t) for s, t in (("S1", "spots"), ("S2", "pores"), ("S3", ""))
    )
    person = Subject("P", ("S1", "S2", "S3"), photos)
    assert targets_of(person, "") == ("spots", "pores")
    assert targets_of(person, "redness") == ("redness",)


def test_a_settings_file_may_declare_them(tmp_path):
    (tmp_path / "s.toml").write_text('targets = "spots;erythema"\n')
    assert read_settings(tmp_path / "s.toml").targets == "spots;erythema"
    (tmp_path / "s.toml").write_text('targets = "sports"\n')
    with pytest.raises(SettingsError):
        read_settings(tmp_path / "s.toml")
