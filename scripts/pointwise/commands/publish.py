"""Check what is published, or go back to what last was intact.

    pointwise publish
    pointwise publish --back
    pointwise publish --from spark

`dbt build` publishes; this looks after what it has published. With --from spark it
publishes what `dbt build --target spark` has built: DuckDB takes Spark's tables over,
builds and tests the rest, and publishes all of it.
"""

from __future__ import annotations

from pathlib import Path

import click

from pointwise.commands.run import build
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
from pointwise.publishing.spark import AGAIN, read_built
from pointwise.publishing.take_over import take_over


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


def publish_from_spark(given: str) -> None:
    """Let DuckDB build, test and publish the rest of what Spark has built.

    Raises PointwiseError if there is no whole build of Spark, or it is not published.
    """
    published, warehouse = (
        path_setting(f"POINTWISE_{name}") for name in ("PUBLISHED", "DB")
    )
    before = record_ids(published)
    if read_built(warehouse)["previous_id"] != (before[-1] if before else None):
        raise PointwiseError(f"another build has published since Spark's: {AGAIN}")
    models = take_over(warehouse)
    # Only the models are left out, not their tests.
    build("--indirect-selection=empty", "--exclude", *models, "--vars", given)
    if record_ids(published) == before:
        raise PointwiseError("Spark's build was not published: see above")


@command(__doc__)
@click.option("--back", is_flag=True, help="Let readers see the last intact one again.")
@click.option(
    "--from",
    "engine",
    type=click.Choice(["spark"]),
    help="Publish what this engine has built.",
)
@click.option(
    "--vars", "given", metavar="YAML", default="{}", help="For dbt, with --from."
)
def main(back: bool, engine: str | None, given: str) -> None:
    """Show what is published, go back, or publish what Spark has built."""
    published = path_setting("POINTWISE_PUBLISHED")
    if engine:
        publish_from_spark(given)
        return
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
