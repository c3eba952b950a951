"""Score persons as the next full build would, by the SQL of the last one.

What the last build knew is in its state (`pointwise.live.state`); what came since are
the rows of new event files. Of the persons asked for, the days that new rows touch, and
those beside them, are counted again from the event files, as an incremental build does;
all else is taken over. Every step is a model of the project, letter for letter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.rows import named_rows
from pointwise.core.sql_text import sql_text
from pointwise.live.readers import NewFile, Readers
from pointwise.live.state import OF_LINKS, has_all_tables
from pointwise.rescoring.core import Core
from pointwise.rescoring.ids import PAIRS, reached
from pointwise.sql_functions import let_sql_call

# Days that are touched are counted again with the rows of so many days around them.
COUNTED_WITH = 2
# Relations of events that are counted again, by person and day.
COUNTED = ("int_user_daily_activity", "int_repeated_events")
# Lists of the first that matter only where a person has several ids: they take a third
# of the time that its rows take.
LISTS = ("shared_sessions", "shared_continued_sessions")
# Given to the models that make scores of them.
GIVEN = frozenset(
    (
        *(*COUNTED, "int_machine_events", "int_ids_seen_together", "int_as_of_dates"),
        *("stg_links", "stg_user_attributes", "score_band_outlook", "score_outlook"),
        *("int_weights_version", "int_reached_bands"),
    )
)
# What came since the state, for all cursors of a connection. `marks` are days of ids as
# they are counted since, `voided` what these replace: the as-of date is made of them.
# `recent` are published rows in memory: of the last days, and of older days of persons
# that are in `held`.
SINCE = f"""
    attach ':memory:' as since;
    create table since.came as
    select *, hash(user_id) as user_hash from internal.base_events;
    create table since.recent as from since.came;
    create table since.held (user_hash ubigint, activity_date date);
    create table since.as_of_dates as from internal.int_as_of_dates;
    create table since.marks (
        user_id ubigint, activity_date date, event_type varchar,
        known_from_date date, known_until_date date
    );
    create table since.voided (user_id ubigint, activity_date date);
    create table since.days_of_files (
        number uinteger, user_hash ubigint, activity_date date
    );
    create table since.pairs as {PAIRS};
"""
# Ids that came together in rows that were added, both ways.
NEW_PAIRS = """
    insert into since.pairs
    with found as (
        select distinct anonymous_id as one, user_id as other from added
        where anonymous_id is not null and quarantine_reason is null
    )
    (from found union select other, one from found) except from since.pairs
"""
# Whose rows were added, and whether some are counted with days not in memory.
WHOSE = f"""
    select user_id, min(activity_date) < $1 + {COUNTED_WITH} from added
    where quarantine_reason is null group by user_id
"""
HAS_LATER_DAY = """
    select coalesce(
        max(activity_date) > (select max(as_of_date) from since.as_of_dates), true
    )
    from added where quarantine_reason is null
"""
MARKS = """
    select hash(user_id) as user_id, activity_date, event_type, known_from_date,
        known_until_date
    from {activity}
"""
CHANGED_ACTIVITY = (
    "int_user_daily_activity semi join changed using (user_id, activity_date)"
)
# What ids with events since did, as published and as counted since.
DAYS_OF_IDS = {
    "published": f"""
        create or replace temp table published_days as
        {MARKS.format(activity="internal.int_user_daily_activity")}
        where number in (
            select number from internal.ids
            where hash(user_id) in (select user_id from since.voided)
        );
        create temp view int_user_daily_activity as from published_days
    """,
    "since": """
        create temp view int_user_daily_activity as
        from published_days anti join since.voided using (user_id, activity_date)
        union all
        from since.marks
    """,
}
# Sums over ids: those of ids with events since give way.
ACTIVE_DAYS = """
    create or replace temp table int_active_days as
    select activity_date, sum(entries) as entries, sum(ids)::bigint as ids,
        sum(ids_last_seen)::bigint as ids_last_seen
    from (
        from internal.int_active_days
        union all by name
        select activity_date, -entries as entries, -ids as ids,
            -ids_last_seen as ids_last_seen
        from active_published
        union all by name
        from active_since
    )
    group by activity_date
    having sum(entries) > 0
