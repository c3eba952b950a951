-- One row per exclusion and value of its attribute that it excludes, perhaps an id.
with

exclusions as (select * from {{ ref("exclusions") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

links as (select * from {{ ref("int_person_links") }}),

known_values as (
    select
        user_attributes.attribute,
        user_attributes.value
    from user_attributes
    semi join exclusions on user_attributes.attribute = exclusions.attribute
    union
    select
        'user_id' as attribute,
        user_id as value
    from activity
    where {{ is_seen_by_day("event_type") }}
    union
    select
        'user_id' as attribute,
        user_id as value
    from user_attributes
    union
    select
        'user_id' as attribute,
        {{ unnested(list_of(["user_id", "person_id"])) }} as value
    from links
),

-- DuckDB reads a pattern anew for each text: first, values are ruled out as lines.
texts as (
    select
        attribute,
        substr(md5(value), 1, 3) as hash_prefix,
        {{ ordered_text("value", order_by="value", separator="\n") }} as lines
    from known_values
    group by attribute, substr(md5(value), 1, 3)
),

candidates as (
    select
        exclusions.*,
        texts.hash_prefix
    from exclusions
    inner join texts on exclusions.attribute = texts.attribute
    where
        exclusions.pattern is null
        or {{ may_match_a_line("texts.lines", "exclusions.pattern") }}
)

select
    candidates.exclusion,
    candidates.attribute,
    known_values.value
from candidates
inner join known_values
    on candidates.attribute = known_values.attribute
    and candidates.hash_prefix = substr(md5(known_values.value), 1, 3)
where
    case
        when candidates.pattern is not null
            then {{ matches("known_values.value", "candidates.pattern") }}
        when candidates.attribute = 'user_id'
            then known_values.value = candidates.equals
        else lower(known_values.value) = lower(candidates.equals)
    end
