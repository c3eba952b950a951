"""What an import reports on the files that have landed, and the panel it writes."""

from __future__ import annotations

import difflib
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pointwise.core.errors import PointwiseError
from pointwise.core.home import (
    PROJECT,
    SETTINGS_FILE,
    home_settings,
    path_setting,
)
from pointwise.core.home import home as home_folder
from pointwise.core.outcome import ANY, Outcome, outcome_of
from pointwise.core.panel.event_conditions import conditions_of
from pointwise.core.panel.event_conditions import event_type_rows as event_type_rows_of
from pointwise.core.panel.reader import files_in
from pointwise.core.panel.rows import rows_of
from pointwise.core.settings import FIRST_DATE, vars_of_run
from pointwise.core.sql_text import sql_text
from pointwise.core.terminal import console
from pointwise.core.words import counted
from pointwise.importing.asked import Asked, as_yaml
from pointwise.importing.attributes import Known, known_attributes
from pointwise.importing.columns import (
    listed,
    snake_name,
    user_attributes,
)
from pointwise.importing.first_panel import first_panel
from pointwise.importing.in_place import REMEDIES, event_columns
from pointwise.importing.landing import landed_from
from pointwise.importing.lead_columns import LISTING, event_name
from pointwise.importing.leads import FEWEST_A_DAY, MOST_SNAPSHOTS, LeadList
from pointwise.importing.newer import say_alike_but_for_unused, say_seen_before
from pointwise.importing.one_file import Options
from pointwise.importing.pages import page_conditions
from pointwise.importing.past import Profiles
from pointwise.importing.starter_panel import (
    LEARNED,
    EventName,
    Starter,
    as_csv,
    event_type_rows,
    write_panel,
    write_settings,
)
from pointwise.importing.summary import (
    Imported,
    count_users,
    event_names,
    landed_events,
    landed_rows,
    name_in,
    print_alike_ids,
    print_epochs,
    print_event_names,
    print_next_steps,
    print_people,
    print_refused,
    print_repeats,
    print_rows,
    print_shapes,
    print_warning,
    say,
    say_no_panel,
    shown_path,
)
from pointwise.importing.understood import EXAMPLES, Facts, facts_of_events, usable
from pointwise.importing.values import samples_of
from pointwise.sources.listing import find_files

# Decimals after a comma: 12,50 and 1.234,5, not 1,234.
COMMA_DECIMALS = re.compile(r"\d,(\d{1,2}|\d{4,})(?!\d|,)|\d[.]\d{3},\d")
# A time of day at the end of a value, and no zone after it.
LOCAL_TIME = re.compile(
    r"(?<![+-])(?<![+-][0-9])[0-9]:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?[AaPp][Mm])?$"
)


