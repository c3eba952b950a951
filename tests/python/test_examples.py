"""The examples run with settings only, on the data they are for."""

from __future__ import annotations

import pytest

from conftest import PROJECT, Scratch, contents

DATA = PROJECT.parent / "shared" / "data" / "complete_journey"
EXAMPLE = PROJECT / "examples" / "complete_journey"


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/complete_journey")
def test_complete_journey_ranks_households(scratch: Scratch) -> None:
    """The test rows are those of the data's README; luck alone has an AUC of 0.5."""
    scratch.environment |= {
        "POINTWISE_EVENTS": str(DATA / "events.parquet"),
        "POINTWISE_USERS": str(DATA / "demographics.parquet"),
        "POINTWISE_CONTROL": str(EXAMPLE),
    }
    before = contents(EXAMPLE)
    # Unit tests too: none may depend on the settings.
    variables = (EXAMPLE / "vars.json").read_text()
    scratch.build("--vars", variables)
    assert contents(EXAMPLE) == before
    households, redeemers, auc = scratch.query(
        """
        with scores as (
            select user_id, as_of_date, sum(points) as score
            from main.score_contributions
            where as_of_date in ('2017-09-30', '2017-10-31', '2017-11-30')
            group by all
        ),
        labelled as (
            select
                score,
                exists (
                    from internal.int_user_daily_activity as later
                    where later.user_id = scores.user_id
                        and event_type = 'coupon_redeemed'
                        and activity_date - as_of_date between 1 and 30
                ) as has_redeemed
            from scores
        ),
        ranked as (
            select
                has_redeemed,
                rank() over (order by score)
                + (count(*) over (partition by score) - 1) / 2 as place
            from labelled
        )
        select
            count(*),
            count(*) filter (has_redeemed) as redeemers,
            (sum(place) filter (has_redeemed) - redeemers * (redeemers + 1) / 2)
            / (redeemers * (count(*) - redeemers))
        from ranked
        """
    )[0]
    assert (households, redeemers) == (6757, 333)
    assert auc > 0.88
    ranking = scratch.pointwise("rank", "--limit", "5")
    assert "coupons in half a year" in ranking.stdout
