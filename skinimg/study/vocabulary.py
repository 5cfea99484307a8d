"""The words that people name sessions by, without accents: English, German, French, Spanish, Italian, Portuguese; the
commonest of Dutch, Swedish, Danish, Polish, Czech, Russian, Chinese, Japanese and Korean.
"""

from __future__ import annotations

import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFD", text).split())  # Hangul falls into its parts, as in a plain name


# Words that name a place in a series by themselves.
FIRST = _words(
    "baseline base bl basal before pre preop initial initiale inicial iniziale first start screening vorher vor anfang "
    "nullmessung avant debut antes prima inizio inicio pretreatment preoperative praeop prae init erstaufnahme ausgangsbefund "
    "voor voormeting fore før przed pred до 前 术前 術前 治疗前 治療前 施術前 전 치료전 시술전"
)
LAST = _words(
    "after post postop final finale end last nachher nach ende apres fin dopo fine despues depois fim posttreatment "
    "postoperative follow followup fu eot eos kontrolle controle controllo na nameting efter po после pos "
    "后 後 术后 術後 治疗后 治療後 施術後 후 치료후 시술후"
)
FINAL = _words("final finale end last ende fin fine fim eot eos")  # of `LAST`, those that nothing comes after
# Words that say nothing about when.
FILLERS = _words(
    "treatment tx op surgery procedure laser peel session sitting line of the therapy behandlung therapie traitement "
    "tratamiento tratamento trattamento later spaeter photo foto study studie etude behandeling 치료 시술 "
    "up de del della do da du des der die das il la le el"
)
# Beside a word of `LAST`: the same day, before any other time after treatment.
AT_ONCE = _words(
    "immediately immediate directly direct sofort direkt unmittelbar immediatement inmediatamente "
    "immediatamente subito imediatamente"
)
# Words that count time, in days; a week-4 photo can then be told from a month-3 photo.
DAYS = {
    word: days
    for days, words in (
        (1 / 1440, "min minute minuten minuto minuti"),
        (1 / 24, "hour hr stunde stunden heure hora ora ore uur"),
        (1.0, "day d j jour tag dia giorno giorni tage tagen pod dag dagen день дня днеи"),
        (7.0, "week wk w sem semaine woche wochen semana settimana settimane weken неделя недели недель"),
        (30.44, "month mo m mois monat monate monaten mes meses mese mesi maand maanden месяц месяца месяцев"),
        (365.25, "year y yr jahr jahre jahren an ano anno anni jaar jaren"),
    )
    for word in words.split()
}
# Words that count visits.
COUNTED = _words(
    "s session v visit t tp time timepoint seance sitting treatment sitzung besuch visite visita sesion "
    "sessao seduta termin n nr no"
)
_COUNTS = (
    "one first un une una uno um uma ein eine einer eins erste erster premiere premier primera primera primo primeira",
    "two second zwei deux dos due dois duas zweite zweiter deuxieme segunda seconda",
    "three third drei trois tres tre dritte dritter troisieme tercera terza terceira",
    "four fourth vier quatre cuatro quattro quatro",
    "five fifth fuenf funf cinq cinco cinque",
    "six sixth sechs seis sei",
    "seven seventh",
    "eight eighth",
    "nine ninth neun neuf nueve nove",
    "ten tenth zehn dix diez dieci dez",
    "eleven eleventh",
    "twelve twelfth zwoelf douze doce dodici doze",
)
# Numbers in words; `first` stays a word, since it also names a session by itself.
COUNTS = {word: str(n) for n, words in enumerate(_COUNTS, start=1) for word in words.split() if word not in FIRST}
ALL = FIRST | LAST | FILLERS | COUNTED | DAYS.keys() | {str(number) for number in range(100)}
SUBJECTS_TOO = _words("s n no nr")  # `S01` is a subject as often as a session
