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
    (2, 'crawlers', 'crawler'),
    (3, 'scrapers', 'scraper'),
    (4, 'monitors', 'monitor'),
    (5, 'scripts', 'script'),
    (6, 'scanners of e-mail', 'scanner'),
    (7, 'e-mail opens by mail programs', 'machine_open'),
    (8, 'nameless, on a shared device', 'shared_device'),
    (9, 'delivered hours or days late', 'late'),
    (10, 'delivered again', 'duplicate'),
    (11, 'malformed', 'malformed')
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
