{# Experiments whose arms are not those that users were assigned to, or have another for
   the control: nobody ever moves, so neither may the arms. Nothing to compare with before
   the first assignment. Not by mistakes_in, which over a table fails in DuckDB 2.0. #}
{% macro check_recorded_experiments() %}
    select
        'experiments' as panel_file,
        row_number,
        'arms' as column_name,
        case when has_recorded_arms
            then {{ message("'<arms>' makes <first_arm> the control, which is <control> for <users> users") }}
            else {{ message("'<arms>' is not what <users> users were assigned to") }}
        end as found,
        case when has_recorded_arms then control || ' first' else recorded_arms end
            || '; or another name for another experiment' as allowed
    from ({{ control_panel_recorded_experiments() }}) as recorded
    where not has_recorded_arms or first_arm <> control
{% endmacro %}

{# Experiments of the control panel that have users, with the arms of both. #}
{% macro control_panel_recorded_experiments() %}
    select
        experiments.row_number,
        experiments.arms,
        split_part(experiments.arms, ':', 1) as first_arm,
        recorded.users,
        recorded.control,
        regexp_replace(array_to_string(recorded.arms, ', '), '0+(, |$)', '\1', 'g')
            as recorded_arms,
        list_has_all(
            list_transform(string_split(experiments.arms, '|'), lambda text: concat(
                split_part(text, ':', 1), ':', {{ arm_share("split_part(text, ':', 2)") }}
            )),
            recorded.arms
        ) as has_recorded_arms
    from experiments
    inner join ({{ recorded_arms() }}) as recorded
        on experiments.experiment = recorded.experiment
    where
        regexp_full_match(experiments.arms, '{{ control_panel_kinds()["arms"]["pattern"] }}')
{% endmacro %}

{# Arms and control of every experiment that has users. #}
{% macro recorded_arms() %}
    select
        experiment,
        count(*) as users,
        max(arm) filter (where is_control) as control,
        list_sort(list(distinct concat(arm, ':', share))) as arms
    from {{ recorded_assignments(mart("experiment_assignments")) }} as assignments
    group by experiment
{% endmacro %}
