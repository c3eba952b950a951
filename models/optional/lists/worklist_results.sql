-- One row per list that was offered and band, and one without a band for the whole
-- list: what your side said about its people, and how many had the outcome. A list is
-- right about who was connected or won, and wrong about who is no fit: the share of
-- right ones is its precision.
{%- set verdicts = verdict_terms().names %}
with

offers as (select * from {{ ref("int_worklist_offers") }}),

bounds as (select * from {{ ref("int_activity_bounds") }}),

in_both as (
    select
        * exclude (band),
        unnest([band, null]) as band
    from offers
),

counted as (
    select
        in_both.as_of_date,
        in_both.band,
        any_value(in_both.horizon_end_date) as horizon_end_date,
        any_value(bounds.last_activity_date >= in_both.horizon_end_date) as has_matured,
        count(*) as people,
        {% for verdict in verdicts %}
            count(*) filter (where in_both.is_{{ verdict }}) as {{ verdict }},
        {% endfor %}
        count(*) filter (where in_both.is_connected or in_both.is_won) as right_people,
        count(*) filter (
            where in_both.is_connected or in_both.is_won or in_both.is_not_a_fit
        ) as judged_people,
        case when has_matured then count(*) filter (where in_both.is_converted) end
            as conversions
    from in_both
    cross join bounds
    group by in_both.as_of_date, in_both.band
)

select
    * exclude (conversions),
    {{ rate("right_people", "judged_people") }} as precision,
    {{ wilson_bound("right_people", "judged_people", "lower") }} as lower_precision,
    {{ wilson_bound("right_people", "judged_people", "upper") }} as upper_precision,
    conversions,
    {{ rate("conversions", "people") }} as conversion_rate,
    {{ wilson_bound("conversions", "people", "lower") }} as lower_rate,
    {{ wilson_bound("conversions", "people", "upper") }} as upper_rate
from counted
