"""The code of the README does what it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.drawn import SPOTS, save, skin_patch

ROOT = Path(__file__).resolve().parents[1]
(CODE,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ["subject,session,photo,view,mm_per_px"]
    for session in ("S1", "S2"):
        save(skin_patch(SPOTS, size_mm=36.0, noise_seed=len(rows)), tmp_path / "study" / f"{session}.png")
        rows.append(f"P,{session},{session}.png,closeup,0.1")
    (tmp_path / "study" / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "samples" / "photos" / "P01" / "S1_front.jpg", tmp_path / "front.jpg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(CODE, "README.md", "exec"), names)
    outcome, face = names["outcome"], names["face"]
    assert outcome.complete  # type: ignore[attr-defined]
    assert set(outcome.tables["changes"]["finding"]) > {"spots", "redness"}  # type: ignore[attr-defined]
    assert (tmp_path / "result" / "changes.csv").exists()
    assert face.landmarks.shape == (478, 3)  # type: ignore[attr-defined]
