"""Which companies should we talk to? The best ones, and every point of one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pointwise.core.terminal import spreadsheet_safe
from pointwise.page import data, looks

MOST_COMPANIES = 1000
# All of them are in the download.
SHOWN_COMPANIES = 100
COLUMNS = ["rank", "account_id", "score", "band", "talk_to", "reasons", "action"]
HEADINGS = ["#", "Company", "Score", "Band", "Talk to", "Why", "What to do"]


def page() -> None:
    """Show the best companies, and every point of one."""
    rows = data.ask("select * from top_accounts(?)", MOST_COMPANIES)
    listed = rows[rows["account_id"].notna()]
    if listed.empty:
        known = data.has_rows("account_scores")
        in_no_list = "All companies that are scored are customers or held out"
        st.caption(looks.plain(in_no_list if known else rows["reasons"][0]) + ".")
        return
    chosen = st.selectbox(
        "Every point of a company",
        listed["account_id"],
        index=None,
        key="company",
        placeholder="Every point of a company: choose one",
        label_visibility="collapsed",
        width=420,
    )
    if chosen is not None:
        show_points(chosen)
    looks.rows(
        HEADINGS,
        without_nothing(listed[COLUMNS].head(SHOWN_COMPANIES)).to_numpy(),
        numbers=["#", "Score"],
        words="Companies by score, with reasons, whom to talk to and what to do",
    )
    if len(listed) > SHOWN_COMPANIES:
        st.caption(f"The best {SHOWN_COMPANIES}; more are in the download.")
    st.download_button(
        "Download companies",
        listed.map(spreadsheet_safe).to_csv(index=False, lineterminator="\n"),
        file_name="companies.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    show_bands()


def show_points(account_id: str) -> None:
    """Show every point of a company, adding up to its score."""
    lines = data.ask("select * from explain_account(?)", account_id)
    looks.rows(
        ["Points", "Reason", "Score so far", "Person"],
        [
            (
                "" if pd.isna(line.points) else looks.signed(line.points),
                line.reason,
                looks.number(line.score_so_far),
                line.person,
            )
            for line in lines.fillna({"person": ""}).itertuples()
        ],
        numbers=["Points", "Score so far"],
        words=f"Every point of {account_id}, adding up to its score",
    )


def without_nothing(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose empty cells are an empty text, not the word for nothing."""
    return rows.astype(object).where(rows.notna(), "")


def show_bands() -> None:
    """Say what companies of each band converted at, where that is known."""
    rows = data.ask(
        "from account_band_performance where as_of_date is null order by min_score desc"
    )
    rates = [
        f"{row.band}: {looks.percent(row.conversion_rate)} of"
        f" {looks.number(row.accounts)} companies converted"
        f" (95 % interval {looks.percent(row.lower_rate)} to"
        f" {looks.percent(row.upper_rate)})"
        for row in rows.itertuples()
    ]
    if rates:
        st.caption(looks.plain("At past dates, " + "; ".join(rates) + "."))
