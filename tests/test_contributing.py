"""A stranger follows CONTRIBUTING.md in a copy of the tree: one metric, one finding, and both reach tables and reports."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.drawn import save, skin_patch

ROOT = Path(__file__).resolve().parents[1]


def told(heading: str) -> list[str]:
    """The code under a heading of CONTRIBUTING.md."""
    section = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    )
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def put(file: Path, before: str, text: str) -> None:
    """`text` in front of the only place where a file says `before`."""
    whole = file.read_text(encoding="utf-8")
    assert whole.count(before) == 1, (file, before)
    file.write_text(whole.replace(before, text + before), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the metric and the finding of CONTRIBUTING.md."""
    home = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "skinimg", home / "skinimg", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("weights", "pyproject.toml"):
        (home / name).symlink_to(ROOT / name)
    package = home / "skinimg"
    (metric,) = told("Add a metric")
    record, field, its_metric = told("Add a finding")
    put(package / "base" / "findings.py", "    )\n}\n\n# Findings whose change", f"{record.rstrip()},\n")
    put(package / "measure" / "field_maps.py", '    return {\n        "tone": tone,\n', f"    {field}")
    put(package / "measure" / "field_maps.py", '        "texture": texture,\n', '        "dullness": dullness,\n')
    with (package / "measure" / "metrics.py").open("a", encoding="utf-8") as file:
        file.write(f"\n\n{metric}\n\n{its_metric}")
    words = {
        "[metric]\n": 'mean_area = "Area of a spot"\ndullness = "Dullness"\n',
        "[finding]\n": 'dullness = "Dull skin"\n',
        "[definition]\n": 'dullness = "Skin that returns little light."\n',
    }
    for catalogue in (package / "report" / "texts").glob("*.toml"):
        for section, lines in words.items():
            put(catalogue, section, "")
            catalogue.write_text(catalogue.read_text("utf-8").replace(section, section + lines), encoding="utf-8")
        tomllib.loads(catalogue.read_text(encoding="utf-8"))
    return home


_RUN = """
import json, sys
from skinimg import Options, analyze
from skinimg.report import ReportOptions
outcome = analyze("manifest.csv", "out", Options("classical", report=ReportOptions("fr")))
told = {}
for name in ("measurements", "changes"):
    table = outcome.tables[name]
    mine = table[table["metric"].isin(["mean_area", "dullness"])]
    told[name] = mine.astype(str).to_dict("records")
print(json.dumps(told))
"""


def test_a_metric_and_a_finding_of_ones_own_reach_the_tables_and_the_report(copy: Path, tmp_path: Path) -> None:
    rows = ["subject,session,photo,view,mm_per_px"]
    for session in ("S1", "S2"):
        save(skin_patch(size_mm=36.0, noise_seed=len(rows)), tmp_path / f"{session}.png")
        rows.append(f"P,{session},{session}.png,closeup,0.1")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    run = subprocess.run(
        [sys.executable, "-c", _RUN], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    measured = {(row["session"], row["finding"], row["metric"]): row for row in answer["measurements"]}
    assert set(measured) == {(s, f, m) for s in ("S1", "S2") for f, m in (("spots", "mean_area"), ("dullness",) * 2)}
    # Three spots of 1.5, 2 and 2.5 mm radius lie on this patch; the filters' soft masks are a little wider.
    assert 8 < float(measured["S1", "spots", "mean_area"]["value"]) < 25
    assert float(measured["S1", "dullness", "dullness"]["value"]) > 0
    changes = {row["finding"]: row for row in answer["changes"]}
    assert {row["reason"] for row in changes.values()} == {"the repeatability of this metric is not known"}
    page = (tmp_path / "out" / "reports" / "P.html").read_text(encoding="utf-8")
    assert "Dull skin" in page and "Area of a spot" in page
    assert "La répétabilité de cette mesure n’est pas connue" in page
