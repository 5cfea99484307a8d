"""Labels as one COCO file: polygons whose category names are findings."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skinimg.base.errors import StudyError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.training.masks import Mask, Polygons

_OUTSIDE_PX = 2.0  # tools round outlines over the edge
_PARTS = ("images", "annotations", "categories")


@dataclass(frozen=True)
class CocoImage:
    """One image that the file lists: labelled for every category that the file declares, drawn on or not."""

    file_name: str
    masks: dict[str, Mask]  # finding ->


def find_coco(folder: Path) -> Path | None:
    """The COCO file of a folder, or of one below it, as CVAT and Roboflow write them; None where there is none.

    Raises
    ------
    StudyError
        Several of them, or an `annotations.json` that is none.
    """
    stated = folder / "annotations.json"
    if stated.exists() and not _is_coco(stated):
        raise StudyError(f"{stated} is not a COCO file", needed=f"a JSON object with the lists {', '.join(_PARTS)}")
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*.json"))]
    found = [
        folder / file for file in files if not any(p.startswith(".") for p in file.parts) and _is_coco(folder / file)
    ]
    if len(found) > 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in found)
        raise StudyError(f"{folder.name} holds several COCO files", found=names, needed="one")
    return found[0] if found else None


def read_coco(path: Path, problems: list[str]) -> list[CocoImage]:
    """The images of a COCO file with their polygons; what cannot be used is added to `problems`."""
    content: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8-sig"))
    try:
        categories = {c["id"]: str(c["name"]) for c in content["categories"]}
        images = {i["id"]: (str(i["file_name"]), (int(i["width"]), int(i["height"]))) for i in content["images"]}
        rings = _rings(path, content["annotations"], categories, images, problems)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        needed = "images with id, file_name, width, height; annotations with image_id, category_id, segmentation"
        problems.append(f"{path.name} is not a COCO file as it should be (found {error!r}, needs {needed})")
        return []
    problems += [unknown_finding(f"category of {path.name}", c) for c in categories.values() if c not in MASK_FINDINGS]
    declared = [name for name in categories.values() if name in MASK_FINDINGS]
    return [
        CocoImage(name, {f: Polygons(tuple(rings[key, f]), size, f"{name} in {path.name}") for f in declared})
        for key, (name, size) in images.items()
    ]


def unknown_finding(what: str, name: str) -> str:
    """The sentence about a name that is no finding."""
    near = get_close_matches(name.casefold(), MASK_FINDINGS, n=1, cutoff=0.4)
    advice = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(MASK_FINDINGS)}"
    return f"{what}: unknown finding {name!r}; {advice}"


def _is_coco(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and all(isinstance(content.get(part), list) for part in _PARTS)


def _rings(
    path: Path,
    annotations: list[dict[str, Any]],
    categories: dict[Any, str],
    images: dict[Any, tuple[str, tuple[int, int]]],
    problems: list[str],
) -> dict[tuple[Any, str], list[npt.NDArray[np.float64]]]:
    """(image id, finding) -> rings."""
    rings: dict[tuple[Any, str], list[npt.NDArray[np.float64]]] = defaultdict(list)
    for annotation in annotations:
        where = f"annotation {annotation.get('id', '?')} of {path.name}"
        image, category, shape = annotation["image_id"], annotation["category_id"], annotation.get("segmentation")
        if image not in images or category not in categories:
            problems.append(f"{where} names an image or a category that the file does not list")
        elif annotation.get("iscrowd") or isinstance(shape, dict):
            problems.append(f"{where} is run-length encoded (iscrowd); needs polygons, or masks as PNG")
        elif not shape:
            problems.append(f"{where} has no outline, only a box; needs polygons")
        elif fault := next((fault for ring in shape if (fault := _ring_fault(ring, images[image][1]))), ""):
            problems.append(f"{where} has an outline {fault}")
        else:
            rings[image, categories[category]] += [np.asarray(ring, np.float64).reshape(-1, 2) for ring in shape]
    return rings


def _ring_fault(ring: object, size: tuple[int, int]) -> str:
    """What is wrong with one outline [x, y, x, y, ...] on an image of that width and height; '' if nothing."""
    numbers = ring if isinstance(ring, list) else []
    if any(isinstance(v, bool) or not isinstance(v, int | float) or not math.isfinite(v) for v in numbers):
        return "with something that is no number"
    if len(numbers) < 6 or len(numbers) % 2:
        return "of fewer than three points"
    points = np.asarray(numbers, np.float64).reshape(-1, 2)
    if points.max() <= 1 < min(size):
        return "that covers no pixel: its coordinates lie between 0 and 1 and look normalised; needs pixels"
    if (points < -_OUTSIDE_PX).any() or (points > np.add(size, _OUTSIDE_PX)).any():
        return f"that leaves the image of {size[0]} x {size[1]} px: it was drawn on another size"
    if np.ptp(points, axis=0).min() <= 0:
        return "that covers no pixel"
    return ""
