{# That nobody can be assigned, and why: what the experiment asks of a user, in words. #}
{% macro nobody_verdict() -%}
    concat(
        'nobody to assign: wanted are users ',
        coalesce(nullif(concat_ws(
            ', ',
            'in band ' || replace(bands, '|', ' or '),
            'with ' || feature || ' ' || concat_ws(
                ' ',
                '= ' || equals,
                {% for words, limit in [("from", "min_value"), ("up to", "max_value")] -%}
                '{{ words }} ' || rtrim(
                    rtrim(cast({{ limit }} as varchar), '0'), '.'
                ){{ "," if not loop.last }}
                {% endfor -%}
            ),
            case
                when outcome_event_type = '{{ var("outcome_event_type") }}'
                    then 'without ' || outcome_event_type || ' so far'
            end
        ), ''), 'who are scored')
    )
{%- endmacro %}
