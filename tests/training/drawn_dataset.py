"""Small labelled data sets, drawn: skin with round spots whose masks are known to the pixel."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tests.drawn import Spot, save, skin_patch

SPOTS = (Spot(8, 9, 2.0, 2.4), Spot(20, 22, 3.0, 2.2), Spot(22, 7, 1.5, 2.4))
SIZE_MM = 30.0  # 300 px at 0.1 mm/px


def disc_mask(spots: tuple[Spot, ...], px: int = 300) -> npt.NDArray[np.uint8]:
    """The truth of drawn spots: (px, px), 255 inside."""
    ys, xs = np.mgrid[0:px, 0:px] * 0.1
    covered = np.zeros((px, px), np.float32)
    for spot in spots:
        distance = np.hypot(xs - spot.x_mm, ys - spot.y_mm)
        covered = np.maximum(covered, np.clip((spot.radius_mm - distance) / 0.2 + 0.5, 0, 1))
    return np.round(covered * 255).astype(np.uint8)


def write_photo(folder: Path, name: str, *, spots: tuple[Spot, ...] = SPOTS, seed: int = 0) -> Path:
    """A close-up `name`.png without masks."""
    return save(skin_patch(spots, size_mm=SIZE_MM, seed=seed), folder / f"{name}.png")


def write_mask(photo: Path, finding: str, mask: npt.NDArray[np.generic]) -> None:
    """A mask beside a photo."""
    cv2.imwrite(str(photo.with_name(f"{photo.stem}.{finding}.png")), mask)


def write_dataset(folder: Path, people: int = 2) -> Path:
    """One close-up per person with its mask of spots, and the manifest that gives view and scale."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["subject,session,photo,view,mm_per_px"]
    for k in range(people):
        photo = write_photo(folder / f"p{k}", "cheek_closeup", seed=k)
        write_mask(photo, "spots", disc_mask(SPOTS))
        rows.append(f"p{k},S1,p{k}/cheek_closeup.png,closeup,0.1")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
