"""The terms of experiments as their models need them: arms, seats and populations."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from pointwise.core.panel.experiments import arms_of, frozen_terms, terms_text

Row = dict[str, Any]

# Experiments that are alike in these, and in whether they have ended, ask for the same
# users and the same outcome of theirs: what is alike is worked out once.
POPULATION = ("bands", "feature", "min_value", "max_value", "equals", "stratify_by")
OUTCOME = ("outcome_event_type", "horizon_days")


class Arms(NamedTuple):
    """The arms of an experiment and their shares, the control apart."""

    control: str
    others: list[str]
    shares: dict[str, Fraction]


def arms_by_experiment(experiments: list[Row]) -> dict[str, Arms]:
    """Return the arms of every experiment, in the order of their names."""
    found = {}
    for row in by_name(experiments):
        arms = arms_of(row["arms"])
        control, *others = (name for name, _ in arms)
        found[row["experiment"]] = Arms(control, others, dict(arms))
    return found


def by_name(experiments: list[Row]) -> list[Row]:
    """Return the experiments in the order of their names."""
    return sorted(experiments, key=lambda row: row["experiment"])


def populations(experiments: list[Row]) -> dict[str, str]:
    """Return the population of every experiment: the first that asks for the same."""
    first: dict[tuple, str] = {}
    found = {}
    for row in by_name(experiments):
        asked = (
            *(row[name] for name in POPULATION + OUTCOME),
            row["status"] == "ended",
        )
        found[row["experiment"]] = first.setdefault(asked, row["experiment"])
    return found


def is_by_account(terms: Row) -> bool:
    """Return whether chance assigns companies, with all their people."""
    return terms.get("assign_by") == "account"


def experiment_seats(
    experiments: list[Row] | None,
    metrics: list[Row] | None = None,
    **settings: object,
) -> list[Row]:
    """Return one row per experiment and seat of a block, with the terms that stay.

    A block is the smallest number of users that holds every share exactly: 2 for
    halves, 10 for 0.9 and 0.1, 3 for thirds. Newcomers join while the experiment runs.
    `settings` are those that stay, too.
    """
    experiments = experiments or []
    arms, population = arms_by_experiment(experiments), populations(experiments)
    rows = []
    for terms in experiments:
        name, is_running = terms["experiment"], terms["status"] == "running"
        shares = arms[name].shares
        own = [row for row in metrics or [] if row["experiment"] == name]
        text = terms_text(frozen_terms(terms, settings, own))
        block_size = lcm(*(share.denominator for share in shares.values()))
        rows += [
            {
                "experiment": name,
                "population": population[name],
                "opening_date": terms["start_date"] if is_running else None,
                "closing_date": terms["end_date"] if is_running else None,
                "block_size": block_size,
                "arm": arm,
                "seat": f"{arm}:{seat}",
                "is_control": arm == arms[name].control,
                "share": f"{float(share):.6f}",
                "seats": int(share * block_size),
                "seat_number": seat,
                "is_by_account": is_by_account(terms),
                "terms": text,
            }
            for arm, share in shares.items()
            for seat in range(int(share * block_size))
        ]
    return rows
