"""Words of messages."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with what it counts: 1 user, 2 users."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def share_told(part: int, whole: int) -> str:
    """Return a share as people write it: 12 %, 0.3 %."""
    return f"{100 * part / whole:.2g} %" if part and whole else "0 %"


def rule_label(reason: str, equals: str | None = None) -> str:
    """Return how people call a rule: its reason with the text it asks for, or dots.

    The same as the macro `rule_label`; a test holds both together.
    """
    filled = reason.replace("{value}", equals or "…")
    return filled.replace("(s)", "s").replace("(es)", "es")
