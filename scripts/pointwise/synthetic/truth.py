"""The truth files: what nobody outside the world can know, for evaluation only."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from pointwise.synthetic.delivered import user_ids
from pointwise.synthetic.outcomes import EFFECTS, INTERACTIONS
from pointwise.synthetic.rhythm import NEVER
from pointwise.synthetic.world import Block, Draws, World

DECIMALS = 9  # Of probabilities: more would differ between machines.


def probabilities(world: World, blocks: list[Block]) -> pa.Table:
    """Return a row a user and draw date: active users who were no customers yet."""
    parts = [draws for block in blocks for draws in block.draws]
    draws = Draws(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    draws = Draws(*(column[np.lexsort((draws.user, draws.day))] for column in draws))
    never = draws.converted_at == NEVER
    dates = np.array(
        [
            world.calendar.first_date + timedelta(days=day)
            for day in range(world.calendar.days)
        ],
        "datetime64[D]",
    )
    return pa.table(
        {
            "user_id": pa.array(user_ids(world.size)).take(pa.array(draws.user)),
            "as_of_date": pa.array(dates[draws.day]),
            "probability": np.round(draws.probability, DECIMALS),
            "log_odds": pa.array(
                np.round(draws.log_odds, DECIMALS), mask=np.isinf(draws.log_odds)
            ),
            "converted": ~never,
            "converted_at": moments(world, draws.converted_at),
        }
    )


def effects(blocks: list[Block]) -> pa.Table:
    """Return a row an effect: what it is set to, and what that comes to for people."""
    people, present, total, squares = np.sum(
        [block.effects for block in blocks], axis=0
    )
    with np.errstate(invalid="ignore"):  # Nobody to measure: not a number.
        present_rate = present / people
        when_present = total / present
        mean = total / people
        deviation = np.sqrt(np.maximum(squares / people - mean**2, 0))
    count = len(INTERACTIONS)
    return pa.table(
        {
            "effect": [item.effect for item in EFFECTS]
            + [f"{item.first} x {item.second}" for item in INTERACTIONS],
            "feature": [item.feature for item in EFFECTS] + [None] * count,
            "equals": [item.equals for item in EFFECTS] + [None] * count,
            "log_odds": [item.log_odds for item in (*EFFECTS, *INTERACTIONS)],
            "present_rate": measured(present_rate, count),
            "log_odds_when_present": measured(when_present, count),
            "log_odds_deviation": measured(deviation, count),
            "description": [item.description for item in (*EFFECTS, *INTERACTIONS)],
        }
    )


def measured(values: np.ndarray, missing: int) -> pa.Array:
    """Return measured values, and NULL for interactions and for what never occurred."""
    rounded = np.round(np.concatenate([values, np.full(missing, np.nan)]), DECIMALS)
    return pa.array(rounded, from_pandas=True)


def users(world: World, blocks: list[Block]) -> pa.Table:
    """Return a row a user: hidden traits and what became of them."""
    traits = world.users
    customer_at = np.concatenate([block.state.customer_at for block in blocks])
    return pa.table(
        {
            "user_id": user_ids(world.size),
            "is_bot": traits.is_bot,
            "is_job_seeker": traits.is_job_seeker & ~traits.is_bot,
            "has_attributes": traits.has_attributes,
            "has_machine_opens": traits.has_machine_opens,
            "arrival_day": traits.arrival_day,
            "last_day": traits.last_day,
            "visits_per_day": np.round(traits.visits_per_day, DECIMALS),
            "uses_per_day": np.round(traits.uses_per_day, DECIMALS),
            "mean_intent": np.round(traits.mean_intent, DECIMALS),
            "customer_at": moments(world, customer_at),
        }
    )


def moments(world: World, at: np.ndarray) -> pa.Array:
    """Return milliseconds of the world as timestamps; NEVER as NULL."""
    never = at == NEVER
    since = np.where(never, 0, at).astype("timedelta64[ms]")
    first = np.datetime64(world.calendar.first_date, "ms")
    return pa.array(first + since, mask=never).cast(pa.timestamp("us"))
