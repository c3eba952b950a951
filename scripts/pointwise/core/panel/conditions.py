"""Rules whose cells do not go together, can never fire, or fire for everybody."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import Row, cut_short
from pointwise.core.panel.spreadsheets import made_from_range

NO_MEANING = "has no meaning for an attribute"


class Range(NamedTuple):
    """What a feature measures, and the least and most it can be; None: unknown."""

    measure: str | None
    least: Decimal | None
    most: Decimal | None
    is_whole: bool


def plain_number(number: Decimal) -> str:
    """Return a decimal without the zeros at its end."""
    return f"{number.normalize():f}"


def daily_limits(event_types: Iterable[Row]) -> dict[str | None, int | None]:
    """Return the daily limit of each event type, and of all (*), if all have one."""
    limits: dict[str | None, int | None] = {}
    for row in event_types:
        name, limit = row.values["event_type"], row.values["max_per_day"]
        known = limits.get(name)
        limits[name] = max(known or 0, limit) if limit is not None else known
    found = [limit for limit in limits.values() if limit is not None]
    limits["*"] = sum(found) if found and len(found) == len(limits) else None
    return limits


def feature_ranges(
    features: Iterable[Row], event_types: Iterable[Row]
) -> dict[str | None, Range]:
    """Return what each feature can be.

    Counts are bounded where their event types have a daily limit; with a half-life each
    day counts for its weight.
    """
    limits = daily_limits(event_types)
    ranges: dict[str | None, Range] = {}
    for row in features:
        measure, days = row.values["measure"], row.values["window_days"]
        has_no_half_life = row.texts["half_life_days"] is None
        most = None
        limit = limits.get(row.values["event_type"])
        if measure == "active_days" and days is not None:
            most = Decimal(days)
        elif measure == "days_since_last" and days is not None:
            most = Decimal(days - 1)
        elif measure == "events" and limit is not None and days:
            most = limit * sum_of_weights(days, row.values["half_life_days"])
        is_whole = measure in ("active_days", "sessions", "days_since_last") or (
            measure == "events" and has_no_half_life
        )
        unbounded = (None, "amount", "attribute", "number")
        least = None if measure in unbounded else Decimal(0)
        ranges.setdefault(row.values["feature"], Range(measure, least, most, is_whole))
    return ranges


def sum_of_weights(days: int, half_life: int | None) -> Decimal:
    """Return what all days of a window count for together, nine decimals a day."""
    days = max(min(days, 3650), 0)
    if not half_life:
        return Decimal(days)
    nano = sum(round(0.5 ** (age / half_life) * 10**9) for age in range(days))
    return Decimal(nano) / 10**9


def check_rules(
    rules: list[Row], ranges: Mapping[str | None, Range], groups: list[Row]
) -> Iterator[Mistake]:
    """Yield what is wrong with rules; each score may ask the same once."""
    score_of = {row.values["rule_group"]: row.values["score"] for row in groups}
    earlier: dict[tuple, Row] = {}
    for row in rules:
        found = ranges.get(row.values["feature"], Range(None, None, None, False))
        yield from check_cells_together(row, found.measure)
        yield from check_reach(row, found)
        rule = row.values["rule"]
        if rule is not None and (rule in ("base", "limit") or rule.startswith("cap:")):
            yield row.mistake("rule", "'<rule>' is a reserved name", "another name")
        asked = (score_of.get(row.values["rule_group"]), *conditions_of(row))
        if (twin := earlier.get(asked)) is not None:
            said = f"in row {twin.number}"
            name = cut_short(twin.values["rule"] or "")
            found_twin = f"'<rule>' has the same conditions as '{name}' {said}"
            yield row.mistake("rule", found_twin, "one rule a condition and score")
        earlier[asked] = row


def conditions_of(row: Row) -> tuple:
    """Return what a rule asks for; attributes are compared without regard to case."""
    numbers = ("min_value", "max_value", "per")
    equals = row.values["equals"]
    return (
        row.values["feature"],
        *(
            row.texts[name] if row.values[name] is None else row.values[name]
            for name in numbers
        ),
        equals and equals.lower(),
    )


def check_cells_together(row: Row, measure: str | None) -> Iterator[Mistake]:
    """Yield cells of a rule that do not go together."""
    least, most = row.values["min_value"], row.values["max_value"]
    if measure == "attribute":
        for name in ("min_value", "max_value", "per"):
            if row.values[name] is not None:
                yield row.mistake(name, f"'<{name}>' {NO_MEANING}", "blank")
        if row.texts["equals"] is None:
            wanted = "the text that the attribute must be"
            yield row.mistake("equals", "is blank", wanted)
    elif measure is not None and row.texts["equals"] is not None:
        wanted = "blank; min_value and max_value are for numbers"
        yield row.mistake("equals", "'<equals>' is compared with a number", wanted)
    if least is not None and most is not None and least > most:
        found = "'<min_value>' is more than max_value"
        yield row.mistake("min_value", found, "at most <max_value>")
    yield from check_points(row)
    if re.search("[{}]", (row.texts["reason"] or "").replace("{value}", "")):
        wanted = "curly brackets only as {value}"
        yield row.mistake("reason", "'<reason>' has curly brackets", wanted)


def check_points(row: Row) -> Iterator[Mistake]:
    """Yield what does not go with the points of a rule."""
    values, has_per = row.values, row.texts["per"] is not None
    points, bound = values["points"], values["max_points"]
    if values["per"] is not None and values["per"] <= 0:
        yield row.mistake("per", "'<per>' is not above 0", "a number above 0")
    if row.texts["max_points"] is not None and not has_per:
        found = "'<max_points>' bounds nothing, as per is blank"
        yield row.mistake("max_points", found, "blank without per")
    if has_per and bound is not None and (bound == 0 or (points or 0) * bound < 0):
        wanted = "a whole number with the sign of '<points>'"
        found = "'<max_points>' has another sign than points"
        yield row.mistake("max_points", found, wanted)
    if points is not None and points < 0 and row.texts["next_step"] is not None:
        wanted = "blank where points are negative"
        yield row.mistake("next_step", "'<next_step>' would cost points", wanted)


def check_reach(row: Row, of: Range) -> Iterator[Mistake]:
    """Yield conditions that nobody can meet, or everybody meets."""
    least, most = row.values["min_value"], row.values["max_value"]
    per = row.values["per"]
    if least is not None and of.most is not None and least > of.most:
        wanted = f"at most {plain_number(of.most)}, the most that <feature> can be"
        yield row.mistake("min_value", "'<min_value>' can never be reached", wanted)
    if most is not None and of.least is not None and most < of.least:
        wanted = "at least 0, the least that <feature> can be"
        yield row.mistake("max_value", "'<max_value>' can never be met", wanted)
    is_range = least is not None and most is not None and least <= most
    if of.is_whole and is_range and math.ceil(least) > math.floor(most):
        found = "no whole number lies between '<min_value>' and '<max_value>'"
        wanted = "a range with a whole number in it, as <feature> is whole"
        yield row.mistake("max_value", found, wanted)
    bounds = [bound for bound in (most, of.most) if bound is not None]
    if per is not None and per > 0 and bounds and per > min(bounds):
        wanted = (
            f"at most {plain_number(min(bounds))}, the most that <feature> can be in"
            " this rule"
        )
        yield row.mistake("per", "'<per>' can never be reached", wanted)
    if fires_for_everybody(row, of):
        wanted = "a min_value above 0, a max_value or per"
        found = "the rule would give its points to everybody"
        yield row.mistake("min_value", found, wanted)


def fires_for_everybody(row: Row, of: Range) -> bool:
    """Return whether everybody meets the conditions.

    Never is not a number of days: a rule without bounds there means "at all".
    """
    if of.measure in (None, "days_since_last", "attribute", "number"):
        return False
    if row.texts["equals"] is not None or row.texts["per"] is not None:
        return False
    least, most = row.values["min_value"], row.values["max_value"]
    above = row.texts["min_value"] is None or (
        least is not None and of.least is not None and least <= of.least
    )
    below = row.texts["max_value"] is None or (
        most is not None and of.most is not None and most >= of.most
    )
    return above and below


def check_equals(rows: list[Row]) -> Iterator[Mistake]:
    """Yield texts that a spreadsheet made of a range, such as 10-Jan of 1-10."""
    for row in rows:
        value = row.texts["equals"]
        others = [
            other.texts["equals"]
            for other in rows
            if other.texts["equals"] and other.texts["feature"] == row.texts["feature"]
        ]
        if value and made_from_range(value, others):
            yield row.mistake(
                "equals",
                "'<equals>' looks like a range such as 1-10 that a spreadsheet made"
                " into a date",
                "the text that the profiles have; format the column as text before it"
                " is saved",
            )
