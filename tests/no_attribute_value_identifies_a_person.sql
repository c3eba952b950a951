-- No value of a profile attribute looks like an e-mail address, a phone number, an IBAN
-- or an IP address. The values of each attribute are judged in Python, as on import.
{% set default = "data/raw/users*.parquet" %}
{% set users_file = setting_path("POINTWISE_USERS", default) if execute %}

with

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

candidates as (
    select
        attribute,
        value,
        min(user_id) as user_id
    from user_attributes
    where regexp_matches(value, {{ sql_text(call_python("worth_a_look")) }}, 's')
    group by attribute, value
),

judged as (
    select
        attribute,
        cast(
            pointwise_identifying_values(
                json_object(
                    'attribute', attribute, 'values', list(value order by value)
                )
            ) as json
        ) -> 'value' as found
    from candidates
    group by attribute
),

verdict as (
    select
        concat(
            'user_attributes: ''', judged.attribute, ''' may identify a person: ',
            judged.found ->> 'count', ' value(s) look like ', judged.found ->> 'kind',
            ', such as ''', judged.found ->> 'shown', ''' of user ''',
            case
                when candidates.user_id = candidates.value then judged.found ->> 'shown'
                else candidates.user_id
            end,
            ''' in ',
            {{ sql_text(users_file) }},
            case
                when judged.attribute = 'account_id'
                    then '; give the part of an address after the @, or a hash of it'
                else '; take it out of user_attributes'
            end
        ) as message
    from judged
    inner join candidates
        on judged.attribute = candidates.attribute
        and judged.found ->> 'value' = candidates.value
)

-- In the condition, since dbt only counts rows and would not look at a column.
select message
from verdict
where
    case
        when message is not null then {{ raise_error("message") }} is null
        else false
    end
