"""What imported rows hold, and which of them a build will not use, by the same rules.

The rules are those of the model base_events; `test_home.py` holds the two together.
"""

from typing import Any, NamedTuple

import duckdb

from pointwise.core.home import PROJECT
from pointwise.core.settings import vars_of_run
from pointwise.core.sql_text import sql_text
from pointwise.importing.values import DERIVED, NUMBERS, UNREAD

EXAMPLES = 3
# Whose an event is: the same as in the macro `ids_of_event`.
WHOSE = "coalesce(user_id, anonymous_id)"
# What a row without an event id says of its event, whose and of which name aside: rows
# that say the same are copies, as in a build. An import gives events an id, so these
# are of a list of leads.
SAID = (
    "occurred_at, session_id, page_path, duration_seconds, amount, channel, device,"
    " country"
)
# What copies of an event have in common.
SAME_EVENT = (
    f"hash({WHOSE}, event_type, occurred_at::date,"
    f" coalesce(event_id, hash({SAID})::varchar))"
)
# An event without an id of its own, whose id stands for all that its row says.
IS_WITHOUT_ID = f"coalesce(starts_with(event_id, {sql_text(DERIVED)}), false)"
REMEDIES = {
    "no user_id": "name the column of ids: --map user_id=COLUMN or --map"
    " anonymous_id=COLUMN (a list or an object of JSON is no id: name a key in it)",
    "user_id is a placeholder": "such ids identify nobody: those of the"
    " setting placeholder_ids, and nothing but zeros and dashes; if one is a person,"
    " give it another id in the file",
    "user_id too long": "name another column of ids: --map user_id=COLUMN",
    "unreadable when imported": "say how values are written: --time-format,"
    " --decimal-comma, or --map COLUMN= to leave a column out",
    "no occurred_at": "name the column of times: --map occurred_at=COLUMN",
    "occurred_at too early": "from 1990 on they count with earliest_event_date:"
    ' "1990-01-01" in settings.yml; 1970 is a clock that was never set, or a wrong'
    " --time-format",
    "occurred_at in the future": "a wrong clock, or a wrong --time-format or"
    " --time-zone",
    "no event_type": "name the column of event names: --map event_type=COLUMN, or"
    " --set event_type=NAME",
    "cannot be decoded as UTF-8": "say how the file is encoded, such as --encoding"
    " cp1252 (Windows)",
    "has a quote that is not closed": "fix the line in the file, or name the"
    " --delimiter",
}


class Reason(NamedTuple):
    """Why rows are set aside, how many, and some of them."""

    reason: str
    rows: int
    examples: list[str]

    @property
    def remedy(self) -> str:
        """Return what to do about it."""
        for start, remedy in REMEDIES.items():
            if self.reason.startswith(start):
                return remedy
        return "fix these lines in the file and import it again"


class Facts(NamedTuple):
    """What is in imported rows of events."""

    rows: int
    reasons: list[Reason]
    named: int
    nameless: int
    linked: int
    shared: int  # Anonymous ids seen with several people.
    first: Any
    last: Any
    days: int
    emptied: list[Reason]  # Events kept without a number that cannot be read.

    @property
    def unused(self) -> int:
        """Return how many rows a build will quarantine."""
        return sum(reason.rows for reason in self.reasons)


def facts_of_events(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    settings: dict[str, Any] | None = None,
) -> Facts:
    """Return what rows of events hold; `rows` is SQL that reads them."""
    judged = f"(select *, {quarantine_reason(settings)} as reason from {rows})"
    reasons = connection.execute(
        f"select reason, count(*), list({example()})[:{EXAMPLES}] from {judged}"
        " where reason is not null group by reason order by 2 desc, 1"
    ).fetchall()
    total, first, last, days = connection.execute(
        f"select count(*), min(occurred_at) filter (reason is null),"
        " max(occurred_at) filter (reason is null),"
        f" count(distinct occurred_at::date) filter (reason is null) from {judged}"
    ).fetchall()[0]
    named, nameless, linked, shared = connection.execute(
        f"with used as (from {judged} where reason is null),"
        " known as (select distinct user_id as id from used where user_id is not null),"
        " seen as (select anonymous_id as id, count(distinct user_id) as people,"
        "   bool_or(anonymous_id <> user_id) as is_linked from used"
        "   where user_id is not null and anonymous_id is not null group by 1),"
        " visitors as (select distinct anonymous_id as id from used"
        "   where user_id is null)"
        " select (select count(*) from known),"
        " (select count(*) from visitors where id not in (from known)"
        "   and id not in (select id from seen where people = 1)),"
        " (select count(*) from seen where is_linked),"
        " (select count(*) from seen where people > 1)"
    ).fetchall()[0]
    unusable = [Reason(reason, n, examples) for reason, n, examples in reasons]
    emptied = numbers_unread(connection, judged)
    return Facts(
        *(total, unusable, named, nameless, linked, shared, first, last, days, emptied)
    )


