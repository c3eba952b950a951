"""What the setting `outcome_event_type` may be, and what it asks for.

An event type, a list of which one is enough, `*` for any event at all, or a mapping of
event types with how many of their events it takes, or which amount. None is no outcome:
people are scored, and nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from pointwise.core.errors import PointwiseError
from pointwise.core.panel.rows import cut_short

ANY = "*"
PARTS = ("event_types", "min_events", "min_amount")
ALLOWED = (
    "an event type, a list of them, * for any event, or a mapping such as"
    " {event_types: [a, b], min_events: 2, min_amount: 100}"
)
NO_OUTCOME = (
    "no outcome is set, the event that proves intent: name it as outcome_event_type in"
    " settings.yml, or import again with --outcome NAME; then run `dbt build`"
)
MOST_EVENTS, MOST_AMOUNT = 1_000_000, 1_000_000_000


class Outcome(NamedTuple):
    """What a person must do: events of these types, a number of them, of an amount."""

    event_types: list[str]
    min_events: int = 1
    min_amount: Decimal | None = None

    @property
    def is_one_event(self) -> bool:
        """Return whether a single event of the types is enough."""
        return self.min_events == 1 and self.min_amount is None

    @property
    def is_any_event(self) -> bool:
        """Return whether events of every type count."""
        return self.event_types == [ANY]

    def words(self) -> str:
        """Return the outcome in words; one event of a type is its name."""
        types = "any event" if self.is_any_event else " or ".join(self.event_types)
        asked = []
        if self.min_events > 1:
            asked.append(f"at least {self.min_events:,} times")
        if self.min_amount is not None:
            asked.append(f"of an amount of at least {self.min_amount:,f}")
        return " ".join([types, " and ".join(asked)]).strip()


def outcome_of(value: object) -> Outcome:
    """Return what a value of the setting asks for; of no event types if it is None.

    Raises PointwiseError if it asks for nothing that can be found.
    """
    if value is None:
        return Outcome([])
    for found, allowed in shape_mistakes(value):
        raise PointwiseError(f"outcome_event_type: {found} (allowed: {allowed})")
    given: dict[str, Any] = value if isinstance(value, dict) else {"event_types": value}
    types = given["event_types"]
    least = given.get("min_amount")
    return Outcome(
        [str(name) for name in (types if isinstance(types, list) else [types])],
        given.get("min_events") or 1,
        None if least is None else Decimal(str(least)),
    )


def outcome_terms(outcome: object) -> dict[str, Any]:
    """Return what models need to know about the outcome; called by dbt."""
    found = outcome_of(outcome)
    return {
        **found._asdict(),
        "is_one_event": found.is_one_event,
        "is_any_event": found.is_any_event,
        "words": found.words(),
    }


def shape_mistakes(value: object) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the form of a value, and what is allowed instead."""
    if value is None:
        return
    given = value if isinstance(value, dict) else {"event_types": value}
    for name in given:
        if name not in PARTS:
            allowed = f"one of {', '.join(PARTS)}"
            yield f"'{cut_short(str(name))}' is not known", allowed
    yield from type_mistakes(given.get("event_types"))
    least = given.get("min_events")
    if least is not None and not (type(least) is int and 1 <= least <= MOST_EVENTS):
        found = f"min_events: '{cut_short(str(least))}' is no number of events"
        yield found, f"a whole number from 1 to {MOST_EVENTS}"
    amount = given.get("min_amount")
    if amount is not None and not is_amount(amount):
        found = f"min_amount: '{cut_short(str(amount))}' is no amount"
        yield found, f"a number above 0, to {MOST_AMOUNT}, of at most four decimals"


def type_mistakes(value: object) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with event types: one, or a list of them."""
    types = value if isinstance(value, list) else [value]
    if value is None or value == "" or not types:
        yield "names no event type", ALLOWED
        return
    for number, name in enumerate(types):
        is_text = isinstance(name, str | int | float) and not isinstance(name, bool)
        if not is_text or not str(name) or str(name) != str(name).strip():
            yield f"'{cut_short(str(name))}' is no event type", ALLOWED
        elif name in types[:number]:
            yield f"'{cut_short(str(name))}' is there twice", "each event type once"
    if ANY in types and len(types) > 1:
        yield f"'{ANY}' stands beside others", f"{ANY} alone, which is any event"


def is_amount(value: object) -> bool:
    """Return whether a value is an amount that sums of amounts can reach exactly."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    try:
        amount = Decimal(str(value))
        return 0 < amount <= MOST_AMOUNT and amount == round(amount, 4)
    except InvalidOperation:
        return False
