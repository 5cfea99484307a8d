"""Inputs that nobody means to give are read or refused by name; `scripts/bench fuzz` tries many more of them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import ATTEMPTS, attempt

FEW = {"card": 4}  # each reads the weights again


@pytest.mark.parametrize("kind", ATTEMPTS)
def test_read_or_refused_by_name(tmp_path, kind):
    outcomes = set()

    @settings(max_examples=FEW.get(kind, 60), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32 - 1))
    def tried(seed):
        outcomes.add(attempt(kind, seed, tmp_path))

    tried()
    assert outcomes


def test_another_error_is_not_hidden(tmp_path, monkeypatch):
    monkeypatch.setitem(ATTEMPTS, "photo", lambda rng, folder: [][1])
    with pytest.raises(IndexError):
        attempt("photo", 0, tmp_path)


def test_a_network_of_a_size_that_nobody_has_is_refused(tmp_path):
    """Found by the fuzzer: Infinity and 1e30 are numbers in JSON."""
    import json
    import shutil

    from skinimg.base.errors import WeightsError
    from skinimg.base.shipped import shipped
    from skinimg.model.network_file import load_network

    shutil.copy(shipped("weights") / "skin.safetensors", tmp_path / "skin.safetensors")
    card = json.loads((shipped("weights") / "skin.json").read_text(encoding="utf-8"))
    for filters in (float("inf"), 10**30, -1, "32"):
        (tmp_path / "skin.json").write_text(json.dumps(card | {"filters": filters}), encoding="utf-8")
        with pytest.raises(WeightsError, match="filters"):
            load_network(str(tmp_path / "skin.safetensors"))
