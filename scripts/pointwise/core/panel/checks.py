"""Every mistake of a control panel, as lines that name file, row, column and remedy."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from pointwise.core.outcome import ANY, outcome_of, shape_mistakes
from pointwise.core.panel.accounts import check_accounts
from pointwise.core.panel.conditions import check_equals, check_rules, feature_ranges
from pointwise.core.panel.event_conditions import check_conditions
from pointwise.core.panel.experiment_metrics import check_metrics
from pointwise.core.panel.experiments import check_experiments, check_recorded
from pointwise.core.panel.gates import check_bot_rules, check_exclusions, check_listed
from pointwise.core.panel.reader import Mistake, PanelFile
from pointwise.core.panel.rows import Row, closest, cut_short, reserved_words, rows_of
from pointwise.core.panel.schema import COLUMNS, KINDS, Column
from pointwise.core.panel.scores import bands_of, check_scores

MOST_DIGITS = re.compile(r"-?[0-9]{1,13}([.][0-9]{1,4})?")
# Faults of a cell that have a remedy of their own.
REMEDIES = {
    "is a reserved word of SQL": "another name",
    "is there twice": "a value that no other row has",
    "has spaces around it": "no spaces before or after",
    "has apostrophes around it": "none, or quotation marks",
    "has line breaks or control characters in it": "a single line of text",
    "has too many digits": "13 digits before the point, 4 after it",
}
# A column, and the column whose names it must use.
NAMES = (
    ("features", "event_type", "event_types", "event_type"),
    ("scoring_rules", "rule_group", "score_groups", "rule_group"),
    ("scoring_rules", "feature", "features", "feature"),
    ("experiments", "feature", "features", "feature"),
    ("experiments", "stratify_by", "features", "feature"),
    ("experiments", "outcome_event_type", "event_types", "event_type"),
    ("experiment_metrics", "experiment", "experiments", "experiment"),
)


def panel_mistakes(
    files: Mapping[str, PanelFile],
    settings: Mapping[str, Any],
    recorded: Iterable[dict] = (),
) -> list[Mistake]:
    """Return all mistakes of a panel, in the order of files, rows and columns.

    `settings` are the vars that panel and project share; `recorded` is as
    `check_recorded` has it.
    """
    rows = {name: rows_of(files[name]) for name in COLUMNS}
    ranges = feature_ranges(rows["features"], rows["event_types"])
    measures = {feature: found.measure for feature, found in ranges.items()}
    found = [mistake for file in files.values() for mistake in file.mistakes]
    for name in COLUMNS:
        found += check_cells(name, files[name])
    found += check_names(files)
    found += check_event_types(rows["event_types"])
    found += check_conditions(rows["event_types"])
    found += check_features(rows["features"], settings)
    found += check_rules(rows["scoring_rules"], ranges, rows["score_groups"])
    found += check_equals([*rows["scoring_rules"], *rows["experiments"]])
    found += check_accounts(rows["account_rules"], rows["scoring_rules"], measures)
    groups, bands = rows["score_groups"], rows["score_bands"]
    found += check_scores(groups, bands, rows["score_grades"], settings)
    found += check_experiments(rows["experiments"], measures, bands_of(bands, None))
    metrics = rows["experiment_metrics"]
    event_types = column_values(files, "event_types", "event_type")
    found += check_metrics(metrics, event_types)
    found += check_recorded(rows["experiments"], recorded, settings, metrics)
    found += check_bot_rules(rows["bot_rules"], event_types)
    for row in groups:
        found += check_listed(row, "resets", event_types)
    found += check_exclusions(rows["exclusions"], settings.get("user_attributes"))
    return sorted(found, key=place_of)


def place_of(mistake: Mistake) -> tuple:
    """Return what orders mistakes: file, row, column, words."""
    columns = list(COLUMNS[mistake.file])
    return (
        list(COLUMNS).index(mistake.file),
        mistake.row or 0,
        columns.index(mistake.column) if mistake.column in columns else -1,
        (mistake.found, mistake.allowed),
    )


def line_of(mistake: Mistake, label: str) -> str:
    """Return a mistake as a line.

    Such as seeds/features.csv row 7: unit: is blank (allowed: some text).
    """
    row = f" row {mistake.row}" if mistake.row is not None else ""
    column = f": {mistake.column}" if mistake.column is not None else ""
    line = f"{label}{row}{column}: {mistake.found} (allowed: {mistake.allowed})"
    return "".join("?" if unicodedata.category(c)[0] == "C" else c for c in line)


def check_cells(name: str, file: PanelFile) -> Iterator[Mistake]:
    """Yield cells that do not hold what their column allows."""
    seen: Counter[tuple[str, str | None]] = Counter()
    for cell in file.cells:
        column = COLUMNS[name][cell.column]
        seen[cell.column, cell.value] += 1
        is_again = seen[cell.column, cell.value] > 1
        problem = cell.problem or cell_problem(cell.value, column, is_again=is_again)
        if problem:
            said = f"'{cut_short(cell.value)}' " if cell.value is not None else ""
            allowed = remedy_of(problem, column)
            yield Mistake(name, cell.row, cell.column, said + problem, allowed)


def remedy_of(problem: str, column: Column) -> str:
    """Return what is allowed instead of a cell."""
    return REMEDIES.get(problem, column.allowed)


def cell_problem(value: str | None, column: Column, *, is_again: bool) -> str | None:
    """Return what is wrong with a value: the first thing only."""
    if value is None:
        return "is blank" if column.required else None
    return (
        problem_of_text(value)
        or problem_of_kind(value, column)
        or ("is there twice" if column.unique and is_again else None)
    )


def problem_of_text(value: str) -> str | None:
    """Return what no cell may have."""
    if re.search(r"[\x00-\x1f\x7f]", value):
        return "has line breaks or control characters in it"
    if value != value.strip():
        return "has spaces around it"
    # A spreadsheet's sign that a cell is text, and no part of it.
    if len(value) > 1 and value.startswith("'") and value.endswith("'"):
        return "has apostrophes around it"
    return None


def problem_of_kind(value: str, column: Column) -> str | None:
    """Return what a cell of this column may not have."""
    kind = KINDS[column.kind]
    if kind.pattern and not re.fullmatch(kind.pattern, value):
        return kind.is_not
    if column.kind == "date" and not is_date(value):
        return kind.is_not
    if column.one_of is not None and value not in column.one_of:
        return "is not known"
    if column.kind == "number" and not MOST_DIGITS.fullmatch(value):
        return "has too many digits"
    if column.at_least is not None and int(value) < column.at_least:
        return f"is less than {column.at_least}"
    if column.at_most is not None and int(value) > column.at_most:
        return f"is more than {column.at_most}"
    if column.kind == "column" and value in reserved_words():
        return "is a reserved word of SQL"
    return None


def is_date(value: str) -> bool:
    """Return whether a text such as 2026-03-31 is a day of the calendar."""
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def column_values(
    files: Mapping[str, PanelFile], file: str, column: str
) -> list[str] | None:
    """Return what a column holds; None if it is unknown."""
    values = [cell.value for cell in files[file].cells if cell.column == column]
    return [value for value in values if value is not None] or None


def check_names(files: Mapping[str, PanelFile]) -> Iterator[Mistake]:
    """Yield names that the file they come from does not know.

    A file that knows none has a mistake of its own.
    """
    for file, column, source, source_column in NAMES:
        known = column_values(files, source, source_column)
        for cell in files[file].cells if known else ():
            if cell.column != column or cell.value in (None, *known):
                continue
            if (column, cell.value) == ("event_type", "*"):
                continue
            found = f"'{cut_short(cell.value)}' is not in {source}.csv"
            near = closest(known, cell.value)
            allowed = f"a name from {source}.csv, such as {near}"
            yield Mistake(file, cell.row, column, found, allowed)


def check_event_types(event_types: list[Row]) -> Iterator[Mistake]:
    """Yield event types whose rows disagree on the daily limit."""
    first: dict[str | None, Row] = {}
    for row in event_types:
        limited = first.setdefault(row.values["event_type"], row)
        limit = limited.texts["max_per_day"] or ""
        if (row.texts["max_per_day"] or "") != limit:
            found = (
                f"'<max_per_day>' differs from row {limited.number},"
                " also '<event_type>'"
            )
            allowed = f"'{cut_short(limit)}', the same in all rows of an event type"
            yield row.mistake("max_per_day", found, allowed)


def check_features(
    features: list[Row], settings: Mapping[str, Any]
) -> Iterator[Mistake]:
    """Yield features that make no sense."""
    for row in features:
        measure = row.values["measure"]
        if row.values["feature"] in ("user_id", "as_of_date", "is_converted", "score"):
            found = "'<feature>' is the name of another column"
            yield row.mistake("feature", found, "another name")
        if measure in ("attribute", "number"):
            yield from check_attribute(row, settings.get("user_attributes"))
        elif measure is not None and row.values["event_type"] is None:
            allowed = "an event type, or * for any"
            yield row.mistake("event_type", "is blank", allowed)
        yield from check_outcome_feature(row, settings)
        yield from check_window(row, settings.get("look_back_days"))
        has_half_life = row.texts["half_life_days"] is not None
        if has_half_life and measure not in (None, "events", "minutes", "amount"):
            found = "'<half_life_days>' has no meaning for <measure>"
            allowed = "blank, or measure events, minutes or amount"
            yield row.mistake("half_life_days", found, allowed)


def check_attribute(row: Row, attributes: Any) -> Iterator[Mistake]:  # noqa: ANN401
    """Yield what is wrong with an attribute; `attributes` may be a bad setting."""
    feature = row.values["feature"]
    if isinstance(attributes, list) and feature and feature not in attributes:
        found = "'<feature>' is not in the setting user_attributes"
        listed = ", ".join(str(name) for name in attributes)
        yield row.mistake("feature", found, f"for an attribute, one of {listed}")
    for name in ("event_type", "window_days"):
        if row.texts[name] is not None:
            found = f"'<{name}>' has no meaning for an attribute"
            yield row.mistake(name, found, "blank")


def check_outcome_feature(row: Row, settings: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield a feature of the outcome, which happens once."""
    event_type = row.values["event_type"]
    value = settings.get("outcome_event_type")
    if event_type is None or any(shape_mistakes(value)):
        return
    contacts = settings.get("contact_event_types")
    if isinstance(contacts, list) and event_type in contacts:
        found = "'<event_type>' is one of contact_event_types, what your side did"
        allowed = "what people do; take it out of that setting if they do it"
        yield row.mistake("event_type", found, allowed)
    outcome = outcome_of(value)
    is_outcome = event_type in outcome.event_types and outcome.is_one_event
    if is_outcome and event_type != ANY and not settings.get("outcome_is_repeatable"):
        found = "'<event_type>' is the outcome, which happens once"
        allowed = "another event type, or the setting outcome_is_repeatable: true"
        yield row.mistake("event_type", found, allowed)


def check_window(row: Row, look_back: Any) -> Iterator[Mistake]:  # noqa: ANN401
    """Yield a window that is missing, or too long; `look_back` may be a bad setting."""
    allowed = f"a whole number from 1 to {look_back}"
    days = row.values["window_days"]
    is_counted = row.values["measure"] not in (None, "attribute", "number")
    if is_counted and row.texts["window_days"] is None:
        yield row.mistake("window_days", "is blank", allowed)
    if days is not None and type(look_back) is int and 0 < look_back < days:
        found = "'<window_days>' is more than the setting look_back_days"
        yield row.mistake("window_days", found, allowed)
