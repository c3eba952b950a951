"""How attribute values are compared: as people write them, not exactly."""

from __future__ import annotations

import re

NUMBER = re.compile(r"[+]?(-?)(0|[1-9][0-9]*)(?:[.]([0-9]+))?")


def canonical_text(text: str) -> str:
    """Return the one text that stands for a value: see the doc block `attribute_text`.

    Comparison then ignores upper and lower case. `007` is a text, with its zero.
    """
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower()
    if (found := NUMBER.fullmatch(text)) is None or text.startswith("+-"):
        return text
    sign, whole, decimals = found.groups()
    decimals = (decimals or "").rstrip("0")
    number = f"{whole}.{decimals}" if decimals else whole
    return number if number == "0" else f"{sign}{number}"
