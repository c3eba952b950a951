-- One row per experiment, metric, whether large values are cut, arm, and cell (all, or
-- a band): sums over the units that chance assigned, and of products of two of their
-- parts, from which all statistics of metrics come: see
-- scripts/pointwise/core/statistics/means.py.
{%- set parts = ["persons", "value", "base", "past", "past_base", "score"] %}
with

persons as (select * from {{ ref("int_experiment_metric_units") }}),

units as (
    select
        experiment,
        metric,
        is_winsorised,
        arm,
        coalesce(band, 'all') as cell,
        unit_number,
        max(cut_value) as cut_value,
        count(*) filter (where is_cut) as cut_persons,
        max(value) as largest,
        {% for part in parts[1:] %}
            cast(sum({{ part }}) as decimal(18, 4)) as {{ part }},
        {% endfor %}
        count(*) as persons
    from persons
    group by experiment, metric, is_winsorised, arm, unit_number, cube(band)
)

select
    experiment,
    metric,
    is_winsorised,
    arm,
    cell,
    max(cut_value) as cut_value,
    cast(sum(cut_persons) as bigint) as cut_persons,
    max(largest) as largest,
    count(*) as units,
    {% for part in parts %}
        sum({{ part }}) as {{ part }},
    {% endfor %}
    {% for left in parts %}
        {% for right in parts[loop.index0:] %}
            sum(cast({{ left }} as decimal(18, 4)) * {{ right }})
                as {{ left }}_{{ right }},
        {% endfor %}
    {% endfor %}
    count(*) filter (where value <> 0) as active_units
from units
group by experiment, metric, is_winsorised, arm, cell
