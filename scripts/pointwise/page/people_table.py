"""The list of people: as a table, as paragraphs for a telephone, and as a CSV."""

from __future__ import annotations

from urllib.parse import quote

import pandas as pd
import streamlit as st

from pointwise.core.terminal import spreadsheet_safe
from pointwise.page import data, looks
from pointwise.page.acting import link_of_crm
from pointwise.page.colors import OTHER_COLOR, TOTAL_COLOR, band_colors
from pointwise.page.people import COLUMNS, freeze, kept_ranks

MOST_ROWS_OF_A_FILE = 50_000
# From 65 on, text wraps: a row has room for the three reasons.
ROW_HEIGHT = 66
ORDER = [
    *("rank", "user_id", "company", "score", "dot", "band", "fit_score", "grade"),
    *("why", "seen", "trend", "model_rank", "action", "crm"),
]
FILE_COLUMNS = COLUMNS.replace(" news,", "")
OF_FIT = ("fit_score", "fit_band", "grade")  # Of panels that have it.
TRENDS = {
    "rising": "\N{NORTH EAST ARROW}",
    "peaking": "\N{NORTH EAST ARROW}",
    "falling": "\N{SOUTH EAST ARROW}",
    "steady": "\N{RIGHTWARDS ARROW}",
}


def reasons(row: pd.Series) -> str:
    """Return the reasons of a person, in one text."""
    found = (row["reason_1"], row["reason_2"], row["reason_3"])
    return " · ".join(reason for reason in found if isinstance(reason, str))


def name(row: pd.Series) -> str:
    """Return how a person is called."""
    return row["user_id"] + ("" if row["is_named"] else " (unknown visitor)")


def trend(row: pd.Series) -> str:
    """Return where a score is going, and since when: an arrow and points."""
    text = TRENDS.get(row["trend"], looks.DASH)
    if row["has_asked"]:
        change = row["change_7d"]
        by = f" {text} {looks.signed(change)}" if pd.notna(change) and change else ""
        return f"asked for contact{by}"
    changes = (("7 days", row["change_7d"]), ("28 days", row["change_28d"]))
    for since, change in changes:
        if pd.notna(change) and change:
            return f"{text} {looks.signed(change)} in {since}"
    return f"new in {row['band']}" if row["is_new_in_band"] is True else text


def fit(row: pd.Series) -> str:
    """Return the fit and the grade of a person; nothing where the panel has none."""
    score = "" if pd.isna(row["fit_score"]) else f"fit {row['fit_score']:.0f}"
    grade = "" if pd.isna(row["grade"]) else f"grade {row['grade']}"
    return ", ".join(filter(None, [score, grade]))


def seen(row: pd.Series) -> str:
    """Return when a person was seen last."""
    day = row["last_seen_date"]
    return looks.DASH if pd.isna(day) else f"{day.day} {day:%b}"


