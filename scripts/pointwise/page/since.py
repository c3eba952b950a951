"""Bands of a week ago beside those of now, from the history."""

from __future__ import annotations

import pandas as pd

from pointwise.page import data

# The publication to compare with: the last one a week before or earlier, or else the
# first one there is.
THEN = """
    select coalesce(
        max(as_of_date) filter (as_of_date <= cast(? as date) - 7),
        min(as_of_date) filter (as_of_date < cast(? as date))
    ) as day
    from user_score_history
"""
# Scores as they stood then, of who was scored, beside those of now.
BANDS = """
    with earlier as (
        select user_id, arg_max(score, published_at) as score,
            arg_max(band, published_at) as band
        from user_score_history
        where as_of_date <= cast($1 as date)
        group by user_id
        having max(coalesce(replaced_at, timestamp '9999-12-31'))
            > (select max(published_at) from user_score_history
                where as_of_date <= cast($1 as date))
    ),
    places as (
        select band, row_number() over (order by min_score) as place
        from score_bands where score is null
    )
    select now.user_id, now.rank, now.score, now.band, now.is_listed,
        earlier.score as score_then, earlier.band as band_then,
        coalesce(place_now.place > coalesce(place_then.place, 1), false) as is_up,
        coalesce(place_now.place < place_then.place, false) as is_down
    from (
        select user_id, rank, score, band,
            not is_customer and is_named and not is_held_out as is_listed
        from user_scores
    ) as now
    full join earlier using (user_id)
    left join places as place_now on now.band = place_now.band
    left join places as place_then on earlier.band = place_then.band
"""


def day_then() -> pd.Timestamp | None:
    """Return the day that is compared with; None if nothing was published before."""
    if not data.has_rows("user_score_history"):
        return None
    today = data.as_of_date()
    day = data.ask(THEN, today, today)["day"].iloc[0]
    return None if pd.isna(day) else pd.Timestamp(day)


def bands_since() -> pd.DataFrame | None:
    """Return everybody's band then and now; None if nothing was published before."""
    day = day_then()
    return None if day is None else data.ask(BANDS, day)
