{# Experiments whose arms are not those that users were assigned to: nobody ever moves, so
   neither may the arms. Nothing to compare with before the first assignment. #}
{% macro check_recorded_experiments() %}
    {% set record = load_relation(mart("experiment_assignments")) if execute %}
    select
        'experiments' as panel_file,
        experiments.row_number,
        'arms' as column_name,
        {{ message("'<experiments.arms>' is not what <recorded.users> users were assigned to") }}
            as found,
        regexp_replace(array_to_string(recorded.arms, ', '), '0+(, |$)', '\1', 'g')
            || '; or another name for another experiment' as allowed
    from experiments
    inner join (
        select
            experiment,
            count(*) as users,
            list_sort(list(distinct concat(arm, ':', share))) as arms
        from {{ record or "(select null as experiment, null as arm, null as share) as nobody" }}
        group by experiment
    ) as recorded
        on experiments.experiment = recorded.experiment
    where
        regexp_full_match(experiments.arms, '{{ control_panel_kinds()["arms"]["pattern"] }}')
        and not list_has_all(
            list_transform(string_split(experiments.arms, '|'), lambda text: concat(
                split_part(text, ':', 1),
                ':',
                {{ arm_share("split_part(text, ':', 2)") }}
            )),
            recorded.arms
        )
{% endmacro %}
