"""Tables of an analysis that never was, with any changes."""

import numpy as np
import pandas as pd

VISITS = ("S1", "S2", "S3")


def write_study(folder, changes, *, design="parallel", visits=VISITS, rng=None, more=None):
    """Tables of `changes` : (subject, visit, region, arm or "") -> change; NaN is not assessable; absent is no photo.

    Split-face arms are `left` and `right` keys of `more["sides"]` : subject -> (arm_left, arm_right).
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = rng or np.random.default_rng(0)
    more = more or {}
    subjects = list(dict.fromkeys(s for s, *_ in changes))
    came = {(s, v) for s, v, *_ in changes}
    photos, roster, rows = [], [], []
    base = {}
    for s in subjects:
        for v in visits:
            if v != visits[0] and (s, v) not in came:
                continue
            photos.append({"subject": s, "session": v, "photo": f"{s}/{v}.jpg", "status": "ok", "reasons": ""})
            left, right = more.get("sides", {}).get(s, ("", ""))
            row = {"subject": s, "session": v, "photo": f"{s}/{v}.jpg", "arm": more.get("arms", {}).get(s, "")}
            roster.append(row | {"arm_left": left, "arm_right": right} | more.get("graded", {}).get((s, v), {}))
    for (s, v, region), change in changes.items():
        start = base.setdefault((s, region), 10 + rng.normal())
        ok = np.isfinite(change)
        rows.append(
            {
                "subject": s, "view": "front", "light": "standard", "region": region, "finding": "spots",
                "metric": "burden", "unit": "mm2 OD", "baseline_session": visits[0], "session": v, "days": 30,
                "baseline": start, "follow_up": start + change, "change": change, "mdc95": 1.0,
                "verdict": "unchanged" if ok else "not_assessable", "reason": "" if ok else "too dark", "role": "headline",
            }
        )  # fmt: skip
    pd.DataFrame(photos).to_csv(folder / "photos.csv", index=False)
    pd.DataFrame(roster).fillna("").to_csv(folder / "study.csv", index=False)
    pd.DataFrame(rows).to_csv(folder / "changes.csv", index=False)
    return folder


def split_face(folder, gaps, *, visits=("S1", "S2"), noise=None, **kinds):
    """One gap (active minus control) per subject; sides alternate."""
    changes, sides = {}, {}
    for k, gap in enumerate(gaps):
        name = f"P{k:02d}"
        order = ("active", "control") if k % 2 else ("control", "active")
        sides[name] = order
        for visit in visits[1:]:
            common = 0.0 if noise is None else float(noise[k])
            for side, arm in zip(("left", "right"), order, strict=True):
                changes[name, visit, f"{side}_side"] = common + (gap if arm == "active" else 0.0)
    return write_study(folder, changes, visits=visits, more={"sides": sides} | kinds)
