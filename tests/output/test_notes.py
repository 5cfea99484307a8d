"""What is collected about a subject on the way."""

import pytest

from skinimg.output.notes import Notes


def test_a_stage_is_timed_when_it_fails():
    notes = Notes()
    with pytest.raises(ValueError, match="refused"), notes.stage("photo"):
        raise ValueError("refused")
    assert notes.seconds["photo"] > 0
