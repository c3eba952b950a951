"""A newer export of what was imported before: a list is replaced, events add up."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from pointwise.core.home import path_setting
from pointwise.core.published import record_files
from pointwise.core.sql_text import file_text, sql_name, sql_text
from pointwise.core.words import all_of, counted
from pointwise.importing.landing import landed_from, rejects_path
from pointwise.importing.lead_columns import LISTING
from pointwise.importing.leads import LeadList
from pointwise.importing.summary import landed_events, say, say_apart, shown_path
from pointwise.importing.understood import IS_WITHOUT_ID, SAME_EVENT

NTH = '"nth file"'  # No column of a file is named so: snake case has no blanks.
SAME_LIST = 0.5  # This share of an earlier list is in a newer export of it.
PEOPLE_OF_BOTH = """
with people as (
    select
        experiment,
        bool_or(filename = $1) as is_in_newer,
        bool_or(filename <> $1) as is_in_earlier,
        list(distinct filename = $1) filter (is_usable) as usable_in,
        count(distinct arm) filter (is_usable) as arms
    from (
        select *, coalesce(reason, 'one id in two arms') = 'one id in two arms'
            as is_usable
        from judged
        where experiment is not null and id is not null
    )
    group by experiment, id
)
select
    count(*) filter (is_in_earlier),
    count(*) filter (is_in_earlier and is_in_newer),
    count(*) filter (len(usable_in) = 2 and arms > 1),
    count(distinct experiment) filter (
        experiment not in (select experiment from people where is_in_newer)
    )
from people
"""


def replace_earlier_lists(
    connection: duckdb.DuckDBPyConnection, path: Path, leads: LeadList, users: Path
) -> None:
    """Remove earlier exports of a list of leads, with their profiles, and say so.

    An earlier one has the same columns, and half of it or more is in this one: people,
    or in a table of snapshots people as of the same day. What would be gone is named.
    """
    # Of snapshots, a row of the list is a person as of a day: that it was listed.
    is_of_days = bool(leads.row_date and leads.outcome and not leads.is_dated)
    key = "user_id, occurred_at::date" if is_of_days else "user_id"
    rows = f" where event_type = {sql_text(LISTING)}" if is_of_days else ""
    newer = f"read_parquet({file_text(path)})"
    for earlier in earlier_lists(path):
        there, both = connection.execute(
            f"select count(*), count(*) filter (in_newer) from (select distinct {key},"
            f" ({key}) in (select ({key}) from {newer}{rows})"
            f" as in_newer from read_parquet({file_text(earlier)}){rows})"
        ).fetchall()[0]
        if both < max(SAME_LIST * there, 1):
            continue
        say(
            f"A newer export of the same list: it takes the place of"
            f" {shown_path(earlier)}, of which {both:,} of {there:,}"
            f" {'rows' if is_of_days else 'people'} are in it."
        )
        say_gone(connection, f"read_parquet({file_text(earlier)})", newer)
        content = earlier.stem[-16:]
        twins = users.parent.glob(f"users-*-{content}.parquet")
        for file in (earlier, *twins):
            rejects_path(file).unlink(missing_ok=True)
            file.unlink()


def is_same_people(
    connection: duckdb.DuckDBPyConnection, path: Path, earlier: Path
) -> bool:
    """Say, in print too, if a file of people has half of those of an earlier one."""
    there, both = connection.execute(
        "select count(*), count(*) filter (user_id in"
        f" (select user_id from read_parquet({file_text(path)})))"
        f" from (select distinct user_id from read_parquet({file_text(earlier)}))"
    ).fetchall()[0]
    are = f"{both:,} of {there:,} people of {shown_path(earlier)} are in it"
    if both >= SAME_LIST * there:
        say(f"A newer export of the same people: {are}, and it takes its place.")
        return True
    say(f"Other people than before: {are}. Both files stay.")
    return False


def say_gone(connection: duckdb.DuckDBPyConnection, earlier: str, newer: str) -> None:
    """Print, in bold, how many people and events of a list the newer one has not."""
    events, gone = (
        f"select {columns} from {earlier} except select {columns} from {newer}"
        for columns in ("user_id, event_type", "user_id")
    )
    people = connection.execute(f"select count(*) from ({gone})").fetchall()[0][0]
    lost = connection.execute(
        f"select event_type, count(*) from ({events}) group by 1 order by 2, 1"
    ).fetchall()
    lost = [f"{name!r} of {n:,}" for name, n in lost if name != LISTING]
    found = [f"{counted(people, 'person', 'people')}"] * bool(people) + lost
    if found:
        say(
            f"WARNING: the newer export has not: {all_of(found)}. They are no longer"
            " scored or learned from. If it was filtered, such as by who is still open,"
            " export the whole list and import that; importing the earlier file again"
            " brings it back.",
            style="bold red",
        )


def earlier_lists(path: Path) -> Iterator[Path]:
    """Yield lists of leads with the same columns that have landed beside one."""
    _, settings = landed_from(path)
    for other in sorted(path.parent.glob("*.parquet")):
        _, found = landed_from(other)
        is_list = other != path and found and found.get("moments")
        if is_list and settings and found["sources"] == settings["sources"]:
            yield other


def earlier_assignments(path: Path, beside: set[Path]) -> list[Path]:
    """Return files of assignments that landed before, other than those `beside`."""
    landed = sorted(path.parent.glob("assignments-*.parquet"))
    return [p for p in landed if p not in beside and landed_from(p)[1]]


def take_their_place(
    connection: duckdb.DuckDBPyConnection, path: Path, earlier: Path
) -> None:
    """Say what a file of assignments repeats of an earlier one, and replace that.

    The view `judged` has the rows of both. It is replaced if it is of no other
    experiment, has the same name or half of its people are in the newer file, and no
    build has recorded any of them.
    """
    there, both, moved, others = connection.execute(
        PEOPLE_OF_BOTH, [str(path)]
    ).fetchall()[0]
    if not both:
        return
    shown = shown_path(earlier)
    arms = f", {moved:,} of them in another arm" if moved else ""
    people = (
        f"{both:,} of {there:,} people of {shown}, imported before, are in it{arms}"
    )
    is_same = name_of(path) == name_of(earlier) or both >= SAME_LIST * there
    kept = recorded_people(connection, path)
    if is_same and not others and not kept:
        say(
            "A newer export of the same assignments: it takes the place of"
            f" {shown}, of which {both:,} of {there:,} people are in it{arms}."
        )
        rejects_path(earlier).unlink(missing_ok=True)
        earlier.unlink()
    elif kept:
        say(
            f"{people}. A build has recorded {kept:,} of that file, which stays: nobody"
            " who is recorded moves. Others who are in two arms are not used."
        )
    else:
        wrong = f" Who is in two arms is not used: if {shown} is wrong, remove it."
        say(f"{people}. Both files stay.{wrong if moved else ''}")


def name_of(path: Path) -> str:
    """Return the name that a file was imported under, without its content's hash."""
    return path.stem[: -len("-0123456789abcdef")]


