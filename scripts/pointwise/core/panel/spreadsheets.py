"""Texts that a spreadsheet made into dates when it opened a CSV: `1-10` into `10-Jan`."""

from __future__ import annotations

import re
from collections.abc import Iterable

# The first three letters of months in the languages that spreadsheets are set to.
MONTHS = (
    *(
        "jan",
        "feb",
        "mar",
        "mär",
        "mrz",
        "apr",
        "may",
        "mai",
        "jun",
        "jul",
        "aug",
        "sep",
    ),
    *(
        "oct",
        "okt",
        "nov",
        "dec",
        "dez",
        "ene",
        "abr",
        "ago",
        "dic",
        "fev",
        "fév",
        "avr",
    ),
    *(
        "aoû",
        "aou",
        "déc",
        "jui",
        "mag",
        "giu",
        "lug",
        "set",
        "ott",
        "gen",
        "maj",
        "mei",
    ),
)
MONTH = r"([^\W\d_]{3,9})[.]?"
GAP = r"[-./ ]{1,2}"
YEAR = rf"(?:{GAP}[0-9]{{2,4}})?"
WITH_MONTH = re.compile(rf"[0-9]{{1,2}}{GAP}{MONTH}{YEAR}|{MONTH}{GAP}[0-9]{{1,4}}")
TIME = r"(?:[ T]00:00(?::00)?(?:[.]0+)?)?"
DATE = re.compile(
    rf"(?:[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}|[0-9]{{1,2}}([/.-])[0-9]{{1,2}}\1[0-9]{{2,4}}){TIME}"
)
# A day as a spreadsheet counts them: 1 is the first of 1900.
SERIAL = re.compile(r"[3-7][0-9]{4}(?:[.]0+)?")
NUMBER = r"[0-9][0-9.,]* ?[kKmM]?"
RANGE = re.compile(
    rf"{NUMBER} ?(?:-|–|—|to) ?{NUMBER}|{NUMBER} ?[+]|[<>≤≥]=? ?{NUMBER}"
)


def made_from_range(value: str, others: Iterable[str]) -> bool:
    """Return whether a value is what a spreadsheet makes of a range such as 1-10.

    A day and a month by name always are. A whole date may be meant, unless other values
    of the feature are ranges.
    """
    if found := WITH_MONTH.fullmatch(value):
        return (found[1] or found[2]).lower()[:3] in MONTHS
    is_date = DATE.fullmatch(value) or SERIAL.fullmatch(value)
    return bool(is_date) and any(RANGE.fullmatch(other) for other in others)
