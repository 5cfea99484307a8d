"""Texts as they are compared: small letters without accents, plain dashes, full-width signs and East Asian dates as
others write them.
"""

from __future__ import annotations

import re
import unicodedata

_DASHES = dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-")  # as word processors and people set them
_MARKS = ("Mn", "Mc", "Me")  # accents, and the vowel signs of Hindi and Thai
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_EAST_ASIAN_DATE = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월](?: ?(\d{1,2}) ?[日号號일])?")


def plain_text(text: str) -> str:
    """Lower case without accents, with plain dashes; umlauts as two letters would be in a file name (März, maerz)."""
    composed = unicodedata.normalize("NFC", text).translate(_FULL_WIDTH).translate(_DASHES)
    spaced = re.sub(r"\s", " ", composed)  # no-break and ideographic spaces, too
    dated = _EAST_ASIAN_DATE.sub(lambda m: "-".join(part.zfill(2) for part in m.groups() if part), spaced)
    folded = dated.strip().casefold().replace("ä", "ae")
    return "".join(c for c in unicodedata.normalize("NFD", folded) if unicodedata.category(c) not in _MARKS)
