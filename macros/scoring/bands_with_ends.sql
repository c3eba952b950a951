{# Bands with the score at which the next one begins; scores end at 100. #}
{% macro bands_with_ends(bands) %}
    select
        *,
        lead(min_score, 1, 101) over (order by min_score) as next_min_score
    from {{ bands }}
{% endmacro %}