def recorded_people(connection: duckdb.DuckDBPyConnection, newer: Path) -> int:
    """Return how many people of the earlier file in `judged` a build has recorded."""
    files = record_files(path_setting("POINTWISE_PUBLISHED").absolute(), "assignments")
    if not files:
        return 0
    record = ", ".join(map(file_text, files))
    return connection.execute(
        "select count(*) from (select distinct experiment, id as user_id from judged"
        f" where filename <> {sql_text(newer)}) semi join"
        f" read_parquet([{record}], union_by_name = true) using (experiment, user_id)"
    ).fetchall()[0][0]


def say_seen_before(
    connection: duckdb.DuckDBPyConnection, rows: str, others: list[Path]
) -> None:
    """Print how many rows are in files that were imported before: these count once."""
    both, first = connection.execute(
        f"select count(*), min(occurred_at)::date from (select {SAME_EVENT} as same,"
        f" occurred_at from {rows}) semi join (select {SAME_EVENT} as same from"
        f" {landed_events(others)}) using (same)"
    ).fetchall()[0]
    if both:
        are = counted(both, "row is", "rows are")
        said = (
            f"{are} in files that were imported before, too, the first of {first}: as"
            " in a newer export of the same events. They count once."
        )
        say_apart([said])


def say_alike_but_for_unused(
    connection: duckdb.DuckDBPyConnection, now: list[Path], before: list[Path]
) -> None:
    """Print, in bold, how many rows differ from others only in unused columns.

    These are of files imported earlier: such as a column with the day of the export.
    """
    now = list(dict.fromkeys(now))
    parts = [
        f"select *, {nth} as {NTH} from read_parquet({file_text(path)})"
        for nth, path in enumerate([*before, *now])
    ]
    together = f"({' union all by name '.join(parts)})"
    described = connection.execute(f"describe {together}").fetchall()
    used = used_columns(column for column, *_ in described)
    alike = connection.execute(
        f"with found as (select hash({used}) as said, event_id, {NTH} as nth"
        f" from {together}"
        f" where {IS_WITHOUT_ID}),"
        " saying as (select said, min(nth) as first from found group by said),"
        " ids as (select event_id, min(nth) as first from found group by event_id)"
        " select count(*) from found inner join saying using (said)"
        " inner join ids using (event_id)"
        f" where nth >= {len(before)} and saying.first < nth and ids.first = nth"
    ).fetchall()[0][0]
    if alike:
        said = (
            f"WARNING: {counted(alike, 'row is', 'rows are')} the same as one of a file"
            " imported earlier in every column that is used, and differ in another,"
            " such as the day of the export: they count as events of their own. If"
            " they are the same events, import these files again, the earlier ones,"
            " too, with `--set event_id=`: what is the same in every column of"
            " Pointwise then counts once."
        )
        say_apart([said], style="bold red")


def used_columns(columns: Iterable[str]) -> str:
    """Return the SQL of columns that say what an event is, of landed rows."""
    not_said = ("event_id", "received_at", "unparsed", NTH.strip('"'))
    return ", ".join(sql_name(name) for name in columns if name not in not_said)
