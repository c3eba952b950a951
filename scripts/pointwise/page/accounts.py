"""Which companies should we talk to? A section of the first page."""

from __future__ import annotations

import streamlit as st

from pointwise.core.terminal import spreadsheet_safe
from pointwise.page import data, looks

MOST_COMPANIES = 1000
COLUMNS = {
    "rank": st.column_config.NumberColumn("#", width=50, format="localized"),
    "account_id": "Company",
    "score": st.column_config.NumberColumn("Score", width=70, format="localized"),
    "band": "Band",
    "talk_to": "Talk to",
    "active_people": st.column_config.NumberColumn("Active", width=70),
    "reasons": st.column_config.TextColumn("Why", width=360),
    "action": "What to do",
}


def show_accounts() -> None:
    """Show the best companies, and every point of one."""
    if not data.is_published("account_scores"):
        return
    st.subheader("Which companies?", anchor=False)
    rows = data.ask("select * from top_accounts(?)", MOST_COMPANIES)
    listed = rows[rows["account_id"].notna()]
    if listed.empty:
        known = data.has_rows("account_scores")
        all_customers = "All companies that are scored are customers"
        st.caption(looks.plain(all_customers if known else rows["reasons"][0]) + ".")
        return
    st.dataframe(
        listed,
        hide_index=True,
        height=320,
        column_config=COLUMNS,
        alt="Companies by score, with reasons, whom to talk to and what to do",
    )
    st.download_button(
        "Download companies",
        listed.map(spreadsheet_safe).to_csv(index=False, lineterminator="\n"),
        file_name="companies.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    show_bands()
    chosen = st.selectbox(
        "Every point of a company", listed["account_id"], index=None, key="company"
    )
    if chosen is not None:
        st.dataframe(
            data.ask("select * from explain_account(?)", chosen),
            hide_index=True,
            column_config={
                "points": st.column_config.NumberColumn("Points", format="%+d"),
                "reason": "Reason",
                "score_so_far": "Score so far",
                "person": "Person",
            },
            alt=f"Every point of {chosen}, adding up to its score",
        )


def show_bands() -> None:
    """Say what companies of each band converted at, where that is known."""
    rows = data.ask(
        "from account_band_performance where as_of_date is null order by min_score desc"
    )
    told = [
        f"{row.band}: {looks.percent(row.conversion_rate)} of"
        f" {looks.number(row.accounts)} companies converted"
        f" (95 % interval {looks.percent(row.lower_rate)} to"
        f" {looks.percent(row.upper_rate)})"
        for row in rows.itertuples()
    ]
    if told:
        st.caption(looks.plain("At past dates, " + "; ".join(told) + "."))