"""
# Days and ids as they may be at most and at least, whatever the rows that came do: each
# day gains all ids that had a row on it, or loses them, as where they are machines now.
FURTHEST = """
    create or replace temp table int_active_days as
    with came as (
        select user_hash, activity_date from since.came
        where quarantine_reason is null
        group by user_hash, activity_date
    ),
    touched as (
        select activity_date, count(*) as ids from came group by activity_date
    ),
    last_touched as (
        select activity_date, count(*) as ids
        from (select max(activity_date) as activity_date from came group by user_hash)
        group by activity_date
    )
    select
        activity_date,
        entries,
        days.ids + {sign} * coalesce(touched.ids, 0) as ids,
        ids_last_seen - {sign} * coalesce(last_touched.ids, 0) as ids_last_seen
    from internal.int_active_days as days
    full join touched using (activity_date)
    left join last_touched using (activity_date)
"""
# Where a day comes or goes there is no telling.
HAS_SAME_DAYS = """
    select coalesce(bool_and(coalesce(entries > 0 and ids > 0, false)), false)
    from temp.main.int_active_days
"""
# The persons asked for, with all ids that may be theirs. Of those who have several,
# days that are touched are taken together, whosever they are: `root` is empty.
MEMBERS = """
    create or replace temp table asked as select distinct unnest($1) as user_id;
"""
REACHED = f"""
    create or replace temp table member_ids as
    select user_id, hash(user_id) as user_hash
    from ({reached("asked", "since.pairs")});
    create or replace temp table members as
    select
        user_id,
        if(user_id in (select one from since.pairs), '', user_id) as root
    from member_ids;
    create or replace temp table member_numbers as
    select number from internal.ids semi join member_ids using (user_id);
"""
BESIDE = """
    create or replace temp table {name} as
    select distinct
        members.user_id,
        touched.activity_date + cast(beside.days as integer) as activity_date
    from touched inner join members using (root)
    cross join range(-{days}, {days} + 1) as beside (days);
"""
CAME = """
    create or replace temp table came as
    select * exclude (user_hash) from since.came semi join member_ids using (user_id)
    where user_hash in (select user_hash from member_ids)
"""
# Days of these persons that new rows touch. Days beside them may change with them,
# since sessions go on; and are counted with those beside them in turn.
TOUCHED = f"""
    create or replace temp table touched as
    select distinct members.root, came.activity_date
    from temp.main.came inner join members using (user_id)
    where came.quarantine_reason is null;
    {BESIDE.format(name="counted_with", days=COUNTED_WITH)}
    {BESIDE.format(name="changed", days=1)}
"""
ROWS = """
    create or replace temp table base_events as
    from came
    union all
    select * exclude (user_hash) from since.recent
    semi join counted_with using (user_id, activity_date)
    where user_hash in (select user_hash from member_ids);
"""
# Days to be counted whose published rows are not in memory.
OLDER = """
    create or replace temp table older as
    select user_id, activity_date from counted_with
    anti join since.held
        on hash(counted_with.user_id) = held.user_hash
        and counted_with.activity_date = held.activity_date
    where counted_with.activity_date < $1
"""
HOLD = """
    begin;
    insert into since.recent by name
    select *, hash(user_id) as user_hash from found;
    insert into since.held select hash(user_id), activity_date from older;
    commit;
"""
QUARANTINED = """
    create or replace temp table stg_events_quarantined as
    select file, file_row from base_events where quarantine_reason is not null
"""
# Published rows of these persons.
TAKEN_OVER = """
    create or replace temp table {name} as
    select * exclude (number) from internal.{name}
    where number in (select number from member_numbers)
"""
# The same but of changed days, which are counted again. What is left out is NULL.
COUNTED_AGAIN = """
    drop table if exists temp.main.{name}_again;
    alter table temp.main.{name} rename to {name}_again;
    create temp table {name} as
    select * exclude ({left_out}) from internal.{name}
    anti join changed using (user_id, activity_date)
    where number in (select number from member_numbers)
    union all by name
    select * from temp.main.{name}_again
    semi join changed using (user_id, activity_date);
"""
OTHER_INPUTS = """
    create or replace temp table int_ids_seen_together as
    select activity_date, anonymous_id, user_id, known_date
    from internal.int_ids_seen_together
    where user_id in (select user_id from member_ids)
    union
    select activity_date, anonymous_id, user_id,
        greatest(activity_date, received_date) as known_date
    from came
    where anonymous_id is not null and quarantine_reason is null;
    create or replace temp table stg_links as
    select * from internal.stg_links
    where user_id in (select user_id from member_ids)
        or quarantine_reason is not null;
    create or replace temp table int_as_of_dates as from since.as_of_dates;
    create or replace temp view score_band_outlook as
    from state.main.score_band_outlook;
    create or replace temp view score_outlook as from state.main.score_outlook;
    create or replace temp view int_weights_version as
    from state.internal.int_weights_version;
    create or replace temp view int_reached_bands as
    from state.internal.int_reached_bands;
