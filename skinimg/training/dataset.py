"""A developer's labelled photos: where they are, what is drawn on them, and how one becomes an Example.

    DIR/anna/photo1.jpg          a photo; its sub-folder names the person, a loose photo is a person of its own
    DIR/anna/photo1.spots.png    its mask of one finding, 0..255 = share of the pixel; no mask = not labelled, not empty
    DIR/manifest.csv             optional, docs/REFERENCE.md: subject, view, mm_per_px, ... of the photos
    DIR/annotations.json         instead of PNG masks: COCO polygons, categories named like findings
    DIR/truth/...                instead of both: a study of `skinimg synth`

What can be wrong with it is found by `skinimg.training.check`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Protocol, TypeVar

import numpy as np

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import PhotoError, StudyError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.settings import Settings
from skinimg.observe.see import see
from skinimg.photo.header import READ
from skinimg.study import read_study, session_key, view_key
from skinimg.study.names import parse_stem
from skinimg.training.coco import CocoImage, find_coco, read_coco, unknown_finding
from skinimg.training.example import Example
from skinimg.training.foreign import foreign_labels
from skinimg.training.masks import Mask, into_frame, read_mask

# Folders that labelling tools make around the photos of everybody: they name no person.
_CONTAINERS = frozenset({"images", "photos", "data", "default", "train", "val", "test"})


_MASKS = "masks?|labels?|seg|segmentations?"
_LIKE_A_MASK = re.compile(rf"(.+)[_ -]({'|'.join(MASK_FINDINGS)})", re.IGNORECASE)
_CALLED_A_MASK = re.compile(rf"(?:{_MASKS})[_ -]+(.+)|(.+)[_ -]+(?:{_MASKS})", re.IGNORECASE)


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo and its masks, not yet opened."""

    entry: PhotoEntry
    masks: dict[str, Mask]  # finding ->

    @property
    def name(self) -> str:
        """The photo's path in its data set."""
        return self.entry.photo

    @property
    def subject(self) -> str:
        """Whose photo it is."""
        return self.entry.subject


class HasSubject(Protocol):
    """A labelled photo or an example."""

    @property
    def subject(self) -> str: ...


Item = TypeVar("Item", bound=HasSubject)


def read_dataset(folder: Path) -> list[LabelledPhoto]:
    """The labelled photos of a folder, by name; no photo is opened yet.

    Raises
    ------
    StudyError
        Everything that is wrong with names, tables and annotations, in one message.
    """
    photos, problems = survey(folder)
    refuse(folder, problems)
    return photos


def refuse(folder: Path, problems: Sequence[str]) -> None:
    """StudyError with all problems, if there are any."""
    if problems:
        one = len(problems) == 1
        listed = "".join(f"\n- {problem}" for problem in problems)
        raise StudyError(f"{len(problems)} {'thing' if one else 'things'} to correct in the data set {folder}:{listed}")


def survey(folder: Path) -> tuple[list[LabelledPhoto], list[str]]:
    """The labelled photos of a folder, and all that is wrong with names, tables and annotations."""
    if not folder.is_dir():
        return [], [f"{folder} is not a folder; a data set is a folder of photos with masks beside them"]
    problems: list[str] = []
    found, mask_files = _photos_and_masks(folder, problems)
    try:
        manifest, coco = folder / "manifest.csv", find_coco(folder)
        listed = _listed(manifest) if manifest.exists() else None
    except StudyError as error:
        return [], [*problems, str(error)]
    entries = listed if listed is not None else [photo_entry(folder, path) for path in found]
    if not entries:
        return [], [*problems, f"{folder} holds no photos; needs JPEG, PNG, TIFF, WebP or HEIC with masks beside them"]
    if coco is not None:
        if mask_files:
            problems.append(f"masks as PNG beside {coco.name}: keep one of the two")
        return _annotated(entries, read_coco(coco, problems), problems), problems
    beside: dict[Path, dict[str, Mask]] = defaultdict(dict)
    for path in mask_files:
        beside[path.with_suffix("").with_suffix("")][path.stem.rpartition(".")[2]] = path
    masks = {entry.path: beside.pop((folder / entry.photo).with_suffix(""), {}) for entry in entries}
    strays = [path for left in beside.values() for path in left.values() if isinstance(path, Path)]
    problems += [f"{path.relative_to(folder)}: a mask without its photo beside it" for path in strays]
    truth = folder / "truth"
    photos = [LabelledPhoto(entry, _truth(truth, entry) | masks[entry.path]) for entry in entries]
    unlabelled = [photo for photo in photos if not photo.masks]
    return photos, problems + (_in_other_forms(folder, unlabelled) or _without_mask(unlabelled))


