"""Labels that other tools write and that are not read: named once, with what to convert them to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_KINDS = {  # a sign that only this format has in its first characters
    "LabelMe": re.compile(r'"shapes"\s*:'),
    "VGG Image Annotator": re.compile(r'"_via_|"regions"\s*:|region_shape_attributes'),
    "Label Studio": re.compile(r'"from_name"\s*:|"(polygon|brush|rectangle)labels"\s*:'),
    "Labelbox": re.compile(r'"data_row"\s*:'),
    "Supervisely": re.compile(r'"classTitle"\s*:'),
    "GeoJSON": re.compile(r'"FeatureCollection"'),
    "Pascal VOC": re.compile(r"<annotation\b"),
    "CVAT": re.compile(r"<annotations\b"),
    "YOLO": re.compile(r"\s*(\d+(\s+[01]?\.\d+([eE]-?\d+)?|\s+\d+[eE]-\d+){4,}\s*)+"),
}
_HEAD = 20_000  # characters; a LabelMe file may begin with its picture, and then goes by its name alone
_SUFFIXES = frozenset({".json", ".xml", ".txt", ".csv", ".ndjson", ".jsonl", ".geojson"})


def foreign_labels(folder: Path, photos: Iterable[Path]) -> list[str]:
    """One sentence for each format of label files that bear the names of photos, or whose content says what they are."""
    stems = {path.stem for path in photos}
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.casefold() in _SUFFIXES and path.is_file() and path.stat().st_size and path.name[0] != ".":
            kind = _kind(path)
            if kind or stems & {path.stem, Path(path.stem).stem}:  # `a.json`, `a.jpg.json`
                found[kind or f"another form ({path.suffix})"].append(path)
    return [
        f"labels of {kind}, which are not read ({len(paths)}: {paths[0].relative_to(folder).as_posix()}"
        f"{', ...' if len(paths) > 1 else ''}); export them as COCO with polygons, or as one grey PNG per photo and finding "
        "(docs/RETRAIN.md, Label)"
        for kind, paths in found.items()
    ]


def _kind(path: Path) -> str:
    """The format of a label file by its content, empty for others."""
    with path.open(encoding="utf-8", errors="replace") as file:
        head = file.read(_HEAD)
    whole = head if len(head) < _HEAD else head.rpartition("\n")[0]
    return next((k for k, sign in _KINDS.items() if (sign.fullmatch(whole) if k == "YOLO" else sign.search(head))), "")
