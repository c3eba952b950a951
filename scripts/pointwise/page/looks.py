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
TIMES = "\N{MULTIPLICATION SIGN}"
MINUS = "\N{MINUS SIGN}"

# What Streamlit leaves too airy for work, and what it lacks: strips, cards, bars of
# points. On a telephone tables are paragraphs, and columns stand below each other.
STYLE = """
<style>
.stMainBlockContainer { padding: 4.2rem 2.5rem 3rem; max-width: 78rem; }
.stMainBlockContainer > [data-testid="stVerticalBlock"] { gap: 0.7rem; }
h1 { font-size: 1.6rem !important; padding: 0 0 0.3rem !important; }
h3 { font-size: 1.25rem !important; padding: 0.6rem 0 0.4rem !important; }
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
.strip { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.strip div { flex: 1 1 15rem; border-left: 5px solid; padding: 0.1rem 0.7rem;
             line-height: 1.35; font-variant-numeric: tabular-nums; }
.strip b { font-size: 1.25rem; }
.strip span { display: block; font-size: 0.82rem; }
.card { border: 1px solid rgba(128, 140, 155, 0.35); border-radius: 0.5rem;
        padding: 0.5rem 0.7rem; margin-bottom: 0.5rem; font-size: 0.875rem;
        overflow-wrap: anywhere; }
.card .right { float: right; }
.verdict { font-size: 1.15rem; line-height: 1.4; }
.big { font-size: 2.6rem; font-weight: 700; line-height: 1.1;
       font-variant-numeric: tabular-nums; }
.faint { opacity: 0.72; }
.rows { width: 100%; border-collapse: collapse; font-size: 0.875rem; }
.rows th, .rows td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem;
                     border-bottom: 1px solid rgba(128, 140, 155, 0.3); }
.rows th { font-weight: 600; opacity: 0.72; }
.rows td { overflow-wrap: anywhere; min-width: 8.5rem; }
.rows .n { min-width: 3rem; }
.rows a, .card a { color: inherit; }
.rows .n { text-align: right; white-space: nowrap;
           font-variant-numeric: tabular-nums; }
.rows .sub td:first-child { padding-left: 2rem; }
.parts { font-size: 0.9rem; }
.parts h4 { display: flex; gap: 0.8rem; align-items: baseline; font-size: 0.95rem;
            margin: 0.9rem 0 0.2rem; padding: 0; }
.parts h4 span { font-variant-numeric: tabular-nums; }
.parts p { display: grid; grid-template-columns: 3rem 1fr 30%; gap: 0.7rem;
           margin: 0; padding: 0.2rem 0; align-items: center;
           border-bottom: 1px solid rgba(128, 140, 155, 0.2); }
.parts p > b { text-align: right; font-variant-numeric: tabular-nums; }
.parts i { display: block; height: 0.7rem; border-radius: 2px; }
.days p { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0.7rem; margin: 0;
          padding: 0.2rem 0; font-size: 0.9rem;
          border-bottom: 1px solid rgba(128, 140, 155, 0.2); }
.scroll { max-height: 24rem; overflow-y: auto; }
[class*="st-key-narrow"] { display: none; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 4rem 1rem 2rem; }
  h1 { font-size: 1.4rem !important; }
  [class*="st-key-wide"] { display: none; }
  [class*="st-key-narrow"] { display: flex; }
  .strip div { flex-basis: 100%; }
  .rows thead { display: none; }
  .rows tr { display: block; padding: 0.5rem 0.7rem; margin-bottom: 0.5rem;
             border: 1px solid rgba(128, 140, 155, 0.35); border-radius: 0.5rem; }
  .rows td, .rows .n { display: block; border: none; padding: 0.05rem 0;
                       text-align: left; white-space: normal; }
  .rows td[data-name]::before { content: attr(data-name) ": "; opacity: 0.72; }
  .rows td:empty { display: none; }
  .rows .sub td:first-child { padding-left: 0; }
  .parts p { grid-template-columns: 3rem 1fr; }
  .parts i { display: none; }
  .days p { grid-template-columns: 5.5rem 1fr; }
  .scroll { max-height: 30rem; }
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
    if value is None or pd.isna(value):
        return DASH
    return f"{int(value):,}".replace("-", MINUS)


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a share of 1 in percent, or a dash."""
    if share is None or pd.isna(share):
        return DASH
    return f"{in_percent(share, decimals)} %"


def interval(row: pd.Series) -> str:
    """Return the interval of the conversion rate of a row, in brackets."""
    return f"({percent(row['lower_rate'])} to {percent(row['upper_rate'])})"


def signed(points: float) -> str:
    """Return points with their sign."""
    return f"{int(points):+,}".replace("-", MINUS)


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
    chart = chart.properties(height=height, padding={"top": 8}).configure_view(
        strokeWidth=0
    )
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


def verdict(sentence: str) -> None:
    """Open a page with its result, in one sentence."""
    st.html(f'<div class="verdict" data-verdict>{safe_html(sentence)}</div>')


def words(name: str) -> str:
    """Return a name of the panel as people say it: core feature used."""
    return name.replace("_", " ")


def metrics(figures: list[tuple[str, str, str | None]]) -> None:
    """Show figures in a row: name, value and what it means."""
    with st.container(horizontal=True, gap="small"):
        for name, value, meaning in figures:
            st.metric(name, value, help=meaning, border=True, width=176)


def nothing(what: str, command: str | None = None) -> None:
    """Say that there is nothing to show, and what to run."""
    st.info(what)
    if command:
        st.code(command, language=None, wrap_lines=True)
