"""Whether the data is sound: what drifts, what was set aside, how recent it is."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.page import data, looks
from pointwise.page.colors import DRIFT_COLORS, OTHER_COLOR
from pointwise.page.section import section


def show_drift() -> None:
    """Show which features changed most between the last two snapshots."""
    if not section(
        "Have users changed?",
        "feature_drift",
        "With two past dates or more, the build compares them:",
        "pointwise run",
    ):
        return
    rows = data.ask(
        "select drift.*, features.description from feature_drift as drift"
        " left join features using (feature) where as_of_date ="
        " (select max(as_of_date) from feature_drift)"
        " order by stability_index desc, feature limit 12"
    )
    rows["name"] = [name_of(row.feature, row.description) for row in rows.itertuples()]
    limits = pd.DataFrame({"limit": [0.1, 0.25]})
    bars = (
        alt.Chart(rows)
        .mark_bar(cornerRadius=2, height=12)
        .encode(
            y=alt.Y(
                "name:N",
                sort=list(rows["name"]),
                title=None,
                axis=alt.Axis(labelOverlap=False),
            ),
            x=alt.X(
                "stability_index:Q",
                title="change (stability index)",
            ),
            color=alt.Color(
                "drift:N",
                scale=alt.Scale(
                    domain=list(DRIFT_COLORS), range=list(DRIFT_COLORS.values())
                ),
                legend=None,
            ),
            tooltip=["name", "drift", alt.Tooltip("stability_index:Q", format=".3f")],
        )
    )
    rules = alt.Chart(limits).mark_rule(strokeDash=[4, 4], color=OTHER_COLOR)
    looks.legend(DRIFT_COLORS)
    looks.show(
        bars + rules.encode(x="limit:Q"), 22 * len(rows) + 50, "Drift by feature"
    )
    drifting = data.ask_one(
        "select count(*) filter (drift <> 'stable') as features from feature_drift"
        " where as_of_date = (select max(as_of_date) from feature_drift)"
    )
    count = drifting["features"]
    number = f"{count or 'No'} feature{'s drift' if count > 1 else ' drifts'}"
    st.caption(
        f"{number} between"
        f" {looks.day(rows['earlier_date'][0])} and {looks.day(rows['as_of_date'][0])};"
        " from 0.1 it is called moderate, from 0.25 large, where chance alone does not"
        " explain it."
    )


def name_of(feature: str, description: object) -> str:
    """Return a feature as people say it: what it is described as, in short."""
    text = str(description or "") if not pd.isna(description) else ""
    return text.split(";")[0].split(", each")[0] or looks.words(feature)


def show_quality() -> None:
    """Show what became of all rows, what was set aside, and how recent events are."""
    if not section(
        "Is the data sound?", "data_quality", "This build did not say.", "pointwise run"
    ):
        return
    items = data.ask("from data_quality order by quantity desc, item")
    rows = items[items["section"] == "rows"]
    total = int(rows["quantity"].sum())
    used = int(rows.loc[rows["item"] == "used", "quantity"].sum())
    files = items[items["section"] == "files"].set_index("item")["quantity"]
    types = items[items["section"] == "event types"].copy()
    figures = [
        ("Rows of events", looks.number(total), "in all event files"),
        ("Used", looks.percent(used / total if total else None), "rows that count"),
        (
            "Quarantined",
            looks.number(rows.loc[rows["item"] == "quarantined", "quantity"].sum()),
            "rows that cannot be used; reasons are below",
        ),
        (
            "Files not read",
            looks.number(files.get("could not be read", 0)),
            f"of {int(files.sum()):,} event files; internal.stg_event_files says why",
        ),
    ]
    if not types.empty:
        figures.append(("Last event", f"{types['latest_date'].max():%d %b}", None))
    looks.metrics(figures)
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("What became of the rows, and why rows are quarantined")
        show_items(with_parts(rows, items), max(total, 1))
    with right:
        st.caption("How recent each kind of event is")
        types["item"] = types["item"].map(looks.words)
        st.dataframe(
            types.sort_values(["latest_date", "item"])[
                ["item", "latest_date", "quantity"]
            ],
            hide_index=True,
            height=320,
            column_config={
                "item": "Event type",
                "latest_date": st.column_config.DateColumn("Last seen"),
                "quantity": st.column_config.NumberColumn("Events", format="localized"),
            },
            alt="Last day and number of events by type",
        )


# What became of rows, and the section that says more of them.
PARTS = {
    "quarantined": "quarantined",
    "name not in event_types.csv": "unmapped names",
    "of a machine": "machines",
}
MOST_PARTS = 5


def with_parts(rows: pd.DataFrame, items: pd.DataFrame) -> list[tuple[str, int, bool]]:
    """Return what became of all rows, each with what it is made of below it."""
    found = []
    for row in rows.itertuples():
        found.append((row.item, row.quantity, False))
        parts = items[items["section"] == PARTS.get(row.item)]
        for part in parts.head(MOST_PARTS).itertuples():
            name = part.item
            if part.section != "unmapped names":
                name = looks.words(name)
            found.append((name, part.quantity, True))
        if rest := parts["quantity"][MOST_PARTS:].sum():
            found.append(("others", rest, True))
    return found


def show_items(items: list[tuple[str, int, bool]], total: int) -> None:
    """Show how many rows each item has, and the share of all."""
    looks.rows(
        ["What became of them", "Rows", "Share of all"],
        [
            (name, looks.number(rows), looks.percent(rows / total))
            for name, rows, _ in items
        ],
        numbers=["Rows", "Share of all"],
        words="Rows by what became of them; those below a line are a part of it",
        below=[is_part for *_, is_part in items],
    )
