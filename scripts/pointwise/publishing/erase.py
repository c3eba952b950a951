"""Erase a person: from the raw files, the publications, the record, warehouse and logs.

All ids of the person go: see `who_is_who.py`. A file is rewritten aside and renamed;
the published side gets a new generation and new folders of the record, which one rename
makes current. So a kill at any moment leaves whole files, and a second run finds what
is left of the person. Several ids are noted until the last trace of them is gone: what
says that they are one person's goes sooner.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import (
    DATABASE,
    PUBLICATION,
    Generation,
    generations,
    record_ids,
    recorded,
)
from pointwise.core.sql_text import file_text, sql_text
from pointwise.live.state import remove_states
from pointwise.publishing.adopt import adopt_old_layout, remove_old_layout
from pointwise.publishing.files import (
    contents_of,
    copy_or_link,
    make_durable_folder,
    put_in_place,
    remove,
    write_json,
)
from pointwise.publishing.generation import (
    PARQUET,
    write_database,
    write_lists,
    write_publication,
)
from pointwise.publishing.places import Places
from pointwise.publishing.publish import (
    LISTS,
    clear_left_overs,
    draft_of,
    make_current,
    only_one,
    previous_generation,
)
from pointwise.publishing.record import put_in_record
from pointwise.publishing.remains import (
    ID_NAMES,
    Traces,
    first_line,
    id_columns,
    is_one_of,
    rows_in_database,
)
from pointwise.publishing.rewriting import (
    PersonsFile,
    erase_rejected_lines,
    files_of,
    look_into,
    look_into_events,
    look_into_links,
    rewrite,
)
from pointwise.publishing.who_is_who import Person, note, notes, who_is
from pointwise.sources.assignments import COLUMNS as ASSIGNED

# Of these the slot stays, without what is about the person: else the arms were not even
# any more.
SLOTS = ("assignments.parquet", "experiment_assignments.parquet")
OF_A_SLOT = ("user_id", "score", "account_id", "covariates")
# Only these are written to say what was asked of dbt.
WRITTEN_BY_DBT = (
    "dbt.log*",
    "run_results.json",
    "partial_parse.msgpack",
    "graph*.json",
    # They name event files, and so a person where a folder is called user_id=….
    "compiled/**/*.sql",
    "run/**/*.sql",
)


NOT_OF_PEOPLE = {
    *("manifest.json", "publication.json", "functions.sql", "scoring_models.parquet"),
    *("graph.gpickle", "partial_parse.msgpack", "semantic_manifest.json"),
}

# The most ids that a dry run names.
LISTED = 50


@dataclass
class Found:
    """Where a person is, before anything is touched."""

    events: list[PersonsFile] = field(default_factory=list)
    users: list[PersonsFile] = field(default_factory=list)
    links: list[PersonsFile] = field(default_factory=list)
    assignments: list[PersonsFile] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    published: dict[Path, int] = field(default_factory=dict)
    warehouse: int = 0
    reports: list[Path] = field(default_factory=list)
    rejected: list[Path] = field(default_factory=list)
    is_noted: bool = False

    @property
    def is_nobody(self) -> bool:
        """Whether there is nothing to erase."""
        raw = (self.events, self.users, self.links, self.assignments)
        files = (*raw, self.published)
        beside = (self.reports, self.rejected, self.warehouse, self.is_noted)
        return not any(files) and not any(beside)

    def summary(self, verb: str, person: Person) -> list[str]:
        """Return what is, or was, erased, a sentence a line."""
        parts = []
        for files, kind in (
            (self.events, "event"),
            (self.users, "users"),
            (self.links, "links"),
            (self.assignments, "assignments"),
        ):
            if files:
                rows = sum(file.rows for file in files)
                parts.append(
                    f"{count(rows, 'row')} of {count(len(files), f'{kind} file')}"
                )
        if self.published:
            rows = sum(self.published.values())
            files = count(len(self.published), "file")
            parts.append(f"{count(rows, 'row')} of {files} published or recorded")
        if self.reports:
            parts.append(count(len(self.reports), "report"))
        if self.rejected:
            parts.append(f"lines of {count(len(self.rejected), 'file')} set aside")
        parts.append("the warehouse (`dbt build` rebuilds it)")
        if len(person.ids) > 1:
            verb += f" {len(person.ids):,} ids of one person:"
        lines = [f"{verb} {', '.join(parts)}."]
        if person.shared:
            lines.append(
                f"Left {count(len(person.shared), 'anonymous id')} that others used"
                " too, with their events."
            )
        return [*lines, *unreadable_lines(self)]


def count(number: int, word: str) -> str:
    """Return a number with its word, in the plural where it is not one."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def erase(
    user_id: str,
    places: Places,
    *,
    dry_run: bool = False,
    warehouse: duckdb.DuckDBPyConnection | None = None,
) -> list[str]:
    """Erase whom the project knows by exactly this id; return what was done.

    `warehouse` is dbt's connection where dbt asks for it, and has the file open.

    Raises PointwiseError if nobody has the id, if a build is running, if a file cannot
    be written, or if something of the person is left in the end; run it again then.
    """
    return erase_ids(user_id, places, dry_run, warehouse)[1]