def show_table(rows: pd.DataFrame, bands: pd.DataFrame) -> list[int]:
    """Show the rows as a table; return the places of the chosen ones."""
    colors = band_colors(bands["band"])
    crm = link_of_crm()
    table = rows.drop(columns=["explanation", "trend", "news"])
    table["why"] = rows.apply(reasons, axis=1)
    table["trend"], table["seen"] = rows.apply(trend, axis=1), rows.apply(seen, axis=1)
    table["dot"] = "\N{BLACK CIRCLE}"
    table["crm"] = [crm(user_id) for user_id in rows["user_id"]]
    inks = [f"color: {colors.get(band, OTHER_COLOR)}" for band in table["band"]]
    # The row's own id is chosen by its place: here it is what the viewer reads.
    table["user_id"] = rows.apply(name, axis=1)
    maybe = ("company", "fit_score", "grade", "model_rank", "crm")
    left_out = [column for column in maybe if table[column].isna().all()]
    text, whole = st.column_config.TextColumn, st.column_config.NumberColumn
    event = st.dataframe(
        table.style.apply(lambda _: inks, subset=["dot"]),
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        key=f"list of {rows['rank'].iloc[0]} to {rows['rank'].iloc[-1]}",
        placeholder="",
        column_order=[column for column in ORDER if column not in left_out],
        column_config={
            "rank": whole("#", width=46, format="localized"),
            "user_id": text("User", width=76),
            "company": text("Company", width=106),
            "score": st.column_config.ProgressColumn(
                "Score",
                min_value=0,
                max_value=100,
                format="%d",
                width=72,
                color=TOTAL_COLOR,
            ),
            "dot": text(" ", width=26),
            "band": text("Band", width=68),
            "fit_score": whole(
                "Fit",
                width=44,
                help="How well the person fits, 1 to 100: a score beside intent",
            ),
            "grade": text("Grade", width=58, help="Of fit and band together"),
            "why": text("Why", width=262),
            "seen": text("Last seen", width=74),
            "trend": text("Trend", width=80),
            "model_rank": whole(
                "Model",
                width=56,
                format="localized",
                help="Place of the person by the trained model's probability",
            ),
            "action": text("What to do", width=162),
            "crm": st.column_config.LinkColumn(
                "CRM", width=64, display_text="Open", validate=None
            ),
        },
        alt="Users by score, with reasons and what to do",
    )
    chosen = event["selection"]
    places = chosen["rows"] or [row for row, _ in chosen["cells"]]
    return [place for place in places if place < len(rows)]


def show_paragraphs(rows: pd.DataFrame) -> None:
    """Show the rows as a telephone has room for them: a card a person."""
    crm = link_of_crm()
    cards = []
    for _, row in rows.iterrows():
        address = f"why?user={quote(row['user_id'])}"
        own = crm(row["user_id"])
        company = row["company"] if pd.notna(row["company"]) else ""
        facts = [f"seen {seen(row)}", trend(row), row["action"]]
        facts = [one for one in facts if one != looks.DASH]
        cards.append(
            '<div class="card">'
            f'<a href="{looks.safe_html(address)}" target="_self">'
            f"<b>{looks.safe_html(name(row))}</b></a>"
            f' <span class="faint">{looks.safe_html(company)}</span>'
            f'<span class="right"><b>{row["score"]}</b>'
            f" {looks.safe_html(row['band'])}"
            f' <span class="faint">{looks.safe_html(fit(row))}</span></span>'
            f"<div>{looks.safe_html(reasons(row))}</div>"
            f'<div class="faint">{looks.safe_html(" · ".join(facts))}'
            + (f' · <a href="{looks.safe_html(own)}">CRM</a>' if own else "")
            + "</div></div>"
        )
    st.html(f'<div aria-label="Users by score">{"".join(cards)}</div>')


def as_csv(files: data.Stamp, matching: str, parameters: list[object]) -> str:
    """Return the users who match as CSV whose cells no spreadsheet runs."""
    # Made when it is asked for, beside the session: of the generation that it shows.
    ranks = kept_ranks(files, matching, tuple(map(freeze, parameters)))
    # Users lie by rank: without those behind the last one wanted, little is read.
    last = ranks[:MOST_ROWS_OF_A_FILE][-1]
    with data.database(files).cursor() as cursor:
        rows = cursor.execute(
            f"select {FILE_COLUMNS} {matching} and rank <= {last} order by rank",
            parameters,
        ).df()
    changes = ["change_7d", "change_28d"]
    empty = [name for name in OF_FIT if rows[name].isna().all()]
    rows = rows.drop(columns=empty)
    whole = [*({"fit_score"} - {*empty}), *changes]
    rows[whole] = rows[whole].astype("Int64")
    figures = {
        *("rank", "score", "fit_score", "is_named", "is_new_in_band"),
        *("last_seen_date", *changes),
    }
    for column in rows.columns.difference(figures):
        # Few texts are many cells: each is looked at once.
        texts = rows[column].dropna().unique()
        safe = {text: spreadsheet_safe(text) for text in texts}
        rows[column] = rows[column].map(safe)
    return rows.to_csv(index=False, lineterminator="\n")
