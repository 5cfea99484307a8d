"""How many came, and what became of their photos: the numbers of a CONSORT flow diagram."""

from __future__ import annotations

import pandas as pd

from skinimg.base.reasons import Reason
from skinimg.trial.data import Data
from skinimg.trial.people import Allocation


def flow_of(people: Allocation, data: Data, limits: tuple[Reason, ...]) -> dict[str, object]:
    """Counts by arm and visit, plain enough for JSON."""
    mine = data.photos[data.photos["subject"].isin(set(people.places["subject"]))]
    rejected = mine[mine["status"] == "rejected"]
    columns = [c for c in ("subject", "session", "photo", "reasons") if c in rejected]
    return {
        "subjects": int(people.places["subject"].nunique()),
        "allocated": {arm: int((people.places["arm"] == arm).sum()) for arm in people.arms},
        "without_arm": len(people.without_arm),
        "other_arms": len(people.other_arms),
        "photos": {"all": len(mine), "rejected": len(rejected)},
        "rejected_photos": rejected[columns].to_dict("records"),
        "visits": {visit: _came(people, data.photos, visit) for visit in data.visits},
        "missing": _missing(data.rows),
        "limits": [str(limit) for limit in limits],
    }


def _came(people: Allocation, photos: pd.DataFrame, visit: str) -> dict[str, dict[str, int]]:
    """Of each arm at one visit: expected, came (any photo), usable (a photo that was not rejected)."""
    there = photos[photos["session"] == visit]
    usable = set(there.loc[there["status"] != "rejected", "subject"])
    came = set(there["subject"])
    counts = {}
    for arm in people.arms:
        subjects = people.places.loc[people.places["arm"] == arm, "subject"]
        counts[arm] = {
            "expected": len(subjects),
            "came": int(subjects.isin(came).sum()),
            "usable": int(subjects.isin(usable).sum()),
        }
    return counts


def _missing(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Why changes are missing: endpoint, visit, arm, reason, people."""
    lost = rows[rows["change"].isna()]
    counts = lost.groupby(["endpoint", "visit", "arm", "reason"], sort=False).size().reset_index(name="people")
    return [
        {str(k): (int(v) if k == "people" else str(v)) for k, v in row.items()} for row in counts.to_dict("records")
    ]
