"""How many users experiments need, and what they could see with those there are."""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

from pointwise.experiments.terms import (
    Arms,
    Row,
    arms_by_experiment,
    by_name,
    populations,
)

# 5 % false alarms in two tails; an effect is found four times in five.
QUANTILES = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
NOBODY = {"users": 0, "conversions": 0}


def experiment_plan(
    experiments: list[Row] | None,
    today: list[Row] | None,
    history: list[Row] | None,
    joined: list[Row] | None,
    horizon_days: int,
    outcome_event_type: str,
) -> list[Row]:
    """Return one row per experiment: what to expect of it.

    `today` counts users by population, `history` members at past snapshots whose
    outcome is known, with their conversions, `joined` assigned users by experiment.
    """
    experiments = by_name(experiments or [])
    population, arms = populations(experiments), arms_by_experiment(experiments)
    there = {row["population"]: row["users"] for row in today or []}
    past = {row["population"]: row for row in history or []}
    assigned = {row["experiment"]: row["users"] for row in joined or []}
    rows = []
    for terms in experiments:
        name = terms["experiment"]
        found = past.get(population[name], NOBODY)
        row = {
            "experiment": name,
            "status": terms["status"],
            "horizon_days": terms["horizon_days"] or horizon_days,
            "population_users": there.get(population[name], 0),
            "assigned_users": assigned.get(name, 0),
            "history_users": found["users"],
            "history_conversions": found["conversions"],
            "minimum_effect": terms["minimum_effect"],
        }
        row |= expectations(row, arms[name])
        row["verdict"] = verdict(row, terms, outcome_event_type)
        rows.append(row)
    return rows


def expectations(row: Row, arms: Arms) -> Row:
    """Return the rate without acting, users needed, and the effect that users show.

    Two proportions, the smallest arm against the control (Fleiss, Levin and Paik 2003,
    Statistical Methods for Rates and Proportions, ch. 4).
    """
    found = dict.fromkeys(["baseline_rate", "users_needed", "detectable_effect"])
    if not row["history_users"]:
        return found
    rate = row["history_conversions"] / row["history_users"]
    hoped = min(rate + row["minimum_effect"], 1)
    control = arms.shares[arms.control]
    other = min(arms.shares[arm] for arm in arms.others)
    spread = rate * (1 - rate)
    found["baseline_rate"] = rate
    found["users_needed"] = ceil(
        (QUANTILES / row["minimum_effect"]) ** 2
        * (spread / control + hoped * (1 - hoped) / other)
    )
    if users := users_there(row):
        found["detectable_effect"] = QUANTILES * sqrt(
            spread * (1 / control + 1 / other) / users
        )
    return found


def users_there(row: Row) -> int:
    """Return the users there are: in the population, or assigned if those are more."""
    return max(row["population_users"], row["assigned_users"])


def verdict(row: Row, terms: Row, outcome_event_type: str) -> str:
    """Return what the plan says in words."""
    if row["status"] == "ended":
        return "ended: see the readout"
    if not users_there(row):
        wanted = wanted_users(terms, outcome_event_type)
        return f"nobody to assign: wanted are users {wanted}"
    if not row["history_users"]:
        return "no history to plan with"
    if users_there(row) < row["users_needed"]:
        return "too few users for the effect"
    return "enough users for the effect"


def wanted_users(terms: Row, outcome_event_type: str) -> str:
    """Return what the experiment asks of a user."""
    wanted = []
    if terms["bands"]:
        wanted.append("in band " + " or ".join(terms["bands"].split("|")))
    if terms["feature"]:
        ends = {"from": terms["min_value"], "up to": terms["max_value"]}
        rule = [f"= {terms['equals']}"] if terms["equals"] else []
        rule += [
            f"{words} {f'{limit:.4f}'.rstrip('0').rstrip('.')}"
            for words, limit in ends.items()
            if limit is not None
        ]
        wanted.append(" ".join(["with", terms["feature"], *rule]))
    if terms["outcome_event_type"] == outcome_event_type:
        wanted.append(f"without {outcome_event_type} so far")
    return ", ".join(wanted) or "who are scored"
