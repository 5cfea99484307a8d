"""The words that people name sessions by: English, German, French, Spanish, Italian, Portuguese; without accents."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that name a place in a series by themselves.
FIRST = _words(
    "baseline base bl basal before pre preop initial initiale inicial iniziale first start screening vorher vor anfang "
    "nullmessung avant debut antes prima inizio inicio pretreatment preoperative praeop"
)
LAST = _words(
    "after post postop final finale end last nachher nach ende apres fin dopo fine despues depois fim posttreatment "
    "postoperative follow followup fu"
)
FINAL = _words("final finale end last ende fin fine fim")  # of `LAST`, those that nothing comes after
# Words that say nothing about when.
FILLERS = _words(
    "treatment tx op surgery procedure laser peel session sitting line of the therapy behandlung therapie traitement "
    "tratamiento tratamento trattamento later spaeter photo foto up de del della do da du des der die das il la le el"
)
# Words that count time, in days; a week-4 photo can then be told from a month-3 photo.
DAYS = {
    word: days
    for days, words in (
        (1.0, "day d j jour tag dia giorno giorni tage tagen"),
        (7.0, "week wk w sem semaine woche wochen semana settimana settimane kw"),
        (30.44, "month mo m mois monat monate monaten mes meses mese mesi"),
        (365.25, "year y yr jahr jahre jahren an ano anno anni"),
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
