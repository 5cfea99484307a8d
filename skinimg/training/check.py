"""Everything that can be wrong with a data set, found and told together before hours of training are spent on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from skinimg.base.errors import PhotoError, StudyError
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.provenance import file_sha256
from skinimg.photo.header import read_header
from skinimg.training.dataset import LabelledPhoto, load_example, refuse, survey
from skinimg.training.example import Example
from skinimg.training.masks import read_mask

Progress = Callable[[int, int, str], None]  # done, of how many, the photo

_TOO_MUCH = 0.6  # of the skin of all its photos: a mask with black and white exchanged
_OUTSIDE = 0.5  # of what is labelled: masks of other photos, or shifted


@dataclass
class _Tally:
    """What one finding's masks hold."""

    photos: int = 0
    photos_with: int = 0  # anything on them
    too_coarse: int = 0  # photos below the finding's resolution
    all_mm2: float = 0.0  # labelled, anywhere
    area_mm2: float = 0.0  # labelled, on usable skin
    skin_mm2: float = 0.0
    people: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Checked:
    """The verdict on a data set. With `problems`, nothing should be trained on it; `warnings` deserve a look."""

    folder: Path
    photos: list[LabelledPhoto]
    rows: list[dict[str, object]]  # per finding
    problems: list[str]
    warnings: list[str] = field(default_factory=list)

    def require_usable(self) -> None:
        """StudyError with everything that is wrong, if anything is."""
        refuse(self.folder, self.problems)


def check_dataset(folder: Path, progress: Progress | None = None) -> Checked:
    """Open every photo and mask of a data set (`skinimg.training.dataset`) that is meant for training.

    Seconds per photo: each is looked at as `skinimg analyze` would. Nothing is raised for what is wrong with the data.
    """
    photos, problems = survey(folder)
    tallies = {finding: _Tally() for finding in MASK_FINDINGS}
    first_use: dict[str, str] = {}
    for done, photo in enumerate(photos, start=1):
        problems += [f"{photo.name}: {fault}" for fault in _look_at(photo, tallies)]
        sha256 = file_sha256(photo.entry.path)
        twin = first_use.setdefault(sha256, photo.name)
        if sha256 and twin != photo.name:
            problems.append(f"{photo.name}: the same picture as {twin}; keep one")
        if progress is not None:
            progress(done, len(photos), photo.name)
    problems += _too_few(photos)
    problems += [
        f"{finding}: all {tally.photos} masks are empty; nothing can be learnt from them"
        for finding, tally in tallies.items()
        if tally.photos and not tally.photos_with
    ]
    return Checked(folder, photos, _rows(tallies), problems, _warnings(photos, tallies))


def require_masks(folder: Path, photos: Sequence[LabelledPhoto]) -> None:
    """StudyError with every mask that does not fit its photo; photos that cannot be read are left to be told later."""
    faults = []
    for photo in photos:
        with suppress(PhotoError):
            faults += [f"{photo.name}: {fault}" for fault in _mask_faults(photo)]
    refuse(folder, faults)


def _look_at(photo: LabelledPhoto, tallies: dict[str, _Tally]) -> list[str]:
    """Every fault of one photo and its masks; without any, it is counted."""
    try:
        faults = _mask_faults(photo)
        if not faults:
            _count(load_example(photo), tallies)
    except PhotoError as error:
        return [str(error)]
    return faults


def _mask_faults(photo: LabelledPhoto) -> list[str]:
    """What is wrong with the masks of a photo; PhotoError where the photo itself cannot be read."""
    header = read_header(photo.entry.path)
    faults = []
    for mask in photo.masks.values():
        try:
            read_mask(mask, (header.height, header.width))
        except StudyError as error:
            faults.append(str(error))
    return faults


def _count(example: Example, tallies: dict[str, _Tally]) -> None:
    frame = example.frame
    pixel_mm2 = frame.mm_per_px**2
    for finding in example.labelled:
        coverage, tally = example.coverage[MASK_FINDINGS.index(finding)], tallies[finding]
        tally.photos += 1
        tally.people.add(example.subject)
        tally.photos_with += int(coverage.max() > 0)
        tally.too_coarse += int(frame.native_px_per_mm < FINDINGS[finding].min_px_per_mm)
        tally.all_mm2 += float(coverage.sum()) * pixel_mm2
        tally.area_mm2 += float(coverage[frame.skin].sum()) * pixel_mm2
        tally.skin_mm2 += float(frame.skin.sum()) * pixel_mm2


def _too_few(photos: list[LabelledPhoto]) -> list[str]:
    people = len({photo.subject for photo in photos})
    if not photos or people > 1:
        return []
    found = "one photo" if len(photos) == 1 else f"{len(photos)} photos of one person"
    return [f"{found}: no validation split is possible; needs two people, each with a sub-folder or a manifest's row"]


def _rows(tallies: dict[str, _Tally]) -> list[dict[str, object]]:
    return [
        {
            "finding": finding,
            "photos": tally.photos,
            "with_any": tally.photos_with,
            "too_coarse": tally.too_coarse,
            "area_mm2": round(tally.area_mm2, 1),
            "skin_percent": round(100 * tally.area_mm2 / tally.skin_mm2, 2) if tally.skin_mm2 else "",
            "off_skin_percent": round(100 * (1 - tally.area_mm2 / tally.all_mm2), 1) if tally.all_mm2 else "",
        }
        for finding, tally in tallies.items()
    ]


def _warnings(photos: list[LabelledPhoto], tallies: dict[str, _Tally]) -> list[str]:
    warnings = []
    alone = sum(photo.subject == Path(photo.name).with_suffix("").as_posix() for photo in photos)
    if alone > 1:
        warnings.append(f"{alone} loose photos count as {alone} people; photos of one person belong in one sub-folder")
    for finding, tally in tallies.items():
        if tally.area_mm2 > _TOO_MUCH * tally.skin_mm2 > 0:
            warnings.append(f"{finding} covers most of the skin: are black and white exchanged?")
        if tally.all_mm2 - tally.area_mm2 > _OUTSIDE * tally.all_mm2 > 0:
            warnings.append(f"{finding}: most of what is labelled lies outside usable skin, where nothing is learnt")
        if len(tally.people) == 1 and len({photo.subject for photo in photos}) > 1:
            warnings.append(
                f"{finding}: labelled of one person only, so it is either not learnt or not judged; needs two people"
            )
        if tally.too_coarse:
            needs = f"{FINDINGS[finding].min_px_per_mm:g} px/mm"
            warnings.append(f"{finding}: {tally.too_coarse} of {tally.photos} photos are coarser than {needs}")
    return warnings
