"""What is measured of a true fall: drawn people treated for one finding, photographed before and after.

    ./scripts/bench treated pores --people 9 --keep DIR

One finding falls by about a third, the others stay. Rig and phone take turns, phototypes I to V too. The true fall is that
of the skin (truth.py), the measured one that of the headline. What is seen by the shade that light makes (pores, lines)
has a third one, `shown`: that of the darkness that these two photos show, at the same places with a rim of 0.5 mm, as a
comparison sums it. Photos and their truth are kept in DIR and used again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.change_tables import markdown
from benchmarks.sitting import entry_of, write
from benchmarks.verdicts import Judge
from skinimg.base.errors import ReasonedError
from skinimg.base.findings import HEADLINE, MASK_FINDINGS
from skinimg.phantom.camera import Regime
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.painting import Painted
from skinimg.phantom.portrait import Picture, Sitter, sample_sitter
from skinimg.phantom.series import Treatment, lesions_at, photograph_session, sample_studio
from skinimg.phantom.shown import SHOWN_BY_LIGHT
from skinimg.phantom.truth import sheet_regions, skin_totals
from skinimg.phantom.view import FIELD_MM
from skinimg.photo.colour import srgb_to_linear

REGIMES: tuple[Regime, ...] = ("fixed_rig", "same_phone")
_HEIGHT_PX = 2400  # 9 to 10 px/mm: enough for pores
_QUALITY = 92
_SEED = 7700
_FALL = -0.35
_RIM_MM = 0.5  # of measure/common_skin.py, around pores and lines
_PHOTOTYPES = 5


def drawn(finding: str, number: int, folder: Path) -> dict[str, Any]:
    """Photograph one person before and after, unless that has been done; who it is, and what is true."""
    truth = folder / "truth.json"
    if truth.exists():
        return dict(json.loads(truth.read_text("utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    generator, regime = seeded(_SEED + number), REGIMES[number % len(REGIMES)]
    sitter = sample_sitter(spawn(generator), FIELD_MM / _HEIGHT_PX, 1 + number % _PHOTOTYPES)
    studio = sample_studio(generator, regime, (_HEIGHT_PX, _HEIGHT_PX * 4 // 5))
    lesions = lesions_at(sitter, Treatment({finding: _FALL}, left=True, right=True), 1.0, _SEED)
    before, after = sitter.paint(), sitter.paint(lesions)
    pictures = [photograph_session(sitter, painted, studio, 0.0, generator) for painted in (before, after)]
    for name, picture in zip(("baseline", "after"), pictures, strict=True):
        write(folder / f"{name}.jpg", srgb_to_linear(picture.srgb.numpy().astype(np.float32) / 255), _QUALITY)
    row = {"phototype": sitter.person.phototype, "regime": regime} | _true(sitter, finding, before, after)
    if finding in SHOWN_BY_LIGHT:
        row |= _shown(sitter, finding, pictures)
    truth.write_text(json.dumps(row), "utf-8")
    return row


def _true(sitter: Sitter, finding: str, before: Painted, after: Painted) -> dict[str, Any]:
    """Load over the face (mm2 OD) and its change, per cent, over the skin that shows the finding before or after."""
    face = sheet_regions(sitter)[:1]
    start, end = (
        float(skin_totals(sitter, painted, sitter.lesions, face, other)[finding]["support_od_mm2"][0])
        for painted, other in ((before, after), (after, before))
    )
    return {"load": start, "true": 100 * (end / start - 1) if start else np.nan}


def _shown(sitter: Sitter, finding: str, pictures: Sequence[Picture]) -> dict[str, float]:
    """Change, per cent, of the darkness that the photos show of a finding, wherever either has it and 0.5 mm around."""
    covered = (
        np.any([p.painted.coverage[finding].cpu().numpy() > 0 for p in pictures], axis=0) & sheet_regions(sitter)[0]
    )
    radius = round(_RIM_MM / sitter.sheet.canvas.mm_per_px)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    where = cv2.dilate(covered.astype(np.uint8), kernel).astype(bool)
    start, end = (float(p.dark[finding].cpu().numpy()[where].sum()) for p in pictures)
    return {"shown": 100 * (end / start - 1) if start > 0 else np.nan}


def _told(judge: Judge, finding: str, folder: Path) -> dict[str, Any]:
    """The headline in per cent of its baseline, its interval and verdict, or the reason why there is none."""
    first = judge.baseline(entry_of(folder / "baseline.jpg"))
    try:
        shot = judge.look(entry_of(folder / "after.jpg"), first)
    except ReasonedError as error:
        return {"verdict": "refused", "reason": str(error)}
    changes = judge.changes(first, shot)[1]
    (c,) = (c for c in changes if c.role == "headline" and c.finding == finding)
    share = 100 / c.baseline if c.baseline > 0 else np.nan
    return {
        "baseline": c.baseline, "measured": c.change * share, "low": c.ci_low * share, "high": c.ci_high * share,
        "mdc95": c.mdc95 * share, "verdict": c.verdict, "reason": str(c.reason or ""),
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: one line a person, the least load first."""
    lines = []
    for row in sorted(rows, key=lambda row: row["load"]):
        known = {name: round(value, 1) if isinstance(value, float) else value for name, value in row.items()}
        recovered = row["measured"] / row["true"] if "measured" in row else np.nan
        lines.append(known | {"recovered": round(recovered, 2)})
    names = list(dict.fromkeys(name for line in lines for name in line))
    return markdown([{name: line.get(name) for name in names} for line in lines])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("finding", choices=[name for name in MASK_FINDINGS if name in HEADLINE])
    parser.add_argument("--people", type=int, default=9)
    parser.add_argument("--keep", type=Path, required=True, help="folder for the photos and what was measured")
    given = parser.parse_args()
    judge, rows = Judge(), []
    for number in range(given.people):
        folder = given.keep / f"{given.finding} {number:02d}"
        rows.append(drawn(given.finding, number, folder) | _told(judge, given.finding, folder))
    print(table(rows))


if __name__ == "__main__":
    main()
