-- One row per person who may be worked on: what your side said last, when the person
-- asked for contact and was offered last, and whether either lets the person in.
{{ config(materialized="view") }}
{%- set acts = contact_types() %}
{%- set raises = list_var("hand_raise_event_types") %}
{%- set terms = verdict_terms() %}
{%- set days = "coalesce(bands.repeat_after_days, " ~ terms.rest_days ~ ")" %}
{%- set rests = "cast(" ~ days ~ " as integer)" %}
{%- set never = "date '0001-01-01'" %}
with

user_scores as (select * from {{ ref("user_scores") }}),

bands as (select * from {{ ref("score_bands") }}),

activity as (select * from {{ ref("int_activity_today") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

recorded as ({{ recorded_worklists() }}),

offers as (
    select
        coalesce(persons_today.person_id, recorded.user_id) as person_id,
        recorded.as_of_date
    from recorded
    left join persons_today
        on recorded.user_id = persons_today.user_id
),

days as (
    select
        person_id,
        max(activity_date) filter (where event_type in ({{ sql_values(acts) }}))
            as acted_date,
        max(activity_date) filter (where event_type in ({{ sql_values(raises) }}))
            as raised_date,
        bool_or(event_type in ({{ sql_values(terms.for_good) }})) as is_done
    from activity
    where event_type in ({{ sql_values(acts + raises) }})
    group by person_id
)

select
    user_scores.user_id,
    any_value(bands.daily_capacity) as daily_capacity,
    any_value(days.acted_date) as last_acted_date,
    max(offers.as_of_date) filter (where offers.as_of_date < user_scores.as_of_date)
        as last_offered_date,
    coalesce(bool_or(offers.as_of_date = user_scores.as_of_date), false)
        as is_offered_today,
    any_value({{ add_days("user_scores.as_of_date", "-" ~ rests) }}) as rested_date,
    coalesce(
        any_value(
            days.raised_date between {{ add_days("user_scores.as_of_date", -6) }}
            and user_scores.as_of_date
            and days.raised_date > coalesce(days.acted_date, {{ never }})
        )
        and any_value(days.raised_date) > coalesce(last_offered_date, {{ never }}),
        false
    ) as is_hand_raise,
    coalesce(last_acted_date, {{ never }}) <= rested_date
    and coalesce(last_offered_date, {{ never }}) <= rested_date
    and not coalesce(bool_or(days.is_done), false) as is_rested
from user_scores
inner join bands
    on user_scores.band = bands.band
left join persons_today
    on user_scores.user_id = persons_today.user_id
left join days
    on coalesce(persons_today.person_id, user_scores.user_id) = days.person_id
left join offers
    on coalesce(persons_today.person_id, user_scores.user_id) = offers.person_id
where
    not user_scores.is_customer
    and user_scores.is_named
    and not user_scores.is_held_out
group by user_scores.user_id
