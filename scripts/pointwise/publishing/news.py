"""The facts of a build, beside those of the last publication.

Every build ends in a summary of them; the gate stops a publication by them.
"""

from __future__ import annotations

import calendar
import csv
import difflib
import io
from dataclasses import dataclass, field
from datetime import date

import duckdb

from pointwise.core.arrivals import back_dated
from pointwise.core.published import Generation
from pointwise.core.sql_text import file_text
from pointwise.core.verdicts import VERDICTS
from pointwise.core.words import rule_label
from pointwise.publishing.build import Build
from pointwise.publishing.record import texts_of

# Which score a row is of: earlier generations have no such column, and one score.
OF_SCORES = {"score_bands": "score", "score_contributions": "score_name"}
WITH_SCORES = """
    from (
        select cast(null as varchar) as {} where false
        union all by name from read_parquet({})
    )
"""
# The marts that are compared.
COMPARED = ("user_scores", "score_contributions", "score_bands", "scoring_rules")
COMPARED_OF_DATA = ("event_types", "data_quality", "bot_rules")
# Read of the new generation only, where it is published.
ALONE = ("features", "model_checks", "event_arrivals")
MOVES = """
    create temp table moves as
    select
        user_id,
        was.band as band_before,
        is_now.band as band_after,
        -- The score as it is now would have left them where they were.
        bands.band is not distinct from was.band as is_by_edge
    from old.user_scores as was
    inner join new.user_scores as is_now using (user_id)
    asof left join old.score_bands as bands on is_now.score >= bands.min_score
    where was.band is distinct from is_now.band
"""
EDGES = """
    select band, was.min_score, is_now.min_score
    from old.score_bands as was full join new.score_bands as is_now using (band)
    where was.min_score is distinct from is_now.min_score
    order by coalesce(is_now.min_score, was.min_score) desc, band
"""
CHANGED_SCORES = """
    select
        count(*) filter (is_now.score > was.score),
        count(*) filter (is_now.score < was.score)
    from old.user_scores as was
    inner join new.user_scores as is_now using (user_id)
"""
BANDS = """
    select band, max(is_now.people), max(was.people), max(min_score)
    from (
        select band, count(*) as people from new.user_scores group by band
    ) as is_now
    full join (
        select band, count(*) as people from old.user_scores group by band
    ) as was using (band)
    full join new.score_bands using (band)
    group by band order by max(min_score) desc nulls last, band
"""
TOP_BAND = """
    select count(*), count(*) filter (where band = highest)
    from new.user_scores
    cross join (select max_by(band, min_score) as highest from new.score_bands)
    where not is_customer
"""
# Features whose windows are no whole weeks hold some weekdays more often than others:
# those that rules ask for, as one more among a model's many moves little.
NO_WHOLE_WEEKS = """
    select feature, window_days from new.features
    semi join new.scoring_rules using (feature)
    where measure not in ('attribute', 'number', 'days_since_last')
        and window_days % 7 <> 0
    order by window_days, feature
"""
# Whose points changed by which rule, of those whom points move to another band.
CULPRITS = """
    with by_points as (select user_id from moves where not is_by_edge),
    points as (
        select user_id, score_name, rule, points from new.score_contributions
        semi join new.user_scores using (user_id, as_of_date)
        semi join by_points using (user_id)
        union all
        select user_id, score_name, rule, -points from old.score_contributions
        semi join old.user_scores using (user_id, as_of_date)
        semi join by_points using (user_id)
    ),
    differences as (
        select user_id, rule, sum(points) as points from points
        where coalesce(score_name, 'intent') = 'intent'
        group by user_id, rule having sum(points) <> 0
    )
    select rule, count(*) as people, cast(sum(points) as bigint) as points
    from differences group by rule order by people desc, abs(sum(points)) desc, rule
    limit 1
"""
MATCHED = """
    select rule, count(*) from {side}.score_contributions
    semi join {side}.user_scores using (user_id, as_of_date)
    group by rule
"""

