"""The words that people name sessions and months by, as `plain_text` writes them: English, German, French, Spanish, Italian,
Portuguese; the commonest of Dutch, the Scandinavian and Slavonic languages, Turkish, Greek, Hungarian, Romanian,
Vietnamese, Indonesian, Arabic, Hebrew, Chinese, Japanese and Korean.
"""

from __future__ import annotations

from skinimg.study.text import plain_text


def _words(text: str) -> frozenset[str]:
    return frozenset(plain_text(text).split())


# Words that say which of two is older, where nothing but fillers stands beside them: Alt and Neu are families, too.
OLD, NEW = _words("old ancien vecchio antiguo viejo velho oud alt"), _words("new nouveau nuovo nuevo novo nieuw neu")
# Words that name a place in a series by themselves.
FIRST = OLD | _words(
    "baseline base bl basal before pre preop initial initiale inicial iniziale first start screening vorher vor anfang "
    "nullmessung avant debut antes prima inizio inicio pretreatment preoperative praeop prae init erstaufnahme ausgangsbefund "
    "voor vooraf voormeting nulmeting intake fore før przed pred до преди πριν önce öncesi elott inainte truoc sebelum قبل לפני "
    "前 之前 初回 初诊 初診 基线 基線 ビフォー 전 초진 비포"
)
LAST = NEW | _words(
    "after post postop final finale end last nachher nach ende apres fin dopo fine despues depois fim posttreatment "
    "postoperative follow followup fu eot eos kontrolle controle controllo na nameting efter po после pos "
    "achteraf eindmeting после через след μετά sonra sonrası utan dupa sau sesudah setelah بعد אחרי "
    "后 後 之后 之後 复诊 複診 再診 アフター 후 애프터"
)
FINAL = _words("final finale end last ende fin fine fim eot eos")  # of `LAST`, those that nothing comes after
# Words that say nothing about when.
FILLERS = _words(
    "treatment tx op surgery procedure laser peel session sitting line of the therapy behandlung therapie traitement "
    "tratamiento tratamento trattamento later spaeter photo foto study studie etude behandeling behandling 치료 시술 수술 "
    "лечения лечение процедуры процедура процедур операции операция "
    "behandlungen zabiegach zabiegu zabiegiem leczenia leczeniem tedavi işlem "
    "điều trị العلاج الجلسة "
    "术 術 治疗 治療 施術 手术 手術 使用 第 目 回目 photos pictures images "
    "up de del della do da du des der die das il la le el"
)
# Beside a word of `LAST`: the same day, before any other time after treatment.
AT_ONCE = _words(
    "immediately immediate directly direct sofort direkt unmittelbar immediatement inmediatamente "
    "immediatamente subito imediatamente 直 立即 직"
)
# Words that count time, in days; a week-4 photo can then be told from a month-3 photo.
DAYS = {
    word: days
    for days, words in (
        (1 / 1440, "min minute minuten minuto minuti"),
        (
            1 / 24,
            "hour hr stunde stunden heure hora ora ore uur час часа часов godz godzina godzin saat 小时 小時 時間 시간",
        ),
        (
            1.0,
            "day d j jour tag dia giorno giorni tage tagen pod dag dagen день дня дней dni dzien gün يوم أيام 天 일차 日 일",
        ),
        (7.0, "week wk w sem semaine woche wochen semana settimana settimane weken неделя недели недель неделю"),
        (7.0, "tydzien tygodnie tygodni tygodniach hafta أسبوع أسابيع 周 週 週間 周间 주 주차 주일"),
        (30.44, "month mo m mois monat monate monaten mes meses mese mesi maand maanden месяц месяца месяцев"),
        (30.44, "miesiac miesiace miesiecy miesiacu miesiacach ay شهر أشهر 个月 個月 ヶ月 ケ月 か月 カ月 개월 달 月"),
        (365.25, "year y yr jahr jahre jahren an ano anno anni jaar jaren год года лет rok yıl سنة 年 년"),
    )
    for word in _words(words)
}
DATES_TOO = _words("日 일 月")  # beside a word of `FIRST` or `LAST` they count days and months; `12月` is December
# Words that count visits.
COUNTED = _words(
    "s session v visit t tp time timepoint seance sitting treatment sitzung besuch visite visita sesion "
    "sessao seduta termin bezoek wizyta wizyty визит приём посещение сеанс seans ziyaret زيارة 次 回 診 诊 회 회차 차 n nr no"
)
_COUNTS = (
    "zero",
    "一 one first un une una uno um uma ein eine einer eins erste erster premiere premier primera primera primo primeira",
    "二 two second zwei deux dos due dois duas zweite zweiter deuxieme segunda seconda",
    "三 three third drei trois tres tre dritte dritter troisieme tercera terza terceira",
    "四 four fourth vier quatre cuatro quattro quatro",
    "五 five fifth fuenf funf cinq cinco cinque",
    "六 six sixth sechs seis sei",
    "七 seven seventh",
    "八 eight eighth",
    "九 nine ninth neun neuf nueve nove",
    "十 ten tenth zehn dix diez dieci dez",
    "eleven eleventh",
    "twelve twelfth zwoelf douze doce dodici doze",
)
# Numbers in words; `first` stays a word, since it also names a session by itself.
COUNTS = {word: str(n) for n, words in enumerate(_COUNTS) for word in _words(words) if word not in FIRST}
ALL = FIRST | LAST | FILLERS | COUNTED | DAYS.keys() | {str(number) for number in range(100)}
SUBJECTS_TOO = OLD | NEW | _words("s n no nr sau")  # `S01` is a subject as often as a session
# Without listopad, which is October in Croatian and November in Polish and Czech.
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan ene gen janv jaen jänner januar january januari janvier enero gennaio janeiro styczeń stycznia январь января "
            "ocak",
            "feb fev febr fevr februar february februari fevrier febrero febbraio fevereiro luty lutego февраль февраля şubat",
            "mar mrz mär märz mars marz march maart marts marzo março marzec marca март марта mart",
            "apr avr abr april avril abril aprile kwiecień kwietnia апрель апреля nisan",
            "may mai mag mei maj mayo maggio maio maja май мая mayıs",
            "jun giu juin juni june junio giugno junho czerwiec czerwca июнь июня haziran",
            "jul lug juil juli july juillet julio luglio julho lipiec lipca июль июля temmuz",
            "aug aou ago aout august augustus augusti agosto sierpień sierpnia август августа ağustos",
            "sep set sept september septembre septiembre settembre setembro wrzesień września сентябрь сентября eylül",
            "oct okt ott out october oktober octobre octubre ottobre outubro październik października октябрь октября ekim",
            "nov november novembre noviembre novembro ноябрь ноября kasım",
            "dec dez dic december dezember decembre diciembre dicembre dezembro grudzień grudnia декабрь декабря aralık",
        ),
        start=1,
    )
    for word in _words(words)
}
