"""Statements that let Spark compute a CTE once.

Spark writes a CTE's query in each place that reads it. Of a chain of five, each read by
two, that is a plan of thirty-two copies, and minutes of planning. So what several read
is written first, as a table beside the statement's own, and dropped after it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

# Comments and texts hide what is in them.
TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|\w+|[^\s\w]""",
    re.DOTALL,
)
WRITES = re.compile(
    r"\s*(?:create\s+table|create\s+or\s+replace\s+temporary\s+view|insert\s+into(?:\s+table)?)"
    r"\s+(?:`?\w+`?\.)*`?(\w+)",
    re.IGNORECASE,
)
INPUT = re.compile(r"\s*select\s+\*\s+from\s+[\w.`]+\s*", re.IGNORECASE)
# What the macro `not_stored` writes before the query of a CTE.
NOT_STORED = "/* not stored */"


class Cte(NamedTuple):
    """A CTE: its name, and where it and its query begin and end in the statement."""

    name: str
    begin: int
    query_begin: int
    query_end: int
    is_stored: bool


def tokens(sql: str, start: int = 0) -> list[re.Match]:
    """Return the words and signs of a statement, without its comments."""
    return [
        token
        for token in TOKEN.finditer(sql, start)
        if not token[0].startswith("--")
        and (not token[0].startswith("/*") or token[0] == NOT_STORED)
    ]


def ctes_of(sql: str) -> tuple[list[Cte], int]:
    """Return the CTEs of the first WITH that is not recursive, and where they end."""
    found = tokens(sql)
    words = [token[0].lower() for token in found]
    places = [
        n
        for n, word in enumerate(words[:-1])
        if word == "with" and n and words[n - 1] in ("as", "(") and words[n + 2] == "as"
    ]
    if not places or words[places[0] + 1] == "recursive":
        return [], 0
    ctes, n = [], places[0] + 1
    while True:
        name, begin, opens = found[n][0], found[n].start(), n + 2
        is_stored = words[opens] != NOT_STORED
        opens += not is_stored
        if words[n + 1] != "as" or words[opens] != "(":
            return [], 0
        closes, depth = opens, 0
        while True:
            depth += {"(": 1, ")": -1}.get(words[closes], 0)
            if depth == 0:
                break
            closes += 1
        query = (found[opens].end(), found[closes].start())
        ctes.append(Cte(name, begin, *query, is_stored))
        if words[closes + 1] != ",":
            return ctes, found[closes].end()
        n = closes + 2


def readers_of(name: str, sql: str) -> int:
    """Return how often a query reads a CTE."""
    words = [token[0] for token in tokens(sql)]
    return sum(
        word == name and before.lower() in ("from", "join")
        for before, word in pairwise(words)
    )


def shared(sql: str) -> tuple[dict[str, str], str]:
    """Return statements that write what is read twice, by table, and what is left."""
    written = WRITES.match(sql)
    ctes, end = ctes_of(sql) if written else ([], 0)
    statements, chain = {}, []
    for cte in ctes:
        query = sql[cte.query_begin : cte.query_end]
        is_read_twice = readers_of(cte.name, sql[cte.query_end :]) > 1
        if cte.is_stored and is_read_twice and not INPUT.fullmatch(query):
            table = f"internal.{written[1]}__{cte.name}"
            before = f"with {', '.join(chain)} " if chain else ""
            statements[table] = f"create table {table} using parquet as {before}{query}"
            query = f"select * from {table}"
        chain.append(f"{cte.name} as ({query})")
    if not statements:
        return {}, sql
    return statements, sql[: ctes[0].begin] + ", ".join(chain) + sql[end:]