def report(
    connection: duckdb.DuckDBPyConnection,
    imported: list[Imported],
    options: Options,
    panel: Path | None,
    asked: Asked,
    in_place: Path | None = None,
) -> None:
    """Print what was understood, and write the starter control panel if asked to."""
    events = [file for file in imported if file.kind == "events"]
    leads = [file.mapping.leads for file in events if file.mapping.leads]
    asked = asked_of_leads(asked, leads)
    print_shapes(imported, lambda f: samples_of(connection, f.source, f.mapping))
    attributes = attributes_of([f for f in imported if f.kind == "users"])
    if not events:
        read, lost = print_rows(imported, None, {})
        if home_folder():
            say_settings(write_settings(home_folder(), {}, attributes), asked)
        print_warning(read, lost)
        print_next_steps(imported, panel, {}, with_visitors=False)
        return
    rows = landed_events(file.path for file in events)
    given = settings_for(connection, rows, asked, leads) if new_settings(panel) else {}
    given |= settings_asked_for(connection, asked, events if in_place else [])
    settings = {**vars_of_run(PROJECT, None), **yaml_values(given)}
    facts = facts_of_events(connection, rows, settings)
    read, lost = print_rows(events, facts, REMEDIES if in_place else {})
    print_emptied(facts, options)
    print_outcomes_before(connection, rows, leads)
    if facts.rows == facts.unused:
        print_warning(read, lost)
        say_no_panel(panel)
        return
    local = any(has_local_times(connection, file) for file in events)
    print_people(facts, options.reading.time_zone, local)
    print_units(connection, events)
    rows, files = used_rows(events, settings if facts.unused else None)
    alike = print_repeats(connection, rows, files)
    print_alike(connection, rows, imported)
    others = [] if in_place else events_landed(events)
    if others:
        say_seen_before(connection, rows, others)
    say_alike_but_for_unused(connection, [file.path for file in events], others)
    if others and panel == path_setting("POINTWISE_CONTROL"):
        said = counted(len(others), "file that was", "files that were")
        say(f"With {said} imported before:")
        rows = landed_events([*(file.path for file in events), *others])
        rows = usable(rows, settings)
    users = count_users(connection, rows)
    current = path_setting("POINTWISE_CONTROL")
    conditions = (
        page_conditions(connection, rows) if panel else panel_conditions(current)
    )
    names = event_names(connection, rows, conditions)
    check_outcome(asked, [found.name for found in names])
    name = name_in(connection, rows, conditions)
    known = known_attributes(
        *(connection, [f for f in imported if f.kind == "users"], users_landed()),
        *(user_attributes(), rows, outcome_names(asked, settings, names), name),
        *(int(settings["horizon_days"]), [snake_name(n) for n in options.kept]),
    )
    if known:
        print_refused({known.called.get(n, n): w for n, w in known.refused.items()})
        attributes = [a for a in attributes if a not in known.refused]
    if panel:
        settings["outcome_is_repeatable"] = home_settings().get("outcome_is_repeatable")
        outcome = asked.outcome if asked.names else outcome_found(settings, names)
        if outcome and home_folder() and not asked.names:
            given.setdefault(
                "outcome_event_type", as_yaml(settings["outcome_event_type"])
            )
        profiles = profiles_of(known, leads)
        starter = first_panel(
            *(connection, rows, name, names, users, outcome, settings, profiles),
            capacity=asked.capacity,
        )
        write_starter(panel, names, starter, given, attributes)
    else:
        print_mapped(names, current, asked)
    if home_folder():
        say_settings(write_settings(home_folder(), given, attributes), asked)
    print_warning(read, lost, alike)
    print_next_steps(imported, panel, given, facts.named == 0, in_place)


def print_emptied(facts: Facts, options: Options) -> None:
    """Print of which events a number could not be read, and what to do."""
    has_comma = options.reading.decimal_comma
    for target, rows, examples in facts.emptied:
        looks_so = any(COMMA_DECIMALS.search(value) for value in examples)
        if looks_so and not has_comma:
            remedy = "--decimal-comma, if a comma stands before the decimals"
        elif has_comma:
            remedy = "leave out --decimal-comma, if a point stands before the decimals"
        else:
            remedy = f"fix them in the file, or --map {target}=COLUMN names another"
        used = counted(facts.rows - facts.unused, "event")
        such = listed([repr(value[:30]) for value in examples])
        say(
            f"{rows:,} of {used}: {target} cannot be read as a number, such as"
            f" {such}. They are used without it."
        )
        say(f"  → {remedy}")
        console.print()


def print_outcomes_before(
    connection: duckdb.DuckDBPyConnection, rows: str, leads: list[LeadList]
) -> None:
    """Print who had the outcome of a list on a day before the date of their row."""
    for one in leads:
        if not one.is_dated or one.row_date in (None, one.label):
            continue
        people, ids = connection.execute(
            f"""
            select count(*), list(user_id order by user_id)[:{EXAMPLES}]
            from (
                select user_id from {rows} group by user_id
                having min(occurred_at::date) filter (event_type = $outcome)
                    < min(occurred_at::date) filter (event_type = $row_date)
            )
            """,
            {"outcome": one.outcome, "row_date": event_name(one.row_date)},
        ).fetchall()[0]
        if people:
            say(
                f"{counted(people, 'person has', 'people have')} {one.label} on a day"
                f" before {one.row_date}: {listed(ids)}. When their row begins they"
                " have had the outcome already; if a date is wrong, fix it in the file"
                " and import it again."
            )
            console.print()