# Ids that rules take for machines, in the look-back of the scoring date: the rule that
# takes most, how many, how many all do, and how many of these are not scored besides.
# Scanners of mail act in the name of people: one counts only if nothing else is left.
MACHINES = """
    with caught as (
        select machines.user_id, machines.rule
        from {machines} as machines
        inner join {rules} as rules using (rule)
        where machines.activity_date > date '{day}' - {look_back}
            and machines.activity_date <= date '{day}'
            and (
                rules.kind not in ('seconds_after', 'links_per_second')
                or machines.user_id not in (select user_id from {activity})
            )
    )
    select
        rule,
        count(distinct user_id) as people,
        (select count(distinct user_id) from caught),
        (select count(distinct user_id) from caught anti join {scores} using (user_id))
    from caught
    group by rule order by people desc, rule limit 1
"""


@dataclass
class News:
    """The facts of a build, beside those of the last publication where there is one."""

    day: str = ""
    day_before: str | None = None
    edited: list[str] = field(default_factory=list)
    people: int = 0
    people_before: int | None = None
    people_in_both: int = 0
    moved: int = 0
    bands: list[tuple[str, int, int | None]] = field(default_factory=list)
    culprit: tuple[str, int, int] | None = None
    # Scores that rose and that fell; who moved with the edges of bands; which edges.
    scores_up: int = 0
    scores_down: int = 0
    moved_by_edges: int = 0
    edges: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    has_history: bool = True
    lost_rules: list[tuple[str, int]] = field(default_factory=list)
    used: int = 0
    used_before: int | None = None
    # What data_quality says: quantities by item, of each section.
    quality: dict[str, dict[str, int]] = field(default_factory=dict)
    # People who are no customers, and those of them in the highest band.
    top_band: tuple[int, int] = (0, 0)
    unmapped: list[tuple[str, int]] = field(default_factory=list)
    # Those that bot_rules.csv waits for, and that are to count for nothing.
    waited_for: list[tuple[str, int]] = field(default_factory=list)
    silent_names: list[str] = field(default_factory=list)
    # People who are taken for machines, of how many, and most of them by which rule.
    machines: int = 0
    people_with_machines: int = 0
    machine_rule: tuple[str, int] | None = None
    lost_types: list[tuple[str, int]] = field(default_factory=list)
    near_values: list[tuple[str, str, str, int]] = field(default_factory=list)
    # Snapshots all fall on this weekday, which these features, with the days of their
    # windows, hold more often, or less, than other days do.
    weekday: str | None = None
    no_whole_weeks: list[tuple[str, int]] = field(default_factory=list)
    # Sentences on event types that are dated before they happened.
    back_dated: list[str] = field(default_factory=list)
    # What the model in use fails of `model_checks`.
    model_fails: list[str] = field(default_factory=list)
    rows_of: dict[tuple[str, str], int] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def unreadable_files(self) -> int:
        """The number of event files that cannot be read."""
        return self.quality.get("files", {}).get("could not be read", 0)

    def place(self, file: str, key: str) -> str:
        """Return where a line of the control panel stands."""
        row = self.rows_of.get((file, key))
        return f"{file}.csv row {row}" if row else f"{file}.csv"

    def label(self, rule: str) -> str:
        """Return how people call a rule."""
        return f"“{self.labels[rule]}”" if rule in self.labels else rule


def news(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    previous: Generation | None,
    written: Generation,
    panel_texts: dict[str, str],
) -> News:
    """Return the facts of a build that is about to be published."""
    found = News()
    with duckdb.connect() as marts:
        see(marts, "new", written)
        if previous is not None and set(COMPARED) <= set(previous.marts):
            see(marts, "old", previous)
            compare_people(marts, found)
        else:
            found.people = count(marts, "new.user_scores")
            found.bands = marts.execute(
                "select band, count(user_id), null from new.score_bands"
                " left join new.user_scores using (band)"
                " group by band order by max(min_score) desc"
            ).fetchall()
        found.top_band = marts.execute(TOP_BAND).fetchone() or (0, 0)
        found.labels = {
            rule: rule_label(reason, equals)
            for rule, reason, equals in marts.execute(
                'select rule, reason, "equals" from new.scoring_rules'
            ).fetchall()
        }
        found.rows_of = rows_of(panel_texts)
        found.has_history = "score_changes" in written.marts
        found.day = written.facts["as_of_date"]
        if previous is not None:
            found.day_before = previous.facts["as_of_date"]
            then = texts_of(previous)
            found.edited = sorted(
                file for file, text in panel_texts.items() if then.get(file) != text
            )
        look_at_events(build, warehouse, marts, found, previous is not None)
        look_at_values(build, warehouse, marts, found)
        look_at_machines(build, warehouse, marts, found)
        if "snapshot_populations" in written.marts:
            found.weekday = weekday_of_snapshots(build)
            found.no_whole_weeks = marts.execute(NO_WHOLE_WEEKS).fetchall()
        if "event_arrivals" in written.marts:
            found.back_dated = back_dated(marts, "new.event_arrivals")
        if "model_checks" in written.marts:
            fails = marts.execute(
                "select says from new.model_checks where not is_passed"
                " order by check_name"
            ).fetchall()
            found.model_fails = [says for (says,) in fails]
    return found