def erase_and_search(
    user_id: str,
    places: Places,
    warehouse: duckdb.DuckDBPyConnection | None = None,
) -> tuple[list[str], str | None]:
    """Do the same, and search every byte; return what was done, and what is wrong."""
    ids, lines = erase_ids(user_id, places, False, warehouse)
    found, wrong = what_is_left(ids, places)
    return [*lines, *found], wrong


def erase_ids(
    user_id: str,
    places: Places,
    dry_run: bool,
    warehouse: duckdb.DuckDBPyConnection | None,
) -> tuple[list[str], list[str]]:
    """Erase all ids of who has this one; return them, and what was done."""
    if not user_id.strip():
        raise PointwiseError("an empty id is nobody's: nothing is erased")
    try:
        user_id.encode()
    except UnicodeEncodeError as error:
        raise PointwiseError("this id is not UTF-8: nothing is erased") from error
    try:
        with ExitStack() as held:
            if places.published.exists():
                held.enter_context(only_one(places.published))
            connection = held.enter_context(duckdb.connect())
            person = who_is(connection, places, user_id)
            traces = Traces(*person.ids)
            found = look_everywhere(connection, places, traces, warehouse)
            if found.is_nobody:
                raise PointwiseError(nobody(found))
            if dry_run:
                summary = found.summary("Would erase", person)
                return person.ids, [*summary, *listed(person)]
            erase_everywhere(connection, places, traces, found)
    except (OSError, duckdb.Error) as error:
        raise PointwiseError(
            f"the erasure is not complete ({first_line(error)}): fix that and run it"
            " again"
        ) from error
    return person.ids, found.summary("Erased", person)


def listed(person: Person) -> list[str]:
    """Return which ids would go, to look at before they do."""
    if len(person.ids) == 1:
        return []
    more = ", …" if len(person.ids) > LISTED else ""
    return [f"The ids: {', '.join(person.ids[::-1][:LISTED])}{more}"]


def look_everywhere(
    connection: duckdb.DuckDBPyConnection,
    places: Places,
    traces: Traces,
    warehouse: duckdb.DuckDBPyConnection | None,
) -> Found:
    """Return where a person is; nothing is touched."""
    found = Found()
    ids = traces.ids
    found.is_noted = any(set(noted) & set(ids) for _, noted in notes(places))
    found.warehouse = rows_in_database(places.warehouse, ids, warehouse)
    for paths, look, files in (
        (
            files_of(places.events),
            lambda path: look_into_events(connection, path, places.event_ids, ids),
            found.events,
        ),
        (
            files_of(places.users),
            lambda path: look_into(connection, path, places.profile_id, ids),
            found.users,
        ),
        (
            places.link_files,
            lambda path: look_into_links(connection, path, ids),
            found.links,
        ),
        (
            places.assignment_files,
            lambda path: look_into_links(connection, path, ids, ASSIGNED),
            found.assignments,
        ),
    ):
        for path in paths:
            try:
                file = look(path)
            except (duckdb.Error, PointwiseError) as error:
                found.unreadable[path] = first_line(error)
                continue
            if file.rows:
                files.append(file)
    found.users += true_of(connection, places, traces)
    for pattern in ("generations/*/*.parquet", "record/*/*.parquet", "*.parquet"):
        for path in sorted(places.published.glob(pattern)):
            try:
                rows = rows_of(connection, path, ids)
            except duckdb.Error as error:
                found.unreadable[path] = first_line(error)
                continue
            if rows:
                found.published[path] = rows
    found.reports = traces.in_texts(places.reports)
    for folder in places.event_folders[1:]:
        found.rejected += traces.in_texts(folder)
    return found


def true_of(
    connection: duckdb.DuckDBPyConnection, places: Places, traces: Traces
) -> list[PersonsFile]:
    """Return the files of a synthetic world's truth that hold a person."""
    files = [
        look_into(connection, path, "user_id", traces.ids)
        for path in places.truth(connection)
    ]
    return [file for file in files if file.rows]


