"""Whether a build may be published, and if not, why not, in a sentence for people.

A whole green build may. So may a build of a part, if all it left out is as it was at
the last publication, and passed then: files, settings, code, and the tables themselves.
"""

from __future__ import annotations

import duckdb

from pointwise.core.published import Generation
from pointwise.publishing import spark
from pointwise.publishing.build import Build

# What reads each input, by the name of the model.
READERS = {
    "event files": ["base_event_files", "stg_event_files"],
    "users file": ["stg_user_attributes"],
    "links file": ["stg_links"],
    "assignments files": ["int_given_rows", "int_as_of_dates"],
    "model files": [
        "model_comparison",
        "model_checks",
        "model_curves",
        "int_propensity_margins",
        "int_propensity_effects",
    ],
}
# In the warehouse: which publication its tables are of, and which were begun since.
STATE = """
    create schema if not exists internal;
    create table if not exists internal.published_state (publication_id varchar);
    create table if not exists internal.unpublished_nodes (unique_id varchar);
"""


def mark_begun(warehouse: duckdb.DuckDBPyConnection, nodes: list[str]) -> None:
    """Note that tables may differ from the last publication from now on."""
    warehouse.execute(STATE)
    if nodes:
        warehouse.execute(
            "insert into internal.unpublished_nodes select unnest($1)"
            " except select unique_id from internal.unpublished_nodes",
            [nodes],
        )
    built = spark.taken_over(warehouse)
    if built and not built["tables"].keys().isdisjoint(nodes):
        warehouse.execute(spark.FORGET)


def mark_published(warehouse: duckdb.DuckDBPyConnection, publication: str) -> None:
    """Note that the tables of the warehouse are those of a publication."""
    warehouse.execute(STATE + spark.STATE)
    warehouse.execute("begin")
    warehouse.execute("delete from internal.published_state")
    warehouse.execute("insert into internal.published_state values (?)", [publication])
    warehouse.execute("delete from internal.unpublished_nodes")
    warehouse.execute(spark.FORGET)
    warehouse.execute("commit")


def why_not(
    build: Build, previous: Generation | None, warehouse: duckdb.DuckDBPyConnection
) -> str | None:
    """Return why this build may not be published; None if it may."""
    if build.target != build.default_target:
        return (
            f"only the default target of the profile publishes, {build.default_target},"
            f" and this build was of {build.target}: build with --target"
            f" {build.default_target}, or make {build.target} the default in"
            " profiles.yml"
        )
    if build.is_empty:
        return "the build was empty (--empty)"
    failed = build.statuses.keys() - build.passed
    if failed:
        return f"{len(failed)} step{'s' if len(failed) > 1 else ''} did not pass"
    if build.spark and (reason := spark.why_not(build)):
        return reason
    if not build.missing:
        return None
    reason = why_not_a_part(build, previous, warehouse)
    return reason and f"only a part was built, and {reason}"


def why_not_a_part(
    build: Build, previous: Generation | None, warehouse: duckdb.DuckDBPyConnection
) -> str | None:
    """Return what keeps a part from being published on top of the last publication."""
    if previous is None:
        return "nothing is published yet that it could be a part of: run `dbt build`"
    whole = "run `dbt build`"
    warehouse.execute(STATE)
    state = warehouse.execute("select publication_id from internal.published_state")
    if state.fetchall() != [(previous.id,)]:
        return f"the warehouse is not that of the last publication: {whole}"
    facts = previous.facts
    if build.vars != facts["vars"]:
        changed = sorted(
            name
            for name in build.vars.keys() | facts["vars"].keys()
            if build.vars.get(name) != facts["vars"].get(name)
        )
        return (
            f"{', '.join(changed)} {is_or_are(changed)} not as at the last publication:"
            f" {whole} with these settings, or this build without them"
        )
    stale = begun_and_left_out(build, warehouse) or changed_and_left_out(build, facts)
    if stale:
        return stale
    built = {name for name in build.passed if name in build.nodes}
    # What says which publication it is of is built with each.
    states = {
        name
        for name, node in build.nodes.items()
        if "macro.pointwise.this_publication" in node["depends_on"].get("macros", [])
    }
    needed = (states | build.downstream_of(built | states)) & build.missing
    if needed:
        roots = {
            name
            for name in states or built
            if ({name} & states | build.downstream_of({name})) & needed
        } or {name for name in built if build.downstream_of({name}) & needed}
        listed = " ".join(sorted(f"{name.split('.')[2]}+" for name in roots)[:3])
        return (
            f"{short_names(build, needed)} {was_or_were(needed)} left out, which must"
            f" agree with what was built: add {listed} to the selection, and leave no"
            " tests out"
        )
    return None


def begun_and_left_out(
    build: Build, warehouse: duckdb.DuckDBPyConnection
) -> str | None:
    """Return what a run that did not publish has built since, and this one has not."""
    rows = warehouse.execute(
        "select unique_id from internal.unpublished_nodes"
    ).fetchall()
    begun = {name for (name,) in rows} & build.missing
    if not begun:
        return None
    return (
        f"{short_names(build, begun)} {was_or_were(begun)} built since by a run that"
        " did not publish: build that too, or run `dbt build`"
    )


def changed_and_left_out(build: Build, facts: dict) -> str | None:
    """Return which code or input is not as it was, of what was left out."""
    then = facts["checksums"]
    if build.checksums["macros"] != then.get("macros"):
        return "the project's macros have changed since: run `dbt build`"
    changed = {
        name for name in build.missing if build.checksums[name] != then.get(name)
    }
    if changed:
        return (
            f"{short_names(build, changed)} changed since the last publication: build"
            " that too, or run `dbt build`"
        )
    built = {build.nodes[name]["name"] for name in build.passed if name in build.nodes}
    for name in sorted(build.inputs.keys() | facts["inputs"].keys()):
        if build.inputs.get(name) == facts["inputs"].get(name):
            continue
        readers = READERS.get(name, [name.removesuffix(".csv")])
        known = {node["name"] for node in build.nodes.values()}
        if any(reader in known and reader not in built for reader in readers):
            return f"the {name} changed since the last publication: run `dbt build`"
    return None


def short_names(build: Build, nodes: set[str]) -> str:
    """Return a few of the names of nodes, models before tests."""
    order = sorted(nodes, key=lambda node: (not node.startswith("model."), node))
    names = [
        build.nodes.get(node, {}).get("name") or node.split(".")[2] for node in order
    ]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def is_or_are(items: object) -> str:
    """Return the verb for one or several."""
    return "is" if len(items) == 1 else "are"


def was_or_were(items: object) -> str:
    """The same in the past."""
    return "was" if len(items) == 1 else "were"
