"""How everything looks: colours, numbers, charts, and pages with nothing to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import altair as alt
import pandas as pd
import streamlit as st

from pointwise.core.words import in_percent
from pointwise.page.colors import THEME, band_colors

DASH = "\N{EN DASH}"

# Numbers of metrics side by side also on a telephone; less air at the top.
STYLE = """
<style>
.stMainBlockContainer { padding-top: 3.2rem; padding-bottom: 3rem; max-width: 74rem;
                        padding-left: 2.5rem; padding-right: 2.5rem; }
[data-testid="stSidebar"] { width: 250px !important; }
h1 { font-size: 2rem !important; padding-bottom: 0.6rem !important; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
.chip { display: inline-block; padding: 0.1rem 0.6rem; border-radius: 1rem;
        font-size: 0.85rem; font-weight: 600; }
.live { display: inline-block; padding: 0 0.45rem; margin-right: 0.4rem;
        border: 1px solid currentColor; border-radius: 1rem; font-size: 0.75rem;
        font-weight: 600; }
[data-testid="stTabs"] [role="tablist"] { flex-wrap: wrap; row-gap: 0; }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
.legend i { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 50%;
            margin-right: 0.4rem; vertical-align: -0.05rem; }
.big { font-size: 3.2rem; font-weight: 700; line-height: 1.1;
       font-variant-numeric: tabular-nums; }
.faint { opacity: 0.68; }
.rows { width: 100%; border-collapse: collapse; font-size: 0.875rem; }
.rows th, .rows td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem;
                     border-bottom: 1px solid rgba(128, 140, 155, 0.3); }
.rows th { font-weight: 600; opacity: 0.68; }
.rows td { overflow-wrap: anywhere; min-width: 3rem; }
.rows .n { text-align: right; white-space: nowrap;
           font-variant-numeric: tabular-nums; }
.rows .sub td:first-child { padding-left: 2rem; }
.scroll { max-height: 24rem; overflow-y: auto; }
[class*="st-key-narrow"] { display: none; }
@media (max-width: 640px) {
  [class*="st-key-wide"] { display: none; }
  [class*="st-key-narrow"] { display: flex; }
  .rows thead { display: none; }
  .rows tr { display: block; padding: 0.5rem 0;
             border-bottom: 1px solid rgba(128, 140, 155, 0.3); }
  .rows td, .rows .n { display: block; border: none; padding: 0.05rem 0;
                       text-align: left; white-space: normal; }
  .rows td[data-name]::before { content: attr(data-name) ": "; opacity: 0.68; }
  .scroll { max-height: 30rem; }
}
@media (max-width: 640px) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  h1 { font-size: 1.6rem !important; }
}
</style>
"""


def band_scale(bands: Iterable[str]) -> alt.Scale:
    """Return the scale that gives each band its colour."""
    colors = band_colors(bands)
    return alt.Scale(domain=list(colors), range=list(colors.values()))


def plain(text: object) -> str:
    """Return a text as Markdown that shows the text and nothing else.

    A dash or plus begins a list, and means nothing elsewhere: labels are read aloud.
    """
    marked = re.sub(r"([\\`*_{}\[\]()#.!|<>~:$&@/^=\"'])", r"\\\1", str(text))
    return re.sub(r"^(\s*)([-+])", r"\1\\\2", marked, flags=re.MULTILINE)


def safe_html(text: object) -> str:
    """Return a text as HTML that shows the text and nothing else."""
    return escape(str(text), quote=True)


def chip(text: object, color: str) -> str:
    """Return HTML of a text on a colour, dark on a light one."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    ink = "#1B2733" if 0.3 * red + 0.6 * green + 0.1 * blue > 140 else "#FFFFFF"
    style = f"background:{color};color:{ink}"
    return f'<span class="chip" style="{style}">{safe_html(text)}</span>'


def number(value: float | None) -> str:
    """Return a whole number with separators, or a dash."""
    return DASH if value is None or pd.isna(value) else f"{int(value):,}"


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a share of 1 in percent, or a dash."""
    if share is None or pd.isna(share):
        return DASH
    return f"{in_percent(share, decimals)} %"


def signed(points: float) -> str:
    """Return points with their sign."""
    return f"{int(points):+,}".replace("-", "\N{MINUS SIGN}")


def day(value: object) -> str:
    """Return a date as people write it."""
    date = pd.Timestamp(value)
    return f"{date.day} {date:%B %Y}"


def theme() -> str:
    """Return whether the visitor sees the page light or dark."""
    return st.context.theme.type or "light"


def show(chart: alt.Chart | alt.LayerChart, height: int, words: str) -> None:
    """Show a chart as wide as the page; `words` say it to who cannot see it."""
    text = THEME[f"theme.{theme()}.textColor"]
    chart = chart.properties(height=height).configure_view(strokeWidth=0)
    chart = chart.configure_text(color=text, fontSize=12)
    chart = chart.configure_axisY(labelFlush=False)
    chart = chart.configure_axis(labelLimit=260, grid=False).configure_legend(
        orient="top", title=None, labelLimit=200
    )
    st.altair_chart(chart, width="stretch", alt=words)


def legend(colors: dict[str, str]) -> None:
    """Show what the colours mean."""
    items = (
        f'<span><i style="background:{color}"></i>{safe_html(name)}</span>'
        for name, color in colors.items()
    )
    st.html(f'<div class="legend">{"".join(items)}</div>')


def rows(
    columns: Sequence[str],
    lines: Iterable[Sequence[object]],
    numbers: Sequence[str] = (),
    words: str = "",
    below: Sequence[bool] = (),
    whole: bool = True,
) -> None:
    """Show a table to read: its texts wrap, and on a telephone a row is a paragraph.

    Columns named in `numbers` are right-aligned; lines where `below` is true belong to
    the line above them. Where it is not shown as a `whole`, long ones scroll.
    """
    head = "".join(
        f"<th{' class=n' if name in numbers else ''}>{safe_html(name)}</th>"
        for name in columns
    )
    body = []
    for place, line in enumerate(lines):
        cells = "".join(
            f"<td{' class=n' if name in numbers else ''}"
            f"{f' data-name={chr(34)}{safe_html(name)}{chr(34)}' if name else ''}>"
            f"{cell_html(cell)}</td>"
            for name, cell in zip(columns, line, strict=True)
        )
        is_below = place < len(below) and below[place]
        body.append(f"<tr{' class=sub' if is_below else ''}>{cells}</tr>")
    st.html(
        f'<div class="{"" if whole else "scroll"}">'
        f'<table class="rows" aria-label="{safe_html(words)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


@dataclass(frozen=True)
class Link:
    """A text that leads somewhere."""

    text: str
    address: str


def cell_html(cell: object) -> str:
    """Return a cell of a table as HTML that shows its text and nothing else."""
    if isinstance(cell, Link):
        address = safe_html(cell.address)
        return f'<a href="{address}" target="_self">{safe_html(cell.text)}</a>'
    return safe_html("" if cell is None else cell)


def metrics(figures: list[tuple[str, str, str | None]]) -> None:
    """Show figures in a row: name, value and what it means."""
    with st.container(horizontal=True, gap="small"):
        for name, value, meaning in figures:
            st.metric(name, value, help=meaning, border=True, width=176)


def nothing(what: str, command: str | None = None) -> None:
    """Say that there is nothing to show, and what to run."""
    st.info(what)
    if command:
        st.code(command, language=None)
