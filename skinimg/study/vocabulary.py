"""The words that people name sessions and months by, as `plain_text` writes them: English, German, French, Spanish, Italian,
Portuguese; the commonest of Dutch, the Scandinavian and Slavonic languages, Finnish, Turkish, Greek, Hungarian, Romanian,
Vietnamese, Indonesian, Thai, Hindi, Arabic, Hebrew, Chinese, Japanese and Korean.
"""

from __future__ import annotations

from skinimg.study.text import plain_text


def _words(text: str) -> frozenset[str]:
    return frozenset(plain_text(text).split())


# Words that say which of two is older, where nothing but fillers stands beside them: Alt and Neu are families, too.
OLD, NEW = _words("old ancien vecchio antiguo viejo velho oud alt"), _words("new nouveau nuovo nuevo novo nieuw neu")
# Words that say `before`; with a number, before that session: `session 2 pre`.
BEFORE = _words(
    "before pre preop vorher vor davor zuvor avant antes prima pretreatment preoperative praeop prae voor vooraf fore før "
    "pretratamiento pretrattamento pretratamento pretraitement "
    "przed pred prije до преди перед πριν önce öncesi ennen elott előtte inainte truoc sebelum قبل לפני पहले पूर्व pehle "
    "pahle ก่อน 前 之前 ビフォー 전 비포"
)
# Words that name a place in a series by themselves.
FIRST = (
    OLD
    | BEFORE
    | _words(
        "baseline base bl basal initial initiale inicial iniziale first start screening anfang nullmessung debut inizio "
        "inicio init erstaufnahme ausgangsbefund voormeting nulmeting intake 初回 初诊 初診 基线 基線 초진"
    )
)
LAST = NEW | _words(
    "after post postop final finale end last nachher nach danach ende apres fin dopo fine despues depois fim posttreatment "
    "postoperative follow followup fu eot eos kontrolle controle controllo na nameting efter po после pos "
    "achteraf eindmeting erna etter po после через след після posle poslije μετά sonra sonrası jälkeen utana után dupa sau "
    "revision revisiones revisao seguimiento suivi nachsorge retorno review checkup nachkontrolle "
    "kontrolltermin verlauf verlaufskontrolle acompanhamento postratamiento posttratamiento "
    "sesudah setelah selepas بعد אחרי बाद baad หลัง 后 後 之后 之後 复诊 複診 再診 アフター 후 애프터"
)
FINAL = _words("final finale end last ende fin fine fim eot eos")  # of `LAST`, those that nothing comes after
ENDED = _words("end ende fin fim eot")  # of `FINAL`, those that may be the end of the treatment, before its follow-up
FOLLOWED = _words(
    "follow followup fu kontrolle controle controllo nachsorge nachkontrolle revision revisiones revisao seguimiento suivi "
    "retorno review checkup kontrolltermin verlauf verlaufskontrolle acompanhamento"
)
JOINTS = _words("a los las alle")  # between such a word and its number: `controle a 3 mois`; else `A` may be a person
# What is treated and with what.
TREATMENTS = _words(
    "laser peel peeling op surgery procedure injection injections botox botulinum dysport filler hyaluron hyaluronic ipl prp "
    "pdt microneedling needling dermaroller fraxel mesotherapy mesotherapie retinol tretinoin isotretinoin acne akne rosacea "
    "melasma"
)
# Words that say nothing about when.
# Arms of a trial, which are no people.
ARMS = _words("active placebo vehicle vehikel verum sham control controls treated untreated")
# Words that say nothing about when, but with a number count treatments: `Behandlung 2`.
_TREATED = _words(
    "treatment tx rx session sitting therapy cycle zyklus ciclo cyclus "
    "behandlung behandlungen therapie traitement tratamiento tratamento trattamento "
    "behandeling behandling zabieg zabiegach zabiegu zabiegiem лечения лечение процедуры процедура процедур 치료 시술 "
    "治疗 治療 施術"
)
FILLERS = (
    TREATMENTS
    | _TREATED
    | _words(
        "line of the from on vom am later spaeter photo foto study studie etude 수술 операции операция leczenia leczeniem "
        "tedavi işlem điều trị العلاج الجلسة از درمان इलाज उपचार के से การรักษา รักษา การทำ ทำ hoitoa hoidon tretmana tretman "
        "kezelés 术 術 手术 手術 使用 第 目 回目 photos pictures images up de del della do da du des der die das il la le el"
    )
)
# Beside a date, as computers write it out.
WEEKDAYS = _words(
    "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday mo di mi do fr sa so montag "
    "dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes "
    "miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica maandag dinsdag "
    "woensdag donderdag vrijdag zaterdag zondag"
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
            "day d j jour tag dia giorno giorni tage tagen pod dag dagen день дня дней dni dzien gün يوم أيام दिन วัน "
            "天 일차 日 일",
        ),
        (7.0, "week wk w sem semaine woche wochen semana settimana settimane weken неделя недели недель неделю"),
        (
            7.0,
            "tydzien tygodnie tygodni tygodniach hafta viikko viikkoa أسبوع أسابيع हफ्ते सप्ताह สัปดาห์ 周 週 週間 周间 주 주차 주일",
        ),
        (30.44, "month mo m mois monat monate monaten mes meses mese mesi maand maanden месяц месяца месяцев"),
        (
            30.44,
            "miesiac miesiace miesiecy miesiacu miesiacach ay شهر أشهر महीने महीना เดือน 个月 個月 ヶ月 ケ月 か月 カ月 개월 달 月",
        ),
        (365.25, "year y yr jahr jahre jahren an ano anno anni jaar jaren год года лет rok yıl سنة 年 년"),
    )
    for word in _words(words)
}
DATES_TOO = _words("日 일 月")  # beside a word of `FIRST` or `LAST` they count days and months; `12月` is December
# Words that count visits.
COUNTED = _TREATED | _words(
    "s sess ses v visit t tp time timepoint seance sitzung besuch visite visita sesion "
    "sessao seduta termin bezoek wizyta wizyty визит приём посещение сеанс seans ziyaret زيارة ครั้งที่ ครั้ง "
    "次 回 診 诊 회 회차 차 n nr no"
)
BESIDE_DATES = FILLERS | WEEKDAYS | {word for word in COUNTED if len(word) > 2}  # they say nothing more than the date
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
# Without listopad and listopada, which are October in Croatian and November in Polish, Czech and Ukrainian.
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan ene gen janv jaen jänner januar january januari janvier enero gennaio janeiro styczeń stycznia январь января "
            "ocak "
            "január siječanj siječnja ianuarie leden ledna січня ιανουάριος ιανουαρίου tammikuu tammikuuta يناير जनवरी",
            "feb fev febr fevr februar february februari fevrier febrero febbraio fevereiro luty lutego февраль февраля şubat "
            "február veljača veljače februarie únor února лютого φεβρουάριος φεβρουαρίου helmikuu helmikuuta فبراير फरवरी",
            "mar mrz mär märz mars marz march maart marts marzo março marzec marca март марта mart "
            "március ožujak ožujka martie maret březen března березня μάρτιος μαρτίου maaliskuu maaliskuuta مارس मार्च",
            "apr avr abr april avril abril aprile kwiecień kwietnia апрель апреля nisan "
            "április travanj travnja aprilie duben dubna квітня απρίλιος απριλίου huhtikuu huhtikuuta أبريل अप्रैल",
            "may mai mag mei maj mayo maggio maio maja май мая mayıs "
            "május svibanj svibnja květen května травня μάιος μαΐου toukokuu toukokuuta مايو मई",
            "jun giu juin juni june junio giugno junho czerwiec czerwca июнь июня haziran "
            "június lipanj lipnja iunie červen června червня ιούνιος ιουνίου kesäkuu kesäkuuta يونيو जून",
            "jul lug juil juli july juillet julio luglio julho lipiec lipca июль июля temmuz "
            "július srpanj srpnja iulie červenec července липня ιούλιος ιουλίου heinäkuu heinäkuuta يوليو जुलाई",
            "aug aou ago aout august augustus augusti agosto sierpień sierpnia август августа ağustos "
            "augusztus kolovoz kolovoza agustus srpen srpna серпня αύγουστος αυγούστου elokuu elokuuta أغسطس अगस्त",
            "sep set sept september septembre septiembre settembre setembro wrzesień września сентябрь сентября eylül "
            "szeptember rujan rujna septembrie září вересня σεπτέμβριος σεπτεμβρίου syyskuu syyskuuta سبتمبر सितंबर",
            "oct okt ott out october oktober octobre octubre ottobre outubro październik października октябрь октября ekim "
            "október octombrie říjen října жовтня οκτώβριος οκτωβρίου lokakuu lokakuuta أكتوبر अक्टूबर",
            "nov november novembre noviembre novembro ноябрь ноября kasım "
            "noiembrie listopadu νοέμβριος νοεμβρίου marraskuu marraskuuta نوفمبر नवंबर",
            "dec dez dic december dezember decembre diciembre dicembre dezembro grudzień grudnia декабрь декабря aralık "
            "desember decembrie prosinec prosince грудня δεκέμβριος δεκεμβρίου joulukuu joulukuuta ديسمبر दिसंबर",
        ),
        start=1,
    )
    for word in _words(words)
}
