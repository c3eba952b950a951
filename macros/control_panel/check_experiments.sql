{# Experiments that could not be assigned or read out. #}
{% macro check_experiments() %}
    {% set is_attribute = "measure = 'attribute'" %}
    {{ mistakes_in("(" ~ control_panel_experiments_with_parts() ~ ") as parts", "experiments", [
        [
            "end_date",
            "try_cast(end_date as date) < try_cast(start_date as date)",
            "'<end_date>' is before start_date",
            "a date from <start_date>",
        ],
        [
            "bands",
            "unknown_band is not null",
            "'<unknown_band>' is not in score_bands.csv",
            "bands from score_bands.csv such as high|medium, or blank for all",
        ],
        [
            "feature",
            "feature is null and coalesce(min_value_text, max_value_text, equals) is not null",
            "is blank, yet the row has a condition",
            "the feature that the condition is on",
        ],
        [
            "min_value",
            "measure not in ('attribute', 'days_since_last') and min_value_text is null and max_value_text is null",
            "is blank, as is max_value: the rule would be met by everybody",
            "a min_value or a max_value",
        ],
        [
            "min_value",
            is_attribute ~ " and coalesce(min_value_text, max_value_text) is not null",
            "a range has no meaning for an attribute",
            "blank; the text goes to equals",
        ],
        [
            "min_value",
            "min_value > max_value",
            "'<min_value_text>' is more than max_value",
            "at most <max_value_text>",
        ],
        [
            "equals",
            is_attribute ~ " and equals is null",
            "is blank",
            "the text that the attribute must be",
        ],
        [
            "equals",
            "measure <> 'attribute' and equals is not null",
            "'<equals>' is compared with a number",
            "blank; min_value and max_value are for numbers",
        ],
        [
            "arms",
            "has_twins",
            "'<arms>' names an arm twice",
            "arms with names of their own",
        ],
        [
            "arms",
            "share_sum <> 1",
            "the shares of '<arms>' sum to <share_sum>",
            "shares that sum to 1",
        ],
        [
            "arms",
            "share_sum = 1 and block_size is null",
            "the shares of '<arms>' fit no block of up to 100 users",
            "shares such as 0.5, 0.25, 0.05 or 1/3",
        ],
        [
            "stratify_by",
            "strata_measure <> 'attribute'",
            "'<stratify_by>' is a number",
            "blank, or a feature that is an attribute; users are split evenly by score anyway",
        ],
        [
            "minimum_effect",
            "minimum_effect <= 0 or minimum_effect >= 1",
            "'<minimum_effect_text>' is not between 0 and 1",
            "a difference of two rates: 0.02 is two more of a hundred users",
        ],
    ]) }}
{% endmacro %}

{# Experiments with what their cells consist of: bands, arms and shares. Cells that are
   not as they should be have no parts. #}
{% macro control_panel_experiments_with_parts() %}
    select
        listed.*,
        length(list_distinct(arm_names)) < length(arm_names) as has_twins,
        list_min(
            list_filter(
                range(2, 101),
                lambda size: list_bool_and(
                    list_transform(parts, lambda part: part[1] * size % part[2] = 0)
                )
            )
        ) as block_size
    from (
        select
            *,
            round(
                list_sum(list_transform(parts, lambda part: part[1] / part[2])), 4
            ) as share_sum
        from (
            select
                experiments.*,
                features.measure,
                strata.measure as strata_measure,
                list_transform(texts, lambda text: split_part(text, ':', 1)) as arm_names,
                list_transform(texts, lambda text: [
                    {{ share_numerator("split_part(text, ':', 2)") }},
                    {{ share_denominator("split_part(text, ':', 2)") }}
                ]) as parts,
                list_filter(
                    string_split(experiments.bands, '|'),
                    lambda band: not list_contains(known.bands, band)
                )[1] as unknown_band
            from (
                select
                    *,
                    case
                        when regexp_full_match(
                            arms, '{{ control_panel_kinds()["arms"]["pattern"] }}'
                        ) then string_split(arms, '|')
                    end as texts
                from experiments
            ) as experiments
            cross join (
                select list(value) as bands
                from cells
                where panel_file = 'score_bands' and column_name = 'band'
            ) as known
            left join features
                on experiments.feature = features.feature
            left join features as strata
                on experiments.stratify_by = strata.feature
        ) as cut
    ) as listed
{% endmacro %}
