"""The truth files: what nobody outside the world can know, for evaluation only."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from pointwise.synthetic.companies import account_ids
from pointwise.synthetic.deliveries import Mark
from pointwise.synthetic.devices import VISITORS_PER_USER
from pointwise.synthetic.outcomes import EFFECTS, INTERACTIONS
from pointwise.synthetic.population import Role
from pointwise.synthetic.rhythm import NEVER
from pointwise.synthetic.vocabulary import NOBODY
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
            for day in range(world.calendar.all_days)
        ],
        "datetime64[D]",
    )
    return pa.table(
        {
            "user_id": world.user_ids.take(pa.array(draws.user)),
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
    traits, companies = world.users, world.companies
    account_id = pa.array(account_ids(companies, world.pools.words), pa.string())
    known_at = np.concatenate([block.sightings.known_at for block in blocks])
    customer_at = np.concatenate([block.state.customer_at for block in blocks])
    return pa.table(
        {
            "user_id": world.user_ids[: world.size],
            "kind": kinds(traits.role),
            "is_bot": traits.role == Role.SCRIPT,
            "account_id": account_id.take(pa.array(traits.company)),
            "is_job_seeker": traits.is_job_seeker,
            "has_attributes": traits.has_attributes,
            "has_machine_opens": traits.has_machine_opens,
            "has_scanner": traits.has_scanner,
            "known_at": moments(world, known_at),
            "arrival_day": traits.arrival_day,
            "last_day": traits.last_day,
            "visits_per_day": np.round(traits.visits_per_day, DECIMALS),
            "uses_per_day": np.round(traits.uses_per_day, DECIMALS),
            "mean_intent": np.round(traits.mean_intent, DECIMALS),
            "company_intent": np.round(companies.intent[traits.company], DECIMALS),
            "customer_at": moments(world, customer_at),
        }
    )


def ids(world: World, blocks: list[Block]) -> pa.Table:
    """Return a row an id and person: whose it is, and of what kind.

    An id of a machine that has no account is nobody's; one of a shared device has a row
    for each who was seen on it.
    """
    everyone = np.arange(world.size)
    has_old = np.flatnonzero(world.users.old_login >= 0)
    first_at = np.concatenate([block.sightings.first_at for block in blocks])
    own = np.flatnonzero(first_at < NEVER)
    shared = np.concatenate([block.sightings.shared for block in blocks])
    shared = shared[np.lexsort(shared.T[::-1])]
    machine, mark, of_script = (
        np.concatenate(column)
        for column in zip(*(block.machines for block in blocks), strict=True)
    )
    visitors = np.concatenate([own, shared[:, 0], machine])
    user = np.concatenate(
        [everyone, has_old, own // VISITORS_PER_USER, shared[:, 1], of_script]
    )
    kind = np.concatenate(
        [
            kinds(world.users.role),
            np.full(len(has_old), "old_login"),
            np.full(len(own), "device"),
            np.full(len(shared), "shared"),
            np.array([Mark(value).name.lower() for value in mark.tolist()], "U9"),
        ]
    )
    names = pa.concat_arrays(
        [
            world.user_ids[: world.size],
            world.user_ids.take(pa.array(world.users.old_login[has_old])),
            world.visitor_ids(visitors),
        ]
    )
    owner = world.user_ids.take(pa.array(user, mask=user == NOBODY))
    return pa.table({"id": names, "user_id": owner, "kind": kind})


def kinds(role: np.ndarray) -> np.ndarray:
    """Return the kinds of users, such as person or staff."""
    return np.array([kind.name.lower() for kind in Role])[role]


def moments(world: World, at: np.ndarray) -> pa.Array:
    """Return milliseconds of the world as timestamps; NEVER as NULL."""
    never = at == NEVER
    since = np.where(never, 0, at).astype("timedelta64[ms]")
    first = np.datetime64(world.calendar.first_date, "ms")
    return pa.array(first + since, mask=never).cast(pa.timestamp("us"))
