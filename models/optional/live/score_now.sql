-- Every point, by the build or what `pointwise live` wrote last: from score_now('u42');
{{ config(materialized="table_function", schema="main", parameters=["wanted_id"]) }}
{% set published = setting_path("POINTWISE_PUBLISHED", "data/published") %}
{% set live = file_text(published ~ "/live/this_publication/") %}
{% set id = "md5(cast(wanted_id as varchar))" %}
with
user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

links as (select * from {{ ref("person_links") }}),

answers as (
    select
        from_json(
            regexp_extract_all(content, '(?s).*' || {{ id }} || ' ([^\n]*)\n', 1)[1],
            '{"score": "int8", "band": "text", "scored_at": "timestamp", "event_files":
            "int8", "lines": [{"score_name": "text", "rule": "text", "rule_group":
            "text", "points": "int8", "reason": "text"}]}'
        ) as said
    from read_text({{ live }} || left({{ id }}, 2) || '.txt')
),

persons as (
    select coalesce(max(person_id), wanted_id) as user_id
    from links
    where user_id = wanted_id and reason is null
),

all_points as (
    select
        unnest(answers.said) as person,
        unnest(answers.said.lines, recursive := true) as point
    from answers
    union all by name
    select
        contributions.*,
        user_scores.score,
        user_scores.band
    from persons
    inner join user_scores on persons.user_id = user_scores.user_id
    inner join contributions
        on user_scores.user_id = contributions.user_id
        and user_scores.as_of_date = contributions.as_of_date
    where (select count(answers.said) = 0 from answers)
),

with_total as (
    select
        score_name,
        row_number() over in_order as line,
        points,
        concat(nullif(concat(score_name, ': '), 'intent: '), reason) as reason,
        cast(sum(points) over in_order as bigint) as score_so_far,
        scored_at,
        coalesce(event_files, 0) as event_files
    from all_points
    window
        in_order as (
            partition by score_name order by
                rule_group = 'limit', rule like 'cap:%', rule like 'reset:%',
                rule_group <> 'base', abs(points) desc, rule
        )
    union all
    select
        'intent' as score_name,
        1000000 as line,
        null as points,
        coalesce(
            'Score ' || cast(max(score) as varchar) || ', ' || max(band),
            concat('No user ', wanted_id, ' is scored: try from top_users(20)')
        ) as reason,
        max(score) as score_so_far,
        max(scored_at) as scored_at,
        coalesce(max(event_files), 0) as event_files
    from all_points
)

select * exclude (score_name, line) from with_total
order by score_name <> 'intent', score_name, line
