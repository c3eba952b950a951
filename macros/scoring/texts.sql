{# A number as people write it: with one decimal below ten if it has any, else whole. #}
{% macro display_number(value) -%}
    {%- set rounded = "cast(" ~ value ~ " as decimal(28, 1))" -%}
    case
        when abs({{ rounded }}) >= 10
            then cast({{ nearest_whole(value) }} as string)
        when {{ rounded }} = floor({{ rounded }})
            then cast(cast({{ rounded }} as bigint) as string)
        else cast({{ rounded }} as string)
    end
{%- endmacro %}

{# A rate in percent as people write it. What is rare is never printed as 0: below a
   tenth of a percent with three decimals, and at least 0.001. #}
{% macro display_percent(rate) -%}
    coalesce(
        case
            when {{ rate }} > 0 and {{ rate }} < 0.001
                then trim(
                    trailing '0'
                    from cast(cast(greatest(100 * {{ rate }}, 0.001) as decimal(4, 3)) as string)
                )
        end,
        {{ display_number("(100 * " ~ rate ~ ")") }}
    )
{%- endmacro %}

{# What users of a cell of int_cell_outlook convert at, in words; reads `outlook`. #}
{% macro conversion_meaning(cell) -%}
    case
        when outlook.conversions = 0
            then concat(
                'None of ', cast(outlook.users as string), ' users {{ cell }}',
                ' converted: at most ', {{ display_percent("outlook.upper_rate") }},
                ' % do'
            )
        when outlook.conversions > 0
            then concat(
                'Users {{ cell }} convert at ',
                {{ display_percent("outlook.conversion_rate") }}, ' % [',
                {{ display_percent("outlook.lower_rate") }}, '-',
                {{ display_percent("outlook.upper_rate") }}, ']'
            )
    end || ' within {{ var("horizon_days") }} days'
{%- endmacro %}

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

{# How people call a rule: its reason with the text it asks for, or without a value:
   "Works in software", "Booked a call … days ago". #}
{% macro rule_label(template, text) -%}
    replace(
        replace(
            replace({{ template }}, '{value}', coalesce({{ text }}, '…')), '(s)', 's'
        ), '(es)', 'es'
    )
{%- endmacro %}

{# Points with their sign: +30, -5. #}
{% macro signed_points(points) -%}
    case when {{ points }} > 0 then '+' else '' end || cast({{ points }} as string)
{%- endmacro %}

{# The score and its band, then fit and grade if the panel has them; NULL of nobody. #}
{% macro score_and_grade(scores) -%}
    'Score ' || cast({{ scores }}.score as string) || ', ' || {{ scores }}.band
    || concat_ws(
        '', '; fit ' || cast({{ scores }}.fit_score as string)
        || ', ' || {{ scores }}.fit_band,
        ': grade ' || {{ scores }}.grade
    )
{%- endmacro %}

{# A score in a paragraph whose numbers in brackets add up to the score. #}
{% macro explanation_text() -%}
    concat_ws(
        '',
        {{ score_and_grade("ranked") }}, '.',
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
        ' Next: ' || next_steps.next_step || ' would add up to '
        || cast(next_steps.gain as string) || '.',
        case
            when ranked.is_held_out
                then ' Held out: left alone, to measure the effect of acting.'
            else ''
        end
    )
{%- endmacro %}