def used_rows(
    events: list[Imported], settings: dict[str, Any] | None
) -> tuple[str, list[str]]:
    """Return the SQL of all rows that a build will use, and of those of each file.

    Without settings that say which these are, all are used.
    """
    paths = [*dict.fromkeys(file.path for file in events)]
    found = [landed_events(paths), *(landed_events([path]) for path in paths)]
    if settings:
        found = [usable(rows, settings) for rows in found]
    return found[0], found[1:]


def print_units(connection: duckdb.DuckDBPyConnection, events: list[Imported]) -> None:
    """Print times of files that are numbers of several units."""
    for file in events:
        if "occurred_at" in file.mapping.sources:
            found = samples_of(connection, file.source, file.mapping)
            print_epochs(found["occurred_at"])


def print_alike(
    connection: duckdb.DuckDBPyConnection, rows: str, imported: list[Imported]
) -> None:
    """Print ids, of events or of profiles, that differ in leading zeros only."""
    of_profiles = [*users_landed(), *(f.path for f in imported if f.kind == "users")]
    ids = [rows, *([landed_rows(of_profiles)] if of_profiles else [])]
    print_alike_ids(connection, [f"select user_id as id from {one}" for one in ids])


def settings_asked_for(
    connection: duckdb.DuckDBPyConnection, asked: Asked, in_place: list[Imported]
) -> dict[str, str]:
    """Return settings that need no panel: the outcome, columns of files in place."""
    given = {}
    if asked.names and home_settings().get("outcome_event_type") is None:
        given["outcome_event_type"] = as_yaml(asked.setting())
    columns = event_columns(connection, in_place) if in_place else {}
    if columns:
        given["event_columns"] = json.dumps(columns, ensure_ascii=False)
    return given


def write_starter(
    panel: Path,
    names: list[EventName],
    starter: Starter,
    given: dict[str, str],
    attributes: list[str],
) -> None:
    """Write the panel to begin with, and the settings it needs; say how it came."""
    print_event_names(names, starter.scored_as.__getitem__, [], panel)
    if starter.is_repeatable:
        given["outcome_is_repeatable"] = "true"
    if starter.learned_until:
        given[LEARNED] = f'"{starter.learned_until}"'
    elif LEARNED in home_settings():
        given[LEARNED] = "null"
    if home_folder():
        write_settings(home_folder(), given, attributes)
    write_panel(panel, names, starter)
    for sentence in starter.said:
        say(sentence)
    rules = counted(len(starter.tables["scoring_rules"]), "rule")
    say(
        f"Wrote a control panel to {shown_path(panel)}:"
        f" {counted(len(names), 'event name')}, {rules} to begin"
        " with. Edit scoring_rules.csv to say what each is worth."
    )


def print_mapped(names: list[EventName], current: Path, asked: Asked) -> None:
    """Print how event names count by the current panel, and lines for new ones."""
    mapped = mapped_events(current)
    new = [n for n in names if n.name not in mapped]
    lines = as_csv(event_type_rows(new, asked.outcome.event_types)).splitlines()
    print_event_names(
        names,
        lambda name: f"as {mapped[name]}" if name in mapped else "not: see below",
        lines,
        current,
    )


def asked_of_leads(asked: Asked, leads: list[LeadList]) -> Asked:
    """Return the outcome, by the name of its event in lists of leads."""
    found = [one.outcome for one in leads if one.outcome]
    if not found or len(asked.names) > 1:
        return asked
    return asked._replace(names=(found[0],))


