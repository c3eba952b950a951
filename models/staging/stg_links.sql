-- One row per row of the links files, and per file that cannot be read: an id, whose it
-- is, and since when that is known, with the reason why it cannot be used, if there is
-- one. A link without a day counts at the scoring date only, so no past changes.
with

link_rows as ({{ link_rows() }})

select
    file,
    user_id,
    person_id,
    known_from,
    case
        when reason is not null then reason
        when user_id is null or {{ is_blank("user_id") }} then 'no id'
        when person_id is null or {{ is_blank("person_id") }} then 'no person_id'
        when {{ is_placeholder("user_id") }} then 'id is a placeholder'
        when {{ is_placeholder("person_id") }} then 'person_id is a placeholder'
        when
            greatest(length(user_id), length(person_id)) > {{ var("max_id_length") }}
            then 'id too long'
        when user_id = person_id then 'an id that is linked to itself'
        when has_unreadable_day then 'unreadable known_from'
    end as quarantine_reason
from link_rows
