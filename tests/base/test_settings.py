"""Settings are refused before any work, and errors cross process borders whole."""

import pickle

import pytest

from skinimg.base.errors import AlignmentError, SettingsError, SkinimgError
from skinimg.base.reasons import why
from skinimg.base.settings import Settings, read_settings


def test_defaults_without_a_file():
    assert read_settings(None) == Settings()


def test_values_of_a_file(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("tile_mm = 10\nseed = 7\n")
    assert read_settings(path) == Settings(tile_mm=10.0, seed=7)
    path.write_text("\ufeffseed = 7\n", encoding="utf-8")
    assert read_settings(path) == Settings(seed=7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tile_m = 3", "tile_mm"),
        ("tile_mm = 0.1", "from 2 to 50"),
        ("tile_mm = true", "float"),
        ("seed = 1.5", "int"),
        ("seed = ", "TOML"),
        ("min_overlap = 0,3", "a decimal point"),
        ("min_overlap = 'much'", "'much'"),
    ],
)
def test_bad_settings_are_named(tmp_path, text, says):
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=says):
        read_settings(path)


def test_an_error_says_found_needed_and_the_next_step():
    error = SkinimgError("the face is too small", found="0.7 px/mm", needed="2 px/mm", next_step="Come closer.")
    assert str(error) == "the face is too small (found 0.7 px/mm, needs 2 px/mm). Come closer."


def test_errors_survive_a_process_border():
    error = AlignmentError(why("little_overlap", percent=12.0, needed=30.0), why("mirrored"))
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.reasons) == (AlignmentError, str(error), error.reasons)
    told = SettingsError("no", found="a", needed="b", next_step="c")
    copy = pickle.loads(pickle.dumps(told))
    assert (type(copy), str(copy), copy.found) == (SettingsError, str(told), "a")
