"""One row per user whose points this build changes, cause, score and rule it changed.

A Python model, since it scores the changed users again with other inputs, by the SQL of
the models that scored them: scripts/pointwise/rescoring. Empty on the first build.
"""

CHANGED = """
    create or replace temp table changes as
    select after.user_id, before.contributions as before, after.contributions as after,
        before.other_contributions as other_before,
        after.other_contributions as other_after
    from "internal"."int_changed_scores" as after
    left join "main"."user_score_history" as before
        on after.user_id = before.user_id and after.published_at = before.replaced_at
    where before.points_fingerprint is distinct from after.points_fingerprint;
    create or replace temp table changed_users as
    select user_id, before is not null as was_scored from changes;
    create or replace temp table published_contributions as
    select user_id, 'intent' as score_name, unnest(before, recursive := true)
    from changes
    union all by name
    select user_id, unnest(other_before, recursive := true) from changes;
    create or replace temp table current_contributions as
    select user_id, 'intent' as score_name, unnest(after, recursive := true)
    from changes
    union all by name
    select user_id, unnest(other_after, recursive := true) from changes;
"""
CHANGE = """
    select
        max(previous_as_of_date), max(as_of_date), max(previous_weights_version),
        (select max(weights_version) from "main"."user_scores")
    from "internal"."int_changed_scores"
"""
NO_CAUSES = """
    create or replace temp table change_causes (
        user_id varchar, cause varchar, score_name varchar, rule varchar, points bigint,
        reason varchar
    )
"""


def model(dbt, session):
    dbt.ref("int_changed_scores")
    dbt.ref("user_score_history")
    dbt.ref("control_panel_versions")
    dbt.ref("scoring_models")
    dbt.ref("user_scores")
    from pointwise.rescoring.causes import Change, find_causes
    from pointwise.rescoring.core import Core, drop_temporary

    change = Change(*session.execute(CHANGE).fetchall()[0])
    if change.previous_as_of_date is None:
        session.execute(NO_CAUSES)
    else:
        session.execute(CHANGED)
        find_causes(session, Core.read(session, '"main"."scoring_models"'), change)
        drop_temporary(session, kept="change_causes")
    return session.sql("from temp.main.change_causes")
