{# Query for who belonged to which company in which days, [member_from, member_before), of
   attributes and account rules. The last account that is known holds; ids that stand for
   no company end a membership. Domains are the same in any case. #}
{% macro account_members(user_attributes, account_rules) %}
    select
        {{ user_attributes }}.user_id,
        case
            when strpos({{ user_attributes }}.value, '.') > 0
                then lower({{ user_attributes }}.value)
            else {{ user_attributes }}.value
        end as account_id,
        coalesce({{ user_attributes }}.valid_from, date '0001-01-01') as member_from,
        lead({{ user_attributes }}.valid_from, 1, date '9999-12-31') over (
            partition by {{ user_attributes }}.user_id
            order by coalesce({{ user_attributes }}.valid_from, date '0001-01-01')
        ) as member_before
    from {{ user_attributes }}
    left join {{ account_rules }} as no_company
        on no_company.measure = 'not_a_company'
        and lower({{ user_attributes }}.value) = lower(no_company.equals)
    where {{ user_attributes }}.attribute = 'account_id'
    qualify no_company.equals is null and not {{ is_placeholder(user_attributes ~ ".value") }}
{% endmacro %}

{# What to say where no company is scored, and which of its two causes it is. #}
{% macro no_accounts(account_rules) -%}
    case
        when exists (select 1 from {{ account_rules }})
            then 'No company is scored: the users file gives nobody an account_id'
        else 'No company is scored: account_rules.csv is not in the control panel, or empty'
    end
{%- endmacro %}
