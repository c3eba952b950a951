{{ config(schema="main", meta={"published_order": "fit_min_score, intent_min_score"}) }}

-- One row per grade: who has it today, what such users converted at on past dates, and
-- what to expect of the next, as in int_cell_outlook.
with

outlook as (select * from {{ ref("int_cell_outlook") }}),

grades as (select * from {{ ref("score_grades") }}),

bands as (select * from {{ ref("score_bands") }}),

scores as (select * from {{ ref("user_scores") }}),

people as (
    select
        grade,
        count(*) as people
    from scores
    where not is_customer
    group by grade
)

select
    grades.grade,
    grades.fit_band,
    grades.intent_band,
    grades.action,
    fit_bands.min_score as fit_min_score,
    intent_bands.min_score as intent_min_score,
    coalesce(people.people, 0) as people,
    coalesce(outlook.dates, 0) as dates,
    coalesce(outlook.users, 0) as users,
    coalesce(outlook.conversions, 0) as conversions,
    outlook.conversion_rate,
    outlook.lower_rate,
    outlook.upper_rate,
    {{ conversion_meaning("of this grade") }} as meaning
from grades
inner join bands as fit_bands
    on grades.fit_band = fit_bands.band
inner join bands as intent_bands
    on grades.intent_band = intent_bands.band
left join people
    on grades.grade = people.grade
left join outlook
    on outlook.cell = concat('grade ', grades.grade)
