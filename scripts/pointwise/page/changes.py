"""What changed this week? Who came into which band, who left, and what moved scores."""

from __future__ import annotations

from urllib.parse import quote

import pandas as pd
import streamlit as st

from pointwise.core.words import counted
from pointwise.page import data, looks
from pointwise.page.since import bands_since, day_then

MOST_ROWS = 25
CAUSES = """
    select difference.cause as cause, count(distinct user_id) as users,
        sum(greatest(difference.points, 0))::bigint as up,
        sum(least(difference.points, 0))::bigint as down
    from (select user_id, unnest(differences) as difference
        from score_changes where as_of_date > cast(? as date))
    group by all order by up - down desc, cause
"""
RULES = """
    select difference.rule as rule, count(distinct user_id) as users,
        sum(difference.points)::bigint as points
    from (select user_id, unnest(differences) as difference
        from score_changes where as_of_date > cast(? as date))
    group by all having points <> 0 order by abs(points) desc, rule limit 12
"""
REASONS = """
    select user_id, string_agg(format('{} ({:+d})', reason, points), ' · '
        order by abs(points) desc, reason) as why
    from (
        select user_id, arg_max(difference.reason, published_at) as reason,
            sum(difference.points)::bigint as points
        from (select user_id, published_at, unnest(differences) as difference
            from score_changes where as_of_date > cast(? as date))
        group by user_id, difference.rule
        having points <> 0
        qualify row_number() over (
            partition by user_id order by abs(points) desc, reason) <= 3
    )
    group by user_id
"""


def band_of(band: object, score: object) -> str:
    """Return a band and its score, or that there was none."""
    return "not scored" if pd.isna(band) else f"{int(score)}, {band}"


def show_people(title: str, rows: pd.DataFrame, why: pd.Series) -> None:
    """Show people who changed band, best first, with what moved them."""
    st.subheader(f"{title}: {len(rows):,}", anchor=False)
    if rows.empty:
        st.caption("Nobody.")
        return
    looks.rows(
        ["User", "Now", "Then", "What moved it"],
        [
            (
                looks.Link(row.user_id, f"why?user={quote(row.user_id)}"),
                band_of(row.band, row.score),
                band_of(row.band_then, row.score_then),
                why.get(row.user_id, ""),
            )
            for row in rows.head(MOST_ROWS).itertuples()
        ],
        words=title,
    )
    if len(rows) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS}; the list *New this week* has all.")


def show_flows(rows: pd.DataFrame, bands: list[str]) -> None:
    """Show how many people each band got from which, those that stayed included."""
    both = rows.dropna(subset=["band", "band_then"])
    flows = both.groupby(["band_then", "band"])["user_id"].count()
    looks.rows(
        ["Then", *(f"now {band}" for band in bands), "not scored now"],
        [
            (
                then,
                *(looks.number(flows.get((then, now), 0)) for now in bands),
                looks.number((rows["band"].isna() & (rows["band_then"] == then)).sum()),
            )
            for then in bands
        ]
        + [
            (
                "not scored",
                *(
                    looks.number(
                        ((rows["band"] == now) & rows["band_then"].isna()).sum()
                    )
                    for now in bands
                ),
                "",
            )
        ],
        numbers=[*(f"now {band}" for band in bands), "not scored now"],
        words="People by band then and now",
    )


def show_causes(day: pd.Timestamp) -> None:
    """Show what moved all scores since a day: causes, and the rules that did most."""
    if not data.is_published("score_changes"):
        return
    st.subheader("What moved the scores", anchor=False)
    causes = data.ask(CAUSES, day)
    if causes.empty:
        st.caption("Nothing: no score changed.")
        return
    looks.rows(
        ["Cause", "Users", "Points up", "Points down"],
        [
            (
                row.cause,
                looks.number(row.users),
                looks.signed(row.up),
                looks.signed(row.down),
            )
            for row in causes.itertuples()
        ],
        numbers=["Users", "Points up", "Points down"],
        words="Points by cause, all users together",
    )
    labels = data.rule_labels()
    looks.rows(
        ["Rule", "Users", "Points, all together"],
        [
            (labels.get(row.rule, looks.words(row.rule)), looks.number(row.users),
             looks.signed(row.points))
            for row in data.ask(RULES, day).itertuples()
        ],
        numbers=["Users", "Points, all together"],
        words="Points by rule, all users together",
    )  # fmt: skip


def page() -> None:
    """Show the page."""
    rows, day = bands_since(), day_then()
    if rows is None or day is None:
        looks.nothing(
            "Nothing to compare with: this is the first publication. After the next"
            " day's build, this page says who moved and why.",
        )
        return
    bands = list(data.bands()["band"])
    best = bands[0]
    listed = rows[rows["is_listed"].fillna(value=False).astype(bool)]
    came = listed[listed["is_up"] & (listed["band"] == best)].sort_values("rank")
    left = rows[(rows["band_then"] == best) & (rows["is_down"] | rows["band"].isna())]
    new = rows[rows["band_then"].isna()]
    looks.verdict(
        f"Since {looks.day(day)}, {counted(len(came), 'person', 'people')} to talk to"
        f" came into {best}, {counted(len(left), 'person', 'people')} left it, and"
        f" {counted(len(new), 'person is', 'people are')} new."
    )
    why = pd.Series(dtype=str)
    if data.is_published("score_changes"):
        why = data.ask(REASONS, day).set_index("user_id")["why"]
    show_people(f"Came into {best}", came, why)
    others = listed[listed["is_up"] & (listed["band"] != best)].sort_values("rank")
    show_people("Came up into another band", others, why)
    show_people(f"Left {best}", left.sort_values("score_then", ascending=False), why)
    st.subheader("People by band, then and now", anchor=False)
    show_flows(rows, bands)
    show_causes(day)
