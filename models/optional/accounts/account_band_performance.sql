{{ config(schema="main", meta={"published_order": "as_of_date, min_score"}) }}

-- One row per snapshot and band that a company was in, and one per band for all
-- snapshots together (no as_of_date): how many of them converted. Left out are
-- customers, and snapshots that took a sample of people: companies are not whole there.
with

examples as (select * from {{ ref("int_account_examples") }}),

outcomes as (select * from {{ ref("user_outcomes") }}),

account_rules as (select * from {{ ref("account_rules") }}),

whole_snapshots as (
    select as_of_date
    from outcomes
    group by as_of_date
    having count(*) < {{ var("snapshot_max_users") }} and {{ is_judged("as_of_date") }}
),

banded as (
    select
        examples.as_of_date,
        examples.is_converted,
        bands.account_rule as band,
        bands.points as min_score
    from examples
    inner join whole_snapshots
        on examples.as_of_date = whole_snapshots.as_of_date
    inner join account_rules as bands
        on bands.measure = 'band'
        and examples.score >= bands.points
    where not examples.is_customer
    qualify
        row_number() over (
            partition by examples.account_id, examples.as_of_date
            order by bands.points desc
        ) = 1
),

by_snapshot as (
    select
        as_of_date,
        band,
        min_score,
        count(*) as accounts,
        count(*) filter (where is_converted) as conversions
    from banded
    group by as_of_date, band, min_score
),

counts as (
    select * from by_snapshot
    union all
    select
        cast(null as date) as as_of_date,
        band,
        min_score,
        cast(sum(accounts) as bigint) as accounts,
        cast(sum(conversions) as bigint) as conversions
    from by_snapshot
    group by band, min_score
)

select
    as_of_date,
    band,
    min_score,
    accounts,
    {{ rate("accounts", "sum(accounts) over (partition by as_of_date)") }}
        as share_of_accounts,
    conversions,
    {{ rate("conversions", "accounts") }} as conversion_rate,
    {{ wilson_bound("conversions", "accounts", "lower") }} as lower_rate,
    {{ wilson_bound("conversions", "accounts", "upper") }} as upper_rate,
    {{ rate(
        "conversions * sum(accounts) over (partition by as_of_date)",
        "accounts * sum(conversions) over (partition by as_of_date)"
    ) }} as lift
from counts
