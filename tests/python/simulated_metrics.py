"""What users of simulated experiments spend, whose true effects are known.

Beside simulated_experiments, whose outcomes these are: most users spend nothing, a few
very much, each as they did before. In experiments called `idle_…` nothing has an
effect; in those called `moved_…` more of the treated buy, and spend more. People of a
company are alike, and experiments called `…_team_…` assign companies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np

from simulated_experiments import DAYS, EFFECT, HORIZON

if TYPE_CHECKING:
    import pandas as pd

    from conftest import Scratch

SPREAD = 1.0  # Of the logarithm of an amount, whose mean is e^(2 + SPREAD² / 2).
MEAN = float(np.exp(2 + SPREAD**2 / 2))
MORE = 0.5  # Orders after the first, on average.
RAISED = 1.2  # What a treated user spends, over what another does.
RICH = (0.5, 1.0, 2.0)  # What users spend, in multiples of the usual.
LIVELY = (0.4, 1.6)  # How often people of a company buy, likewise.
SLOTS = """
    select
        assignments.experiment,
        assignments.slot_number,
        assignments.user_id,
        assignments.arm,
        assignments.assigned_date,
        assignments.score,
        users.account_id
    from main.experiment_assignments as assignments
    inner join '{users}' as users
        on assignments.user_id = users.user_id
    where regexp_matches(assignments.experiment, '^(idle|moved)_')
    order by assignments.experiment, assignments.slot_number
"""


def pass_days(scratch: Scratch) -> None:
    """Spread the assignments of these experiments over days."""
    with duckdb.connect(str(scratch.warehouse)) as connection:
        connection.execute(
            f"""
            update main.experiment_assignments
            set assigned_date = assigned_date
                + cast(hash(experiment || user_id) % {DAYS} as integer)
            where regexp_matches(experiment, '^(idle|moved)_')
            """
        )


def users_of(scratch: Scratch, rate: float = 1.0) -> pd.DataFrame:
    """Return assigned users with their chance to buy, its rise, and how rich they are.

    With `rate` below 1 fewer buy.
    """
    with duckdb.connect(str(scratch.warehouse), read_only=True) as connection:
        users = scratch.folder / "users.parquet"
        slots = connection.execute(SLOTS.format(users=users)).df()
    slots["chance"] = rate * (0.1 + 0.5 * slots["score"].astype(float) / 100)
    generator = np.random.default_rng(5)
    companies = slots["account_id"].unique()
    lively = dict(zip(companies, generator.choice(LIVELY, len(companies)), strict=True))
    slots["chance"] *= slots["account_id"].map(lively)
    slots["rich"] = generator.choice(RICH, len(slots))
    slots["effect"] = EFFECT * rate * slots["experiment"].str.startswith("moved")
    return slots


def spend(scratch: Scratch, users: pd.DataFrame, seed: int = 2) -> None:
    """Write the orders of users, before and after their assignment."""
    generator = np.random.default_rng(seed)
    is_treated = users["arm"] != "control"
    written = []
    for is_after in (False, True):
        moved = is_treated & is_after & (users["effect"] > 0)
        chance = users["chance"] + users["effect"] * moved
        bought = generator.random(len(users)) < chance
        orders = np.where(bought, 1 + generator.poisson(MORE, len(users)), 0)
        rows = users.loc[users.index.repeat(orders)]
        dear = rows["rich"] * np.where(moved.loc[rows.index], RAISED, 1)
        amount = generator.lognormal(2, SPREAD, len(rows)) * dear
        first, last = (1, HORIZON) if is_after else (-20, 0)
        days = generator.integers(first, last + 1, len(rows))
        written.append(rows.assign(amount=amount.round(2), days=days))
    with duckdb.connect() as connection:
        for name, rows in zip(("before", "after"), written, strict=True):
            connection.register(name, rows)
        connection.execute(
            f"""
            copy (
                select
                    user_id,
                    assigned_date + days * interval 1 day as occurred_at,
                    'outcome_' || experiment as event_type,
                    cast(amount as decimal(18, 2)) as amount
                from (from before union all from after) order by all
            ) to '{scratch.events}/orders.parquet'
            """
        )


def truths(users: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the true effects on these users, by experiment and metric."""
    found = {}
    for name, own in users.groupby("experiment"):
        without, moved = own["chance"], own["effect"] > 0
        treated = without + own["effect"]
        rich, dear = own["rich"] * MEAN, np.where(moved, RAISED, 1)
        worth = [without @ rich, treated @ (rich * dear)]
        found[name, "bought"] = float((treated - without).mean())
        found[name, "outcome"] = found[name, "bought"]
        found[name, "orders"] = found[name, "bought"] * (1 + MORE)
        found[name, "spend"] = (worth[1] - worth[0]) / len(own) * (1 + MORE)
        found[name, "spend_an_order"] = (
            worth[1] / treated.sum() - worth[0] / without.sum()
        )
    return found