def outcome_names(
    asked: Asked, settings: dict[str, Any], names: list[EventName]
) -> list[str]:
    """Return what the source calls the events of the outcome."""
    outcome = asked.outcome if asked.names else outcome_found(settings, names)
    types = outcome.event_types if outcome else []
    return [found.name for found in names if found.type in types]


def users_landed() -> list[Path]:
    """Return the files of profiles that imports have landed before."""
    found = find_files(str(path_setting("POINTWISE_USERS")))
    paths = [Path(file.file) for file in found]
    return [path for path in paths if landed_from(path)[0] is not None]


def profiles_of(known: Known | None, leads: list[LeadList]) -> Profiles | None:
    """Return profiles to learn from."""
    if known is None:
        return None
    is_all = any(one.outcome and not one.is_dated for one in leads)
    is_undated = is_all and leads[0].row_date is None
    return Profiles(known.rows, known.features, is_all, is_undated)


def settings_of_leads(
    connection: duckdb.DuckDBPyConnection, rows: str, leads: list[LeadList]
) -> dict[str, str]:
    """Return settings by which each row of a list counts as of its own date, once.

    Of a list without dates, the build looks back at those held out only.
    """
    if not any(one.outcome and not one.is_dated for one in leads):
        return {}
    if leads[0].row_date is None:
        return {"look_back_days": "1", "snapshot_count": "1"}
    step = int(vars_of_run(PROJECT, None)["snapshot_every_days"])
    found = connection.execute(
        f"select occurred_at::date as day, count(*) from {rows}"
        f" where event_type = {sql_text(LISTING)} and day is not null"
        " and day is distinct from $1 group by day order by day",
        [leads[0].listed_on],
    ).fetchall()
    if not found:
        return {"look_back_days": str(step), "snapshot_count": "1"}
    days, listings = zip(*found, strict=True)
    if len(days) <= MOST_SNAPSHOTS and sum(listings) >= FEWEST_A_DAY * len(days):
        # Everybody as of the same few days: between these nobody is looked at.
        dates = json.dumps([str(day) for day in days])
        return {"look_back_days": "1", "snapshot_dates": dates}
    count = min(max((days[-1] - days[0]).days // step, 1), MOST_SNAPSHOTS)
    return {"look_back_days": str(step), "snapshot_count": str(count)}


def settings_for(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    asked: Asked,
    leads: list[LeadList],
) -> dict[str, str]:
    """Return what goes into a new settings.yml, as lines of YAML have it.

    Data of which most is older than the settings allow are taken to be old.
    """
    given: dict[str, str] = {}
    earliest = vars_of_run(PROJECT, None)["earliest_event_date"]
    first, share = first_day(connection, rows, str(earliest))
    if share > 0.5:
        given["earliest_event_date"] = f'"{first.year}-01-01"'
        say(
            f"{100 * share:.0f} % of the events are before {earliest}, and would not"
            f" count: earliest_event_date is set to {first.year}-01-01. If nothing"
            f" happened in {first.year}, delete that setting and see --time-format."
        )
        console.print()
    if asked.names:
        given["outcome_event_type"] = as_yaml(asked.setting())
    given |= settings_of_leads(connection, rows, leads)
    there = home_settings()
    return {name: value for name, value in given.items() if there.get(name) is None}


def new_settings(panel: Path | None) -> bool:
    """Say if settings are to be written: with a panel, or where there are none."""
    own = home_folder()
    return panel is not None or not own or not (own / SETTINGS_FILE).exists()


def outcome_found(settings: dict[str, Any], names: list[EventName]) -> Outcome | None:
    """Return the outcome that the settings name, if the events have any of it."""
    outcome = outcome_of(settings["outcome_event_type"])
    types = {found.type for found in names}
    return outcome if outcome.is_any_event or types & {*outcome.event_types} else None


def first_day(
    connection: duckdb.DuckDBPyConnection, rows: str, earliest: str
) -> tuple[date, float]:
    """Return the first day of old events, and which share of all events is old."""
    first, share = connection.execute(
        "select min(occurred_at) filter (is_old), coalesce(avg(is_old::int), 0)"
        " from (select occurred_at, occurred_at < cast($1 as timestamp)"
        f" and occurred_at >= timestamp '{FIRST_DATE}' as is_old from {rows}"
        " where occurred_at is not null)",
        [earliest],
    ).fetchall()[0]
    return (first or datetime(1970, 1, 1, tzinfo=UTC)).date(), share


def yaml_values(given: dict[str, str]) -> dict[str, Any]:
    """Return settings as YAML reads them."""
    return {name: yaml.safe_load(value) for name, value in given.items()}


def attributes_of(profiles: list[Imported]) -> list[str]:
    """Return the attributes that presets found in profiles, for the settings."""
    names = [
        target
        for file in profiles
        for target in (file.mapping.sources if file.mapping.preset else ())
    ]
    no_attribute = ("user_id", "valid_from", "account_id")
    return [name for name in dict.fromkeys(names) if name not in no_attribute]


def has_local_times(connection: duckdb.DuckDBPyConnection, file: Imported) -> bool:
    """Say if the sample has times of day without a zone, which are read in one."""
    if "occurred_at" not in file.mapping.sources:
        return False
    values = samples_of(connection, file.source, file.mapping)["occurred_at"]
    return any(LOCAL_TIME.search(value.strip()) for value in values if value)


def mapped_events(panel: Path) -> dict[str, str]:
    """Return the source events that a control panel lists, with their types."""
    rows = event_type_rows_of(rows_of(files_in(panel)["event_types"]))
    return {row["source_event"]: row["event_type"] for row in rows}


def panel_conditions(panel: Path) -> list[dict[str, str]]:
    """Return which events of a name a control panel tells apart."""
    return [
        {**condition, "event_type": ""}
        for condition in conditions_of(rows_of(files_in(panel)["event_types"]))
    ]


def say_settings(path: Path, asked: Asked) -> None:
    """Say where the outcome stands, or is to be written."""
    where, found = shown_path(path), home_settings().get("outcome_event_type")
    wanted = asked.setting() if asked.names else None
    if found is None:
        say(
            "No outcome is named yet, the event that proves intent: people will be"
            " scored, and nothing can say whether the scores are true. Import a file"
            " again before you build, with --outcome NAME, and points are learned from"
            f" it; or name it in {where}, and take its own lines out of features.csv"
            " and scoring_rules.csv."
        )
    elif wanted not in (None, found):
        line = f"outcome_event_type: {as_yaml(found)}; for {as_yaml(wanted)}, edit it."
        say(f"{where} has {line}")
    else:
        say(f"{where} has outcome_event_type: {as_yaml(found)}.")


def check_outcome(asked: Asked, names: list[str]) -> None:
    """Fail if an outcome is the name of no event; name the nearest."""
    lower = {name.lower(): name for name in reversed(names)}
    for outcome in asked.names:
        if outcome in (ANY, *names):
            continue
        rest = sorted(names, key=lambda name: -likeness(outcome, name))
        near = difflib.get_close_matches(outcome.lower(), lower, n=1)
        hint = f"; did you mean {lower[near[0]]!r}?" if near else ""
        raise PointwiseError(
            f"--outcome: no event is named {outcome!r}{hint}; there are, the nearest"
            f" first: {listed(rest, 12)}"
        )


def likeness(one: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1, in any case."""
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()


def events_landed(events: list[Imported]) -> list[Path]:
    """Return files of events that were imported before, and are built with these."""
    found = find_files(str(path_setting("POINTWISE_EVENTS")))
    now = {file.path.absolute() for file in events}
    paths = [Path(file.file).absolute() for file in found]
    if not now & {*paths}:
        return []
    return [p for p in paths if p not in now and landed_from(p)[0] is not None]
