"""Real faces photographed again: the same person, another photo, in the regimes that were asked for."""

import numpy as np
import pandas as pd
from PIL import Image

from skinimg.repeatability.rephotograph import rephotographed


def test_a_face_is_photographed_in_every_regime_and_once_only(tmp_path):
    rng = np.random.default_rng(0)
    face = Image.fromarray(rng.integers(90, 160, (90, 60, 3), np.uint8)).resize((120, 180))
    face.save(tmp_path / "anna.jpg", quality=95)
    plan = (("fixed_rig", 1), ("other_phone", 2))
    manifest = rephotographed([tmp_path / "anna.jpg"], tmp_path / "study", 1, plan, marks=False)
    table = pd.read_csv(manifest)
    assert list(table["session"]) == ["S1", "S2", "S3", "S3"]
    assert list(table["x_regime"]) == ["fixed_rig", "fixed_rig", "other_phone", "other_phone"]
    photos, models = [], []
    for name in table["photo"]:
        with Image.open(manifest.parent / name) as photo:
            photos.append(np.asarray(photo, np.float32))
            models.append(photo.getexif()[0x0110])
    apart = [float(np.abs(photo - photos[0]).mean()) for photo in photos[1:]]
    assert 0 < apart[0] < apart[1]
    assert models[0] == models[1] != models[2] == models[3]
    times = [(manifest.parent / name).stat().st_mtime_ns for name in table["photo"]]
    rephotographed([tmp_path / "anna.jpg"], tmp_path / "study", 1, plan, marks=False)
    assert [(manifest.parent / name).stat().st_mtime_ns for name in table["photo"]] == times
