"""What every test may ask for."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photos beside the checkout; tests that need it are skipped, with the reason, without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real photos are not here: {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def _threads_as_they_were() -> Iterator[None]:
    """A test that changes torch's threads changes them for itself alone."""
    if "torch" not in sys.modules:
        yield
        return
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
