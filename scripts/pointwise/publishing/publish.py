"""Publish a build: write a generation and its part of the record, and make it current.

All is written aside first. The rename of one link is the publication: a kill at any
moment leaves the old one or the new one, and the next build clears what is left over.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import (
    CURRENT,
    DATABASE,
    PUBLICATION,
    Generation,
    current,
    current_id,
    generations,
    last_intact,
    record_ids,
    recorded,
)
from pointwise.core.words import counted
from pointwise.live.state import READER, clear_states, write_state
from pointwise.publishing import whether
from pointwise.publishing.adopt import remove_old_layout
from pointwise.publishing.build import Build
from pointwise.publishing.files import (
    contents_of,
    copy_or_link,
    make_durable_folder,
    point_to,
    put_in_place,
    remove,
    write_json,
)
from pointwise.publishing.gate import judge
from pointwise.publishing.generation import (
    write_database,
    write_generation,
    write_lists,
    write_publication,
)
from pointwise.publishing.news import news
from pointwise.publishing.record import put_in_record, write_record
from pointwise.publishing.summary import summary

KEPT_GENERATIONS = 3
# How folders of generations and of the record are called; others are not ours.
NAME = re.compile(r"\d{8}T\d{12}-")
LISTS = ("top_users.csv", "top_band_entries.csv", "worklist.csv")
FACTS = """
    select count(*), cast(max(as_of_date) as varchar), max(weights_version)
    from {user_scores}
"""


def this_publication(published: Path) -> dict:
    """Return when this build would be published, and what was published before it.

    The clock never goes backwards here: a publication comes after the last one,
    whatever the machine says.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    ids = record_ids(published)
    then = recorded(published, ids[-1]) if ids else {}
    if then:
        last = datetime.fromisoformat(then["published_at"])
        now = max(now, last + timedelta(milliseconds=1))
    if not then.get("as_of_date"):  # assignments were taken over, and no scores
        then = {}
    return {
        "published_at": now.isoformat(sep=" ", timespec="microseconds"),
        "previous_id": ids[-1] if ids else None,
        "previous_published_at": then.get("published_at"),
        "previous_as_of_date": then.get("as_of_date"),
        "previous_weights_version": then.get("weights_version"),
    }


def previous_generation(published: Path) -> tuple[Generation | None, str | None]:
    """Return the generation to compare and go on with, and what is wrong, if anything.

    That is the current one; where it is damaged, the last intact one.
    """
    try:
        return current(published), None
    except PointwiseError as error:
        return last_intact(published), str(error)


def publish(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    publication: dict,
    panel_texts: dict[str, str],
) -> list[str]:
    """Publish a build if it may be; return messages for the user, a line each.

    Raises PointwiseError if the gate stops it, or a file cannot be written. Readers
    then keep the last good scores.
    """
    try:
        with only_one(build.published):
            return publish_alone(build, warehouse, publication, panel_texts)
    except OSError as error:
        raise PointwiseError(
            f"Not published: cannot write {error.filename or build.published}:"
            f" {error.strerror}. Readers keep the last good scores"
        ) from error


def publish_alone(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    publication: dict,
    panel_texts: dict[str, str],
) -> list[str]:
    """The same, while nobody else publishes there."""
    published = build.published
    previous, damage = previous_generation(published)
    lines = [f"Damaged: {damage}"] if damage else []
    reason = whether.why_not(build, previous, warehouse)
    before = record_ids(published)
    if not reason and publication["previous_id"] != (before[-1] if before else None):
        reason = (
            "another build has published since this one began, and its scores may be"
            " newer: run `dbt build` again"
        )
    if reason:
        kept = " Readers keep the last good scores." if previous else ""
        return [*lines, f"Not published: {reason}.{kept}"]
    facts = write_aside(build, warehouse, publication, previous, panel_texts)
    draft = draft_of(published)
    found = news(build, warehouse, previous, Generation(draft), panel_texts)
    stops = judge(build, found)
    if stops and not build.accept_mass_change:
        clear_left_overs(published)
        raise PointwiseError(stopped(stops))
    if build.relation(READER) and not build.spark:
        write_state(warehouse, published, facts["id"])
    finish(published, facts)
    clear_states(published, facts["id"])
    whether.mark_published(warehouse, facts["id"])
    clear_old(published)
    users, day = counted(facts["users"], "person", "people"), facts["as_of_date"]
    return [
        *lines,
        f"Published {users} as of {day} to {published}, from {build.events} and"
        f" the control panel {build.control}.",
        *summary(
            found, build.vars["top_band_min_share"], build.vars["top_band_max_share"]
        ),
    ]


def draft_of(published: Path) -> Path:
    """Return where a generation is written before it has a name."""
    return published / "generations" / ".draft"


