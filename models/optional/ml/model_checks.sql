{{ config(schema="main", meta={"published_order": "check_name"}) }}

-- One row per check of the model in use: whether its probabilities came true where its
-- training was judged, and as published since. No rows without a model. The interval is
-- the score interval for a Poisson rate (Barker 2002, Am. Stat. 56:85), upside down.
{% set version, z = (propensity_model() or {}).version or "", 1.959964 %}
{% set columns = {
    "check_name": "varchar", "learner": "varchar", "value": "double", "low": "double",
    "high": "double", "least": "double", "most": "double", "is_passed": "boolean",
    "says": "varchar",
} %}

with

outcomes as (select * from {{ ref("prediction_outcomes") }}),

training as ({{ read_model_file("checks.json", columns) }}),

newest as (
    select max(as_of_date) as as_of_date from outcomes
    where model_version = '{{ version }}'
),

-- Horizons of both do not overlap.
looks as (
    select
        if(newest.as_of_date = outcomes.as_of_date, 1, 2) as look,
        outcomes.*
    from outcomes
    cross join newest
    where
        outcomes.model_version = '{{ version }}'
        and (outcomes.horizon_end_date <= newest.as_of_date or look = 1)
    qualify row_number() over (partition by look order by outcomes.as_of_date desc) = 1
),

sums as (
    select
        if(numbers.number = 1, 'latest', 'latest_two') as latest,
        max(looks.as_of_date) as as_of_date,
        sum(looks.predicted) as predicted,
        cast(sum(looks.conversions) as integer) as conversions,
        {{ z ** 2 / 2 }} + sum(looks.conversions)
        + {{ z }} * sqrt(sum(looks.conversions) + {{ z ** 2 / 4 }}) as most_conversions,
        sum(looks.predicted) / most_conversions as low,
        sum(looks.predicted) * most_conversions
        / nullif(sum(looks.conversions) * sum(looks.conversions), 0) as high
    from looks
    inner join range(1, 3) as numbers (number)
        on looks.look <= numbers.number
    group by numbers.number
    having max(looks.look) = numbers.number
),

since as (
    select
        sums.latest || '_predictions' as check_name,
        training.learner,
        sums.predicted / nullif(sums.conversions, 0) as value,
        sums.low,
        sums.high,
        training.least,
        training.most,
        sums.low <= training.most and coalesce(sums.high >= training.least, true)
            as holds,
        concat(
            cast(cast(sums.predicted as decimal(18, 1)) as varchar),
            ' conversions were predicted as of ', cast(sums.as_of_date as varchar),
            if(sums.latest = 'latest', '', ' and a horizon before'), ', and ',
            cast(sums.conversions as varchar), ' followed',
            if(holds, '', ': the rate has moved, so train again')
        ) as says
    from sums
    inner join training
        on training.check_name = 'predicted_by_observed'
)

select * from training
union all
select * from since
