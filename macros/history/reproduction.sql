{# scripts/reproduce.py scores an old publication again, in the target what_if, by the models
   that find the causes of a change: the var reproduced_publication takes the place of the
   last publication, nothing comes after the attributes of now, and everybody is scored. #}

{# The publication to score again, as the one before. #}
{% macro reproduced_publication(publication) %}
    select
        cast('{{ publication.published_at }}' as timestamp) as published_at,
        cast('{{ publication.as_of_date }}' as date) as as_of_date,
        '{{ publication.weights_version }}' as weights_version
{% endmacro %}

{# The periods of the history that stood then: step 0 of everybody. #}
{% macro periods_as_published(history, publications) %}
    select
        history.user_id,
        history.contributions,
        history.points_fingerprint,
        0 as step
    from {{ history }} as history
    inner join {{ publications }} as publications
        on history.published_at <= publications.previous_published_at
        and coalesce(history.replaced_at > publications.previous_published_at, true)
{% endmacro %}

{# Users who had no score then, and may have one now. #}
{% macro users_not_published(contributions, activity, user_attributes) %}
    select
        users.user_id,
        false as was_scored
    from (
        select user_id from {{ activity }}
        union
        select user_id from {{ user_attributes }}
    ) as users
    left join {{ contributions }} as contributions
        on users.user_id = contributions.user_id
    where contributions.user_id is null
{% endmacro %}
