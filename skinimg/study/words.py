"""The words and numbers of a session's name, as the vocabulary knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from skinimg.study import vocabulary
from skinimg.study.text import plain_text

NUMBER = re.compile(r"\d+(\.\d)?")
OF_A_YEAR = re.compile(
    rf"(kw|cw|q)[ _-]?\d+|\d+ ?(月|{plain_text('월')})"
)  # without its year it comes before or after any other
_COMPOUND = re.compile(rf"\b(pre|post)({'|'.join(sorted(vocabulary.FILLERS))})\b")  # `pretx`, `postlaser`
_WITHOUT_SPACES = re.compile(
    r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff]+"
)  # Thai, parts of Hangul, kana, Han
_ROMAN = {
    tens + ones: str(10 * ten + one)
    for ten, tens in enumerate(("", "x"))
    for one, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if tens + ones
}
_BEFORE_ROMAN = (vocabulary.COUNTED | vocabulary.LAST | vocabulary.TREATMENTS) - vocabulary.SUBJECTS_TOO
_WORD = r"(?<![^\W\d_]){}(?![^\W\d_])"


def bare(name: str) -> str:
    """Lower case without accents, without signs at the ends, and without the sign before a number: `#2`."""
    return re.sub(r"[#№] ?(?=\d)", "", plain_text(name)).strip(" _-.()[]")


def words_of(name: str) -> list[str]:
    """The words and numbers of a name, words in the singular where that is known, numbers as digits (`1st`, `two`)."""
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th|ere|er|eme|e|ª|º)(?![^\W\d_])", "", bare(name))
    text = re.sub(r"(?<=\d)( ?)h(?![^\W\d_])", r"\1hour", text)  # `24h`; but `H1` may be a person
    text = re.sub(r"\bcheck[ -]up", "checkup", _COMPOUND.sub(r"\1 \2", text))
    found = [part for word in re.findall(r"[^\W\d_]+|\d+\.\d(?!\d)|\d+", text) for part in _parts(word)]
    words = [vocabulary.COUNTS.get(word, word) for word in map(singular, found)]
    return _without_joints(_with_roman_numbers(_with_timed_control(words)))


def _with_timed_control(words: list[str]) -> list[str]:
    """`control 1 mes` is a follow-up in Spanish, by its unit of time; `control` and `control 1` are arms as often."""
    timed = any(NUMBER.fullmatch(word) for word in words) and not vocabulary.DAYS.keys().isdisjoint(words)
    return ["controle" if timed and word == "control" else word for word in words]


def _without_joints(words: list[str]) -> list[str]:
    """Without the words between a follow-up and its number, `controle a 3 mois`, `control a los 3 meses`, and between a
    visit and its kind, `visita di controllo`: elsewhere they are people, as `Di before`.
    """
    kept: list[str] = []
    for k, word in enumerate(words):
        rest = next((later for later in words[k:] if later not in vocabulary.JOINTS), "")
        timed = word in vocabulary.JOINTS and NUMBER.fullmatch(rest) and kept and kept[-1] in vocabulary.LAST
        kind = word == "di" and words[k + 1 : k + 2] == ["controllo"] and kept and kept[-1] in vocabulary.COUNTED
        if not (timed or kind):
            kept.append(word)
    return kept


def _with_roman_numbers(words: list[str]) -> list[str]:
    """Roman numerals beside a word that is counted as numbers: `visit ii`, `ii wizyta`, `v i`; but `visit v 1`."""

    def numbered(k: int) -> bool:
        before, after = words[k - 1] if k else "", words[k + 1] if k + 1 < len(words) else ""
        return not NUMBER.fullmatch(after) and (
            before in _BEFORE_ROMAN or (len(after) > 1 and after in vocabulary.COUNTED)
        )

    return [_ROMAN[word] if word in _ROMAN and numbered(k) else word for k, word in enumerate(words)]


def _parts(word: str) -> list[str]:
    """The known words that a word of a script without spaces consists of (`治疗后`: `治疗`, `后`), else the word itself."""
    if word in vocabulary.ALL or not _WITHOUT_SPACES.fullmatch(word):
        return [word]
    found, rest = [], word
    while rest:
        part = next((rest[:end] for end in range(len(rest), 0, -1) if rest[:end] in _EAST), "")
        if not part:
            return [word]
        found.append(part)
        rest = rest[len(part) :]
    return found


_EAST = frozenset(
    word for word in vocabulary.ALL | vocabulary.AT_ONCE | vocabulary.COUNTS.keys() if _WITHOUT_SPACES.fullmatch(word)
)


def singular(word: str) -> str:
    """A word without the s of the plural, where only that is known."""
    return word if word in vocabulary.ALL or word.removesuffix("s") not in vocabulary.ALL else word.removesuffix("s")


def tells(name: str) -> bool:
    """Whether a word says before or after: `before treatment`, but `treatment 3`."""
    return any(word in vocabulary.FIRST or word in vocabulary.LAST for word in words_of(name))


def without_list_numbers(names: Iterable[str]) -> Mapping[str, str]:
    """Names without the numbers that only sort them, each of 1, 2, ... once: `01 baseline`, `02 week 4`."""
    listed = {name: re.fullmatch(r"\s*\[?(\d{1,2})[] _.)-]+(.+)", name) for name in names}
    found = [match for match in listed.values() if match]
    counted = sorted(int(match[1]) for match in found) == list(range(1, len(listed) + 1))
    if len(found) < 2 or not counted or len({match[2] for match in found}) < len(found):
        return {name: name for name in listed}
    return {name: match[2] for name, match in listed.items() if match}


def without_shared(names: Iterable[str]) -> Mapping[str, str]:
    """Names without the unknown words that all of them have, which say nothing about when: `before peeling`."""
    texts = {name: bare(name) for name in names}
    unknown = [{w for w in re.findall(r"[^\W\d_]+", text) if not _says_something(w)} for text in texts.values()]
    shared = set.intersection(*unknown) if len(unknown) > 1 else set()
    shorter = dict(texts)
    for word in shared:
        cut = rf"{_WORD.format(re.escape(word))}(?:[ _-]?(\d+))?"
        numbers = {tuple(re.findall(cut, text)) for text in texts.values()}  # `arm 1` of all is no number of a visit
        cut = cut if len(numbers) == 1 else _WORD.format(re.escape(word))
        shorter = {name: re.sub(cut, " ", text) for name, text in shorter.items()}
    shorter = {name: " ".join(text.split()).strip(" _-.") for name, text in shorter.items()}
    return shorter if shared and all(shorter.values()) else {name: name for name in texts}


def _says_something(word: str) -> bool:
    parts = [vocabulary.COUNTS.get(part, part) for part in map(singular, _parts(word))]
    return vocabulary.ALL.issuperset(parts) or word in vocabulary.MONTHS or word in ("kw", "cw") or len(word) == 1
