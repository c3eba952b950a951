{# A statement that takes a user out of a table. In the record of experiments the slot stays,
   without name and score, or the arms would not be even any more. #}
{% macro erase_rows(relation, user) %}
    {% if relation.endswith('"experiment_assignments"') %}
        update {{ relation }} set user_id = null, score = null where user_id = {{ user }}
    {% else %}
        delete from {{ relation }} where user_id = {{ user }}
    {% endif %}
{% endmacro %}

{# The same for the published record; returns the files it wrote. #}
{% macro erase_from_published_assignments(user) %}
    {% set path = sql_text(published_folder() ~ "/experiment_assignments.parquet") %}
    {% set found = run_query("select count(*) from glob(" ~ path ~ ")") %}
    {% if found.columns[0].values()[0] == 0 %}{{ return([]) }}{% endif %}
    {% do run_query(
        "copy (select * replace (nullif(user_id, " ~ user ~ ") as user_id,"
        ~ " case when user_id is distinct from " ~ user ~ " then score end as score)"
        ~ " from read_parquet(" ~ path ~ ")) to " ~ path ~ " (format parquet, compression zstd)"
    ) %}
    {{ return([path]) }}
{% endmacro %}
