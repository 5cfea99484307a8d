"""Everything that is found in one photo, from its segmentation."""

from __future__ import annotations

from skinimg.base.records import Alignment, Found, Seen, Segmentation
from skinimg.measure.counts import pieces_of
from skinimg.measure.field_maps import field_maps
from skinimg.measure.objects import contrast_maps, find_objects, line_lengths


def found_in(seen: Seen, segmentation: Segmentation, alignment: Alignment) -> Found:
    """Contrasts, lengths, objects, pieces and fields of a photo; areas are those of the baseline's skin."""
    contrasts = contrast_maps(seen.frame, seen.maps, segmentation)
    lengths = line_lengths(segmentation, seen.frame.mm_per_px)
    area_mm2 = alignment.jacobian * seen.frame.mm_per_px**2
    fields = field_maps(seen.frame, seen.maps)
    objects = find_objects(segmentation, contrasts, lengths, area_mm2)
    return Found(segmentation, contrasts, lengths, objects, pieces_of(segmentation, area_mm2), fields)
