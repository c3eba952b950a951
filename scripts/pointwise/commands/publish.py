"""Check what is published, or go back to what last was intact.

    pointwise publish
    pointwise publish --back

`dbt build` publishes; this looks after what it has published.
"""

from __future__ import annotations

from pathlib import Path

import click

from pointwise.core.command_line import command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.published import (
    Generation,
    current_id,
    generations,
    how_to_repair,
    record_ids,
    what_is_lost,
)
from pointwise.core.terminal import console, print_table
from pointwise.core.words import counted
from pointwise.publishing.publish import go_back


def row(generation: Generation, now: str | None) -> list[str]:
    """Return what to show of a generation."""
    damaged = generation.what_is_damaged()
    state = f"{damaged} is damaged" if damaged else "intact"
    try:
        facts = generation.facts
    except PointwiseError:
        facts = {}
    return [
        "now" if generation.id == now else "",
        generation.id,
        facts.get("published_at", "")[:16],
        facts.get("as_of_date", ""),
        f"{facts['users']:,}" if "users" in facts else "",
        state,
    ]


def show(published: Path) -> None:
    """Print the generations that are there, the newest first.

    Raises PointwiseError if nothing is published, or what readers see is damaged.
    """
    now = current_id(published)
    rows = [row(generation, now) for generation in generations(published)]
    if not rows:
        raise PointwiseError(f"nothing is published in {published}: run `dbt build`")
    print_table(
        f"Published in {published}",
        ["readers see", "publication", "published (UTC)", "as of", "people", "files"],
        rows,
        right=["people"],
    )
    held = counted(len(record_ids(published)), "publication")
    console.print(f"The record holds {held}.")
    seen = {name: state for _, name, *_, state in rows}.get(now, "it is not there")
    if seen != "intact":
        raise PointwiseError(
            f"of the publication that readers see, {now}, {seen}:"
            f" {how_to_repair(published, now)}"
        )
    for name in record_ids(published):
        if lost := what_is_lost(published, name):
            raise PointwiseError(lost)


def intact_now(published: Path) -> str | None:
    """Return the id of what readers see if every file of it is as it was written."""
    try:
        now = current_id(published)
    except PointwiseError:
        return None
    found = [each for each in generations(published) if each.id == now]
    return now if found and not found[0].what_is_damaged() else None


@command(__doc__)
@click.option("--back", is_flag=True, help="Let readers see the last intact one again.")
def main(back: bool) -> None:
    """Show what is published, or go back."""
    published = path_setting("POINTWISE_PUBLISHED")
    if not back:
        show(published)
        return
    if intact := intact_now(published):
        raise PointwiseError(
            f"the publication that readers see, {intact}, is intact: to change what it"
            " says, change the control panel or the events, and run `dbt build`"
        )
    try:
        found = go_back(published)
    except OSError as error:
        raise PointwiseError(
            f"cannot write {error.filename or published}: {error.strerror}"
        ) from error
    console.print(
        f"Readers see the publication of {found.facts['as_of_date']} again,"
        f" {counted(found.facts['users'], 'person', 'people')}, as {found.id}.",
        markup=False,
    )
