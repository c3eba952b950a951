"""The outcome that an import is asked for, by the event names of the source."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from pointwise.core.outcome import ANY, Outcome
from pointwise.importing.starter_panel import event_type_name


class Asked(NamedTuple):
    """Event names of which one is the outcome, how many it takes, or which amount."""

    names: tuple[str, ...] = ()
    min_events: int = 1
    min_amount: Decimal | None = None
    capacity: int | None = None  # People whom the team can contact.

    @property
    def outcome(self) -> Outcome:
        """Return the outcome, by event types."""
        types = [n if n == ANY else event_type_name(n) for n in self.names]
        return Outcome(list(dict.fromkeys(types)), self.min_events, self.min_amount)

    def setting(self) -> Any:  # noqa: ANN401
        """Return the value of the setting outcome_event_type."""
        types, *_ = outcome = self.outcome
        value = types[0] if len(types) == 1 else types
        if outcome.is_one_event:
            return value
        least = {"min_events": self.min_events} if self.min_events > 1 else {}
        if self.min_amount is not None:
            least["min_amount"] = float(self.min_amount)
        return {"event_types": value, **least}


def as_yaml(value: object) -> str:
    """Return a value of a setting as people write it in a line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {as_yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return '"*"' if value == ANY else str(value)
