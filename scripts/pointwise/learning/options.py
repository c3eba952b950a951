"""The options of commands that learn from past snapshots."""

from __future__ import annotations

from collections.abc import Callable

import click

from pointwise.core.command_line import DAY, Whole


def learning_options(replicates: int) -> Callable[[Callable], Callable]:
    """Add test dates, seed and replicates, the latter by default, to a command."""
    options = [
        click.option(
            "--test-from",
            type=DAY,
            help="Judge on snapshots from this date on (the last third of them).",
        ),
        click.option("--seed", type=int, default=42, help="Any number (42)."),
        click.option(
            "--replicates",
            type=Whole(2),
            default=replicates,
            help=f"Drawings of users that intervals are made of ({replicates}).",
        ),
    ]

    def add(function: Callable) -> Callable:
        for option in reversed(options):
            function = option(function)
        return function

    return add
