# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""What values of event files say, in plain Python: see `oracle.py`."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext


class UnreadableError(Exception):
    """A value that is there and says nothing."""


def as_time(value: object) -> datetime | None:
    """Return a time in UTC. Without a zone it is UTC; an offset is converted."""
    if value is None or (isinstance(value, str) and is_nothing(value)):
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UnreadableError from None
    if value.tzinfo:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value


def as_number(value: object) -> Decimal | None:
    """Return a number; what a double prints is what it says, and NaN says nothing."""
    if value is None or is_nothing(value):
        return None
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        raise UnreadableError from None


def is_blank(value: object) -> bool:
    return value is None or str(value).strip() == ""


def is_no_id(value: object) -> bool:
    """Whether an id of an event or session is none: blank, or a word for nothing."""
    words = [
        "null",
        "NULL",
        "undefined",
        "none",
        "None",
        "nan",
        "NaN",
        "nil",
        "N/A",
        "n/a",
        "\\N",
    ]
    return is_blank(value) or value in words or (value != "0" and is_zeros(value))


def is_zeros(value: object) -> bool:
    """Whether an id is zeros and dashes only."""
    return str(value).startswith(("-", ".", "/", "0")) and not str(value).strip("0- ")


def is_nothing(value: object) -> bool:
    """Whether a value is none, or a dump's spelling of that."""
    words = [
        "\\n",
        "null",
        "(null)",
        "<null>",
        "nan",
        "none",
        "nil",
        "n/a",
        "#n/a",
        "undefined",
    ]
    return is_blank(value) or str(value).strip().lower() in words


def rounded(number: Decimal, decimals: int) -> Decimal:
    """Round half away from zero."""
    with localcontext() as context:
        context.prec = 60
        return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def plausible(arrived_at: datetime | None) -> datetime | None:
    """A time of arrival, unless a clock that was reset wrote it."""
    is_real = arrived_at and datetime(2000, 1, 1) <= arrived_at <= datetime(2100, 1, 1)
    return arrived_at if is_real else None


def is_outside(number: Decimal | None, lowest: int, highest: int) -> bool:
    return number is not None and not lowest <= number <= highest
