"""Pages split by their path, for a control panel to begin with."""

import re

import duckdb

from pointwise.core.panel.event_conditions import event_name
from pointwise.core.sql_text import sql_name, sql_text
from pointwise.importing.starter_panel import event_type_name

MOST_PAGES = 8
LEAST_USERS = 2
LEAST_SHARE = 0.01
ARE_PAGES = re.compile(r"page|screen|visit")
# A part of a path that is a name of a page, and not an id.
IS_WORD = re.compile(r"/([a-z][a-z_-]{1,30})?", re.IGNORECASE)


def page_conditions(
    connection: duckdb.DuckDBPyConnection, rows: str
) -> list[dict[str, str]]:
    """Return conditions that separate the commonest pages: by where a path begins."""
    found = connection.execute(
        "select event_type, part, count(*) as events from (select *,"
        " regexp_extract(page_path, '^/[^/?#]*') as part,"
        " count(*) over (partition by event_type) as of_name"
        f" from {rows} where page_path is not null) where part <> ''"
        " group by event_type, part, of_name"
        f" having count(distinct coalesce(user_id, anonymous_id)) >= {LEAST_USERS}"
        f" and count(*) >= {LEAST_SHARE} * of_name"
        " order by event_type, events desc, part"
    ).fetchall()
    parts: dict[str, list[str]] = {}
    for name, part, _ in found:
        if name and ARE_PAGES.search(event_type_name(name)) and IS_WORD.fullmatch(part):
            parts.setdefault(name, []).append(part)
    return [
        page_condition(name, part)
        for name, named in parts.items()
        if len(named) > 1
        for part in named[:MOST_PAGES]
    ]


def page_condition(name: str, part: str) -> dict[str, str]:
    """Return the condition for the pages below a part of a path."""
    pattern = "^/$" if part == "/" else f"^{re.escape(part)}(/|$)"
    word = event_type_name(part) if part != "/" else "home"
    return {
        "source_event": name,
        "property": "path",
        "column": "page_path",
        "pattern": pattern,
        "name": event_name(name, "path", pattern),
        "event_type": f"{event_type_name(name)}_{word}"[:60],
    }


def named_by(conditions: list[dict[str, str]], columns: list[str]) -> str:
    """Return the SQL of an event's name: with the first condition that holds."""
    tried = [
        f"when event_type = {sql_text(condition['source_event'])} and regexp_matches("
        f"{sql_name(condition['column'])}, {sql_text(condition['pattern'])})"
        f" then {sql_text(condition['name'])}"
        for condition in conditions
        if condition["column"] in columns
    ]
    return f"case {' '.join(tried)} else event_type end" if tried else "event_type"
