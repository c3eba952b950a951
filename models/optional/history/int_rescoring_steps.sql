-- One row per step from the last publication to the build at hand; empty on the first
-- build. What a step differs by from the one before it is a cause:
-- 0 before         as published
-- 1 late data      events of days already scored, as they are known now
-- 2 attributes     as of now
-- 3 ageing         the date of now, no new events; if the date is another
-- 4 new activity   all events, the panel of before; if panel and date are others
-- 5 control panel  as scored now; where panels are the same, it is new activity
-- What reproduces an old publication (`pointwise reproduce`) has the first three only.
{{ config(materialized="view") }}

with

this_publication as (select * from {{ ref("int_publication") }}),

publication as (
    select
        previous_as_of_date,
        as_of_date,
        as_of_date <> previous_as_of_date as has_new_date,
        weights_version <> previous_weights_version as has_new_panel
    from this_publication
    where previous_published_at is not null
),

all_steps as (
    {% for step, cause in [(0, "before"), (1, "late data"), (2, "attributes")] %}
        select
            {{ step }} as step,
            '{{ cause }}' as cause,
            previous_as_of_date as as_of_date,
            previous_as_of_date as events_until_date,
            true as is_taken
        from publication
        union all
    {% endfor %}
    select
        3 as step,
        'ageing' as cause,
        as_of_date,
        least(previous_as_of_date, as_of_date) as events_until_date,
        has_new_date as is_taken
    from publication
    union all
    select
        4 as step,
        'new activity' as cause,
        as_of_date,
        as_of_date as events_until_date,
        has_new_date and has_new_panel as is_taken
    from publication
    union all
    select
        5 as step,
        case when has_new_panel then 'control panel' else 'new activity' end as cause,
        as_of_date,
        as_of_date as events_until_date,
        {{ "not" if mapping_var("reproduced_publication") }} true as is_taken
    from publication
)

select
    step,
    lag(step) over (order by step) as previous_step,
    cause,
    as_of_date,
    events_until_date
from all_steps
where is_taken
