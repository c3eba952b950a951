"""Erase a person from files, publications, record and logs.

    pointwise erase u42 --dry-run
    pointwise erase u42
    pointwise erase -- -7

ID is the id exactly as in the files: 7 is not 007.
"""

from __future__ import annotations

import os

import click

from pointwise.core.command_line import command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, path_setting
from pointwise.core.published import current
from pointwise.core.settings import vars_of_run
from pointwise.core.terminal import console
from pointwise.publishing.erase import Places, erase, what_is_left


def mapped_ids(kind: str) -> str:
    """Return what an id is in the files, in SQL: as published last, else as declared.

    `kind` is `event_columns` or `user_columns`.
    """
    declared = vars_of_run(PROJECT, None)
    try:
        generation = current(path_setting("POINTWISE_PUBLISHED"))
    except PointwiseError:
        generation = None
    given = generation.facts["vars"] if generation else declared
    return given.get(kind, declared[kind]).get("user_id", "user_id")


def places() -> Places:
    """Return where this project has data of persons."""
    return Places(
        project=PROJECT,
        events=str(path_setting("POINTWISE_EVENTS")),
        users=str(path_setting("POINTWISE_USERS")),
        published=path_setting("POINTWISE_PUBLISHED"),
        warehouse=path_setting("POINTWISE_DB"),
        model=path_setting("POINTWISE_MODEL"),
        target=PROJECT / os.environ.get("DBT_TARGET_PATH", "target"),
        logs=PROJECT / os.environ.get("DBT_LOG_PATH", "logs"),
        event_id=mapped_ids("event_columns"),
        profile_id=mapped_ids("user_columns"),
    )


@command(__doc__)
@click.argument("id")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and stop.")
def main(id: str, dry_run: bool) -> None:
    """Erase who has this id, exactly as in the files, and search for what is left."""
    where = places()
    lines = erase(id, where, dry_run=dry_run)
    wrong = None
    if not dry_run:
        told, wrong = what_is_left(id, where)
        lines += told
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    if wrong:
        raise PointwiseError(wrong)
