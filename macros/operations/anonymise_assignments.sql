{# Take a user's name and score off the record of experiments, in the warehouse and in the
   published file; returns the files. The slot stays, or the arms would not be even. #}
{% macro anonymise_assignments(user) %}
    {% set record = load_relation(mart("experiment_assignments")) %}
    {% if record %}
        {% do run_query("update " ~ record ~ " set user_id = null, score = null where user_id = " ~ user) %}
    {% endif %}
    {% set path = sql_text(published_folder() ~ "/experiment_assignments.parquet") %}
    {% set found = "select count(*) from glob(" ~ path ~ ")" %}
    {% if run_query(found).columns[0].values()[0] == 0 %}{{ return([]) }}{% endif %}
    {% do run_query(
        "copy (select * replace (case when user_id = " ~ user ~ " then null else user_id end as user_id,"
        ~ " case when user_id = " ~ user ~ " then null else score end as score)"
        ~ " from read_parquet(" ~ path ~ ")) to " ~ path ~ " (format parquet, compression zstd)"
    ) %}
    {{ return([path]) }}
{% endmacro %}
