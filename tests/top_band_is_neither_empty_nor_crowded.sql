{{
    config(
        severity="warn",
        alias="share_of_users_in_top_band",
        schema="internal",
        store_failures_as="view",
    )
}}

-- The share of users in the highest band, today and at every snapshot, lies between
-- vars top_band_min_share and top_band_max_share, unless chance explains it: what is
-- outside is the whole 95 % interval of the share (Wilson).
with

user_scores as (select * from {{ ref("user_scores") }}),

performance as (select * from {{ ref("score_band_performance") }}),

score_bands as (select * from {{ ref("score_bands") }}),

top_band as (
    select max_by(band, min_score) as band
    from score_bands
),

counts as (
    select
        performance.as_of_date,
        sum(performance.users) as users,
        sum(performance.users) filter (where performance.band = top_band.band)
            as top_users
    from performance
    cross join top_band
    where performance.as_of_date is not null
    group by performance.as_of_date
    union all
    select
        user_scores.as_of_date,
        count(*) as users,
        count(*) filter (where user_scores.band = top_band.band) as top_users
    from user_scores
    cross join top_band
    where not user_scores.is_customer
    group by user_scores.as_of_date
)

select
    as_of_date,
    users,
    top_users,
    {{ rate("top_users", "users") }} as share_of_users
from counts
where
    {{ wilson_bound("top_users", "users", "upper") }} < {{ var("top_band_min_share") }}
    or {{ wilson_bound("top_users", "users", "lower") }}
    > {{ var("top_band_max_share") }}
