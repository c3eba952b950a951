{{ config(schema="main", meta={"published_order": "as_of_date, user_id"}) }}

-- One row per user and past day asked for with the var backfill_dates: the score by
-- today's panel and data. What was published then is in user_score_history.
with

scores as (select * from {{ ref("int_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

weights as (select * from {{ ref("int_weights_version") }}),

-- A day that is asked for again replaces what was recorded of it.
recorded as (
    {{ recorded("backfill", {
        "user_id": "varchar",
        "as_of_date": "date",
        "score": "integer",
        "band": "varchar",
        "weights_version": "varchar",
        "published_at": "timestamp",
        "contributions": contributions_type(),
    }) }}
),

backfilled as (
    select * from scores
    where is_backfilled
),

contribution_lists as (
    {% set columns = ["rule", "rule_group", "points", "value", "reason"] %}
    select
        contributions.user_id,
        contributions.as_of_date,
        {{ list_of_rows(columns, order_by="rule") }} as contributions
    from contributions
    inner join backfilled
        on contributions.user_id = backfilled.user_id
        and contributions.as_of_date = backfilled.as_of_date
    where contributions.score_name = 'intent'
    group by contributions.user_id, contributions.as_of_date
)

select
    backfilled.user_id,
    backfilled.as_of_date,
    backfilled.score,
    backfilled.band,
    weights.weights_version,
    {{ text_or_null(this_publication().published_at, "timestamp") }} as published_at,
    contribution_lists.contributions
from backfilled
inner join contribution_lists
    on backfilled.user_id = contribution_lists.user_id
    and backfilled.as_of_date = contribution_lists.as_of_date
cross join weights
union all
select *
from recorded
where as_of_date not in (select backfilled.as_of_date from backfilled)
qualify published_at = max(published_at) over (partition by as_of_date)
