"""Which user agents are machines', by the list that crawler-user-agents maintains.

Each different agent is matched once. Patterns are matched by DuckDB, in time that grows
with the length of the text only, whatever a pattern or an agent looks like.
"""

from __future__ import annotations

from importlib import metadata

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.sql_text import sql_text

PACKAGE = "crawler-user-agents"
# The list's word for libraries: servers and apps of one's own may use them, too.
LIBRARY = "http-library"
# Fewer patterns at once take longer, and so do more.
PATTERNS_AT_ONCE = 100


def crawler_list() -> str | None:
    """Return the version of the list; None if it is not installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def patterns_of(rule: dict) -> list[str]:
    """Return the patterns of a rule: its own, or those of the list for its kind.

    Raises PointwiseError if the list is not installed.
    """
    if rule["pattern"]:
        return [rule["pattern"]]
    try:
        from crawleruseragents import CRAWLER_USER_AGENTS_DATA
    except ImportError as error:
        raise PointwiseError(
            f"bot_rules.csv: {rule['rule']} needs the package {PACKAGE}: install"
            " requirements.txt again, or set the rule's status to off"
        ) from error
    wants_libraries = rule["kind"] == "http_library"
    return [
        crawler["pattern"]
        for crawler in CRAWLER_USER_AGENTS_DATA
        if (LIBRARY in crawler.get("tags", ())) == wants_libraries
    ]


def machine_agents(
    user_agents: list[dict] | None, agent_rules: list[dict] | None
) -> list[dict]:
    """Return each agent that a rule takes for a machine's, with the rule."""
    if not user_agents or not agent_rules:
        return []
    found = []
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute("create table agents (user_agent varchar)")
        agents = [agent["user_agent"] for agent in user_agents]
        connection.execute("insert into agents select unnest($1)", [agents])
        for rule in agent_rules:
            patterns = patterns_of(rule)
            conditions = " or ".join(
                f"regexp_matches(user_agent, {sql_text('|'.join(some))})"
                for start in range(0, len(patterns), PATTERNS_AT_ONCE)
                for some in [patterns[start : start + PATTERNS_AT_ONCE]]
            )
            rows = connection.execute(
                f"select user_agent from agents where {conditions}"
            ).fetchall()
            found += [{"user_agent": agent, "rule": rule["rule"]} for (agent,) in rows]
    return found
