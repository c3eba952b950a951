"""Words of messages."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with what it counts: 1 user, 2 users."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def all_of(names: list[str]) -> str:
    """Return names as a sentence has them: customers, visitors and staff."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


# From this dispersion on, the interval for the next date of a band is twice as wide as
# its users alone would make it: see the mart score_band_outlook.
UNSTEADY = 4.0
LEARNED_FROM = "the points have learned from what followed"
RARE = 0.001  # Below it, rates are printed with three decimals of a percent.


def share_text(part: int, whole: int) -> str:
    """Return a share as people write it: 12 %, 0.3 %."""
    return f"{100 * part / whole:.2g} %" if part and whole else "0 %"


def in_percent(rate: float, decimals: int) -> str:
    """Return a rate in percent, without the sign; what is rare is never printed as 0.

    The macro `display_percent` says the same of rates below a tenth of a percent.
    """
    if 0 < rate < RARE:
        return f"{max(100 * rate, 0.001):.3f}".rstrip("0")
    return f"{100 * rate:.{decimals}f}"


def plain_number(number: float) -> str:
    """Return a number as a cell has it: four decimals at most, none without need."""
    return f"{number:.4f}".rstrip("0").rstrip(".")


def rule_label(reason: str, equals: str | None = None) -> str:
    """Return how people call a rule: its reason with the text it asks for, or dots.

    The same as the macro `rule_label`; a test holds both together.
    """
    filled = reason.replace("{value}", equals or "…")
    return filled.replace("(s)", "s").replace("(es)", "es")
