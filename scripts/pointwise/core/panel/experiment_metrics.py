"""Metrics of experiments that say nothing, or something else than was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pointwise.core.outcome import ANY
from pointwise.core.panel.reader import Mistake
from pointwise.core.panel.rows import Row, closest, cut_short

# Cells that a metric of each kind needs, and those that it may have besides.
COUNTED = ("count", "amount")
NEEDED = {
    **dict.fromkeys(("converted", *COUNTED), ("event_types",)),
    "ratio": ("numerator", "denominator"),
}
CELLS = ("event_types", "numerator", "denominator")
ALLOWED = {
    "event_types": "event types of event_types.csv such as order|refund, or * for any",
    "numerator": "the name of another metric of the experiment",
    "denominator": "the name of another metric of the experiment",
}
# What experiments assigned by account read their outcome as.
OUTCOME = "outcome"
# What decides on a metric, with past and score as covariates; see docs/experiments.md.
RAW, WINSORISED = "cuped", "winsorised cuped"


def decides(row: Mapping[str, Any]) -> str:
    """Return the method that decides on a metric at the end: as it was planned."""
    return RAW if row["winsorise_share"] is None else WINSORISED


def check_metrics(
    metrics: list[Row], event_types: list[str] | None
) -> Iterator[Mistake]:
    """Yield what is wrong with metrics of experiments, given the event types."""
    kinds = {
        (row.values["experiment"], row.values["metric"]): row.values["kind"]
        for row in metrics
    }
    seen: dict[tuple, Row] = {}
    primary: dict[str, Row] = {}
    for row in metrics:
        yield from check_cells_of(row)
        yield from check_types(row, event_types)
        yield from check_parts(row, kinds)
        yield from check_cut(row)
        if row.values["metric"] == OUTCOME:
            found = "'<metric>' is the outcome of the experiment"
            yield row.mistake("metric", found, "another name")
        if row.values["kind"] == "ratio" and row.texts["covariate"] is not None:
            found = "'<covariate>' has no meaning for <kind>"
            yield row.mistake("covariate", found, "blank")
        key = (row.values["experiment"], row.values["metric"])
        first = seen.setdefault(key, row)
        if first is not row and None not in key:
            found = f"'<metric>' is in row {first.number}, too"
            yield row.mistake("metric", found, "another name")
        if row.values["role"] == "primary":
            first = primary.setdefault(row.values["experiment"], row)
            if first is not row:
                found = f"row {first.number} is primary in <experiment> already"
                yield row.mistake("role", found, "secondary or exploratory")


def check_cells_of(row: Row) -> Iterator[Mistake]:
    """Yield cells that a row's kind lacks, or that say nothing beside it."""
    needed = NEEDED.get(row.values["kind"])
    for name in CELLS if needed else ():
        if name in needed and row.texts[name] is None:
            yield row.mistake(name, "is blank", ALLOWED[name])
        elif name not in needed and row.texts[name] is not None:
            found = f"'<{name}>' has no meaning for <kind>"
            yield row.mistake(name, found, "blank")


def check_types(row: Row, event_types: list[str] | None) -> Iterator[Mistake]:
    """Yield an event type that is not there."""
    text = row.texts["event_types"]
    for name in text.split("|") if text and text != ANY and event_types else ():
        if name not in event_types:
            found = f"'{cut_short(name)}' is not in event_types.csv"
            near = closest(event_types, name)
            allowed = f"a name from event_types.csv, such as {near}, or * for any"
            yield row.mistake("event_types", found, allowed)
            return


def check_parts(
    row: Row, kinds: Mapping[tuple[Any, Any], str | None]
) -> Iterator[Mistake]:
    """Yield a part of a ratio that is no metric of the experiment, or a ratio."""
    for name in ("numerator", "denominator"):
        part = row.values[name]
        if row.values["kind"] != "ratio" or part is None:
            continue
        kind = kinds.get((row.values["experiment"], part))
        if kind is None:
            found = f"'<{name}>' is no metric of <experiment>"
            yield row.mistake(name, found, ALLOWED[name])
        elif kind == "ratio":
            found = f"'<{name}>' is a ratio itself"
            yield row.mistake(name, found, "a metric that is not a ratio")


def check_cut(row: Row) -> Iterator[Mistake]:
    """Yield a quantile at which nothing can be cut."""
    cut = row.values["winsorise_share"]
    if cut is None:
        return
    if row.values["kind"] not in (None, *COUNTED):
        found = "'<winsorise_share>' has no meaning for <kind>"
        yield row.mistake("winsorise_share", found, "blank")
    elif not 0.5 <= cut < 1:
        found = "'<winsorise_share>' is not from 0.5 to less than 1"
        wanted = "a share such as 0.999: larger values count as the one there"
        yield row.mistake("winsorise_share", found, wanted)


def metrics_text(metrics: Iterable[Mapping[str, Any]], look_back: object) -> str:
    """Return what is fixed of the metrics of an experiment; blank without any.

    Exploratory ones, on which nothing is decided, may come and go, unless another is
    made of them.
    """
    rows = {row["metric"]: row for row in metrics}
    kept = [row for row in rows.values() if row["role"] != "exploratory"]
    parts = {row[side] for row in kept for side in ("numerator", "denominator")}
    kept += [row for name, row in rows.items() if name in parts and row not in kept]
    if not kept:
        return ""
    lines = sorted(" ".join(words_of(row)) for row in kept)
    return "; ".join([*lines, f"past of {look_back} days"]).replace("|", "+")


def words_of(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a metric is, in words."""
    yield f"{row['role']} {row['metric']}: {row['kind']} of"
    if row["kind"] == "ratio":
        yield f"{row['numerator']} over {row['denominator']}"
    else:
        yield str(row["event_types"])
    if row["winsorise_share"] is not None:
        yield f"cut at {float(row['winsorise_share']):g}"
    if row.get("covariate") is not None:
        yield f"beside {row['covariate']}"