def weekday_of_snapshots(build: Build) -> str | None:
    """Return the weekday of all snapshots; None if they are of several.

    The grid begins on a Monday: see `int_as_of_dates`.
    """
    days = [date.fromisoformat(str(day)) for day in build.vars["snapshot_dates"] or []]
    if not days:
        return "Monday" if int(build.vars["snapshot_every_days"]) % 7 == 0 else None
    weekdays = {day.weekday() for day in days}
    return calendar.day_name[weekdays.pop()] if len(weekdays) == 1 < len(days) else None


def rows_of(panel_texts: dict[str, str]) -> dict[tuple[str, str], int]:
    """Return the row of the file in which each line of the control panel begins."""
    found = {}
    for file, text in panel_texts.items():
        reader = csv.reader(io.StringIO(text))
        for row in reader:
            if row:
                found.setdefault((file, row[0].strip()), reader.line_num)
    return found


def see(marts: duckdb.DuckDBPyConnection, name: str, generation: Generation) -> None:
    """Make the marts of a generation readable as tables of a schema."""
    marts.execute(f"create schema {name}")
    for mart in (*COMPARED, *COMPARED_OF_DATA, *ALONE):
        if mart in generation.marts:
            path = file_text(generation.folder / f"{mart}.parquet")
            rows = f"from read_parquet({path})"
            if mart in OF_SCORES:
                rows = WITH_SCORES.format(OF_SCORES[mart], path)
            # People are ranked, and compared, by bands of intent.
            which = " where score is null" if mart == "score_bands" else ""
            marts.execute(f"create view {name}.{mart} as {rows}{which}")


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Return how many rows a relation has."""
    return connection.execute(f"select count(*) from {relation}").fetchall()[0][0]


def compare_people(marts: duckdb.DuckDBPyConnection, found: News) -> None:
    """Note who changes band, and which rules match nobody any more."""
    marts.execute(MOVES)
    found.people = count(marts, "new.user_scores")
    found.people_before = count(marts, "old.user_scores")
    found.people_in_both = count(
        marts, "new.user_scores semi join old.user_scores using (user_id)"
    )
    found.moved = count(marts, "moves")
    found.moved_by_edges = count(marts, "moves where is_by_edge")
    found.edges = marts.execute(EDGES).fetchall()
    ((found.scores_up, found.scores_down),) = marts.execute(CHANGED_SCORES).fetchall()
    found.bands = [
        (band, is_now or 0, was or 0)
        for band, is_now, was, _ in marts.execute(BANDS).fetchall()
    ]
    culprits = marts.execute(CULPRITS).fetchall()
    found.culprit = culprits[0] if culprits else None
    now = dict(marts.execute(MATCHED.format(side="new")).fetchall())
    then = dict(marts.execute(MATCHED.format(side="old")).fetchall())
    rules = {
        rule
        for (rule,) in marts.execute(
            "select rule from new.scoring_rules where points <> 0"
        ).fetchall()
    }
    found.lost_rules = sorted(
        (rule, then[rule]) for rule in rules if rule in then and rule not in now
    )


def look_at_events(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    marts: duckdb.DuckDBPyConnection,
    found: News,
    has_previous: bool,
) -> None:
    """Note what became of the rows, and names that have vanished or are unknown."""
    ledger = build.relation("int_event_ledger")
    known = warehouse.execute(
        f"select distinct source_event from {ledger} where source_event is not null"
    ).fetchall()
    for section, item, quantity in marts.execute(
        "select section, item, quantity from new.data_quality"
        " order by quantity desc, item"
    ).fetchall():
        found.quality.setdefault(section, {})[item] = quantity
    found.used = found.quality["rows"]["used"]
    waited_for = {
        name
        for (name,) in marts.execute("select after_event from new.bot_rules").fetchall()
    }
    unmapped = found.quality.get("unmapped names", {}).items()
    found.unmapped = [item for item in unmapped if item[0] not in waited_for]
    found.waited_for = [item for item in unmapped if item[0] in waited_for]
    names = {name for (name,) in known}
    mapped = marts.execute(
        "select source_event, event_type from new.event_types"
    ).fetchall()
    # That your side has said nothing yet is nothing odd.
    found.silent_names = sorted(
        name for name, kind in mapped if name not in names and kind not in VERDICTS
    )
    if has_previous and "old" in schemas(marts):
        then = dict(events_by_type(marts, "old"))
        now = dict(events_by_type(marts, "new"))
        found.lost_types = sorted(
            (kind, events) for kind, events in then.items() if not now.get(kind)
        )
        used = marts.execute(
            "select sum(quantity) from old.data_quality"
            " where section = 'rows' and item = 'used'"
        ).fetchall()[0][0]
        found.used_before = int(used) if used is not None else None


def schemas(marts: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the schemas that there are."""
    rows = marts.execute("select schema_name from duckdb_schemas()").fetchall()
    return {name for (name,) in rows}