def erase_everywhere(
    connection: duckdb.DuckDBPyConnection, places: Places, traces: Traces, found: Found
) -> None:
    """Erase a person where it was found.

    What says that there was somebody comes last: a run after a kill finds it.
    """
    if len(traces.ids) > 1:
        note(places, traces.ids)
    for path in found.reports:
        remove(path)
    for path in found.rejected:
        erase_rejected_lines(path, traces)
    scrub(places, traces)
    for file in chain(found.events, found.users, found.links, found.assignments):
        rewrite(connection, file)
    remove_databases(places)
    if found.published:
        publish_without(connection, places.published, traces.ids)
        remove_others(places.published)
    for path, noted in list(notes(places)):
        if set(noted) & set(traces.ids):
            remove(path)
    make_durable_folder(places.warehouse.parent)


def remove_databases(places: Places) -> None:
    """Remove the warehouse and what live scores start from.

    Both are caches: freed blocks of them would keep what was erased.
    """
    remove_states(places.published)
    for path in places.databases:
        remove(path)
    make_durable_folder(places.warehouse.parent)


def scrub(places: Places, traces: Traces) -> None:
    """Take the id out of what dbt has written of its own runs."""
    for folder in dict.fromkeys((places.logs, places.target)):
        for pattern in WRITTEN_BY_DBT:
            for path in folder.glob(pattern):
                traces.scrub(path)


def rows_of(
    connection: duckdb.DuckDBPyConnection, path: Path, ids: Sequence[str]
) -> int:
    """Return how many rows of a published file are a person's."""
    is_theirs = condition_of(connection, path, ids)
    return connection.execute(
        f"select count(*) from read_parquet({file_text(path)}) where {is_theirs}"
    ).fetchall()[0][0]


def condition_of(
    connection: duckdb.DuckDBPyConnection, path: Path, ids: Sequence[str]
) -> str:
    """Return the SQL of whether a row of a published file names one of these ids."""
    columns = id_columns(connection, path, ID_NAMES)
    named = [is_one_of(f"cast({column} as varchar)", ids) for column in columns]
    return f"({' or '.join(named) or 'false'})"


def put_without(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    target: Path,
    ids: Sequence[str],
) -> None:
    """Put a file into a draft, without the rows of a person."""
    if source.suffix != ".parquet" or not rows_of(connection, source, ids):
        copy_or_link(source, target)
        return
    is_theirs = condition_of(connection, source, ids)
    rows = f"read_parquet({file_text(source)})"
    query = f"select * from {rows} where not {is_theirs}"
    if source.name in SLOTS:
        there = [
            name for name, *_ in connection.execute(f"describe from {rows}").fetchall()
        ]
        kept = ", ".join(
            f"case when not {is_theirs} then {name} end as {name}"
            for name in OF_A_SLOT
            if name in there
        )
        query = f"select * replace ({kept}) from {rows}"
    connection.execute(f"copy ({query}) to {sql_text(target)} {PARQUET}")


def publish_without(
    connection: duckdb.DuckDBPyConnection, published: Path, ids: Sequence[str]
) -> None:
    """Publish what readers see, and the record, again without a person."""
    adopt_old_layout(published)
    clear_left_overs(published)
    previous, damage = previous_generation(published)
    if previous is None and damage:
        raise PointwiseError(damage)
    before = record_ids(published)
    record = record_without(connection, published, before, ids)
    if previous is None or record == before:
        return
    facts = {
        **previous.facts,
        "id": record[-1],
        "record": record,
        "previous": record[-2] if len(record) > 1 else None,
    }
    draft = draft_of(published)
    draft.mkdir()
    for name in previous.facts["files"]:
        if name not in (DATABASE, *LISTS, "publication.parquet"):
            put_without(connection, previous.folder / name, draft / name, ids)
    scores = draft / "user_scores.parquet"
    if scores.exists():
        facts["users"] = connection.execute(
            f"select count(*) from read_parquet({file_text(scores)})"
        ).fetchall()[0][0]
    write_publication(draft, facts)
    write_json(draft / PUBLICATION, {**facts, "files": contents_of(draft)})
    write_lists(draft, Generation(draft))
    write_database(draft)
    write_json(draft / PUBLICATION, {**facts, "files": contents_of(draft)})
    put_in_place(draft, facts["id"])
    make_current(published, facts["id"])


