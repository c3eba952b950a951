"""What identifies a person is never an attribute: names of columns, and values.

The importer and the build refuse the same names, and values that look like an e-mail
address, a phone number, an IBAN or an IP address, whatever the column is called.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

# Found inside a word (`useremail`) or as words in a row (`e mail`, `date_of_birth`).
TERMS = (
    *("e mail", "phone", "handy nummer", "user name", "sur name", "fore name"),
    *("nach name", "vor name", "street", "strasse", "address", "adresse", "anschrift"),
    *("zip code", "postal code", "post code", "post leit zahl", "social security"),
    *("national id", "national insurance", "passport", "tax id", "tax number"),
    *("tax payer", "driver license", "drivers license", "driving licence"),
    *("license plate", "licence plate", "date of birth", "day of birth", "birth date"),
    *("birth day", "geburts datum", "credit card", "card number", "account number"),
    *("bank account", "user agent", "password", "passwort", "pass phrase", "whatsapp"),
)
# Only as words of their own: `ip` is part of `trip`.
WORDS = (
    *("name", "names", "mail", "mails", "tel", "telefon", "fon", "mobile", "cell"),
    *("fax", "telefax", "ip", "ips", "ipv4", "ipv6", "ipaddr", "addr", "zip", "plz"),
    *("postal", "ssn", "nino", "dob", "birth", "iban", "bic", "passwd", "pwd", "ua"),
    *("latitude", "longitude", "lat", "lon", "lng", "gps", "msisdn", "imei", "idfa"),
)
# Of these, a name says nothing about a person.
THINGS = (
    *("country", "city", "region", "state", "campaign", "channel", "source", "medium"),
    *("event", "page", "product", "plan", "device", "browser", "os", "industry"),
    *("segment", "feature", "file"),
)
# Words of a name in snake, camel and spaced spelling.
SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")

EMAIL = re.compile(r"[\w.%+-]+@[\w-]+(?:[.][\w-]+)*[.][a-z]{2,}", re.IGNORECASE)
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}")
# A number with its country, one with an area code as people write them, one that
# begins with a zero.
PHONE = re.compile(
    r"(?:tel:)?(?:[+]\s?[1-9][0-9 ()./-]{6,}[0-9]|00[1-9][0-9 ()./-]{8,}[0-9]"
    r"|0[1-9][0-9 ()./-]{7,}[0-9]|[(][0-9]{2,5}[)][ -]?[0-9][0-9 ./-]{4,}[0-9]"
    r"|(?:1[ .-])?[2-9][0-9]{2}([ .-])[2-9][0-9]{2}\1[0-9]{4})"
)
# Ten digits could be anything, unless most values of an attribute are like that.
PLAIN_PHONE = re.compile(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")
# What a value must hold to be looked at, for SQL: at, two colons, or four digits.
WORTH_A_LOOK = r"@|:.*:|[0-9].*[0-9].*[0-9].*[0-9]"


def identifies_person(name: str) -> bool:
    """Return whether a column so named may identify a person."""
    words = [word.lower() for word in SPLIT.split(name) if word]
    # mail2, address_1: a number says nothing, but in ipv6.
    words = [w if w in WORDS else w.rstrip("0123456789") for w in words]
    if words[:1] in (["has"], ["is"]) or words[:2] == ["do", "not"]:  # Says yes or no.
        return False
    for place, word in enumerate(words):
        if word in WORDS and not (
            word == "name" and place and words[place - 1] in THINGS
        ):
            return True
        if word.endswith(("name", "mail")) and word[:-4] not in ("", *THINGS):
            return True
    spaced = f" {' '.join(words)} "
    return any(
        f" {term} " in spaced
        or f" {term}s " in spaced
        or any(term.replace(" ", "") in word for word in words)
        for term in TERMS
    )


def kind_of_identifier(value: str, attribute: str = "") -> str | None:
    """Return what a value looks like if that identifies a person, else None."""
    value = value.strip()
    if EMAIL.search(value):
        return "an e-mail address"
    if is_iban(value):
        return "an IBAN"
    if is_ip(value, attribute):
        return "an IP address"
    if PHONE.fullmatch(value) and not DATE.fullmatch(value):
        digits = sum(character.isdigit() for character in value)
        return "a phone number" if 7 <= digits <= 15 else None
    return None


def is_iban(value: str) -> bool:
    """Return whether a value is an IBAN whose check digits are right."""
    plain = value.replace(" ", "").upper()
    if not IBAN.fullmatch(plain):
        return False
    digits = "".join(str(int(c, 36)) for c in plain[4:] + plain[:4])
    return int(digits) % 97 == 1


def is_ip(value: str, attribute: str) -> bool:
    """Return whether a value is an IP address; 1.2.3.4 may be a version instead."""
    try:
        address = ipaddress.ip_interface(
            re.sub(r"(?<=[.][0-9])([0-9]{0,2}):[0-9]+$", r"\1", value)
        )
    except ValueError:
        return False
    # A whole number is none, nor is what begins with a zero.
    if ("." not in value and ":" not in value) or value.startswith("0."):
        return False
    return address.version == 6 or not re.search("version|release|build", attribute)


def masked(value: str) -> str:
    """Return the beginning of a value: enough to find it, too little to know it."""
    return f"{value.strip()[:2]}…"


def identifying_values(attribute: str, values: Iterable[str]) -> dict | None:
    """Return what values of an attribute look like, how many do, and the first.

    None if they identify nobody.
    """
    values = list(values)
    found = [(kind_of_identifier(value, attribute), value) for value in values]
    found = [(kind, value) for kind, value in found if kind]
    # Numbers of companies have ten digits, too.
    if not found and attribute != "account_id":
        plain = [v for v in values if PLAIN_PHONE.fullmatch(v.strip())]
        if len(plain) < max(5, 0.9 * len(values)):
            return None
        found = [("a phone number", value) for value in plain]
    if not found:
        return None
    kind, value = found[0]
    return {"kind": kind, "count": len(found), "value": value, "shown": masked(value)}
