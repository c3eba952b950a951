"""Who should we talk to? The figures, the scores by band, and the list to work from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from pointwise.core.sql_text import sql_name
from pointwise.core.terminal import spreadsheet_safe
from pointwise.core.words import all_of
from pointwise.page import data, live, looks
from pointwise.page.accounts import show_accounts
from pointwise.page.colors import OTHER_COLOR, TOTAL_COLOR, band_colors

ROWS_A_PAGE = 25
MOST_ROWS_OF_A_FILE = 50_000
# From 65 on, text wraps: a row has room for the three reasons.
ROW_HEIGHT = 66
LIST_ORDER = [
    *("rank", "user_id", "score", "why", "news", "dot", "band", "action", "next_step"),
]
LIST_COLUMNS = (
    "rank, user_id, score, band, reason_1, reason_2, reason_3, action, next_step,"
    " is_named, news"
)
# In a file the news have a column each.
FILE_COLUMNS = LIST_COLUMNS.replace(
    "news", "change_7d, change_28d, is_new_in_band, trend, last_seen_date"
)


@dataclass(frozen=True)
class Filters:
    """What the viewer looks for."""

    text: str = ""
    bands: tuple[str, ...] = ()
    with_customers: bool = False
    with_visitors: bool = False
    with_held_out: bool = False
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def query(self) -> tuple[str, list[object]]:
        """Return the users who match, as SQL without select, and its parameters."""
        conditions, parameters = ["true"], []
        if not self.with_customers:
            conditions.append("not is_customer")
        if not self.with_visitors:
            conditions.append("is_named")
        if not self.with_held_out:
            conditions.append("not is_held_out")
        if self.bands:
            conditions.append("list_contains(?, band)")
            parameters.append(list(self.bands))
        if self.text:
            # A column each: words that many users share are then looked at once.
            columns = ("user_id", "reason_1", "reason_2", "reason_3")
            found = [f"contains(lower({column}), lower(?))" for column in columns]
            conditions.append(f"({' or '.join(found)})")
            parameters += [self.text] * len(columns)
        if self.attributes:
            # Looked up for all of them at once: features are read but once.
            has = " and ".join(
                f"list_contains(?, {sql_name(name)})" for name in self.attributes
            )
            conditions.append(
                "user_id in (select user_id from user_features"
                f" where as_of_date = ? and {has})"
            )
            parameters += [data.as_of_date(), *map(list, self.attributes.values())]
        return f"from user_scores where {' and '.join(conditions)}", parameters

    def left_out(self) -> str:
        """Return who is left out, in words."""
        kinds = [
            *([] if self.with_customers else ["customers"]),
            *([] if self.with_visitors else ["unknown visitors"]),
        ]
        if not self.with_held_out and held_out():
            kinds.append("who is held out")
        return f", {all_of(kinds)} left out" if kinds else ""


def held_out() -> int:
    """Return how many users are held out."""
    found = data.ask_one("select count(*) as users from user_scores where is_held_out")
    return int(found["users"])


def counts_of_users() -> pd.DataFrame:
    """Return how many users have which score: all that figures and bars need."""
    return data.ask(
        "select score, band, not is_customer and is_named and not is_held_out"
        " as is_listed, count(*)::bigint as users"
        " from user_scores group by all order by all"
    )


def show_figures(bands: pd.DataFrame) -> None:
    """Show how many there are to talk to, and what the best band comes to."""
    best = bands["band"][0]
    counts = counts_of_users()
    users = counts["users"].sum()
    in_best = counts[counts["band"] == best]
    to_call = in_best.loc[in_best["is_listed"], "users"].sum()
    name = looks.plain(best)
    figures = [
        ("Users scored", looks.number(users), None),
        (
            f"In band {name}",
            looks.number(in_best["users"].sum()),
            f"{looks.percent(in_best['users'].sum() / users)} of all users",
        ),
        (
            "To talk to",
            looks.number(to_call),
            f"In band {name}, known by name and no customer yet: the list below begins"
            " with them",
        ),
    ]
    looks.metrics([*figures, *new_in(name), *converted_at(best)])


def new_in(band: str) -> list[tuple[str, str, str | None]]:
    """Return the figure of users who came into the best band since the last build."""
    if not data.is_published("top_band_entries"):
        return []
    entries = data.ask_one("select count(*) as users from top_band_entries")
    meaning = "not in it when the last build published; nobody on the first build"
    return [(f"New in {band}", looks.number(entries["users"]), meaning)]


def converted_at(band: str) -> list[tuple[str, str, str | None]]:
    """Return what share of users of a band converted at past dates, if it is known."""
    if not data.has_rows("score_band_outlook"):
        return []
    rate = data.ask_one("from score_band_outlook where band = ?", band)
    if rate is None or pd.isna(rate["conversion_rate"]):
        return []
    meaning = (
        f"{looks.number(rate['conversions'])} of {looks.number(rate['users'])} users of"
        " the band at past dates; 95 % interval for the next date"
        f" {looks.percent(rate['lower_rate'])} to {looks.percent(rate['upper_rate'])}"
    )
    name = f"{looks.plain(band).capitalize()} converts at"
    return [(name, looks.percent(rate["conversion_rate"]), meaning)]


def show_distribution(bands: pd.DataFrame) -> None:
    """Show how many users have which score, in the colours of the bands."""
    counts = counts_of_users()
    steps = counts.assign(score=(counts["score"] // 5 * 5).clip(upper=95))
    scores = steps.groupby(["score", "band"], as_index=False)["users"].sum()
    scores["scores"] = [f"{s} to {100 if s == 95 else s + 4}" for s in scores["score"]]
    scores["end"] = scores["score"] + 5
    totals = scores.groupby(["score", "end"], as_index=False)["users"].sum()
    across = alt.X(
        "score:Q",
        title="score",
        scale=alt.Scale(domain=[0, 100], nice=False),
        axis=alt.Axis(values=[0, *sorted(set(bands["min_score"]) - {1}), 100]),
    )
    users = alt.Y("users:Q", title="users", axis=alt.Axis(format=",.0f", tickCount=4))
    bars = (
        alt.Chart(scores)
        # The border lets also a few users be seen beside thousands.
        .mark_bar(strokeWidth=2, binSpacing=4)
        .encode(
            x=across.bin("binned"),
            x2="end:Q",
            y=users,
            color=alt.Color(
                "band:N", scale=looks.band_scale(bands["band"]), legend=None
            ),
            stroke=alt.Stroke(
                "band:N", scale=looks.band_scale(bands["band"]), legend=None
            ),
            tooltip=["scores", "band", alt.Tooltip("users:Q", format=",")],
        )
    )
    counts = (
        alt.Chart(totals)
        .mark_text(dy=-7, fontSize=10)
        .encode(
            x=alt.X("middle:Q"),
            y=users,
            text=alt.Text("users:Q", format=","),
        )
        .transform_calculate(middle="(datum.score + datum.end) / 2")
    )
    looks.legend(
        {
            f"{band.band}, {band.min_score} to {band.max_score}": color
            for band, color in zip(
                bands.itertuples(), band_colors(bands["band"]).values(), strict=True
            )
        }
    )
    looks.show(bars + counts, 230, "Number of users by score, in steps of five points")


def ask_filters(bands: pd.DataFrame) -> Filters:
    """Return what the viewer looks for."""
    text_column, band_column = st.columns([2, 3], vertical_alignment="bottom")
    text = text_column.text_input(
        "Search", placeholder="user id or words of a reason", max_chars=200
    )
    chosen = band_column.pills(
        "Bands",
        list(bands["band"]),
        selection_mode="multi",
        format_func=looks.plain,
    )
    attributes = {}
    with st.expander("More filters", key="more filters", on_change="rerun") as more:
        with_customers = st.checkbox("Customers too")
        with_visitors = st.checkbox(
            "Unknown visitors too", help="Of whom there is only an anonymous id"
        )
        with_held_out = bool(held_out()) and st.checkbox(
            "Who is held out, too", help="Left alone, so that what acting adds is seen"
        )
        names = data.attributes()
        # What there is to choose from is looked up once somebody wants to choose.
        if not more.open and not any(
            st.session_state.get(f"attribute {n}") for n in names
        ):
            names = []
        for place, column in zip(names, cycle_of_columns(len(names)), strict=True):
            values = column.multiselect(
                looks.plain(place.replace("_", " ")).capitalize(),
                attribute_values(place),
                key=f"attribute {place}",
            )
            if values:
                attributes[place] = tuple(values)
    return Filters(
        text=text.strip(),
        bands=tuple(chosen),
        with_customers=with_customers,
        with_visitors=with_visitors,
        with_held_out=with_held_out,
        attributes=attributes,
    )


def cycle_of_columns(count: int) -> list[st.delta_generator.DeltaGenerator]:
    """Return as many places, three in a row."""
    places: list = []
    while len(places) < count:
        places += st.columns(3)
    return places[:count]


def attribute_values(attribute: str) -> list[str]:
    """Return the most frequent values of an attribute, in their order."""
    values = data.ask(
        f"select {sql_name(attribute)} as value from user_features"
        " where value is not null and as_of_date = ? group by value"
        " order by count(*) desc, value limit 200",
        data.as_of_date(),
    )
    return sorted(values["value"])


def show_list(filters: Filters, bands: pd.DataFrame) -> None:
    """Show the users who match, a page at a time, and say why for a chosen one."""
    matching, parameters = filters.query()
    ranks = ranks_of(
        st.session_state["stamp"], matching, tuple(map(freeze, parameters))
    )
    users = len(ranks)
    if not users:
        looks.nothing("Nobody matches. Remove a filter, or search for fewer words.")
        return
    pages = -(-users // ROWS_A_PAGE)
    told, page_column, file_column = st.columns([3, 1, 1], vertical_alignment="bottom")
    page = page_column.number_input(
        f"Page (1 to {pages:,})", 1, pages, key=f"page {filters}"
    )
    shown = ranks[ROWS_A_PAGE * (int(page) - 1) :][:ROWS_A_PAGE]
    rows = data.ask(
        f"select {LIST_COLUMNS}, explanation from user_scores"
        f" where rank in ({', '.join(map(str, shown))}) order by rank"
    )
    noun = "user" if users == 1 else "users"
    told.markdown(
        f"**{users:,}** {noun}, best first{filters.left_out()}."
        " Click one to see every point."
    )
    file_column.download_button(
        "Download",
        partial(list_as_csv, st.session_state["stamp"], matching, parameters),
        file_name="users.csv",
        mime="text/csv",
        icon=":material/download:",
        help=f"The first {MOST_ROWS_OF_A_FILE:,} of them, as CSV for a spreadsheet",
        on_click="ignore",
        width="stretch",
    )
    place = st.container()
    with st.container(key="narrow list of users"):
        show_paragraphs(rows)
    with st.container(key="wide list of users"):
        chosen = show_rows(rows, bands)
    if chosen is not None:
        show_chosen(place, rows.iloc[chosen])


@st.cache_data(max_entries=20, show_spinner=False)
def ranks_of(files: data.Stamp, matching: str, parameters: tuple) -> np.ndarray:
    """Return the places of the users who match, best first: pages are cut from them."""
    with data.database(files).cursor() as cursor:
        found = cursor.execute(f"select rank {matching}", list(parameters)).fetchnumpy()
    return np.sort(found["rank"])


def freeze(parameter: object) -> object:
    """Return a parameter by which an answer can be kept."""
    return tuple(parameter) if isinstance(parameter, list) else parameter


def show_paragraphs(rows: pd.DataFrame) -> None:
    """Show the rows as a telephone has room for them, each with a link."""
    looks.rows(
        ["#", "User", "Score", "Why", "News", "What to do"],
        [
            (
                looks.number(row.rank),
                looks.Link(
                    row.user_id + ("" if row.is_named else " (unknown visitor)"),
                    f"why?user={quote(row.user_id)}",
                ),
                f"{row.score}, {row.band}",
                " · ".join(
                    reason
                    for reason in (row.reason_1, row.reason_2, row.reason_3)
                    if reason
                ),
                row.news,
                row.action,
            )
            for row in rows.itertuples()
        ],
        words="Users by score, with reasons and what to do",
    )


def show_rows(rows: pd.DataFrame, bands: pd.DataFrame) -> int | None:
    """Show the rows as a table; return the place of the chosen one."""
    colors = band_colors(bands["band"])
    table = rows.drop(columns="explanation").fillna("")
    table["dot"] = "\N{BLACK CIRCLE}"
    inks = [f"color: {colors.get(band, OTHER_COLOR)}" for band in table["band"]]
    reasons = table[["reason_1", "reason_2", "reason_3"]].to_numpy()
    # The row's own id is chosen by its place: here it is what the viewer reads.
    table["user_id"] += table["is_named"].map({True: "", False: " (unknown visitor)"})
    table["why"] = [" · ".join(filter(None, of_user)) for of_user in reasons]
    wide = st.column_config.TextColumn
    event = st.dataframe(
        table.style.apply(lambda _: inks, subset=["dot"]),
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        on_select="rerun",
        selection_mode="single-cell",
        key=f"list of {rows['rank'].iloc[0]}",
        column_order=LIST_ORDER,
        column_config={
            "rank": st.column_config.NumberColumn("#", width=50, format="localized"),
            "user_id": wide("User", width=100),
            "score": st.column_config.ProgressColumn(
                "Score",
                min_value=0,
                max_value=100,
                format="%d",
                width=105,
                color=TOTAL_COLOR,
            ),
            "dot": wide(" ", width=30),
            "band": wide("Band", width=75),
            "why": wide("Why", width=270),
            "news": wide("News", width=115),
            "action": wide("What to do", width=110),
            "next_step": wide("Would raise it", width=90),
        },
        alt="Users by score, with reasons and what to do",
    )
    cells = event["selection"]["cells"]
    return cells[0][0] if cells and cells[0][0] < len(rows) else None


def show_chosen(place: st.delta_generator.DeltaGenerator, row: pd.Series) -> None:
    """Say why the chosen user has the score."""
    with place.container(border=True):
        st.text(f"{row['user_id']}: {row['explanation']}")
        st.page_link(
            st.session_state["pages"]["why"],
            label="Every point of this user",
            icon=":material/arrow_forward:",
            query_params={"user": row["user_id"]},
        )


def list_as_csv(files: data.Stamp, matching: str, parameters: list[object]) -> str:
    """Return the users who match as CSV whose cells no spreadsheet runs."""
    ranks = ranks_of(files, matching, tuple(map(freeze, parameters)))
    # Users lie by rank: without those behind the last one wanted, little is read.
    last = ranks[:MOST_ROWS_OF_A_FILE][-1]
    with data.database(files).cursor() as cursor:
        rows = cursor.execute(
            f"select {FILE_COLUMNS} {matching} and rank <= {last} order by rank",
            parameters,
        ).df()
    changes = ["change_7d", "change_28d"]
    rows[changes] = rows[changes].astype("Int64")
    figures = {
        "rank",
        "score",
        "is_named",
        *changes,
        "is_new_in_band",
        "last_seen_date",
    }
    for name in rows.columns.difference(figures):
        # Few texts are many cells: each is looked at once.
        safe = {text: spreadsheet_safe(text) for text in rows[name].dropna().unique()}
        rows[name] = rows[name].map(safe)
    return rows.to_csv(index=False, lineterminator="\n")


def page() -> None:
    """Show the page."""
    bands = data.bands()
    show_figures(bands)
    live.show_who_crossed()
    show_distribution(bands)
    filters = ask_filters(bands)
    show_list(filters, bands)
    show_accounts()