def numbers_unread(connection: duckdb.DuckDBPyConnection, judged: str) -> list[Reason]:
    """Return which numbers could not be read, of how many used events, and some."""
    there = {c for c, *_ in connection.execute(f"describe from {judged}").fetchall()}
    found = []
    for target in NUMBERS:
        if (column := UNREAD + target) in there:
            rows, examples = connection.execute(
                f"select count(*), list(distinct {column})[:{EXAMPLES}] from {judged}"
                f" where reason is null and {column} is not null"
            ).fetchall()[0]
            found += [Reason(target, rows, sorted(examples))] if rows else []
    return found


def with_ids(rows: str, settings: dict[str, Any] | None = None) -> str:
    """Return the SQL of rows without ids that mean nobody, where the other means one.

    So the macro `rows_with_ids` has them: what a guest did is of the guest's device.
    """
    settings = settings or vars_of_run(PROJECT, None)
    user, device = (is_nobody(name, settings) for name in ("user_id", "anonymous_id"))
    return (
        "(select * replace ("
        f"case when not ({user} and not coalesce({device}, true)) then user_id end"
        " as user_id,"
        f" case when user_id is null or not {device} then anonymous_id end"
        f" as anonymous_id) from {rows})"
    )


def usable(rows: str, settings: dict[str, Any]) -> str:
    """Return the SQL of the rows that a build will use."""
    return f"(from {rows} where {quarantine_reason(settings)} is null)"


def example() -> str:
    """Return the SQL that shows a row in a few words."""
    return (
        f"concat_ws(', ', coalesce({WHOSE}, 'no id'), coalesce(event_type, 'no name'),"
        " strftime(occurred_at, '%Y-%m-%d %H:%M'), unparsed)"
    )


def quarantine_reason(settings: dict[str, Any] | None = None) -> str:
    """Return the SQL that says why a row cannot be used, NULL if it can."""
    settings = settings or vars_of_run(PROJECT, None)
    longest = int(settings["max_id_length"])
    earliest = sql_text(str(settings["earliest_event_date"]))
    arrived = (
        "case when received_at between timestamp '2000-01-01'"
        " and timestamp '2100-01-01' then received_at else now()::timestamp end"
    )
    return f"""case
        when coalesce(trim({WHOSE}), '') = '' then 'no user_id'
        when {is_nobody(WHOSE, settings)} then 'user_id is a placeholder'
        when length({WHOSE}) > {longest} then 'user_id too long'
        when unparsed <> '' then 'unreadable when imported'
        when occurred_at is null then 'no occurred_at'
        when occurred_at < cast({earliest} as timestamp) then 'occurred_at too early'
        when occurred_at >= timestamp '2100-01-01'
            or occurred_at - interval '1' day > {arrived}
            then 'occurred_at in the future'
        when coalesce(trim(event_type), '') = '' then 'no event_type'
        when length(event_type) > {longest} then 'event_type too long'
        when length(event_id) > {longest} then 'event_id too long'
        when not duration_seconds between 0 and 1e9 then 'duration_seconds out of range'
        when not amount between -1e12 and 1e12 then 'amount out of range'
    end"""


def is_nobody(whose: str, settings: dict[str, Any]) -> str:
    """Return the SQL of whether an id is a placeholder that stands for nobody."""
    listed = ["", *(str(name).lower() for name in settings["placeholder_ids"])]
    placeholders = ", ".join(map(sql_text, listed))
    return f"(lower(trim({whose})) in ({placeholders}) or trim({whose}, '0- ') = '')"
