"""How arms and experiments of other tools are named in a panel, in SQL."""

from __future__ import annotations

from pointwise.core.nothing import SPELLINGS_OF_NOTHING
from pointwise.core.panel.schema import NAME
from pointwise.core.sql_text import sql_text

LONGEST = 63


def arm_name(text: str, kind: str = "arm") -> str:
    r"""Return SQL for the name of an arm, given SQL for what a tool calls it.

    A name of a panel stays as it is. Else capitals become small letters, whatever is
    neither letter nor digit becomes `_`, a name that begins with a digit begins with
    `arm_`, and one without a Latin letter or digit is a hash. NULL means no arm. With
    the kind `experiment` it is the name of one, and begins so.
    """
    trimmed = f"trim(cast({text} as varchar))"
    # A column of whole numbers with a gap has .0 behind each.
    whole = rf"regexp_replace({trimmed}, '^([0-9]+)\.0+$', '\1')"
    parted = (
        rf"regexp_replace(strip_accents({whole}), '([a-z0-9])([A-Z])', '\1_\2', 'g')"
    )
    parted = rf"regexp_replace({parted}, '([A-Z])([A-Z][a-z])', '\1_\2', 'g')"
    plain = f"trim(regexp_replace(lower({parted}), '[^a-z0-9]+', '_', 'g'), '_')"
    named = f"regexp_replace({plain}, '^([0-9])', '{kind}_\\1')"
    named = f"trim(left({named}, {LONGEST}), '_')"
    nothing = ", ".join(map(sql_text, SPELLINGS_OF_NOTHING))
    return (
        f"case when lower({trimmed}) in ({nothing}) then null"
        f" when regexp_full_match({trimmed}, {sql_text(NAME.pattern)}) then {trimmed}"
        f" else coalesce(nullif({named}, ''), '{kind}_' || left(md5({trimmed}), 8)) end"
    )
