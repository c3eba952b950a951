-- One row per example that is left out of evaluation and training since somebody acted
-- on the person in the horizon, or less than one before. Those alone would leave who
-- converted before the call: of these, by date and band, a hash leaves out as many as
-- would have been acted on later (Robins and Finkelstein 2000, Biometrics 56:779).
{%- set horizon = whole_var("horizon_days") %}
{%- set day = days_between("outcomes.as_of_date", "contacts.contact_date") %}
{%- set lasted = days_between("outcomes.as_of_date", "outcomes.first_outcome_date") %}
with

outcomes as (select * from {{ ref("user_outcomes") }}),

scores as (select * from {{ ref("int_scores") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

contacts as (select * from {{ ref("user_contacts") }}),

acted as (
    select
        outcomes.user_id,
        outcomes.as_of_date,
        any_value(scores.band) as band,
        any_value({{ lasted }}) as outcome_day,
        min({{ day }}) as acted_day,
        coalesce(acted_day <= 0, false) as is_before,
        coalesce(acted_day <= coalesce(outcome_day, acted_day), false) as is_acted,
        if(is_acted, acted_day, coalesce(outcome_day, {{ horizon + 1 }})) as last_day
    from outcomes
    inner join scores
        on outcomes.user_id = scores.user_id
        and outcomes.as_of_date = scores.as_of_date
    left join persons_today
        on outcomes.user_id = persons_today.user_id
    left join contacts
        on coalesce(persons_today.person_id, outcomes.user_id) = contacts.user_id
        and {{ day }} between {{ 1 - horizon }} and {{ horizon }}
    where not outcomes.is_customer
    group by outcomes.user_id, outcomes.as_of_date
),

days as (
    select
        as_of_date,
        band,
        last_day,
        count(*) filter (where is_acted) as acted,
        sum(count(*)) over (
            partition by as_of_date, band order by last_day desc
        ) as people
    from acted
    where not is_before
    group by as_of_date, band, last_day
),

spared as (
    select
        *,
        {{ product_over("1 - acted / people", "later") }} as share
    from days
    window later as (
        partition by as_of_date, band
        order by last_day desc rows between unbounded preceding and 1 preceding
    )
)

select
    acted.user_id,
    acted.as_of_date,
    if(acted.is_acted, 'acted on', 'converted first') as reason
from acted
left join spared
    on acted.as_of_date = spared.as_of_date
    and acted.band = spared.band
    and acted.last_day = spared.last_day
where
    acted.is_acted
    or acted.outcome_day is not null
    and {{ number_of_hex(
        "left(md5(concat('acted on:', acted.as_of_date, ':', acted.user_id)), 8)"
    ) }} >= cast(spared.share as decimal(9, 8)) * 4294967296
