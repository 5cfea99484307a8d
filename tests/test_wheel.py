"""An installed wheel must run the demo without a checkout: weights, samples and templates travel in it."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_wheel_carries_weights_samples_and_templates(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    weights = {p.name for p in (ROOT / "weights").iterdir()}
    assert {f"skinimg/_data/weights/{name}" for name in weights} <= names
    assert "skinimg/_data/samples/manifest.csv" in names
    assert any(n.startswith("skinimg/_data/samples/") and n.endswith(".jpg") for n in names)
    assert any(n.startswith("skinimg/report/templates/") for n in names)
    assert "skinimg/py.typed" in names
    assert not any(n.startswith(("tests/", "scripts/")) for n in names)


def test_shipped_weights_stay_small():
    assert sum(p.stat().st_size for p in (ROOT / "weights").iterdir()) < 40e6