"""
NO_MACHINES = """
    create or replace temp table int_machine_events as
    select null::varchar as file, null::bigint as file_row limit 0
"""
SCORES = """
    select * exclude (rank, percentile) from temp.main.user_scores order by user_id
"""
CONTRIBUTIONS = """
    select contributions.* from temp.main.score_contributions as contributions
    order by user_id, rule
"""


class Added(NamedTuple):
    """Ids of usable rows that were added."""

    ids: list[str]
    late: list[str]  # those of rows that are counted with days not in memory
    has_later_day: bool  # whether a row has a day after the as-of date


class Scored(NamedTuple):
    """Persons as they are now."""

    scores: list[dict[str, Any]]  # rows of user_scores, without rank and percentile
    contributions: list[dict[str, Any]]  # rows of score_contributions


class Rescorer:
    """The state of one publication, and the events that came since."""

    def __init__(
        self, state: Path, memory_limit: str = "2GB", threads: int = 2
    ) -> None:
        self.state = state
        self.connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": memory_limit,
                "threads": threads,
            }
        )
        try:
            self.connection.execute(
                f"attach {sql_text(state)} as state (read_only); use state"
            )
        except duckdb.Error as error:
            first_line = str(error).splitlines()[0]
            raise PointwiseError(
                f"{state} cannot be read ({first_line}): run `dbt build` again"
            ) from error
        if not has_all_tables(self.connection):
            raise PointwiseError(
                f"{state} is from another version of Pointwise: run `dbt build`"
            )
        self.connection.execute("set global TimeZone = 'UTC'")
        self.core = Core.read(self.connection, '"main"."scoring_models"')
        self.readers = Readers(self.connection)
        self.connection.execute(SINCE)
        # Rows of published files from this day on are in memory: set by keep_recent.
        self.recent_from = date.max
        # Files of which it is noted whose rows they have, by their number there.
        self.noted: dict[str, int] = {}
        # One at a time takes rows of old days into memory.
        self.holding = threading.Lock()
        self.learning, self.knows_agents = threading.Lock(), False

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection with temporary relations of its own."""
        cursor = self.connection.cursor()
        cursor.execute("use state")
        return cursor

    def known_files(self) -> dict[str, tuple[int, str]]:
        """Return size and time of the files that the build has read, by name."""
        rows = self.connection.execute(
            "select file, size_bytes, cast(modified_at as varchar)"
            " from internal.event_files"
        ).fetchall()
        return {file: (size, modified_at) for file, size, modified_at in rows}

    def add(self, files: list[NewFile]) -> Added:
        """Read files that came since; return whose usable rows they have."""
        late: dict[str, bool] = {}
        has_later_day = False
        with self.cursor() as cursor:
            for query in self.readers.queries_of(files):
                cursor.execute(f"create or replace temp table added as {query}")
                cursor.execute(
                    "insert into since.came by name"
                    " select *, hash(user_id) as user_hash from added"
                )
                cursor.execute(NEW_PAIRS)
                whose = cursor.execute(WHOSE, [self.recent_from]).fetchall()
                for user_id, is_late in whose:
                    late[user_id] = late.get(user_id, False) or is_late
                ((is_later,),) = cursor.execute(HAS_LATER_DAY).fetchall()
                has_later_day |= is_later
        ids = sorted(late)
        return Added(ids, [one for one in ids if late[one]], has_later_day)

    def files_of(self, days: Iterable[date]) -> list[NewFile]:
        """Return the files that the build has read with usable rows of these days.

        One that is gone is left out: only a build sees that.
        """
        rows = self.connection.execute(
            "select file, cast(modified_at as varchar), plan from internal.event_files"
            " where is_readable and list_has_any(days, $1)",
            [list(days)],
        ).fetchall()
        return [NewFile(*row) for row in rows if Path(row[0]).exists()]

    def keep_recent(self, days: int) -> None:
        """Keep the published rows of the last days in memory.

        New rows are mostly of these days, and are counted with them.
        """
        newest = self.connection.execute(
            "select max(as_of_date) from internal.int_as_of_dates"
        ).fetchall()[0][0]
        if newest is None:
            return
        since = newest - timedelta(days=days)
        late = self.connection.execute(
            "select distinct day from (select unnest(days) as day"
            " from internal.event_files) where day >= $1",
            [since],
        ).fetchall()
        for query in self.readers.queries_of(self.files_of([day for (day,) in late])):
            self.connection.execute(
                "insert into since.recent by name"
                f" select *, hash(user_id) as user_hash from ({query})"
                " where quarantine_reason is null"
                f" and activity_date >= {sql_text(since)}"
                f" and occurred_at >= {sql_text(since - timedelta(days=1))}"
            )
        self.recent_from = since

    def note_files(self) -> None:
        """Note whose rows the files of older days have, one after the other.

        Any number of others read meanwhile.
        """
        with self.cursor() as cursor:
            days = cursor.execute(
                "select distinct unnest(days) from internal.event_files"
            ).fetchall()
            older = [day for (day,) in days if day < self.recent_from]
            for number, file in enumerate(self.files_of(older)):
                for query in self.readers.queries_of([file]):
                    cursor.execute(
                        f"insert into since.days_of_files select distinct {number},"
                        f" hash(user_id), activity_date from ({query})"
                        " where quarantine_reason is null"
                    )
                # Not before its rows are there.
                self.noted[file.file] = number

    def files_with(
        self, cursor: duckdb.DuckDBPyConnection, days: list[date]
    ) -> list[NewFile]:
        """Return the files of these days that have, or may have, rows to be counted.

        Most that are noted have none: a late event has few neighbours.
        """
        files = self.files_of(days)
        rows = cursor.execute(
            "select distinct number from since.days_of_files as noted"
            " semi join older on noted.user_hash = hash(older.user_id)"
            " and noted.activity_date = older.activity_date"
        ).fetchall()
        found = {number for (number,) in rows}
        return [
            file
            for file in files
            if file.file not in self.noted or self.noted[file.file] in found
        ]

    def older_days(self, cursor: duckdb.DuckDBPyConnection) -> list[tuple[str, date]]:
        """Return whose rows of which days are to be counted and not in memory."""
        cursor.execute(OLDER, [self.recent_from])
        return cursor.execute("from older order by all").fetchall()

    def hold_older(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Take the rows of the days to be counted into memory, if they are not there.

        A late event is one of many on its day: days that are read once are kept.
        """
        if not self.older_days(cursor):
            return
        with self.holding:
            # Some may be there by now.
            older = self.older_days(cursor)
            if not older:
                return
            days = sorted({day for _, day in older})
            # As constants they hold for the rows as they are read: few are made out
            # at all.
            ids = ", ".join(map(sql_text, dict.fromkeys(one for one, _ in older)))
            cursor.execute(
                "create or replace temp table found as from internal.base_events"
            )
            for query in self.readers.queries_of(self.files_with(cursor, days)):
                cursor.execute(
                    "insert into found by name"
                    f" from ({query}) semi join older using (user_id, activity_date)"
                    f" where quarantine_reason is null"
                    f" and activity_date in ({', '.join(map(sql_text, days))})"
                    f" and occurred_at >= {sql_text(days[0] - timedelta(days=1))}"
                    f" and occurred_at < {sql_text(days[-1] + timedelta(days=2))}"
                    f" and user_id in ({ids})"
                )
            cursor.execute(HOLD)

    def fetch(self, ids: Iterable[str]) -> None:
        """Take into memory what persons are counted with, before they are."""
        with self.cursor() as cursor:
            if self.touch(cursor, ids):
                self.hold_older(cursor)

    def touch(self, cursor: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> bool:
        """Find the days of persons that are to be counted; return if there are any."""
        cursor.execute(MEMBERS, [list(ids)])
        cursor.execute(REACHED)
        cursor.execute(CAME)
        cursor.execute(TOUCHED)
        ((is_touched,),) = cursor.execute("select count(*) > 0 from touched").fetchall()
        return is_touched

    def learn_agents(self) -> None:
        """Let SQL ask which user agents are machines'; that loads numpy."""
        with self.learning:
            if not self.knows_agents:
                let_sql_call("machine_agents", self.connection)
                self.knows_agents = True

    def count_days(self, cursor: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> bool:
        """Count the days that new rows of persons touch; return if there are any."""
        if not self.touch(cursor, ids):
            return False
        self.learn_agents()
        self.hold_older(cursor)
        cursor.execute(ROWS)
        cursor.execute(QUARANTINED)
        # The last is named in a comment only.
        given = {"base_events", "stg_events_quarantined", "int_event_file_days"}
        self.core.run(
            cursor, "int_user_daily_activity", given, {"int_duplicate_events"}
        )
        return True

    def count(self, cursor: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> None:
        """Make daily activity and copies of persons, as the next build would."""
        if not self.count_days(cursor, ids):
            for name in COUNTED:
                cursor.execute(TAKEN_OVER.format(name=name))
            cursor.execute(NO_MACHINES)
            return
        unread = () if self.has_links(cursor) else LISTS
        for name, lists in zip(COUNTED, (unread, ()), strict=True):
            left_out = ", ".join(("number", *lists))
            cursor.execute(COUNTED_AGAIN.format(name=name, left_out=left_out))

    def score(self, cursor: duckdb.DuckDBPyConnection, ids: Iterable[str]) -> Scored:
        """Score persons by any of their ids."""
        self.count(cursor, ids)
        self.score_counted(cursor)
        return Scored(
            named_rows(cursor.execute(SCORES)),
            named_rows(cursor.execute(CONTRIBUTIONS)),
        )

    def score_counted(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Score the persons whose activity is counted."""
        cursor.execute(OTHER_INPUTS)
        cursor.execute(TAKEN_OVER.format(name="stg_user_attributes"))
        given = GIVEN
        if not self.has_links(cursor):
            given = GIVEN.union(OF_LINKS)
            for model in OF_LINKS:
                cursor.execute(
                    f"create or replace temp table {model} as from internal.{model}"
                )
        self.core.run(cursor, "user_scores", given, ())

    def has_links(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Whether some of the persons asked for have several ids."""
        query = "select count(*) > 0 from members where root = ''"
        return cursor.execute(query).fetchall()[0][0]

    def mark(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Note on which days the persons just counted were active.

        At once: who looks at the as-of date meanwhile misses none of them.
        """
        cursor.execute(
            "create or replace temp table hashed as"
            " select hash(user_id) as user_id, activity_date from changed;"
            " begin;"
            " insert into since.voided"
            " from hashed anti join since.voided using (user_id, activity_date);"
            " delete from since.marks using hashed"
            " where marks.user_id = hashed.user_id"
            " and marks.activity_date = hashed.activity_date;"
            f" insert into since.marks {MARKS.format(activity=CHANGED_ACTIVITY)};"
            " commit"
        )

    def cannot_move(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Return whether the as-of date stays, whatever the rows that came do.

        More ids a day put it off, more that were seen since bring it on: where it is
        the same with the most of one and the least of the other as the other way round,
        it is the same in between. That takes a tenth of what counting them does.
        """
        dates = []
        for sign in (-1, 1):
            cursor.execute(FURTHEST.format(sign=sign))
            ((has_same_days,),) = cursor.execute(HAS_SAME_DAYS).fetchall()
            if not has_same_days:
                return False
            self.core.run(cursor, "int_as_of_dates", {"int_active_days"}, ())
            dates.append(
                cursor.execute(
                    "select as_of_date from temp.main.int_as_of_dates"
                    " where is_scoring_date"
                ).fetchall()
            )
        known = cursor.execute("select as_of_date from since.as_of_dates").fetchall()
        return dates == [known, known]

    def move_as_of_date(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Let the as-of date be that of the next build; return whether it moved.

        It comes from when all ids were active: those that came since must be marked.
        """
        for name, days in DAYS_OF_IDS.items():
            cursor.execute("drop table if exists temp.main.int_user_daily_activity")
            cursor.execute(days)
            self.core.run(cursor, "int_active_days", {"int_user_daily_activity"}, ())
            cursor.execute("drop view temp.main.int_user_daily_activity")
            cursor.execute(
                f"create or replace temp table active_{name} as from int_active_days"
            )
        cursor.execute(ACTIVE_DAYS)
        self.core.run(cursor, "int_as_of_dates", {"int_active_days"}, ())
        changed = cursor.execute(
            "select as_of_date from temp.main.int_as_of_dates where is_scoring_date"
            " except select as_of_date from since.as_of_dates"
        ).fetchall()
        if changed:
            cursor.execute(
                "begin; delete from since.as_of_dates; insert into since.as_of_dates"
                " from temp.main.int_as_of_dates where is_scoring_date; commit"
            )
        return bool(changed)
