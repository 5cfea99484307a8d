"""A flush of the whole face, rendered: told by the wall behind the head or by a colour card, else not at all."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from skinimg.align import align, identity_alignment
from skinimg.base.entries import PhotoEntry
from skinimg.base.records import CellTotals, Shot
from skinimg.base.settings import Settings
from skinimg.compare.field_changes import field_changes
from skinimg.compare.fields import compared_fields
from skinimg.compare.paired_maps import paired_skin
from skinimg.compare.tone_changes import tone_changes
from skinimg.observe.see import Reference, see
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.portrait import sample_sitter
from skinimg.phantom.series import photograph_session, sample_studio
from skinimg.phantom.view import FIELD_MM
from skinimg.skin.optics import haemoglobin_density

HEIGHT = 1100
SEED, PHOTOTYPE, MORE_BLOOD = 5007, 2, 1.8

FIELDS = ("above_od_mm2", "extent_mm2")
TONE = ("l_star_mm2", "a_star_mm2", "b_star_mm2", "melanin_mm2", "haemoglobin_mm2")
NOTHING = CellTotals(  # the baseline's own values, of no interest here, in every region
    np.array([2**16 - 1], np.uint16), np.array([0]),
    {
        finding: {"skin_mm2": np.ones(1)} | {name: np.zeros(1) for name in names}
        for finding, names in (("erythema", FIELDS), ("hyperpigmentation", FIELDS), ("tone", TONE))
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Folder with S1 and S2, each also with a card, and the true change of haemoglobin (OD)."""
    folder = tmp_path_factory.mktemp("flush")
    generator = seeded(SEED)
    sitter = sample_sitter(spawn(generator), FIELD_MM / HEIGHT * 0.7, PHOTOTYPE)
    studio = sample_studio(generator, "fixed_rig", (HEIGHT, HEIGHT * 4 // 5))
    flushed = replace(sitter, skin=replace(sitter.skin, blood=sitter.skin.blood * MORE_BLOOD))
    for session, person in (("S1", sitter), ("S2", flushed)):
        later = generator.get_state()
        for card in (False, True):
            generator.set_state(later)
            shown = photograph_session(person, person.paint(), studio, 0.0, generator, card=card).srgb.numpy()
            Image.fromarray(shown).save(folder / f"{session}_{'card' if card else 'wall'}.jpg", quality=95)
    bare = (sitter.sheet.eyes + sitter.sheet.lips < 0.5).numpy()
    before, after = (haemoglobin_density(s.paint().state.blood.numpy()[bare]).mean() for s in (sitter, flushed))
    return folder, float(after - before)


def pair(folder, kind):
    shots = []
    for session in ("S1", "S2"):
        path = folder / f"{session}_{kind}.jpg"
        first = shots[0].seen if shots else None
        reference = Reference(first.face, first.frame, first.maps.anchor) if first else None
        seen = see(PhotoEntry("P", session, path, path.name), reference, Settings())
        blank = [np.zeros(s.frame.skin.shape, np.bool_) for s in (first or seen, seen)]
        alignment = align(first.frame, seen.frame, *blank, Settings()) if first else identity_alignment(seen.frame)
        shots.append(Shot(PhotoEntry("P", session, path, path.name), seen, None, alignment))
    return paired_skin(shots[:1], shots[1:])


def rows(skin):
    compared = compared_fields(skin)
    found = [*field_changes(skin, compared, [NOTHING], {}, None), *tone_changes(skin, compared, [NOTHING], {})]
    return compared, {(c.finding, c.metric): c for c in found if c.region == "face"}


@pytest.mark.parametrize("kind", ["wall", "card"])
def test_a_flush_of_the_whole_face_is_recovered_within_15_percent(drawn, kind):
    folder, true = drawn
    compared, found = rows(pair(folder, kind))
    assert compared.source == {"wall": "background+eyes", "card": "card"}[kind]
    blood = found["tone", "haemoglobin"]
    assert blood.change == pytest.approx(true, rel=0.15)
    assert blood.ci_low < true < blood.ci_high
    assert found["tone", "melanin"].verdict == "unchanged"


def test_without_wall_card_and_eyes_nothing_is_called_unchanged(drawn):
    compared, found = rows(replace(pair(drawn[0], "wall"), witnesses=({}, {})))
    assert compared.witness is None
    assert {c.verdict for c in found.values()} == {"not_assessable"}
