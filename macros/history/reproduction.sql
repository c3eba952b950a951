{# `pointwise reproduce` scores an old publication again, in the target what_if, by the models
   that find the causes of a change: the var reproduced_publication takes the place of the
   last publication, nothing comes after the attributes of now, and everybody is scored. #}

{# The scores that stood then: step 0 of everybody. #}
{% macro periods_as_published(recorded, publication) %}
    select
        recorded.user_id,
        recorded.contributions,
        recorded.points_fingerprint,
        0 as step
    from {{ recorded }} as recorded
    inner join {{ publication }} as publication
        on recorded.published_at <= publication.previous_published_at
    qualify
        recorded.published_at = max(recorded.published_at) over (
            partition by recorded.user_id
        )
        and recorded.score is not null
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
