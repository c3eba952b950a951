"""Erase a person from files, publications, record and logs.

    pointwise erase u42 --dry-run
    pointwise erase u42
    pointwise erase -- -7

ID is the id exactly as in the files: 7 is not 007. All ids that are linked to it go
too, by links files, publication, and events that carry both ids. A device that others
used as well stays, with their events and its nameless ones. A dry run lists the ids.
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
from pointwise.publishing.erase import Places, erase, erase_and_search


def given_vars() -> dict:
    """Return the vars that files are read by: as published last, else as declared."""
    declared = vars_of_run(PROJECT, None)
    try:
        generation = current(path_setting("POINTWISE_PUBLISHED"))
    except PointwiseError:
        generation = None
    return {**declared, **(generation.facts["vars"] if generation else {})}


def places() -> Places:
    """Return where this project has data of persons, and what an id is there."""
    given = given_vars()
    events, users = given["event_columns"], given["user_columns"]
    return Places(
        project=PROJECT,
        events=str(path_setting("POINTWISE_EVENTS")),
        users=str(path_setting("POINTWISE_USERS")),
        links=str(path_setting("POINTWISE_LINKS")),
        assignments=str(path_setting("POINTWISE_ASSIGNMENTS")),
        published=path_setting("POINTWISE_PUBLISHED"),
        warehouse=path_setting("POINTWISE_DB"),
        model=path_setting("POINTWISE_MODEL"),
        target=PROJECT / os.environ.get("DBT_TARGET_PATH", "target"),
        logs=PROJECT / os.environ.get("DBT_LOG_PATH", "logs"),
        event_id=events.get("user_id", "user_id"),
        anonymous_id=events.get("anonymous_id", "anonymous_id"),
        profile_id=users.get("user_id", "user_id"),
        placeholders=tuple(str(one) for one in given["placeholder_ids"]),
        max_ids=given["max_ids_per_person"],
    )


@command(__doc__)
@click.argument("id")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, and stop.")
def main(id: str, dry_run: bool) -> None:
    """Erase who has this id, with all linked ids, and search for what is left."""
    where = places()
    if dry_run:
        lines, wrong = erase(id, where, dry_run=True), None
    else:
        lines, wrong = erase_and_search(id, where)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    if wrong:
        raise PointwiseError(wrong)
