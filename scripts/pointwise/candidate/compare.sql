-- Everyone's score by each panel, at the scoring date and at past snapshots: the tables
-- that the comparison reads. `now` is the warehouse, `candidate` what the candidate made.
create temp table scored as
with
scores_now as (
    select user_id, as_of_date, sum(points) as score
    from now.main.score_contributions
    where score_name = 'intent'
    group by user_id, as_of_date
),
scores_candidate as (
    select user_id, as_of_date, sum(points) as score
    from candidate.main.score_contributions
    where score_name = 'intent'
    group by user_id, as_of_date
)
select
    user_id,
    as_of_date,
    cast(scores_now.score as integer) as score_now,
    cast(scores_candidate.score as integer) as score_candidate
from scores_now
full join scores_candidate using (user_id, as_of_date);

-- Bands of today's scoring date; customers count too, as in `user_scores`.
create temp table current_scores as
with
bands_now as (
    select band, min_score, lead(min_score, 1, 101) over (order by min_score) as ends
    from now.main.score_bands
    where score is null
),
bands_candidate as (
    select band, min_score, lead(min_score, 1, 101) over (order by min_score) as ends
    from candidate.main.score_bands
    where score is null
)
select
    scored.user_id,
    scored.score_now,
    scored.score_candidate,
    coalesce(bands_now.band, 'not scored') as band_now,
    coalesce(bands_now.min_score, 0) as band_now_from,
    coalesce(bands_candidate.band, 'not scored') as band_candidate,
    coalesce(bands_candidate.min_score, 0) as band_candidate_from
from scored
left join bands_now
    on scored.score_now >= bands_now.min_score and scored.score_now < bands_now.ends
left join bands_candidate
    on scored.score_candidate >= bands_candidate.min_score
    and scored.score_candidate < bands_candidate.ends
where scored.as_of_date = (select max(as_of_date) from now.main.user_scores);

create temp table band_moves as
select
    band_now,
    band_candidate,
    count(*) as users,
    band_now_from,
    band_candidate_from
from current_scores
group by all
order by band_now_from desc, band_candidate_from desc;

create temp table band_sizes as
select
    band,
    sum(users_now) as users_now,
    sum(users_candidate) as users_candidate,
    sum(users_candidate) - sum(users_now) as difference
from (
    select band_now as band, band_now_from as min_score, 1 as users_now,
        0 as users_candidate
    from current_scores
    union all
    select band_candidate, band_candidate_from, 0, 1
    from current_scores
)
group by band
order by max(min_score) desc, band;

-- Scores beside intent, whether either panel has them.
create temp table other_scores as
with
points as (
    select 'now' as panel, * exclude (as_of_date)
    from now.main.score_contributions
    where as_of_date = (select max(as_of_date) from now.main.user_scores)
    union all by name
    select 'candidate' as panel, * exclude (as_of_date)
    from candidate.main.score_contributions
    where as_of_date = (select max(as_of_date) from now.main.user_scores)
),
sums as (
    select
        score_name,
        user_id,
        sum(points) filter (panel = 'now') as score_now,
        sum(points) filter (panel = 'candidate') as score_candidate
    from points
    where score_name <> 'intent'
    group by score_name, user_id
)
select
    score_name as score,
    count(score_now) as users_now,
    count(score_candidate) as users_candidate,
    count(*) filter (score_now is distinct from score_candidate) as users_changed,
    cast(avg(score_now) as decimal(5, 1)) as mean_now,
    cast(avg(score_candidate) as decimal(5, 1)) as mean_candidate
from sums
group by score_name
order by score_name;

-- The rules that moved a user: differences of rows of contributions.
create temp table movers as
with
differences as (
    select
        user_id,
        coalesce(after.reason, before.reason) as reason,
        coalesce(after.points, 0) - coalesce(before.points, 0) as points
    from (
        from now.main.score_contributions
        where as_of_date = (select max(as_of_date) from now.main.user_scores)
            and score_name = 'intent'
    ) as before
    full join (
        from candidate.main.score_contributions
        where as_of_date = (select max(as_of_date) from now.main.user_scores)
            and score_name = 'intent'
    ) as after using (user_id, rule)
    where coalesce(after.points, 0) <> coalesce(before.points, 0)
),
reasons as (
    select
        user_id,
        string_agg(
            reason || ' (' || case when points > 0 then '+' else '' end || points || ')',
            '; ' order by abs(points) desc, reason
        ) as reasons
    from differences
    group by user_id
)
select
    user_id,
    score_now,
    score_candidate,
    coalesce(score_candidate, 0) - coalesce(score_now, 0) as change,
    band_now,
    band_candidate,
    reasons
from current_scores
inner join reasons using (user_id)
where score_now is distinct from score_candidate
order by abs(change) desc, user_id;

-- How the two panels would have done at past snapshots, on the same users and with lists of
-- the same length: at each snapshot as many as the panel of today has in its top band
-- there, at least a tenth.
create temp table judged as
select
    scored.as_of_date,
    scored.user_id,
    outcomes.is_converted,
    panel,
    case panel when 'now' then scored.score_now else scored.score_candidate end as score
from scored
inner join now.main.user_outcomes as outcomes using (user_id, as_of_date)
anti join now.internal.int_acted_on using (user_id, as_of_date)
semi join (from now.internal.int_as_of_dates where is_judged) using (as_of_date)
cross join (values ('now'), ('candidate')) as panels (panel)
where
    not outcomes.is_customer
    and scored.score_now is not null
    and scored.score_candidate is not null;

create temp table quality as
with
list_sizes as (
    select
        as_of_date,
        greatest(
            count(*) filter (
                where score >= (
                    select max(min_score) from now.main.score_bands as bands
                    where bands.score is null
                )
            ),
            cast(ceil(count(*) / 10.0) as bigint)
        ) as list_size
    from judged
    where panel = 'now'
    group by as_of_date
),
ranked as (
    select
        judged.*,
        row_number() over (
            partition by panel, as_of_date order by score desc, md5(user_id), user_id
        ) as place
    from judged
),
lists as (
    select
        panel,
        count(*) as users,
        count(*) filter (is_converted) as conversions,
        count(*) filter (place <= list_size) as listed,
        count(*) filter (place <= list_size and is_converted) as caught
    from ranked
    inner join list_sizes using (as_of_date)
    group by panel
),
by_score as (
    select
        panel,
        score,
        count(*) filter (is_converted) as converted,
        count(*) filter (not is_converted) as others
    from judged
    group by panel, score
),
pairs as (
    select
        panel,
        2 * converted * (
            coalesce(sum(others) over (
                partition by panel order by score
                rows between unbounded preceding and 1 preceding
            ), 0)
        ) + converted * others as half_pairs
    from by_score
),
aucs as (
    select panel, sum(half_pairs) as half_pairs
    from pairs
    group by panel
)
select
    panel,
    users,
    conversions,
    listed,
    caught,
    cast(
        half_pairs / nullif(2.0 * conversions * (users - conversions), 0)
        as decimal(6, 4)
    ) as auc,
    cast(
        (caught / nullif(listed, 0)) / nullif(conversions / nullif(users, 0), 0)
        as decimal(8, 2)
    ) as lift
from lists
inner join aucs using (panel)
order by panel desc;

create temp table quality_difference as
select
    'difference' as panel,
    after.caught - before.caught as caught,
    after.auc - before.auc as auc,
    after.lift - before.lift as lift
from quality as before
inner join quality as after
    on before.panel = 'now' and after.panel = 'candidate';
