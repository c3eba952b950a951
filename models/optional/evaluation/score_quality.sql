-- Whether the score is true, all snapshots together: what each band converted at, and
-- what each tenth of the users by score: from score_quality();
{{ config(schema="main", materialized="table_function", parameters=[]) }}

with

bands as (select * from {{ ref("score_band_performance") }}),

deciles as (select * from {{ ref("score_deciles") }}),

sections as (
    select
        1 as section,
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
        2 as section,
        decile as line,
        concat(
            'tenth ', cast(decile as varchar), ', ', cast(lowest_score as varchar),
            '-', cast(highest_score as varchar)
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
    item,
    users,
    conversions as converted,
    -- Not if(): the published text of it is none that DuckDB 1.5 reads.
    round(
        100 * conversion_rate, case when conversion_rate < 0.001 then 3 else 1 end
    ) as percent,
    {{ display_percent("lower_rate") }} || '-'
    || {{ display_percent("upper_rate") }} as between_95,
    round(lift, 1) as lift,
    round(100 * cumulative_share, 1) as caught
from sections
order by section, line
