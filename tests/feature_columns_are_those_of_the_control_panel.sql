-- The columns of user_features are the keys and the rows of features.csv, no more and
-- no less, and of the type of their measure.
{%- set wide = ref("user_features") %}
with

features as (select * from {{ ref("features") }}),

expected as (
    select
        feature as column_name,
        case measure
            when 'attribute' then 'VARCHAR'
            when 'days_since_last' then 'INTEGER'
            else 'DOUBLE'
        end as data_type
    from features
    union all
    select
        'user_id' as column_name,
        'VARCHAR' as data_type
    union all
    select
        'as_of_date' as column_name,
        'DATE' as data_type
),

actual as (
    select
        column_name,
        data_type
    from information_schema.columns
    where
        table_catalog = '{{ wide.database }}'
        and table_schema = '{{ wide.schema }}'
        and table_name = '{{ wide.identifier }}'
)

select
    coalesce(expected.column_name, actual.column_name) as column_name,
    expected.data_type as expected_type,
    actual.data_type as actual_type
from expected
full outer join actual
    on expected.column_name = actual.column_name
where expected.data_type is distinct from actual.data_type
