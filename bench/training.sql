-- Made-up training examples, as `dbt build` publishes them: users as of six dates, 30
-- counts, 5 days since, 5 attributes, and an outcome that some of them predict.
-- $users and $features are replaced.
create table drawn as
select
    user_number,
    date_number,
    hash(user_number, date_number) % 1000000 / 1e6 as luck,
    [
        cast(
            floor(-ln(1 - hash(user_number, feature, 1) % 1000000 / 1e6) * 3)
            * (hash(user_number, date_number, feature) % 3) as bigint
        )
        for feature in range(1, 31)
    ] as counts
from range($users) as users (user_number)
cross join range(6) as dates (date_number);

create table training_examples as
select
    concat('u', user_number) as user_id,
    date '2026-01-05' + cast(14 * date_number as integer) as as_of_date,
    luck < 1 / (1 + exp(
        4.6 - 0.25 * counts[1] - 0.15 * counts[2] - 0.02 * counts[3] * counts[4]
        - 0.8 * cast(user_number % 7 = 0 as integer)
    )) as is_converted,
    cast(least(1 + 4 * counts[1] + counts[2], 100) as integer) as score,
    $features
from drawn;

create table user_outcomes as
select
    user_id,
    as_of_date,
    as_of_date + 14 as horizon_end_date
from training_examples;

create table snapshot_populations as
select
    as_of_date,
    horizon_end_date,
    'made_up' as outcome,
    false as is_repeatable
from user_outcomes
group by all;

create table features as
select
    unnest($names) as feature,
    'made_up' as event_type,
    'events' as measure,
    30 as window_days,
    cast(null as integer) as half_life_days;
