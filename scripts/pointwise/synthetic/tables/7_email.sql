-- E-mail
with

opens as (
    select
        user_id,
        event_id in (select event_id from row_kinds where kind = 'machine_open') as by_machine
    from people
    where event_type = 'email_opened'
),

counts as (
    select
        count(*) as opens,
        count(*) filter (where by_machine) as machine_opens,
        count(distinct user_id) as openers
    from opens
),

sent as (
    select
        count(*) filter (where event_type = 'email_sent') as sent,
        count(*) filter (
            where event_type = 'email_opened' and machine = 'scanner'
        ) as scanned
    from events
),

clicks as (
    select
        count(*) filter (where event_type = 'email_clicked') as clicks,
        count(distinct user_id) filter (where event_type = 'email_clicked') as clickers,
        count(*) filter (where event_type = 'email_unsubscribed') as unsubscribed
    from people
)

select
    unnest([
        'e-mails sent',
        'of these scanned',
        'opened otherwise',
        'of these by mail programs',
        'clicks for each open by a person',
        'people who clicked, of those with an open',
        'people who unsubscribed, of those with an open'
    ]) as "figure",
    unnest([
        format('{:,}', sent.sent),
        percent(sent.scanned, sent.sent),
        format('{:,}', counts.opens),
        percent(counts.machine_opens, counts.opens),
        percent(clicks.clicks, counts.opens - counts.machine_opens),
        percent(clicks.clickers, counts.openers),
        percent(clicks.unsubscribed, counts.openers)
    ]) as "value"
from counts
cross join clicks
cross join sent