def load_example(photo: LabelledPhoto) -> Example:
    """Open a photo and its masks, seen exactly as `skinimg analyze` sees them.

    Raises
    ------
    PhotoError
        The photo cannot be used: unreadable, no face (and not said to be a close-up), blurred, ...
    StudyError
        A mask cannot be used.
    """
    seen = see(photo.entry, None, Settings())
    coverage = np.zeros((len(MASK_FINDINGS), *seen.frame.skin.shape), np.float32)
    for finding, mask in photo.masks.items():
        coverage[MASK_FINDINGS.index(finding)] = into_frame(read_mask(mask, seen.frame.photo_shape), seen.frame)
    labelled = tuple(finding for finding in MASK_FINDINGS if finding in photo.masks)
    return Example(photo.name, photo.subject, seen.frame, seen.maps, coverage, labelled)


class Examples:
    """The examples of a data set, one at a time; a photo that cannot be used is left out, and `skipped` says why."""

    def __init__(self, photos: Sequence[LabelledPhoto]) -> None:
        self._photos = photos
        self.skipped: dict[str, str] = {}  # photo -> reason

    def __len__(self) -> int:
        return len(self._photos)

    def __iter__(self) -> Iterator[Example]:
        for photo in self._photos:
            try:
                example = load_example(photo)
            except PhotoError as error:
                self.skipped[photo.name] = str(error)
                continue
            yield example


def split_by_subject(
    items: Sequence[Item], seed: int = 0, validation_share: float = 0.2
) -> tuple[list[Item], list[Item]]:
    """(training, validation). No person is in both; the order of `items` plays no part in who goes where.

    Raises
    ------
    StudyError
        Fewer than two people: nothing would tell what was learnt from what was learnt by heart.
    """
    subjects = sorted({item.subject for item in items})
    if len(subjects) < 2:
        raise StudyError("no validation split is possible", found=f"{len(subjects)} person", needed="photos of two")
    order = np.random.default_rng(seed).permutation(len(subjects))
    count = min(max(round(validation_share * len(subjects)), 1), len(subjects) - 1)
    held_out = {subjects[k] for k in order[:count]}
    training = [item for item in items if item.subject not in held_out]
    return training, [item for item in items if item.subject in held_out]


def _photos_and_masks(folder: Path, problems: list[str]) -> tuple[list[Path], list[Path]]:
    """Photos and PNG masks below a folder. `photo.spots.png` is a mask; `a.b.png` without a photo `a` is a photo."""
    pictures = [path for path in sorted(folder.rglob("*")) if path.suffix.casefold() in READ and path.is_file()]
    shown = [p for p in pictures if not _hidden(p.relative_to(folder).parts)]
    stems = {path.with_suffix("") for path in shown}
    photos, masks = [], []
    for path in shown:
        stem, _, finding = path.stem.rpartition(".")
        if stem and finding in MASK_FINDINGS and path.suffix.casefold() == ".png":
            masks.append(path)
        elif stem and finding in MASK_FINDINGS and path.with_name(stem) in stems:
            problems.append(f"{path.relative_to(folder)}: masks must be PNG; JPEG and others blur their edges")
        elif stem and path.with_name(stem) in stems:
            problems.append(unknown_finding(str(path.relative_to(folder)), finding))
        elif (like := _LIKE_A_MASK.fullmatch(path.stem)) and path.with_name(like[1]) in stems:
            problems.append(f"{path.relative_to(folder)}: a mask? Then call it {like[1]}.{like[2].casefold()}.png")
        elif _called_a_mask(path, folder, stems):
            problems.append(f"{path.relative_to(folder)}: a mask? Then call it PHOTO.FINDING.png, beside its photo")
        else:
            photos.append(path)
    twins = sorted(stem for stem, count in Counter(path.with_suffix("") for path in photos).items() if count > 1)
    problems += [f"{stem.relative_to(folder)}: photos that differ in their extension only" for stem in twins]
    return photos, masks


