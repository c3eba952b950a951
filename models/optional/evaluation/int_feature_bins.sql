-- One row per snapshot but the first, feature and bin of its values: users in it now,
-- and at the snapshot before. Where a feature drifts, this says how. Bins: zero, "never
-- or unknown", each text, and tenths of the earlier snapshot's other values.
with

counts as (select * from {{ ref("int_feature_counts") }}),

dates as (
    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date) as earlier_date
    from counts
    group by as_of_date
),

both_dates as (
    select
        dates.as_of_date,
        dates.earlier_date,
        counts.feature,
        counts.value,
        counts.text_value,
        sum(case when counts.as_of_date > dates.earlier_date then counts.users end)
            as users,
        sum(case when counts.as_of_date = dates.earlier_date then counts.users end)
            as earlier_users
    from dates
    inner join counts
        on counts.as_of_date in (dates.as_of_date, dates.earlier_date)
    where dates.earlier_date is not null and counts.users > 0
    group by
        dates.as_of_date,
        dates.earlier_date,
        counts.feature,
        counts.value,
        counts.text_value
),

-- How many users had a value up to this one at the earlier snapshot, and had any: zero,
-- none and texts are bins of their own, and count nowhere.
with_places as (
    select
        *,
        coalesce(earlier_users, 0) as had_it,
        sum(case when value <> 0 then coalesce(earlier_users, 0) else 0 end) over (
            partition by as_of_date, feature
            order by value nulls last
            rows between unbounded preceding and current row
        ) as had_at_most_it,
        sum(case when value <> 0 then coalesce(earlier_users, 0) else 0 end) over (
            partition by as_of_date, feature
        ) as had_any
    from both_dates
),

with_bins as (
    select
        *,
        case
            when text_value is not null then concat('text ', text_value)
            when value is null then 'never or unknown'
            when value = 0 then 'zero'
            else concat('tenth ', cast(
                least(
                    floor(10e0 * (had_at_most_it - had_it) / greatest(had_any, 1)), 9
                ) as integer
            ))
        end as bin
    from with_places
)

select
    as_of_date,
    earlier_date,
    feature,
    bin,
    cast(coalesce(sum(users), 0) as bigint) as users,
    cast(coalesce(sum(earlier_users), 0) as bigint) as earlier_users
from with_bins
group by as_of_date, earlier_date, feature, bin
