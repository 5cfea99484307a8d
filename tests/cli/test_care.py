"""What looks after an installation."""

import pytest
from typer.testing import CliRunner

from skinimg.base.errors import WeightsError
from skinimg.base.shipped import shipped
from skinimg.cli.care import doctor
from skinimg.cli.main import app


def test_doctor_names_every_shipped_weights() -> None:
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0, done.output
    for path in shipped("weights").glob("*.safetensors"):
        assert f"weights {path.stem}" in done.output
    for what in ("torch", "numpy", "cores", "CUDA device", "weights classical"):
        assert what in done.output


def test_doctor_does_not_call_damaged_weights_whole(tmp_path, monkeypatch) -> None:
    (tmp_path / "face.safetensors").write_bytes(b"0" * 64)
    (tmp_path / "face.json").write_bytes((shipped("weights") / "face.json").read_bytes())
    monkeypatch.setattr("skinimg.base.shipped.shipped", lambda _folder: tmp_path)
    with pytest.raises(WeightsError, match="do not belong to their card"):
        doctor()
