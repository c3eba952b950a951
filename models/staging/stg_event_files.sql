-- One row per event file: can it be read, and if so, how; if not, why. What is found out
-- of a file holds until the file, the settings or the rules of reading change.
{% set judged_before = load_relation(this) if execute %}
{% set has_judged = judged_before and "plan" in
    adapter.get_columns_in_relation(judged_before) | map(attribute="name")
    and not flags.FULL_REFRESH %}
with

files as (select * from {{ ref("base_event_files") }}),

no_judged_files as (
    select
        files.*,
        cast(null as bigint) as row_count,
        cast(null as varchar) as plan
    from files
    where false
),

judged_files as (
    select
        file,
        size_bytes,
        modified_at,
        mapping_version,
        reason,
        row_count,
        plan
    from {{ this if has_judged else "no_judged_files" }}
),

known as (
    select
        files.file,
        judged_files.reason,
        judged_files.row_count,
        judged_files.plan
    from files
    inner join judged_files
        on files.file = judged_files.file
        and files.size_bytes = judged_files.size_bytes
        and files.modified_at = judged_files.modified_at
        and files.mapping_version = judged_files.mapping_version
    where files.reason is null
),

unknown as (
    select files.file
    from files
    left join known
        on files.file = known.file
    where files.reason is null and known.file is null
),

verdicts as (
    select * from known
    union all by name
    ({{ judge_files("unknown", needed_event_columns()) }})
)

select
    files.file,
    files.size_bytes,
    files.modified_at,
    files.mapping_version,
    coalesce(files.reason, verdicts.reason) as reason,
    verdicts.row_count,
    verdicts.plan,
    coalesce(files.reason, verdicts.reason) is null as is_readable
from files
left join verdicts
    on files.file = verdicts.file
