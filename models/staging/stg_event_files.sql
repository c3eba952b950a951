-- One row per event file: can it be read, and if so, how; if not, why. Files that have
-- not changed since the last build are not looked into again.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('base_event_files'), 'file') }}",
        post_hook=[
            "{{ remember_loaded(ref('base_event_files')) }}",
            "{{ warn_of_files_set_aside() }}",
        ],
    )
}}

with

event_files as (select * from {{ ref("base_event_files") }}),

touched_files as (
    select * from event_files
    where {{ is_touched(ref("base_event_files"), "file") }}
),

files_to_judge as (
    select * from touched_files
    where reason is null
),

verdicts as ({{ judge_files("files_to_judge", needed_event_columns()) }})

select
    touched_files.file,
    touched_files.size_bytes,
    touched_files.modified_at,
    touched_files.mapping_version,
    coalesce(touched_files.reason, verdicts.reason) as reason,
    verdicts.row_count,
    verdicts.plan,
    coalesce(touched_files.reason, verdicts.reason) is null as is_readable
from touched_files
left join verdicts
    on touched_files.file = verdicts.file
