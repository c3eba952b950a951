-- Whether the score is true, all snapshots together: what each band converted at, and
-- what each tenth of the users by score: from score_quality();
{{ config(schema="main", materialized="table_function", parameters=[]) }}

with

bands as (select * from {{ ref("score_band_performance") }}),

deciles as (select * from {{ ref("score_deciles") }}),

sections as (
    select
        'band' as section,
        -min_score as line,
        concat(band, ', from ', cast(min_score as varchar)) as item,
        users,
        conversions,
        conversion_rate,
        lower_rate,
        upper_rate,
        lift,
        cast(
            sum(conversions) over (order by min_score desc) as double
        ) / nullif(sum(conversions) over (), 0) as cumulative_share
    from bands
    where as_of_date is null
    union all
    select
        'tenth of users by score' as section,
        decile as line,
        concat(
            cast(decile as varchar), ', score ', cast(lowest_score as varchar),
            ' to ', cast(highest_score as varchar)
        ) as item,
        users,
        conversions,
        conversion_rate,
        lower_rate,
        upper_rate,
        lift,
        cumulative_share
    from deciles
    where as_of_date is null
)

select
    section,
    item,
    users,
    conversions,
    cast(100 * conversion_rate as decimal(5, 1)) as percent,
    cast(100 * lower_rate as decimal(5, 1)) as percent_from,
    cast(100 * upper_rate as decimal(5, 1)) as percent_to,
    cast(lift as decimal(9, 1)) as lift,
    cast(100 * cumulative_share as decimal(5, 1)) as percent_of_conversions_so_far
from sections
order by section, line
