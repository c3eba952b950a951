{# What a row of the readout says. One row for all users decides: the always valid one
   while outcomes are still to come, the stratified one with the score after. #}
{% macro effect_verdict() -%}
    case
        when is_stopped then 'stopped: an arm lost more users than chance explains'
        when method = 'ratio' then null
        when cell <> 'all' and lower > 0 then 'works here, were this the only band'
        when cell <> 'all' and upper < 0 then 'harms here, were this the only band'
        when cell <> 'all' and lower is null then 'too few conversions to say'
        when cell <> 'all' then 'no difference shown here'
        when
            method <> case when is_final then 'stratified cuped' else 'always valid' end
            then null
        when lower > 0 then 'works: more convert'
        when upper < 0 then 'harms: fewer convert'
        when lower is null and is_final then 'too few conversions to say'
        when lower is null then 'too early to say'
        when is_final then 'no difference shown'
        else 'no difference shown yet'
    end
{%- endmacro %}
