{# A rule's reason with its value filled in: "Booked a call {value} day(s) ago" becomes
   "Booked a call 3 days ago", "… yesterday" or "… today". #}
{% macro reason_text(template, value) -%}
    replace(
        replace(
            replace(
                case
                    when {{ value }} = '1'
                        then replace(replace({{ template }}, '(s)', ''), '(es)', '')
                    else replace(replace({{ template }}, '(s)', 's'), '(es)', 'es')
                end,
                '{value}', {{ value }}
            ),
            case when {{ value }} = '0' then '0 days ago' else '1 day ago' end,
            case
                when {{ value }} = '0' then 'today'
                when {{ value }} = '1' then 'yesterday'
                else '1 day ago'
            end
        ),
        '  ', ' '
    )
{%- endmacro %}