def events_by_type(
    marts: duckdb.DuckDBPyConnection, side: str
) -> list[tuple[str, int]]:
    """Return how many used events each type has."""
    return marts.execute(
        f"select item, quantity from {side}.data_quality where section = 'event types'"
    ).fetchall()


def look_at_values(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    marts: duckdb.DuckDBPyConnection,
    found: News,
) -> None:
    """Note rules on a text that nobody has, where people have one very like it."""
    wanted = marts.execute(
        'select rule, feature, "equals" from new.scoring_rules where "equals" <> \'\''
    ).fetchall()
    if not wanted:
        return
    values: dict[str, dict[str, int]] = {}
    rows = warehouse.execute(
        "select attribute, value, count(distinct user_id) from"
        f" {build.relation('stg_user_attributes')} group by 1, 2"
    ).fetchall()
    for attribute, value, people in rows:
        values.setdefault(attribute, {})[value.casefold()] = people
    named: dict[str, set[str]] = {}
    for _, feature, value in wanted:
        named.setdefault(feature, set()).add(str(value).casefold())
    for rule, feature, value in wanted:
        there = values.get(feature, {})
        if str(value).casefold() in there:
            continue
        others = {text: n for text, n in there.items() if text not in named[feature]}
        near = difflib.get_close_matches(str(value).casefold(), others, 1, cutoff=0.75)
        if near:
            found.near_values.append((rule, value, near[0], others[near[0]]))


def look_at_machines(
    build: Build,
    warehouse: duckdb.DuckDBPyConnection,
    marts: duckdb.DuckDBPyConnection,
    found: News,
) -> None:
    """Note how many people are taken for machines, unless that was let pass before.

    It was where the rules are as they were, and this one caught events then, too.
    """
    if not found.day:
        return
    rows = warehouse.execute(
        MACHINES.format(
            machines=build.relation("int_machine_events"),
            rules=build.relation("bot_rules"),
            activity=build.relation("int_user_daily_activity"),
            scores=build.relation("user_scores"),
            day=found.day,
            look_back=int(build.vars["look_back_days"]),
        )
    ).fetchall()
    if not rows:
        return
    rule, people, machines, not_scored = rows[0]
    if "old" in schemas(marts) and "bot_rules" not in found.edited:
        before = marts.execute(
            "select count(*) from old.data_quality where section = 'machines'"
            " and item = ?",
            [rule],
        ).fetchall()[0][0]
        if before:
            return
    found.machine_rule, found.machines = (rule, people), machines
    found.people_with_machines = found.people + not_scored
