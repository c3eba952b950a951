{# Query for which company people belong to, of rows of their attributes: ids that stand
   for no company are left out. Domains are the same in any case. #}
{% macro account_members(attributes, account_rules) %}
    select
        {{ attributes }}.* exclude (attribute, value),
        case
            when strpos({{ attributes }}.value, '.') > 0 then lower({{ attributes }}.value)
            else {{ attributes }}.value
        end as account_id
    from {{ attributes }}
    anti join {{ account_rules }} as no_company
        on no_company.measure = 'not_a_company'
        and lower({{ attributes }}.value) = lower(no_company.equals)
    where
        {{ attributes }}.attribute = 'account_id'
        and not {{ is_placeholder(attributes ~ ".value") }}
{% endmacro %}

{# Query for the days, [member_from, member_before), in which a person belonged to what the
   profiles say: the last that is known holds, under whatever id of the person it came. #}
{% macro memberships_today(user_attributes, persons_today) %}
    select
        coalesce(persons.person_id, {{ user_attributes }}.user_id) as user_id,
        {{ user_attributes }}.attribute,
        {{ user_attributes }}.value,
        coalesce({{ user_attributes }}.valid_from, date '0001-01-01') as member_from,
        lead({{ user_attributes }}.valid_from, 1, date '9999-12-31') over (
            partition by coalesce(persons.person_id, {{ user_attributes }}.user_id)
            order by
                coalesce({{ user_attributes }}.valid_from, date '0001-01-01'),
                {{ user_attributes }}.changed_at nulls first, persons.person_id is null,
                {{ user_attributes }}.user_id desc
        ) as member_before
    from {{ user_attributes }}
    left join {{ persons_today }} as persons
        on {{ user_attributes }}.user_id = persons.user_id
    where {{ user_attributes }}.attribute = 'account_id'
{% endmacro %}

{# What to say where no company is scored, and which of its two causes it is. #}
{% macro no_accounts(account_rules) -%}
    case
        when exists (select 1 from {{ account_rules }})
            then 'No company is scored: the users file gives nobody an account_id'
        else 'No company is scored: account_rules.csv is not in the control panel, or empty'
    end
{%- endmacro %}
