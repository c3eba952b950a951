"""What dbt's hooks and models ask of publishing; see `pointwise.sql_functions`.

`settings` is what the macro `build_settings` gathers: paths and the target of the run.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

import duckdb
import yaml
from dbt.flags import get_flags

from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.panel.hooks import panel_texts
from pointwise.core.published import record_files as recorded_files
from pointwise.core.settings import vars_of_run
from pointwise.core.sql_text import escaped
from pointwise.publishing import spark, whether
from pointwise.publishing.adopt import adopt_old_layout
from pointwise.publishing.build import Build, digest_of_files
from pointwise.publishing.gate import LIMITS
from pointwise.publishing.publish import publish as publish_build
from pointwise.publishing.publish import this_publication as publication_of
from pointwise.sources.listing import files_of_run

# Settings of publishing itself, and of one build only.
NOT_COMPARED = {"accept_mass_change", "publish_limits", "backfill_dates"}
# What the inputs were when each run began, by its invocation_id.
INPUTS: dict[str, dict[str, str]] = {}


def begin_build(
    warehouse: duckdb.DuckDBPyConnection | None, settings: dict, selected: list[str]
) -> None:
    """Note, as a run begins, what its inputs are and which tables it may change.

    Without a warehouse they are Spark's.
    """
    INPUTS[settings["invocation_id"]] = {
        **{
            what: digest_of_files(files_of_run(path, settings["invocation_id"]))
            for what, path in (
                ("event files", settings["events"]),
                ("users file", settings["users"]),
                ("links file", settings["links"]),
                ("assignments files", settings["assignments"]),
                ("model files", f"{settings['model']}/*"),
            )
        },
        **{
            f"{file}.csv": sha256(text.encode()).hexdigest()
            for file, text in panel_texts(settings["project"]).items()
        },
    }
    adopt_old_layout(Path(settings["published"]).absolute())
    if warehouse is None:
        this_publication(settings)
        spark.forget_built(path_setting("POINTWISE_DB"))
    else:
        whether.mark_begun(warehouse, selected)


def this_publication(settings: dict) -> dict:
    """Return when this run would be published, and what was published before it."""
    return publication_in(settings["published"], settings["invocation_id"])


@cache
def publication_in(published: str, invocation_id: str) -> dict:  # noqa: ARG001
    """The same, the same for the whole of a run."""
    return publication_of(Path(published).absolute())


def record_files(settings: dict, kind: str) -> list[str]:
    """Return the files of a kind that the record counts, as DuckDB reads them."""
    return [
        escaped(path)
        for path in recorded_files(Path(settings["published"]).absolute(), kind)
    ]


def publish(
    warehouse: duckdb.DuckDBPyConnection | None,
    settings: dict,
    statuses: dict[str, str],
    columns: dict[str, dict] | None = None,
) -> dict:
    """Publish the build that ends, if it may be; return messages for the user.

    The answer has `lines`, or `stopped`, the error in which the build ends. Without a
    warehouse the build is Spark's: `columns` are those of its incremental models.
    """
    project = Path(settings["project"])
    given = as_text(vars_of_run(project, get_flags().VARS))
    inputs = INPUTS.get(settings["invocation_id"], {})
    publication = publication_in(settings["published"], settings["invocation_id"])
    built = None if warehouse is None else spark.taken_over(warehouse)
    if built and not statuses.keys() >= built["tables"].keys():
        statuses = {**dict.fromkeys(built["tables"], "success"), **statuses}
        inputs = {**inputs, **{name: built["inputs"][name] for name in spark.INPUTS}}
        publication = {**publication, "previous_id": built["previous_id"]}
    else:
        built = None
    build = Build(
        invocation_id=settings["invocation_id"],
        project=project,
        published=Path(settings["published"]).absolute(),
        control=settings["control"],
        events=settings["events"],
        target_path=project / settings["target_path"],
        target=settings["target"],
        default_target=default_target(Path(settings["profiles"]), settings["profile"]),
        database=settings["database"],
        schema=settings["schema"],
        is_empty=settings["is_empty"],
        vars={name: value for name, value in given.items() if name not in NOT_COMPARED},
        limits={**LIMITS, **(given["publish_limits"] or {})},
        accept_mass_change=given["accept_mass_change"],
        statuses=statuses,
        inputs=inputs,
        spark=built,
    )
    if warehouse is None:
        noted = spark.note_built(
            build, path_setting("POINTWISE_DB"), publication, columns or {}
        )
        return {"lines": noted}
    texts = panel_texts(settings["project"])
    try:
        lines = publish_build(build, warehouse, publication, texts)
    except PointwiseError as error:
        return {"stopped": not_published(str(error))}
    return {"lines": lines}


def not_published(reason: str) -> str:
    """Return a line on why nothing was published."""
    begins = "Not published"
    return reason if reason.startswith(begins) else f"{begins}: {reason}"


def as_text(given: dict) -> dict:
    """Return vars as `publication.json` will have them: dates are texts."""
    return json.loads(json.dumps(given, default=str))


def default_target(profiles: Path, profile: str) -> str:
    """Return the target that the profile names as its default."""
    import os
    import re

    content = yaml.safe_load((profiles / "profiles.yml").read_text("utf-8"))
    name = str(content[profile].get("target", "default"))
    found = re.fullmatch(
        r"\s*\{\{\s*env_var\(\s*['\"](\w+)['\"]\s*(?:,\s*['\"]([^'\"]*)['\"]\s*)?\)\s*\}\}\s*",
        name,
    )
    return os.environ.get(found[1], found[2] or "") if found else name
