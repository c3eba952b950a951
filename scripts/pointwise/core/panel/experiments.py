"""Experiments that could not be assigned or read out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from pointwise.core.panel.experiment_metrics import metrics_text
from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import Row, cut_short
from pointwise.core.panel.schema import KINDS

MOST_IN_BLOCK = 100
# The method whose verdict counts at the end.
AT_THE_END = "stratified cuped"
# Terms that a record without them says are none.
MAY_BE_BLANK = ("assign_by", "metrics")


def arms_of(text: str | None) -> list[tuple[str, Fraction]]:
    """Return arms and their shares; none if they are not written as they should be."""
    if text is None or not re.fullmatch(KINDS["arms"].pattern, text):
        return []
    parts = [part.split(":") for part in text.split("|")]
    if any(share.endswith("/0") for _, share in parts):
        return []
    return [(name, Fraction(share)) for name, share in parts]


def check_experiments(
    experiments: list[Row],
    measures: Mapping[str | None, str | None],
    bands: list[str] | None,
) -> Iterator[Mistake]:
    """Yield what is wrong with experiments, given measures by feature and the bands."""
    for row in experiments:
        yield from check_population(row, measures.get(row.values["feature"]), bands)
        yield from check_arms(row)
        of = measures.get(row.values["stratify_by"])
        if row.values["stratify_by"] and of is not None and of != "attribute":
            wanted = (
                "blank, or a feature that is an attribute; users are split evenly by"
                " score anyway"
            )
            yield row.mistake("stratify_by", "'<stratify_by>' is a number", wanted)
        effect = row.values["minimum_effect"]
        if effect is not None and not 0 < effect < 1:
            wanted = "a difference of two rates: 0.02 is two more of a hundred users"
            found = "'<minimum_effect>' is not between 0 and 1"
            yield row.mistake("minimum_effect", found, wanted)


def check_population(
    row: Row, measure: str | None, bands: list[str] | None
) -> Iterator[Mistake]:
    """Yield what is wrong with the dates of an experiment, and with who takes part."""
    texts, values = row.texts, row.values
    first, last = as_date(texts["start_date"]), as_date(texts["end_date"])
    if first and last and last < first:
        found = "'<end_date>' is before start_date"
        yield row.mistake("end_date", found, "a date from <start_date>")
    for band in (texts["bands"] or "").split("|") if texts["bands"] else ():
        if bands is not None and band not in bands:
            wanted = "bands from score_bands.csv such as high|medium, or blank for all"
            found = f"'{cut_short(band)}' is not in score_bands.csv"
            yield row.mistake("bands", found, wanted)
            break
    ends = (texts["min_value"], texts["max_value"])
    if texts["feature"] is None and any((*ends, texts["equals"])):
        found = "is blank, yet the row has a condition"
        yield row.mistake("feature", found, "the feature that the condition is on")
    may_be_unknown = (None, "attribute", "days_since_last", "number")
    if measure not in may_be_unknown and not any(ends):
        found = "is blank, as is max_value: the rule would be met by everybody"
        yield row.mistake("min_value", found, "a min_value or a max_value")
    least, most = values["min_value"], values["max_value"]
    if measure == "attribute" and any(ends):
        found = "a range has no meaning for an attribute"
        yield row.mistake("min_value", found, "blank; the text goes to equals")
    if least is not None and most is not None and least > most:
        found = "'<min_value>' is more than max_value"
        yield row.mistake("min_value", found, "at most <max_value>")
    if measure == "attribute" and texts["equals"] is None:
        wanted = "the text that the attribute must be"
        yield row.mistake("equals", "is blank", wanted)
    if measure not in (None, "attribute") and texts["equals"] is not None:
        wanted = "blank; min_value and max_value are for numbers"
        yield row.mistake("equals", "'<equals>' is compared with a number", wanted)


def check_arms(row: Row) -> Iterator[Mistake]:
    """Yield what is wrong with the arms of an experiment."""
    arms = arms_of(row.texts["arms"])
    if not arms:
        return
    if len({name for name, _ in arms}) < len(arms):
        wanted = "arms with names of their own"
        yield row.mistake("arms", "'<arms>' names an arm twice", wanted)
    total = round(float(sum(share for _, share in arms)), 4)
    if total != 1:
        found = f"the shares of '<arms>' sum to {total}"
        yield row.mistake("arms", found, "shares that sum to 1; thirds are 1/3")
    elif not any(
        all((share * size).denominator == 1 for _, share in arms)
        for size in range(2, MOST_IN_BLOCK + 1)
    ):
        found = f"the shares of '<arms>' fit no block of up to {MOST_IN_BLOCK} users"
        wanted = "shares such as 0.5, 0.25, 0.05 or 1/3"
        yield row.mistake("arms", found, wanted)


def frozen_terms(
    row: Mapping[str, Any],
    settings: Mapping[str, Any],
    metrics: Iterable[Mapping[str, Any]] = (),
) -> dict[str, str]:
    """Return what must stay from the first assignment on, by column or setting.

    Who chooses outcome, horizon, end or method after seeing results finds something.
    What is blank is not recorded. `metrics` are those of the experiment.
    """
    horizon_days = settings.get("horizon_days")
    tuning_users = settings.get("experiment_tuning_users")
    return {
        "outcome_event_type": str(row["outcome_event_type"]),
        "horizon_days": str(row["horizon_days"] or horizon_days),
        "end_date": str(row["end_date"]),
        "experiment_tuning_users": str(tuning_users),
        "decided_by": AT_THE_END,
        "assign_by": "account" if row.get("assign_by") == "account" else "",
        "metrics": metrics_text(metrics, settings.get("look_back_days")),
    }


def as_date(text: str | None) -> date | None:
    """Return a date, None if it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def check_recorded(
    experiments: list[Row],
    recorded: Iterable[dict],
    settings: Mapping[str, Any],
    metrics: Iterable[Row] = (),
) -> Iterator[Mistake]:
    """Yield experiments whose arms or terms are not those that users were assigned to.

    Nobody ever moves, so neither may the arms. `recorded` has a dict an experiment with
    users: `experiment`, `users`, `control` (None: not recorded), `arms`, each as
    `name:share` with six decimals, and `terms` (None: not recorded) as `terms_text`.
    """
    known = {record["experiment"]: record for record in recorded}
    for row in experiments:
        record, arms = known.get(row.values["experiment"]), arms_of(row.texts["arms"])
        if record is None or not arms:
            continue
        name = row.values["experiment"]
        own = [m.values for m in metrics if m.values["experiment"] == name]
        yield from check_terms(row, record, frozen_terms(row.values, settings, own))
        now = {f"{name}:{float(share):.6f}" for name, share in arms}
        users, control = record["users"], record["control"]
        another = "; or another name for another experiment"
        if not now.issuperset(record["arms"]):
            then = ", ".join(sorted(re.sub("0+$", "", arm) for arm in record["arms"]))
            found = f"'<arms>' is not what {users} users were assigned to"
            yield row.mistake("arms", found, then + another)
        elif control is not None and arms[0][0] != control:
            found = (
                f"'<arms>' makes {arms[0][0]} the control, which is {control} for"
                f" {users} users"
            )
            yield row.mistake("arms", found, f"{control} first{another}")


def terms_text(terms: Mapping[str, str]) -> str:
    """Return terms as they are recorded with every assignment."""
    return "|".join(f"{name}={value}" for name, value in terms.items() if value)


def terms_in(text: str) -> dict[str, str]:
    """Return the terms that were recorded as a text."""
    return dict(part.split("=", 1) for part in text.split("|"))


def check_terms(row: Row, record: dict, now: Mapping[str, str]) -> Iterator[Mistake]:
    """Yield terms that have changed since users were assigned."""
    if not record.get("terms"):
        return
    then = terms_in(record["terms"])
    for name, value in now.items():
        was = then.get(name, "" if name in MAY_BE_BLANK else value)
        if was == value:
            continue
        column = name if name in row.values else "experiment"
        yield row.mistake(
            column,
            f"{name} is {value or 'none'}, and was {was or 'none'} when"
            f" {record['users']} users were assigned",
            f"{was or 'none'}; or another name for another experiment",
        )
