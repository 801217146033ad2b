"""How people write days, and that they are away or back, in English, German, French, Spanish, Italian and Dutch."""

import re
from typing import Final

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl")

_MONTHS: Final = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    "|januar|jänner|februar|märz|mai|juni|juli|oktober|dezember|mrz|okt|dez"
    "|janvier|février|fevrier|mars|avril|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre"
    "|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    "|januari|februari|maart|mei|augustus"
)
WEEKDAY_NAMES: Final = (
    "monday|montag|lundi|lunes|lunedì|lunedi|maandag",
    "tuesday|dienstag|mardi|martes|martedì|martedi|dinsdag",
    "wednesday|mittwoch|mercredi|miércoles|miercoles|mercoledì|mercoledi|woensdag",
    "thursday|donnerstag|jeudi|jueves|giovedì|giovedi|donderdag",
    "friday|freitag|vendredi|viernes|venerdì|venerdi|vrijdag",
    "saturday|samstag|sonnabend|samedi|sábado|sabado|sabato|zaterdag",
    "sunday|sonntag|dimanche|domingo|domenica|zondag",
)
# What the library that reads them knows.
_RELATIVE: Final = (
    "tomorrow|next week|next month|in (?:a|one|two|three|four|\\d{1,2}) (?:days?|weeks?)"
    "|(?<!guten )(?<!am )morgen|übermorgen|nächste woche|in (?:einer|zwei|drei|vier|\\d{1,2}) (?:tagen?|wochen?)"
    "|demain|après-demain|la semaine prochaine|dans (?:une|deux|trois|quatre|\\d{1,2}) (?:jours?|semaines?)"
    "|(?<!la )mañana|la próxima semana|en (?:una|dos|tres|\\d{1,2}) (?:días?|semanas?)"
    "|domani|tra (?:una|due|tre|\\d{1,2}) (?:giorni|settiman[ae])"
    "|overmorgen|volgende week|over (?:twee|drie|\\d{1,2}) (?:dagen|weken)"
).replace(" ", r"\s")
NUMBERS: Final = {"dos": "2", "tres": "3", "due": "2", "tre": "3", "twee": "2", "drie": "3"}

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ORDINAL = r"(?:st|nd|rd|th|er|ère|e|º|°|\.)?"
# A day as people write it; the first that fits at a place counts, so the fuller forms come first.
DAYS: Final = re.compile(
    rf"""(?<![\w/.:-])(?:
        (?P<iso>\d{{4}}-\d{{2}}-\d{{2}})
      | (?P<numeric>{_DAY}(?P<sep>[./-])\s?{_DAY}(?:(?P=sep)\s?(?:\d{{4}}|\d{{2}})|(?P=sep))?)
        (?![\d:/])(?!\s*(?:uhr|h\b|am\b|pm\b))
      | (?P<words>{_DAY}{_ORDINAL}\s(?:of\s|de\s|di\s)?(?:{_MONTHS})\b\.?(?:,?\s(?:de\s|del\s)?\d{{4}})?
              | (?:{_MONTHS})\b\.?\s(?:the\s)?{_DAY}(?:st|nd|rd|th)?\b(?:,?\s\d{{4}})?)
      | (?P<weekday>(?:{"|".join(WEEKDAY_NAMES)})\b)
      | (?P<relative>(?:{_RELATIVE})\b)
      | (?P<day>(?:(?<=\bthe\s)|(?<=\bam\s)|(?<=\bdem\s)|(?<=\bzum\s)|(?<=\ble\s)|(?<=\bau\s)|(?<=\bel\s)|(?<=\bdía\s)
              |(?<=\bil\s)|(?<=\bal\s)|(?<=\bde\s)){_DAY}(?:st|nd|rd|th|\.|e)?(?![\w:%/]))
    )""",
    re.VERBOSE | re.IGNORECASE,
)

# That somebody is there again, in the same sentence as the day.
_BACK: Final = {
    "en": r"back|return\w*|again|available (?:on|from|as of|starting)|resume\w*|in the office (?:on|from)",
    "de": r"wieder|zurück|zurueck|rückkehr|retour",
    "fr": r"retour\w*|revien\w*|reviendr\w*|rentr\w*|à nouveau|de nouveau|reprend\w*",
    "es": r"regres\w*|vuelv\w*|volver\w*|vuelta|de nuevo|reincorpor\w*|retorn\w*",
    "it": r"rientr\w*|torn\w*|di nuovo|ritorn\w*|nuovamente",
    "nl": r"terug\w*|weer|opnieuw",
}
# That the absence ends with the day, right before it.
_UNTIL: Final = {
    "en": r"until|till?|’?til|through|thru|up to|ends?(?: on)?",
    "de": r"bis(?: einschlie(?:ß|ss)lich)?(?: zum| dem)?",
    "fr": r"jusqu[’'](?:au|à)",
    "es": r"hasta(?: el)?(?: día)?",
    "it": r"fino (?:al|a)|sino al",
    "nl": r"tot(?: en met)?|t/m|tm",
}
# The same where two days are named: from this to that.
_TO = r"to|and|-|–|und|au|al|et le|y el|e il|en"
_ARTICLES = r"on|the|next|this|coming|dem|den|kommenden|nächsten|le|el|il|op|próximo|prossimo"
_BETWEEN = rf"(?:\s(?:{_ARTICLES}))*\s?(?:(?:{'|'.join(WEEKDAY_NAMES)})\b,?\s)?(?:(?:the|den|dem)\s)?$"
BACK: Final = {code: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for code, words in _BACK.items()}
TO: Final = re.compile(rf"(?:\b|\s)(?:{_TO}){_BETWEEN}", re.IGNORECASE)
UNTIL: Final = {code: re.compile(rf"(?:\b|\s)(?:{words}){_BETWEEN}", re.IGNORECASE) for code, words in _UNTIL.items()}

# Enough of each language to tell it from the others.
LANGUAGE: Final = {
    "en": re.compile(r"\b(?:the|i|am|will|be|of|office|out|my|and|on|for|your|i'm)\b", re.IGNORECASE),
    "de": re.compile(r"\b(?:ich|bin|der|die|und|im|büro|nicht|ist|vielen|ihre|mail|dem)\b", re.IGNORECASE),
    "fr": re.compile(r"\b(?:je|suis|le|la|et|du|bureau|votre|absente?|vous|mon|serai)\b", re.IGNORECASE),
    "es": re.compile(r"\b(?:estoy|estaré|el|y|de|oficina|su|gracias|fuera|mi|correo|día)\b", re.IGNORECASE),
    "it": re.compile(r"\b(?:sono|sarò|il|e|ufficio|grazie|mail|fuori|mio|del|vostra|risponderò)\b", re.IGNORECASE),
    "nl": re.compile(r"\b(?:ik|ben|het|een|en|kantoor|uw|niet|de|van|afwezig|ben)\b", re.IGNORECASE),
}
