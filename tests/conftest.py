"""What every test may ask for."""

import socket
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
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos of faces never leave the machine: whatever is tested, only this machine itself can be reached."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        # A datagram socket sends nothing when it connects: Dask asks one for the address of this machine.
        stream = self.type == socket.SOCK_STREAM
        if (
            stream
            and self.family in (socket.AF_INET, socket.AF_INET6)
            and host not in ("127.0.0.1", "::1", "localhost")
        ):
            raise AssertionError(f"a connection to {host} was tried")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


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