def cut_truth(users: pd.DataFrame, cut_value: float, sample: np.ndarray) -> float:
    """Return the true effect on spend that is cut, of the users of an experiment.

    `sample` has what a buyer spends at once, of those who are neither rich nor poor.
    """
    whole = 0.0
    for rich, own in users.groupby("rich"):
        dear = RAISED if (own["effect"] > 0).any() else 1
        spent, usual = (
            np.minimum(sample * rich * by, cut_value).mean() for by in (dear, 1)
        )
        whole += (own["chance"] + own["effect"]).sum() * spent
        whole -= own["chance"].sum() * usual
    return whole / len(users)


def baskets(number: int) -> np.ndarray:
    """Return what `number` buyers spend, who are neither rich nor poor."""
    generator = np.random.default_rng(3)
    orders = 1 + generator.poisson(MORE, number)
    buyer = np.repeat(np.arange(number), orders)
    amounts = generator.lognormal(2, SPREAD, len(buyer))
    return np.bincount(buyer, amounts, number)


RESULTS = """
    select
        experiment, metric, role, method, lower, upper, level, cut_value,
        verdict similar to '(higher|lower) .*' as is_said
    from main.experiment_metric_results
    where cell = 'all' and method not in ('ratio', 'always valid')
        and regexp_matches(experiment, '^(idle|moved)_') and lower is not null
    order by all
"""


def figures_of_metrics(
    scratch: Scratch, users: pd.DataFrame
) -> dict[str, tuple[int, int, float]]:
    """Return false alarms and intervals that cover: how many, of how many, as meant.

    Secondary metrics are judged together, at a level that depends on what is found.
    """
    true, sample = truths(users), baskets(20_000)
    of_experiment = dict(list(users.groupby("experiment")))
    counts: dict[tuple[str, float], list[int]] = {}
    said: dict[str, bool] = {}
    for (
        name,
        metric,
        role,
        method,
        low,
        high,
        level,
        cut_value,
        is_said,
    ) in scratch.query(RESULTS):
        is_idle = name.startswith("idle_")
        if role == "secondary" and method.endswith("cuped"):
            if is_idle:
                said[name] = said.get(name, False) or bool(is_said)
            continue
        if cut_value is not None and metric != "spend":
            continue
        truth = true[name, metric]
        if cut_value is not None:
            truth = cut_truth(of_experiment[name], cut_value, sample)
        is_hit = (low > 0 or high < 0) if is_idle else low <= truth <= high
        label = "false alarms" if is_idle else "effect covered"
        label += " by company" if "_team_" in name else ""
        meant = round(1 - level if is_idle else level, 6)
        count = counts.setdefault((f"{label}: {metric}, {method}", meant), [0, 0])
        count[0] += is_hit
        count[1] += 1
    found = {name: (*count, meant) for (name, meant), count in counts.items()}
    return {
        **found,
        "said falsely: a secondary metric": (sum(said.values()), len(said), 0.05),
    }
