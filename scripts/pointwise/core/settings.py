"""The settings of the project: what each var may be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pointwise.core.errors import PointwiseError
from pointwise.core.home import PROJECT, SETTINGS_FILE, home, home_settings
from pointwise.core.identifying import identifies_person
from pointwise.core.outcome import ANY, NO_OUTCOME, outcome_of, shape_mistakes
from pointwise.core.panel.checks import cell_problem, is_date, line_of, remedy_of
from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import closest, cut_short, database
from pointwise.core.panel.schema import Column
from pointwise.core.verdicts import HAND_RAISES, VERDICTS

PROJECT_FILE = "dbt_project.yml"
# The columns of an event that `event_columns` may map.
EVENT_COLUMNS = (
    *("user_id", "occurred_at", "event_type", "event_id", "anonymous_id"),
    *("received_at", "session_id", "page_path", "duration_seconds", "amount"),
    *("channel", "device", "country", "user_agent", "unparsed"),
)
# The mappings of dbt_project.yml in which settings stand. See macros/sources/var.sql.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "quarantine": (
        "earliest_event_date",
        "max_id_length",
        "max_ids_per_person",
        "placeholder_ids",
    ),
    "evaluation": (
        *("snapshot_every_days", "snapshot_count", "snapshot_dates", "learned_until"),
        *("snapshot_max_users", "leak_auc", "top_band_min_share", "top_band_max_share"),
    ),
    "publishing": ("publish_limits", "accept_mass_change", "crm_link"),
    "experiments": (
        *("experiment_tuning_users", "holdout_share", "holdout_since"),
        *("contact_event_types", "hand_raise_event_types"),
    ),
    "propensity": (
        *("use_propensity_model", "propensity_explained_users", "disagreement_users"),
    ),
}
SHAPES = {
    "list": "a list such as [a, b], or []",
    "mapping": "a mapping such as {a: b}, or {}",
}


class Setting(NamedTuple):
    """A var: what its value, each entry or each key may be, and whether it has many."""

    column: Column
    shape: str | None = None


def whole(at_least: int, at_most: int) -> Setting:
    """Return a setting that is a whole number."""
    return Setting(Column("whole", True, at_least=at_least, at_most=at_most))


DAYS = whole(1, 3650)
SHARE = Setting(Column("share", required=True))
SWITCH = Setting(Column("switch", required=True, one_of=("true", "false")))
TEXT = Setting(Column("text", required=True))
DATES = Setting(Column("date", required=True, unique=True), "list")
LIMIT_NAMES = (
    *("people", "band_changes", "top_band_loss", "people_lost", "events_lost"),
    "machines",
)
MODULES = (
    *("accounts", "evaluation", "experiments", "history", "lists", "live", "ml"),
)

# The vars in the order of dbt_project.yml.
SETTINGS: Mapping[str, Setting] = {
    "event_columns": Setting(Column("choice", one_of=EVENT_COLUMNS), "mapping"),
    "user_columns": Setting(
        Column("choice", one_of=("user_id", "valid_from", "account_id")), "mapping"
    ),
    "user_attributes": Setting(Column("column", required=True, unique=True), "list"),
    "time_zone": TEXT,
    "earliest_event_date": Setting(Column("date", required=True)),
    "max_id_length": whole(1, 1000),
    "max_ids_per_person": whole(2, 100_000),
    "placeholder_ids": Setting(Column("text", required=True), "list"),
    "as_of_date": Setting(Column("date")),
    "look_back_days": DAYS,
    "outcome_event_type": Setting(Column("text", required=True), "outcome"),
    "outcome_is_repeatable": SWITCH,
    "horizon_days": DAYS,
    "snapshot_every_days": DAYS,
    "snapshot_count": whole(1, 1000),
    "snapshot_dates": DATES,
    "learned_until": Setting(Column("date")),
    "snapshot_max_users": whole(1, 10_000_000),
    "leak_auc": SHARE,
    "top_band_min_share": SHARE,
    "top_band_max_share": SHARE,
    "publish_limits": Setting(Column("choice", one_of=LIMIT_NAMES), "mapping"),
    "accept_mass_change": SWITCH,
    "crm_link": Setting(Column("text")),
    "backfill_dates": DATES,
    "experiment_tuning_users": whole(2, 10_000_000),
    "holdout_share": SHARE,
    "holdout_since": Setting(Column("date")),
    "contact_event_types": Setting(Column("text", required=True, unique=True), "list"),
    "hand_raise_event_types": Setting(
        Column("text", required=True, unique=True), "list"
    ),
    "use_propensity_model": SWITCH,
    "propensity_explained_users": whole(0, 10_000_000),
    "disagreement_users": whole(0, 10_000_000),
    "modules": Setting(Column("choice", one_of=MODULES), "mapping"),
}
# Given to one run with --vars only; without them it is as if these were.
OF_ONE_RUN: Mapping[str, Any] = {"modules": {}}
# Dates that no source of events has: typing mistakes.
FIRST_DATE, LAST_DATE = "1970-01-01", "2199-12-31"


def check_has_outcome() -> None:
    """Raise PointwiseError if no outcome is set: nothing can be judged by it."""
    if vars_of_run(PROJECT, None)["outcome_event_type"] is None:
        raise PointwiseError(NO_OUTCOME)


def vars_of_run(project: Path, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the vars as dbt has them: the project's, home's over them, then `--vars`.

    Raises PointwiseError if dbt_project.yml or settings.yml cannot be read.
    """
    own = ungrouped(home_settings(project))
    refuse_modules(own, SETTINGS_FILE)
    return ungrouped({**OF_ONE_RUN, **project_vars(project), **own, **(given or {})})


