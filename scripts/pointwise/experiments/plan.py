"""How many users experiments need, and what they could see with those there are."""

from __future__ import annotations

from collections import defaultdict

from pointwise.core.outcome import Outcome, outcome_of
from pointwise.core.statistics.effects import NOTHING, Sums
from pointwise.core.words import plain_number
from pointwise.experiments.power import (
    Design,
    detectable_effect,
    explained,
    users_needed,
)
from pointwise.experiments.terms import (
    Arms,
    Row,
    arms_by_experiment,
    by_name,
    populations,
)


def experiment_plan(
    experiments: list[Row] | None,
    today: list[Row] | None,
    history: list[Row] | None,
    clusters: list[Row] | None,
    joined: list[Row] | None,
    horizon_days: int,
    outcome_event_type: object,
) -> list[Row]:
    """Return one row per experiment: what to expect of it.

    `today` counts users by population, `history` has sums over members at past
    snapshots whose outcome is known, by stratum, `clusters` says by how much who is
    assigned together is alike, `joined` counts assigned users by experiment.
    """
    experiments = by_name(experiments or [])
    population, arms = populations(experiments), arms_by_experiment(experiments)
    outcome = outcome_of(outcome_event_type)
    there = {row["population"]: row["users"] for row in today or []}
    past: dict[str, list[Sums]] = defaultdict(list)
    for row in history or []:
        past[row["population"]].append(Sums(*(row[name] for name in Sums._fields)))
    alike = {row["population"]: row["design_effect"] for row in clusters or []}
    assigned = {row["experiment"]: row["users"] for row in joined or []}
    rows = []
    for terms in experiments:
        name = terms["experiment"]
        strata = past[population[name]]
        found = sum(strata, NOTHING)
        row = {
            "experiment": name,
            "status": terms["status"],
            "horizon_days": terms["horizon_days"] or horizon_days,
            "population_users": there.get(population[name], 0),
            "assigned_users": assigned.get(name, 0),
            "history_users": found.users,
            "history_conversions": found.conversions,
            "variance_explained": explained(strata) if found.users else None,
            "design_effect": alike.get(population[name]),
            "minimum_effect": terms["minimum_effect"],
        }
        row |= expectations(row, arms[name])
        row["verdict"] = verdict(row, terms, outcome)
        rows.append(row)
    return rows


def expectations(row: Row, arms: Arms) -> Row:
    """Return the rate without acting, users needed, and the effect that users show."""
    found = dict.fromkeys(["baseline_rate", "users_needed", "detectable_effect"])
    if not row["history_users"]:
        return found
    found["baseline_rate"] = row["history_conversions"] / row["history_users"]
    design = design_of(found["baseline_rate"], row, arms)
    found["users_needed"] = users_needed(design, row["minimum_effect"])
    if users := users_there(row):
        found["detectable_effect"] = detectable_effect(design, users)
    return found


def design_of(rate: float, row: Row, arms: Arms) -> Design:
    """Return what decides on the power: the smallest arm beside the control.

    Where companies are assigned, strata explain nothing, and colleagues are alike.
    """
    alike = round(row["design_effect"] or 1.0, 6)
    return Design(
        rate,
        float(arms.shares[arms.control]),
        float(min(arms.shares[arm] for arm in arms.others)),
        len(arms.others),
        0.0 if alike > 1 else row["variance_explained"] or 0.0,
        alike,
    )


def users_there(row: Row) -> int:
    """Return the users there are: in the population, or assigned if those are more."""
    return max(row["population_users"], row["assigned_users"])


def verdict(row: Row, terms: Row, outcome: Outcome) -> str:
    """Return what the plan says in words."""
    if row["status"] == "ended":
        return "ended: see the readout"
    if not users_there(row):
        wanted = wanted_users(terms, outcome)
        return f"nobody to assign: wanted are users {wanted}"
    if not row["history_users"]:
        return "no history to plan with"
    if row["users_needed"] is None:
        return "no number of users would show the effect"
    if users_there(row) < row["users_needed"]:
        return "too few users for the effect"
    return "enough users for the effect"


def wanted_users(terms: Row, outcome: Outcome) -> str:
    """Return what the experiment asks of a user."""
    wanted = []
    if terms["bands"]:
        wanted.append("in band " + " or ".join(terms["bands"].split("|")))
    if terms["feature"]:
        ends = {"from": terms["min_value"], "up to": terms["max_value"]}
        rule = [f"= {terms['equals']}"] if terms["equals"] else []
        rule += [
            f"{words} {plain_number(limit)}"
            for words, limit in ends.items()
            if limit is not None
        ]
        wanted.append(" ".join(["with", terms["feature"], *rule]))
    event_type = terms["outcome_event_type"]
    if event_type in outcome.event_types:
        wanted.append(f"without {outcome.words()} so far")
    return ", ".join(wanted) or "who are scored"
