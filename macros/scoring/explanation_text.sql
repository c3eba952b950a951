{# Points with their sign: +30, -5. #}
{% macro signed_points(points) -%}
    case when {{ points }} > 0 then '+' else '' end || cast({{ points }} as varchar)
{%- endmacro %}

{# A score told in a paragraph whose numbers in brackets add up to the score. #}
{% macro explanation_text() -%}
    concat(
        'Score ', cast(ranked.score as varchar), ', ', ranked.band, '.',
        {% for number in [1, 2, 3] %}
            coalesce(' ' || reasons.reason_{{ number }} || '.', ''),
        {% endfor %}
        case
            when reasons.reason_1 is null and ranked.score = 1
                then ' Nothing counts for or against yet ('
            else ' Everything else ('
        end,
        {{ signed_points("ranked.score - coalesce(reasons.reason_points, 0)") }},
        ').',
        case
            when next_steps.gain is not null then concat(
                ' Next: ', next_steps.next_step,
                ' would add up to ', cast(next_steps.gain as varchar), '.'
            )
            else ''
        end
    )
{%- endmacro %}
