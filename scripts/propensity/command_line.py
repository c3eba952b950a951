"""The arguments that every script takes which learns from past snapshots."""

from __future__ import annotations

import argparse
from datetime import date

from common import PointwiseError


def learning_parser(description: str, replicates: int) -> argparse.ArgumentParser:
    """Return a parser with test dates, seed and replicates, the latter by default."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--test-from",
        type=date.fromisoformat,
        metavar="DATE",
        help="judge on snapshots from this date on (the last third of them)",
    )
    parser.add_argument("--seed", type=int, default=42, help="any number (42)")
    parser.add_argument(
        "--replicates",
        type=int,
        default=replicates,
        help=f"drawings of users that intervals are made of ({replicates})",
    )
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the command line, checked.

    Raises PointwiseError if there are too few replicates for an interval.
    """
    arguments = parser.parse_args()
    if arguments.replicates < 2:
        raise PointwiseError("--replicates must be at least 2")
    return arguments
