"""The file of links: what a CRM knows of who is who, and since when."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from pointwise.synthetic.devices import VISITORS_PER_USER
from pointwise.synthetic.naming import Sightings
from pointwise.synthetic.rhythm import DAY, NEVER
from pointwise.synthetic.world import World

LINKED_BY_FORM = 0.06  # Nameless devices of people who are known.
MOST_DAYS_LATER = 30
SCHEMA = pa.schema(
    {"id": pa.string(), "person_id": pa.string(), "known_from": pa.date32()}
)


def links(world: World, sightings: list[Sightings]) -> pa.Table:
    """Return a row a link: an id, whose it is, and the day on which that was known.

    Old accounts of the same person, some time after the new one; and a few devices on
    which nobody ever logged in. Nothing that would be known after the last day.
    """
    random = np.random.default_rng(world.link_seed)
    users = world.users
    has_old = np.flatnonzero(users.old_login >= 0)
    visitor, at = forms(sightings, random)
    user = np.concatenate([has_old, visitor // VISITORS_PER_USER])
    since = np.concatenate([users.old_login_until[has_old], at])
    known_from = since // DAY + random.integers(1, MOST_DAYS_LATER + 1, len(since))
    ids = pa.concat_arrays(
        [
            world.user_ids.take(pa.array(users.old_login[has_old])),
            world.visitor_ids(visitor),
        ]
    )
    first = world.calendar.first_date
    dates = [first + timedelta(days=day) for day in known_from.tolist()]
    table = pa.Table.from_arrays(
        [ids, world.user_ids.take(pa.array(user)), pa.array(dates, pa.date32())],
        schema=SCHEMA,
    )
    return table.filter(pa.array(known_from < world.calendar.all_days))


def forms(
    sightings: list[Sightings], random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return visitors that a form linked to somebody known, and when both were seen."""
    known_at = np.concatenate([seen.known_at for seen in sightings])
    named_at = np.concatenate([seen.named_at for seen in sightings])
    first_at = np.concatenate([seen.first_at for seen in sightings])
    known_at = np.repeat(known_at, VISITORS_PER_USER)
    can_be = (first_at < NEVER) & (named_at == NEVER) & (known_at < NEVER)
    visitor = np.flatnonzero(can_be)
    visitor = visitor[random.random(len(visitor)) < LINKED_BY_FORM]
    return visitor, np.maximum(first_at[visitor], known_at[visitor])
