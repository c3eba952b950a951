"""All ids that may be of the same persons, whenever they came to be linked."""

from __future__ import annotations

# Ids that came together, or that the links files name together, both ways.
PAIRS = """
    with found as (
        select anonymous_id as one, user_id as other
        from "internal"."int_ids_seen_together"
        union
        select user_id, person_id from "internal"."stg_links"
        where user_id is not null and person_id is not null
    )
    select one, other from found
    union
    select other, one from found
"""


def reached(asked: str, pairs: str) -> str:
    """Return a query for the ids of a relation, user_id, and all they lead to."""
    return f"""
        with recursive reached as (
            select user_id from {asked}
            union
            select pairs.other
            from reached inner join {pairs} as pairs on reached.user_id = pairs.one
        )
        select user_id from reached
    """