def write_aside(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    publication: dict,
    previous: Generation | None,
    panel_texts: dict[str, str],
) -> dict:
    """Write a generation and its part of the record as drafts; return its facts."""
    published = build.published
    clear_left_overs(published)
    draft, record_draft = draft_of(published), published / "record" / ".draft"
    for folder in (draft, record_draft):
        folder.mkdir(parents=True)
    facts = facts_of(build, warehouse, publication)
    write_generation(build, warehouse, draft, previous, panel_texts, facts["id"])
    write_publication(draft, facts)
    write_record(
        build, warehouse, record_draft, facts["published_at"], previous, panel_texts
    )
    write_json(draft / PUBLICATION, {**facts, "files": contents_of(draft)})
    return facts


def finish(published: Path, facts: dict) -> None:
    """Complete the drafts, give them their names, and make them current."""
    draft = draft_of(published)
    write_lists(draft, Generation(draft))
    write_database(draft)
    write_json(draft / PUBLICATION, {**facts, "files": contents_of(draft)})
    put_in_record(published, facts)
    put_in_place(draft, facts["id"])
    make_current(published, facts["id"])


def facts_of(
    build: Build, warehouse: duckdb.DuckDBPyConnection, publication: dict
) -> dict:
    """Return what `publication.json` says about this build."""
    relation = build.relation("user_scores")
    users, as_of_date, version = (
        warehouse.execute(FACTS.format(user_scores=relation)).fetchall()[0]
        if relation
        else (0, None, None)
    )
    at = datetime.fromisoformat(publication["published_at"])
    name = f"{at:%Y%m%dT%H%M%S%f}-{build.invocation_id[:8]}"
    before = record_ids(build.published)
    return {
        "id": name,
        "published_at": publication["published_at"],
        "as_of_date": as_of_date,
        "weights_version": version,
        "users": users,
        "previous": before[-1] if before else None,
        "record": [*before, name],
        "vars": build.vars,
        "control": build.control,
        "events": build.events,
        "inputs": build.inputs,
        "checksums": build.checksums,
    }


def make_current(published: Path, name: str) -> None:
    """Let readers see a generation: the publication itself.

    A journal that a reader left beside `scores.duckdb` belongs to the old database,
    and goes with it.
    """
    remove(published / f"{DATABASE}.wal")
    point_to(published / CURRENT, f"generations/{name}")
    for file in (DATABASE, *LISTS):
        link, target = published / file, f"{CURRENT}/{file}"
        if not (published / target).exists():
            remove(link)
        elif not link.is_symlink() or str(link.readlink()) != target:
            point_to(link, target)


def clear_left_overs(published: Path) -> None:
    """Remove what publications that were not finished have left behind.

    Of the record, only where the current generation itself says what counts.
    """
    for draft in published.glob("*/.draft"):
        remove(draft)
    if not (published / CURRENT).exists():
        return
    try:
        now = current_id(published)
        listed = Generation(published / "generations" / str(now)).facts["record"]
    except PointwiseError:
        return
    for path in (published / "record").glob("*"):
        if NAME.match(path.name) and path.name not in listed:
            remove(path)
    for generation in generations(published):
        if NAME.match(generation.id) and generation.id > str(now):
            remove(generation.folder)


def clear_old(published: Path) -> None:
    """Keep the last generations only, for readers that still have one open."""
    for generation in generations(published)[KEPT_GENERATIONS:]:
        remove(generation.folder)
    remove_old_layout(published)
    make_durable_folder(published)


def stopped(stops: list[str]) -> str:
    """Return what to say where the gate stops a publication."""
    reasons = "; ".join(stops)
    return (
        f"Not published, because lists would change more than anyone may have meant:"
        f" {reasons}. Readers keep the last good scores. If it is meant, let it pass:"
        " dbt build --vars 'accept_mass_change: true'"
    )


def go_back(published: Path) -> Generation:
    """Let readers see the last intact generation again; return it.

    It is published again under a name of its own: the record keeps all that came after.

    Raises PointwiseError if there is no intact generation.
    """
    with only_one(published):
        clear_left_overs(published)
        intact = last_intact(published)
        if intact is None:
            raise PointwiseError(
                f"no intact publication in {published}: run `dbt build` to publish"
            )
        at = datetime.fromisoformat(this_publication(published)["published_at"])
        before = record_ids(published)
        facts = {
            **intact.facts,
            "id": f"{at:%Y%m%dT%H%M%S%f}-{intact.id.split('-')[1]}",
            "published_at": at.isoformat(sep=" ", timespec="microseconds"),
            "previous": before[-1] if before else None,
        }
        facts["record"] = [*before, facts["id"]]
        draft = draft_of(published)
        draft.mkdir()
        for name in intact.facts["files"]:
            # A reader may have the database open to write, who may write everything.
            copy = shutil.copyfile if name == DATABASE else copy_or_link
            copy(intact.folder / name, draft / name)
        write_json(draft / PUBLICATION, facts)
        put_in_record(published, facts)
        put_in_place(draft, facts["id"])
        make_current(published, facts["id"])
        return Generation(published / "generations" / facts["id"])


@contextmanager
def only_one(published: Path) -> Iterator[None]:
    """Keep a second build from publishing to the same folder meanwhile."""
    published.mkdir(parents=True, exist_ok=True)
    with (published / ".lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows: there, nothing keeps a second build away
            pass
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
