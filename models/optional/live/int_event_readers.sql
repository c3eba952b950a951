-- One row per way in which event files are read, the way of those that `pointwise live`
-- writes included, with the SQL of base_events for files of it: to read files that come
-- after this build. The file stands there as `live_file`, its time as `live_time`.
-- depends_on: {{ ref("stg_event_files") }}, {{ ref("base_events") }}
{% set columns = needed_event_columns() %}
{% set own = call_python("live_plan", {"columns": columns}) %}
{% set plans = [own] if own else [] %}
{% set codes = [] %}
{% if execute %}
    {% for node in graph.nodes.values() if node.name == "base_events" %}
        {% do codes.append(node.raw_code.split("\nwith\n")[1]) %}
    {% endfor %}
    {% set found = load_relation(ref("stg_event_files")) %}
    {% set of_files = "select distinct plan from " ~ found ~ " where is_readable" %}
    {% for row in (run_query(of_files ~ " order by plan").rows if found else []) %}
        {% do plans.append(row["plan"]) %}
    {% endfor %}
{% endif %}
select
    cast(null as varchar) as plan,
    cast(null as boolean) as is_own,
    cast(null as varchar) as needed_columns,
    cast(null as varchar) as query
where false
{% for plan in plans | unique %}
    {% set one = dict(fromjson(plan), files={"live_file": "live_time"}) %}
    {% set code = codes[0] | replace(
        "event_file_groups()", "[fromjson(" ~ tojson(tojson(one)) ~ ")]"
    ) %}
    union all
    select
        {{ sql_text(plan) }} as plan,
        {{ plan == own }} as is_own,
        {{ sql_text(tojson(columns)) }} as needed_columns,
        {{ sql_text("with " ~ render(code)) }} as query
{% endfor %}
