"""Painted people: labels where paint is, nothing known where a person's own marks are, and no end of variety."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from skinimg.base.errors import StudyError
from skinimg.base.records import Frame, SkinMaps
from skinimg.model.context import N_CONTEXT
from skinimg.observe.frame import region_bits
from skinimg.skin.optics import baseline_anchor, skin_density, skin_maps, tone_of, unaffected_density
from skinimg.training import patches
from skinimg.training.backgrounds import Background, background, own_marks
from skinimg.training.packed import pack, unpacked_frame
from skinimg.training.patches import REDNESS, SPOTS
from skinimg.training.scenes import Sitters

SIDE = 480


def patch_of_skin(spot_od: float = 0.0, melanin: float = 0.03) -> tuple[Frame, SkinMaps]:
    """Even skin 48 mm wide with noise, and one spot of 3 mm in the middle; 6 px/mm."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    mark = (np.hypot(x, y) < 15).astype(np.float32)[..., None]
    darker = skin_density(melanin, 0.012) * (1 - mark) + skin_density(melanin * np.exp(3 * spot_od), 0.012) * mark
    linear = np.exp(-darker - rng.normal(0, 0.01, darker.shape)).astype(np.float32)
    skin = np.ones((SIDE, SIDE), np.bool_)
    bits = region_bits({"patch": skin}, ("patch",))
    frame = Frame(
        linear, skin, bits, ("patch",), None, np.eye(2, 3, dtype=np.float32), (SIDE, SIDE), 0.1, 6.0, "manifest"
    )
    anchor = baseline_anchor(unaffected_density(linear, skin))
    return frame, skin_maps(linear, skin, 0.1, anchor)


@pytest.fixture(scope="module")
def seen() -> Background:
    return background("nobody", *patch_of_skin())


def drawn(seen: Background, seed: int = 0):
    generator, choice = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    return Sitters([seen], "cpu").draw(16, choice, generator)