def _called_a_mask(path: Path, folder: Path, stems: Set[Path]) -> bool:
    """Whether a picture lies in a folder of masks, or is called `photo1_mask`, `mask_photo1` beside a `photo1`."""
    called = _CALLED_A_MASK.fullmatch(path.stem)
    named = called is not None and path.with_name(called[1] or called[2]) in stems
    return named or any(re.fullmatch(_MASKS, part, re.IGNORECASE) for part in path.relative_to(folder).parts[:-1])


def _hidden(parts: tuple[str, ...]) -> bool:
    """Files of the system, and what `skinimg synth` and labelling tools keep apart."""
    return any(part.startswith((".", "__")) for part in parts) or parts[0] == "truth"


def photo_entry(folder: Path, path: Path) -> PhotoEntry:
    """What the place and the name of a photo say."""
    relative = path.relative_to(folder)
    people = [part for part in relative.parts[:-1] if part.casefold() not in _CONTAINERS]
    said = parse_stem(path.stem)
    return PhotoEntry(
        subject=people[0] if people else relative.with_suffix("").as_posix(),
        session=path.stem,
        path=path.absolute(),
        photo=relative.as_posix(),
        view=said.view or "front",
        light=said.light or "standard",
    )


def _listed(manifest: Path) -> list[PhotoEntry]:
    return [entry for subject in read_study(manifest).subjects for entry in subject.photos]


def _truth(truth: Path, entry: PhotoEntry) -> dict[str, Mask]:
    """Masks that `skinimg synth` wrote."""
    folder = truth / entry.subject / f"{session_key(entry)}_{view_key(entry)}"
    return {finding: path for finding in MASK_FINDINGS if (path := folder / f"{finding}.png").exists()}


def _annotated(entries: list[PhotoEntry], images: list[CocoImage], problems: list[str]) -> list[LabelledPhoto]:
    """Photos with their COCO polygons; an image is found by its path, else by its name where that is unique."""
    photos: dict[Path, LabelledPhoto] = {}
    for image in images:
        by_path = [entry for entry in entries if entry.photo == image.file_name.replace("\\", "/")]
        by_name = [entry for entry in entries if entry.path.name == PureWindowsPath(image.file_name).name]
        own = by_path or by_name
        if len(own) != 1:
            problems.append(f"{image.file_name}: {'no' if not own else 'several'} such photos, listed in the COCO file")
        elif own[0].path in photos:
            problems.append(f"{image.file_name}: listed twice in the COCO file")
        else:
            photos[own[0].path] = LabelledPhoto(own[0], image.masks)
    problems += _without_mask([LabelledPhoto(entry, {}) for entry in entries if entry.path not in photos])
    return [photos[entry.path] for entry in entries if entry.path in photos]


def _in_other_forms(folder: Path, unlabelled: Sequence[LabelledPhoto]) -> list[str]:
    """Why photos have no mask though somebody labelled them; empty where nobody did."""
    labels = foreign_labels(folder, [photo.entry.path for photo in unlabelled]) if unlabelled else []
    return [f"photos without a mask that can be read: {len(unlabelled)}; there are {label}" for label in labels]


def _without_mask(photos: Sequence[LabelledPhoto]) -> list[str]:
    return [f"{photo.name}: no mask; label at least one finding or take the photo out" for photo in photos]
