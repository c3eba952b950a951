{# Bands that leave low scores without one. #}
{% macro check_score_bands() %}
    {{ mistakes_in(
        "(
            select
                *,
                case when bool_and(min_score is not null) over () then min(min_score) over () end
                    as lowest
            from score_bands
        ) as score_bands",
        "score_bands",
        [[
            "min_score",
            "min_score = lowest and lowest > 1",
            "gap in bands: scores below '<min_score>' have no band",
            "1 for the lowest band",
        ]]
    ) }}
{% endmacro %}
