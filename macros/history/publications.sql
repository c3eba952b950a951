{# What was published is what a whole, green build on the default target published. The
   history is built like any other model, before that is known: a build that does not
   publish leaves rows that the next one takes back, by these hooks. #}

{# The time of the last build that published; NULL if none has. #}
{% macro last_published_at(publications) -%}
    (select max(published_at) from {{ publications }} where is_published)
{%- endmacro %}

{# Pre-hook: delete the rows that a build wrote which did not publish, and let rows stand
   again that it had ended. #}
{% macro take_back_unpublished(publications=this, reopen=false) %}
    {% if execute and is_incremental() %}
        delete from {{ this }}
        where
            published_at > coalesce(
                {{ last_published_at(publications) }}, timestamp '0001-01-01'
            );
        {% if reopen %}
            update {{ this }}
            set replaced_at = null
            where replaced_at > {{ last_published_at(publications) }}
        {% endif %}
    {% endif %}
{% endmacro %}

{# Post-hook: end the rows that this build replaces, and those of users who are not
   scored any more. #}
{% macro close_replaced(publications, user_scores) %}
    update {{ this }}
    set replaced_at = publications.published_at
    from {{ publications }} as publications
    where
        {{ this }}.replaced_at is null
        and {{ this }}.published_at < publications.published_at
        and not publications.is_published
        and (
            {{ this }}.user_id in (
                select user_id from {{ this }}
                where published_at = publications.published_at
            )
            or {{ this }}.user_id not in (select user_id from {{ user_scores }})
        )
{% endmacro %}

{# Query that marks this build as one that published. #}
{% macro mark_published() %}
    update {{ api.Relation.create(
        database=target.database, schema="internal", identifier="int_publications"
    ) }}
    set is_published = true
    where invocation_id = '{{ invocation_id }}'
{% endmacro %}

{# Query for the scores that stand in the history; none on the first build. #}
{% macro standing_scores(user_scores) %}
    select
        user_id,
        score,
        band,
        weights_version,
        {{ "points_fingerprint" if is_incremental() else "user_id as points_fingerprint" }}
    from {{ this if is_incremental() else user_scores }}
    where {{ "replaced_at is null" if is_incremental() else "false" }}
{% endmacro %}
