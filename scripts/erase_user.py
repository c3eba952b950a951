"""Erase a person: from raw files, publications, the record, the warehouse and logs.

python scripts/erase_user.py u42 --dry-run
python scripts/erase_user.py u42
python scripts/erase_user.py -- -7
"""

from __future__ import annotations

import argparse
import os

import yaml

from common import PROJECT, PointwiseError, console, run, setting
from pointwise.core.published import current
from pointwise.publishing.erase import Places, erase, what_is_left


def mapped_ids(kind: str) -> str:
    """Return what an id is in the files, in SQL: as published last, else as declared.

    `kind` is `event_columns` or `user_columns`.
    """
    project = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    declared = yaml.safe_load(project)["vars"]
    try:
        generation = current(setting("POINTWISE_PUBLISHED"))
    except PointwiseError:
        generation = None
    given = generation.facts["vars"] if generation else declared
    return given.get(kind, declared[kind]).get("user_id", "user_id")


def places() -> Places:
    """Return where this project has data of persons."""
    return Places(
        project=PROJECT,
        events=str(setting("POINTWISE_EVENTS")),
        users=str(setting("POINTWISE_USERS")),
        published=setting("POINTWISE_PUBLISHED"),
        warehouse=setting("POINTWISE_DB"),
        model=setting("POINTWISE_MODEL"),
        target=PROJECT / os.environ.get("DBT_TARGET_PATH", "target"),
        logs=PROJECT / os.environ.get("DBT_LOG_PATH", "logs"),
        event_id=mapped_ids("event_columns"),
        profile_id=mapped_ids("user_columns"),
    )


def main() -> None:
    """Read the command line, erase, and search for what is left."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("id", help="the id, exactly as in the files")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be erased, and stop"
    )
    arguments = parser.parse_args()
    where = places()
    lines = erase(arguments.id, where, dry_run=arguments.dry_run)
    wrong = None
    if not arguments.dry_run:
        told, wrong = what_is_left(arguments.id, where)
        lines += told
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    if wrong:
        raise PointwiseError(wrong)


if __name__ == "__main__":
    run(main)
