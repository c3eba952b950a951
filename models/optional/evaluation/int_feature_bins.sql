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
    where dates.earlier_date is not null
    group by
        dates.as_of_date,
        dates.earlier_date,
        counts.feature,
        counts.value,
        counts.text_value
),

with_bins as (
    select
        *,
        {{ drift_bin() }} as bin
    from both_dates
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
