{{ config(schema="main", meta={"published_order": "user_id"}) }}

-- One row per user who came into the top band with the last build; no customers, no
-- unknown visitors, nobody who is held out. None on the first build: nobody crossed
-- anything.
with

changed_scores as (select * from {{ ref("int_changed_scores") }}),

user_scores as (select * from {{ ref("user_scores") }}),

score_bands as (select * from {{ ref("score_bands") }}),

top_band as (
    select max_by(band, min_score) as band
    from score_bands
    where score is null
),

came as (
    select changed_scores.*
    from changed_scores
    inner join top_band
        on changed_scores.band = top_band.band
    where changed_scores.previous_as_of_date is not null
)

select
    substr(
        md5(concat_ws('|', came.user_id, came.band, cast(came.as_of_date as varchar))),
        1,
        16
    ) as entry_id,
    came.user_id,
    came.as_of_date,
    came.score,
    came.band,
    came.previous_score,
    came.previous_band,
    user_scores.reason_1,
    user_scores.reason_2,
    user_scores.reason_3,
    user_scores.action,
    user_scores.next_step,
    came.weights_version
from came
inner join user_scores
    on came.user_id = user_scores.user_id
where
    not came.is_customer
    and user_scores.is_named
    and not user_scores.is_held_out
    and came.band <> coalesce(came.previous_band, '')
