"""What a trial leaves in the analysis' folder: `trial/` with report, JSON and ADaM tables."""

from __future__ import annotations

import json
from pathlib import Path

from skinimg.base.files import write_text
from skinimg.trial.adam import write_adam
from skinimg.trial.document import full_document
from skinimg.trial.report import write_report
from skinimg.trial.trial import Trial


def write_trial(trial: Trial, folder: Path, lang: str = "en") -> Path:
    """Write `folder`/trial and return the path of the report."""
    out = folder / "trial"
    out.mkdir(exist_ok=True)
    write_adam(trial, folder.resolve().name, out)
    write_text(out / "trial.json", json.dumps(full_document(trial), ensure_ascii=False, indent=2) + "\n")
    return write_report(trial, out / "trial.html", lang)
