"""Words of messages."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with what it counts: 1 user, 2 users."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
