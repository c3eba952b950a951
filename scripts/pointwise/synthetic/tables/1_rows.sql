-- Rows of the event files
with

counts as (
    select
        split_part(kind, ':', 1) as kind,
        count(*) as row_count
    from row_kinds
    group by all
),

labels (position, label, kind) as (
    values
    (2, 'page views of bots', 'bot'),
    (3, 'e-mail opens by machines', 'machine_open'),
    (4, 'delivered hours or days late', 'late'),
    (5, 'delivered again', 'duplicate'),
    (6, 'malformed', 'malformed')
),

lines as (
    select
        1 as position,
        'all rows' as label,
        count(*) as row_count
    from deliveries
    union all
    select
        position,
        label,
        coalesce(row_count, 0) as row_count
    from labels
    left join counts using (kind)
)

select
    label as "row",
    format('{:,}', row_count) as "rows",
    percent(row_count, max(row_count) over ()) as "share"
from lines
order by position
