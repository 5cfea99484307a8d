"""What crossed polarisers gain: the same phantoms in whom nothing changed, photographed with shine and without.

    ./scripts/bench polarisers --keep DIR [--people 6] [--sessions 3] [--workers 2]

Phototypes I to VI in turn, one phone, another pose, light, exposure, focus and shine in every session. Both lights are
drawn from the same seeds, so shine is all that differs. Every later session is compared with the first.

stray: root mean square of ln(follow-up / baseline) of the headline over the whole face, in per cent; half_width: median
half of the stated 95 % interval, in per cent of the baseline; skin_cm2: skin that is measured, median.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from skinimg.base.findings import HEADLINE
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.portrait import sample_sitter
from skinimg.phantom.series import Studio, photograph_session, sample_studio
from skinimg.phantom.synth import write_photo
from skinimg.phantom.view import FIELD_MM
from skinimg.run.run import Options, analyze

LIGHTS = {"standard": 1.0, "cross_polarized": 0.0}  # factor on the shine
HEIGHT_PX = 2300  # 9 px/mm
SEED = 71


def draw(number: int, sessions: int, folder: Path) -> list[dict[str, object]]:
    """The photos of one person in both lights, and their rows of a manifest; photos that are there are kept."""
    rows: list[dict[str, object]] = []
    generator = seeded(SEED + number)
    sitter = sample_sitter(spawn(generator), FIELD_MM / HEIGHT_PX * 0.7, number % 6 + 1)
    painted = sitter.paint()
    studio = sample_studio(spawn(generator), "same_phone", (HEIGHT_PX, HEIGHT_PX * 4 // 5))
    for light, shine in LIGHTS.items():
        camera = replace(studio.camera, light=replace(studio.camera.light, shine=studio.camera.light.shine * shine))
        mine = Studio(studio.regime, camera, studio.lighting, studio.shape)
        for session in range(sessions):
            photo = folder / f"P{number + 1}" / f"S{session + 1}_{light}.jpg"
            rows.append({"subject": f"P{number + 1}", "session": f"S{session + 1}", "photo": photo, "light": light})
            if not photo.exists():
                again = seeded(1000 * (SEED + number) + session)
                write_photo(photo, photograph_session(sitter, painted, mine, 0.0, again), mine, session)
    return rows


def table(changes: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """One line per light and headline."""
    lines = []
    whole = changes[(changes["region"] == "face") & (changes["verdict"] != "not_assessable")]
    skin = measurements[(measurements["region"] == "face") & (measurements["finding"] == "spots")]
    wide = skin.pivot(index=["subject", "session", "light"], columns="metric", values="value")
    cm2 = (wide["area"] / wide["area_fraction"]).groupby("light").median()
    for light in LIGHTS:
        for finding, metric in HEADLINE.items():
            mine = whole[(whole["light"] == light) & (whole["finding"] == finding) & (whole["metric"] == metric)]
            mine = mine[(mine["baseline"] > 0) & (mine["follow_up"] > 0)]
            ratio = np.log(mine["follow_up"] / mine["baseline"])
            half = 50 * (mine["ci_high"] - mine["ci_low"]) / mine["baseline"]
            lines.append(
                {
                    "light": light,
                    "finding": finding,
                    "metric": metric,
                    "pairs": len(mine),
                    "stray_percent": round(100 * float(np.sqrt(np.mean(ratio**2))), 1) if len(mine) else np.nan,
                    "half_width_percent": round(float(half.median()), 1),
                    "called": int(mine["verdict"].isin(("improved", "worsened")).sum()),
                    "skin_cm2": round(float(cm2[light]), 1),
                }
            )
    return pd.DataFrame(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--people", type=int, default=6)
    asked.add_argument("--sessions", type=int, default=3)
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--keep", type=Path, required=True)
    args = asked.parse_args()
    rows = [
        row for number in range(args.people) for row in draw(number, args.sessions, (args.keep / "photos").resolve())
    ]
    manifest = args.keep / "photos" / "manifest.csv"
    frame = pd.DataFrame(rows)
    frame["photo"] = [Path(photo).relative_to(manifest.parent.resolve()).as_posix() for photo in frame["photo"]]
    frame.to_csv(manifest, index=False)
    outcome = analyze(manifest, args.keep / "out", Options(workers=args.workers, fresh=True))
    print(table(outcome.tables["changes"], outcome.tables["measurements"]).to_string(index=False))


if __name__ == "__main__":
    main()