def test_a_spot_of_ones_own_is_unknown_and_plain_skin_is_not() -> None:
    marks = own_marks(*patch_of_skin(spot_od=0.3))
    assert marks[SIDE // 2, SIDE // 2] >> SPOTS & 1
    assert (marks > 0).mean() < 0.05
    assert not own_marks(*patch_of_skin()).any()


def test_a_faint_mark_is_unknown_only_where_green_shows_it_too() -> None:
    faint, plain = patch_of_skin(spot_od=0.1), patch_of_skin()
    assert own_marks(*faint)[SIDE // 2, SIDE // 2] >> SPOTS & 1
    assert not own_marks(plain[0], faint[1]).any()  # colour alone, as JPEG blocks have it


def test_in_dark_skin_colour_alone_makes_no_mark() -> None:
    """A little shine beside it takes the colour from dark skin, so its melanin map is full of marks that nobody sees."""
    marked, plain = patch_of_skin(0.3, melanin=0.15), patch_of_skin(melanin=0.15)
    assert tone_of(plain[1].anchor) == "dark"
    assert own_marks(*marked)[SIDE // 2, SIDE // 2] >> SPOTS & 1
    assert not own_marks(plain[0], marked[1]).any()
    fair_marked, fair = patch_of_skin(0.3), patch_of_skin()
    assert own_marks(fair[0], fair_marked[1])[SIDE // 2, SIDE // 2] >> SPOTS & 1  # where colour is believed


def test_marks_beside_the_border_are_plain_by_anatomy() -> None:
    frame, maps = patch_of_skin(spot_od=0.3)
    skin = frame.skin.copy()
    skin[: SIDE // 2 + 10] = False  # the border of the skin cuts the spot
    assert not own_marks(replace(frame, skin=skin), maps)[SIDE // 2 + 10 : SIDE // 2 + 30].any()


def test_scenes_are_labelled_where_they_are_darker(seen: Background) -> None:
    scenes = drawn(seen)
    assert scenes.context.shape == (16, N_CONTEXT, 16, 16)
    spots, bare = scenes.coverage[:, SPOTS] > 0.9, scenes.coverage.amax(dim=1) == 0
    green = scenes.relative[:, 1]
    assert 0.01 < float(spots.float().mean()) < 0.5
    assert float(green[spots].mean()) > float(green[bare].mean()) + 0.08
    red = (scenes.coverage[:, REDNESS] > 0.9) & ~spots
    cast = scenes.relative[:, 1] - scenes.relative[:, 0]
    assert float(cast[red].mean()) > float(cast[bare].mean()) + 0.05


def test_the_same_seed_gives_the_same_scenes_and_another_does_not(seen: Background) -> None:
    one, again, other = drawn(seen), drawn(seen), drawn(seen, 1)
    assert torch.equal(one.relative, again.relative)
    assert not torch.equal(one.relative, other.relative)


def test_only_spots_and_redness_are_known_of_people(seen: Background) -> None:
    assert int(drawn(seen).known.max()) == (1 << SPOTS) | (1 << REDNESS)


def test_what_is_too_faint_is_neither_a_spot_nor_plain() -> None:
    melanin, blood = torch.full((1,), 0.03), torch.full((1,), 0.012)
    things = patches.sample(melanin, blood, 7, 25.6, torch.Generator().manual_seed(0))
    zero = torch.zeros_like(things.x_mm)
    round_mark = replace(
        things, x_mm=zero, y_mm=zero, radius_mm=zero + 3, edge_mm=zero + 0.5, length_mm=zero, irregularity=zero,
        grey_od=zero, white=zero, blood_od=zero, ln_blood=zero,
    )  # fmt: skip
    for od, covered, faint in ((0.2, True, False), (0.05, False, True), (0.01, False, False)):
        layers = patches.draw(
            replace(round_mark, melanin_od=zero + od), 64, 0.1, torch.full((1,), 0.1), torch.zeros(1, 64, 64)
        )
        assert bool(layers.coverage[0, 0, 32, 32] > 0.9) == covered
        assert bool(layers.faint[0, 0, 32, 32]) == faint


def test_shine_is_white_light_that_pales_dark_skin_most() -> None:
    fractions = torch.tensor([0.01, 0.03, 0.15])
    things = patches.sample(fractions, torch.full((3,), 0.012), 7, 25.6, torch.Generator().manual_seed(0))
    zero = torch.zeros_like(things.x_mm)
    glint = replace(
        things, x_mm=zero, y_mm=zero, radius_mm=zero + 3, edge_mm=zero + 0.5, length_mm=zero, irregularity=zero,
        ln_melanin=zero, ln_blood=zero, melanin_od=zero, blood_od=zero, grey_od=zero, white=zero + 0.01, patchy=zero,
    )  # fmt: skip
    layers = patches.draw(glint, 64, 0.1, torch.full((3,), 0.1), torch.zeros(3, 64, 64))
    added, shading = layers.added(fractions, torch.full((3,), 0.012))
    middle = added[:, :, 32, 32]
    expected = -torch.log(
        1 + 0.07 / torch.exp(-patches.skin_density(fractions, torch.full((3,), 0.012)))
    )  # seven of them
    torch.testing.assert_close(middle, expected.T)
    assert float(middle[2, 1]) < 2 * float(middle[0, 1]) < 0
    torch.testing.assert_close(shading[:, 0], added[:, 0])
    assert float(layers.coverage.max()) == 0.0


def test_wide_shade_is_evened_out_and_narrow_shade_stays(seen: Background, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `evenly_lit` does with a photo: what is wider than 4 mm is light."""
    kinds = {"wide": (30.0, 60.0), "narrow": (1.0, 1.2)}
    spread = {}
    for name, radius in kinds.items():
        paint = patches.Paint(1.0, radius, (3.0, 3.1), grey_od=(0.3, 0.31))
        monkeypatch.setattr(patches, "PAINTS", {name: paint})
        spread[name] = float(drawn(seen).relative.amax(dim=(1, 2, 3)).max())
    assert spread["narrow"] > spread["wide"] + 0.1


def test_a_density_becomes_the_factor_that_gives_it() -> None:
    melanin, blood, od = torch.full((1, 1), 0.03), torch.full((1, 1), 0.012), torch.tensor([[0.0, 0.1, 0.4, 9.0]])
    factor = patches._factor(melanin, blood, od, of_melanin=True)
    added = patches.green(melanin * factor.exp(), blood.expand(1, 4)) - patches.green(melanin, blood)
    torch.testing.assert_close(added[:, :3], od[:, :3], atol=2e-3, rtol=0)
    assert float(melanin[0, 0] * factor[0, 3].exp()) <= 0.3001  # as dark as the model reaches


def test_backgrounds_without_skin_are_refused(seen: Background) -> None:
    with pytest.raises(StudyError, match="shows skin for a tile"):
        Sitters([replace(seen, skin=np.zeros_like(seen.skin))], "cpu")


def test_a_packed_face_is_the_frame_it_was(tmp_path: Path) -> None:
    frame, maps = patch_of_skin(spot_od=0.3)
    pack(tmp_path / "one.npz", frame.linear, frame, maps.anchor)
    again, anchor = unpacked_frame(tmp_path / "one.npz")
    assert np.array_equal(again.skin, frame.skin)
    assert anchor.melanin == pytest.approx(maps.anchor.melanin)
    assert float(np.abs(again.linear - frame.linear)[20:-20, 20:-20].mean()) < 0.01