def record_without(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    publications: list[str],
    ids: Sequence[str],
) -> list[str]:
    """Rewrite the record, under new names from the first part that changes.

    Nothing reads the new parts before a generation names them: the old ones stay.
    """
    record: list[str] = []
    is_changed = False
    for publication in publications:
        facts = recorded(published, publication)
        folder = published / "record" / publication
        is_last = publication == publications[-1]
        is_changed = (
            is_changed
            or is_last
            or any(
                rows_of(connection, folder / name, ids)
                for name in facts["files"]
                if name.endswith(".parquet")
            )
        )
        if not is_changed:
            record.append(publication)
            continue
        draft = published / "record" / ".draft"
        remove(draft)
        draft.mkdir(parents=True)
        for name in facts["files"]:
            put_without(connection, folder / name, draft / name, ids)
        name = next_name(publication)
        remove(folder.with_name(name))
        previous = record[-1] if record else None
        put_in_record(published, {**facts, "id": name, "previous": previous})
        record.append(name)
    return record


def next_name(publication: str) -> str:
    """Return a name that sorts right behind a publication's."""
    time, run, *rewritten = publication.split("-")
    number = int(rewritten[0]) + 1 if rewritten else 1
    return f"{time}-{run}-{number:04}"


def remove_others(published: Path) -> None:
    """Remove all generations but the current one, and what the record does not list."""
    clear_left_overs(published)
    previous, _ = previous_generation(published)
    for generation in generations(published):
        if previous is None or generation.id != previous.id:
            remove_generation(generation.folder)
    remove_old_layout(published)
    if previous is None:
        for name in (DATABASE, *LISTS):
            remove(published / name)
    make_durable_folder(published)


def remove_generation(folder: Path) -> None:
    """Remove a generation, the marts last: a run after a kill looks for them."""
    for path in sorted(folder.iterdir(), key=lambda path: path.suffix == ".parquet"):
        path.unlink()
    folder.rmdir()


def nobody(found: Found) -> str:
    """Return what to say where nobody has an id."""
    return " ".join(
        [
            "nobody has exactly this id, in raw files, publications, record, warehouse"
            " or reports: nothing is erased. Case and leading zeros matter.",
            *unreadable_lines(found),
        ]
    )


def unreadable_lines(found: Found) -> list[str]:
    """Return which files could not be looked into."""
    if not found.unreadable:
        return []
    listed = "; ".join(f"{path} ({why})" for path, why in found.unreadable.items())
    return [f"Could not be read, and may hold the person: {listed}."]


def what_is_left(ids: str | list[str], places: Places) -> tuple[list[str], str | None]:
    """Search every byte where a person was; return messages, and what is wrong."""
    traces = Traces(*([ids] if isinstance(ids, str) else ids))
    if not traces.can_be_searched:
        return ["The id is too short to search the bytes of files for it."], None
    with duckdb.connect() as connection:
        left = [
            path
            for folder in places.folders
            for path in traces.left_in(connection, folder, places.id_names)
        ]
        left += [
            path
            for path in (*places.link_files, *places.assignment_files)
            if traces.are_in_content(connection, path, places.id_names)
        ]
    # These say what was built, not of whom: ids that are ordinary words stand there.
    left = [path for path in left if path.name not in NOT_OF_PEOPLE]
    if left:
        listed = ", ".join(str(path) for path in dict.fromkeys(left))
        return (
            [],
            f"the id is left in {listed}: erase it there yourself, or delete them",
        )
    folders = ", ".join(str(folder) for folder in places.folders)
    return [f"No byte of the id is left in {folders}."], None


def erase_user(
    warehouse: duckdb.DuckDBPyConnection,
    settings: dict,
    user_id: str,
    is_text: bool,
    columns: dict,
) -> dict:
    """What `dbt run-operation erase_user` does; see `erase`.

    `columns` says what is an id in the files, and which ids count, as `Places` has it.
    """
    if not is_text:
        raise PointwiseError(
            f"user_id is no text: YAML reads it as {user_id}. Quote it, as in"
            " --args '{user_id: \"007\"}'. Nothing is erased"
        )
    places = Places(
        project=Path(settings["project"]),
        events=settings["events"],
        users=settings["users"],
        links=settings["links"],
        assignments=settings["assignments"],
        published=Path(settings["published"]).absolute(),
        warehouse=Path(settings["warehouse"]).absolute(),
        model=Path(settings["model"]),
        target=Path(settings["target_path"]),
        logs=Path(settings["logs"]),
        **{**columns, "placeholders": tuple(map(str, columns["placeholders"]))},
    )
    # dbt writes what it was asked, the id too, when all else is done.
    atexit.register(scrub, places, Traces(user_id))
    lines, wrong = erase_and_search(user_id, places, warehouse)
    lines.append(
        f"dbt itself writes the id to {places.logs} and {places.target}: it is taken"
        " out when dbt ends. pointwise erase writes it nowhere."
    )
    return {"lines": lines, "wrong": wrong}
