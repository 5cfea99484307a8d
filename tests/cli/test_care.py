"""What looks after an installation, and what a stranger runs first."""

import pytest
from typer.testing import CliRunner

from skinimg.base.errors import WeightsError
from skinimg.base.shipped import shipped
from skinimg.cli.care import doctor
from skinimg.cli.main import app
from tests.drawn import save, skin_patch


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


def test_the_demo_analyses_the_samples_and_says_where_the_report_is(tmp_path, monkeypatch) -> None:
    """On two close-ups in place of eight faces."""
    rows = ["subject,session,photo,view,mm_per_px"]
    for number in (1, 2):
        save(skin_patch(size_mm=36.0, noise_seed=number), tmp_path / "samples" / f"{number}.png")
        rows.append(f"P,S{number},{number}.png,closeup,0.1")
    (tmp_path / "samples" / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setattr("skinimg.base.shipped.shipped", lambda kind: tmp_path / kind)
    done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    page = tmp_path / "out" / "index.html"
    assert f"Report: {page}" in done.output.replace("\n", "")
    assert 'href="reports/P.html"' in page.read_text(encoding="utf-8")
    assert (tmp_path / "out" / "reports" / "P.html").exists()