def project_vars(project: Path) -> dict[str, Any]:
    """Return the vars of dbt_project.yml.

    Those of a group are by their own names, as if the group were not there. A group
    that is no mapping stays. Raises PointwiseError if the file cannot be read, or has
    a setting that dbt would not read there.
    """
    try:
        text = (project / PROJECT_FILE).read_text(encoding="utf-8")
        settings = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PointwiseError(
            f"{project / PROJECT_FILE} cannot be read: {error}"
        ) from error
    found = dict(settings.get("vars") or {})
    own = found.pop(settings["name"], None)
    found |= own if isinstance(own, dict) else {}
    refuse_modules(found, f"{PROJECT_FILE}: vars")
    return found


def refuse_modules(found: Mapping[str, Any], place: str) -> None:
    """Raise PointwiseError if modules are switched where dbt does not read it."""
    if "modules" in found:
        raise PointwiseError(
            f"{place}: modules: dbt does not read it there; a module is left out by"
            f" `+enabled: false`, see `optional` in {PROJECT_FILE}, or by --vars"
        )


def ungrouped(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return vars by their own names, those in a group included."""
    groups = [name for name in GROUPS if isinstance(given.get(name), dict)]
    found: dict[str, Any] = {}
    for group in groups:
        found |= given[group]
    return {**found, **{n: v for n, v in given.items() if n not in groups}}


def setting_mistakes(
    given: Mapping[str, Any],
    event_types: Iterable[str] | None = None,
    of_home: Iterable[str] = (),
    of_run: Iterable[object] = (),
) -> list[str]:
    """Return a line for every mistake in the vars of a run.

    `event_types` are those of the control panel; None where it cannot be read.
    `of_home` names the vars that come from settings.yml, `of_run` those of `--vars`.
    """
    found = [
        *unknown_settings(given),
        *(m for name in SETTINGS for m in check_setting(name, given)),
        *check_together(given),
        *check_outcome(given, event_types),
        *check_contacts(given, event_types),
    ]
    names = list(SETTINGS)
    found.sort(
        key=lambda m: (names.index(m.column) if m.column in names else -1, m.found)
    )
    places = dict.fromkeys((cut_short(str(name)) for name in of_home), SETTINGS_FILE)
    places |= dict.fromkeys((cut_short(str(name)) for name in of_run), "--vars")
    return [line_of(m, places.get(m.column, f"{PROJECT_FILE}: vars")) for m in found]


def mistake(name: str, found: str, allowed: str) -> Mistake:
    """Return what is wrong with a setting."""
    return Mistake(PROJECT_FILE, None, name, found, allowed)


def unknown_settings(given: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield vars that nothing reads: most likely misspelt."""
    for name in given:
        if name in GROUPS:
            found = f"{cut_short(as_json(given[name]))} is not a mapping"
            yield mistake(name, found, f"a mapping of {', '.join(GROUPS[name])}")
        elif name not in SETTINGS:
            near = closest(SETTINGS, str(name))
            allowed = f"one of those in {PROJECT_FILE}; did you mean {near}?"
            yield mistake(cut_short(str(name)), "is not a setting", allowed)


def check_setting(name: str, given: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is wrong with one var by itself."""
    column, shape = SETTINGS[name]
    value = given.get(name)
    if name == "user_columns":
        attributes = given.get("user_attributes")
        also = attributes if isinstance(attributes, list) else []
        column = column._replace(one_of=(*column.one_of, *map(str, also)))
    if shape == "outcome":
        yield from (mistake(name, *found) for found in shape_mistakes(value))
        return
    if shape and not isinstance(value, list if shape == "list" else dict):
        found = f"{cut_short(as_json(value))} is not a {shape}"
        yield mistake(name, found, SHAPES[shape])
        return
    entries = list(value) if shape else [value]
    for place, entry in enumerate(entries):
        text = None if entry is None else entry_text(entry, column.kind)
        again = column.unique and entry in entries[:place]
        problem = cell_problem(text, column, is_again=again)
        if problem is None:
            problem = problem_of_setting(name, text)
        if problem is not None:
            said = f"'{cut_short(text)}' " if text is not None else ""
            yield mistake(name, said + problem, remedy(problem, column, text))
    if shape == "mapping":
        yield from check_mapped(name, value)


def entry_text(entry: object, kind: str) -> str:
    """Return an entry as text; numbers and switches as JSON: "90" is not 90."""
    return as_json(entry) if kind in ("whole", "switch") else str(entry)


def as_json(value: object) -> str:
    """Return a value as JSON, dates as text."""
    return json.dumps(value, default=str, ensure_ascii=False)


IDENTIFIES = "may identify a person"
NO_ZONE = "is not a known time zone"
FAR_DATE = "is no date of events"
NO_LINK = "is no address with {user_id} in it"


def problem_of_setting(name: str, text: str | None) -> str | None:
    """Return what is wrong with a value that has the right form."""
    if text is None:
        return None
    if name == "user_attributes" and identifies_person(text):
        return IDENTIFIES
    if name == "time_zone" and text not in time_zones():
        return NO_ZONE
    if SETTINGS[name].column.kind == "date" and not FIRST_DATE <= text <= LAST_DATE:
        return FAR_DATE
    if name == "crm_link" and not re.fullmatch(r"https?://\S*\{user_id\}\S*", text):
        return NO_LINK
    return None


def remedy(problem: str, column: Column, text: str | None) -> str:
    """Return what is allowed instead of a value."""
    if problem == IDENTIFIES:
        return (
            "attributes other than names, addresses, e-mail, phone numbers and IP"
            " addresses"
        )
    if problem == NO_ZONE:
        return f"a name such as {closest(time_zones(), text or '')}"
    if problem == FAR_DATE:
        return f"a date from {FIRST_DATE} to {LAST_DATE}"
    if problem == NO_LINK:
        return "such as https://crm.example.com/contacts/{user_id}, or null"
    return remedy_of(problem, column)


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names of all time zones that DuckDB knows."""
    query = "select name from pg_timezone_names()"
    return tuple(name for (name,) in database().execute(query).fetchall())


def check_mapped(name: str, value: Mapping[Any, Any]) -> Iterator[Mistake]:
    """Yield what is wrong with the values of a mapping."""
    if name == "publish_limits":
        for limit, share in value.items():
            most = 1 if limit != "people" else 10_000_000
            if limit in LIMIT_NAMES and not (is_number(share) and 0 <= share <= most):
                found = f"{limit}: '{cut_short(as_json(share))}' is no such limit"
                yield mistake(name, found, f"a number from 0 to {most}")
        return
    if name == "modules":
        yield from check_modules(value)
        return
    for column, expression in value.items():
        if not isinstance(expression, str) or not is_expression(expression):
            said = f"{column}: {cut_short(as_json(expression))} is no SQL expression"
            allowed = "the name of a column, or SQL over the columns of your file"
            yield mistake(name, said, allowed)
        elif not is_of_one_row(expression):
            said = f"{column}: {cut_short(as_json(expression))} needs more than its row"
            allowed = (
                "SQL over the columns of one row: no aggregate, window, subquery,"
                " unnest, random or clock"
            )
            yield mistake(name, said, allowed)


def check_modules(value: Mapping[Any, Any]) -> Iterator[Mistake]:
    """Yield modules that are neither on nor off."""
    for module, is_on in value.items():
        if module in MODULES and not isinstance(is_on, bool):
            found = f"{module}: '{cut_short(as_json(is_on))}' is no switch"
            yield mistake("modules", found, "true or false")


def is_expression(text: str) -> bool:
    """Return whether a text is one SQL expression, as far as its form says."""
    query = (
        "select json_array_length(json_serialize_sql($1),"
        " '$.statements[0].node.select_list')"
    )
    # A bracket or a comma of its own would reach beyond the expression.
    statements = [f"select ({text}\n)", f"select {text}\n as expression"]
    return (
        bool(text.strip())
        and "--" not in text
        and all(
            database().execute(query, [statement]).fetchall()[0][0] == 1
            for statement in statements
        )
    )


def is_of_one_row(expression: str) -> bool:
    """Return whether an expression has one value a row, the same at every reading."""
    (written,) = (
        database()
        .execute("select json_serialize_sql($1)", [f"select ({expression}\n)"])
        .fetchall()[0]
    )
    classes = set(re.findall(r'"class":"(\w+)"', written))
    functions = set(re.findall(r'"function_name":"(\w+)"', written))
    beyond = {"WINDOW", "SUBQUERY", "STAR", "PARAMETER"}
    return not classes & beyond and not functions & functions_of_many_rows()


@cache
def functions_of_many_rows() -> frozenset[str]:
    """Return the functions that aggregate, make rows, or differ from run to run."""
    query = """
        select function_name from duckdb_functions()
        where function_type = 'aggregate' or stability <> 'CONSISTENT'
    """
    found = database().execute(query).fetchall()
    return frozenset({"unnest", *(name for (name,) in found)})


def check_together(given: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield settings that do not go together."""
    least, most = given.get("top_band_min_share"), given.get("top_band_max_share")
    if is_number(least) and is_number(most) and least > most:
        found = f"'{least}' is more than top_band_max_share"
        yield mistake("top_band_min_share", found, f"at most {most}")
    auc = given.get("leak_auc")
    if is_number(auc) and 0 <= auc < 0.5:
        found = f"'{auc}' is less than 0.5, which every feature reaches"
        yield mistake("leak_auc", found, "a number from 0.5 to 1")
    held_out = given.get("holdout_share")
    if is_number(held_out) and 0.5 < held_out <= 1:
        found = f"'{held_out}' is more than half of the people"
        yield mistake("holdout_share", found, "a number from 0 to 0.5, such as 0.05")
    if is_number(held_out) and held_out > 0 and given.get("holdout_since") is None:
        found = "is blank, and holdout_share is not 0"
        allowed = (
            "the day from which people are held out; what was before is not counted"
        )
        yield mistake("holdout_since", found, allowed)
    first, scored = given.get("earliest_event_date"), given.get("as_of_date")
    if is_date(str(first)) and is_date(str(scored)) and str(first) > str(scored):
        found = f"'{first}' is after as_of_date"
        yield mistake("earliest_event_date", found, f"a date up to {scored}")


def is_number(value: object) -> bool:
    """Return whether a value is a number, and not a switch."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_outcome(
    given: Mapping[str, Any], event_types: Iterable[str] | None
) -> Iterator[Mistake]:
    """Yield an outcome that the control panel does not know, or that everybody has."""
    name, value = "outcome_event_type", given.get("outcome_event_type")
    if any(shape_mistakes(value)):
        return
    outcome = outcome_of(value)
    yield from unknown_types(name, outcome.event_types, [ANY, *(event_types or ())])
    is_everybodys = outcome.is_any_event and outcome.is_one_event
    if is_everybodys and not given.get("outcome_is_repeatable"):
        found = f"'{ANY}', any event, has happened to everybody who is scored"
        yield mistake(name, found, "outcome_is_repeatable: true, for who comes back")


def unknown_types(
    name: str, asked: Iterable[str], known: list[str]
) -> Iterator[Mistake]:
    """Yield event types that the control panel does not know, if it could be read."""
    names = [event_type for event_type in known if event_type != ANY]
    for event_type in asked if names else ():
        if event_type in known:
            continue
        found = f"'{cut_short(event_type)}' is not in event_types.csv"
        allowed = f"a name from event_types.csv, such as {closest(names, event_type)}"
        place = f"in {home() / SETTINGS_FILE}" if home() else "there"
        yield mistake(name, found, f"{allowed}; set it {place} or with --vars")


def check_contacts(
    given: Mapping[str, Any], event_types: Iterable[str] | None
) -> Iterator[Mistake]:
    """Yield event types of acting that nobody knows, or that are the outcome."""
    for name, default in (
        ("contact_event_types", VERDICTS),
        ("hand_raise_event_types", HAND_RAISES),
    ):
        value = given.get(name)
        listed = value if isinstance(value, list) else []
        asked = [one for one in listed if isinstance(one, str)]
        own = [event_type for event_type in asked if event_type not in default]
        yield from unknown_types(name, own, list(event_types or ()))
    name, value = "contact_event_types", given.get("contact_event_types")
    if not isinstance(value, list):
        return
    asked = [event_type for event_type in value if isinstance(event_type, str)]
    outcome = given.get("outcome_event_type")
    if any(shape_mistakes(outcome)):
        return
    for event_type in ({*asked} - {*VERDICTS}) & {*outcome_of(outcome).event_types}:
        found = f"'{cut_short(event_type)}' is the outcome"
        yield mistake(name, found, "what your side does, such as contacted")
