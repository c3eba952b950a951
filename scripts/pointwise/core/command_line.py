"""What every command shares: its help, its types, and errors of one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from pointwise.core.errors import PointwiseError


class Day(click.ParamType):
    """A date such as 2026-03-31."""

    name = "date"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context
    ) -> date:
        """Return the date that a text names."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-03-31", param, ctx)


class Whole(click.ParamType):
    """A whole number between two others."""

    name = "number"

    def __init__(self, at_least: int, at_most: int | None = None) -> None:
        self.at_least, self.at_most = at_least, at_most

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context
    ) -> int:
        """Return the number that a text names."""
        number = click.INT.convert(value, param, ctx)
        if self.at_most is None and number < self.at_least:
            self.fail(f"{number} is less than {self.at_least}", param, ctx)
        if self.at_most and not self.at_least <= number <= self.at_most:
            allowed = f"from {self.at_least} to {self.at_most}"
            self.fail(f"{number} is not {allowed}", param, ctx)
        return number


DAY = Day()
PATH = click.Path(path_type=Path)


class InHome(click.Command):
    """A command that works on a folder with a user's own data: it has to be there."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; raises PointwiseError without that folder."""
        from pointwise.core.home import check_home  # The menu is quick without.

        check_home()
        return super().invoke(ctx)


class InOrder(click.Group):
    """Commands in the order in which they are written."""

    command_class = InHome

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return their names."""
        return list(self.commands)


def command(
    docstring: str, makes_home: bool = False
) -> Callable[[Callable], click.Command]:
    """Make a command of a function; its help is the docstring of the module.

    Paragraphs with an example or a list are shown as they are written. One that makes
    the folder of POINTWISE_HOME does not need it.
    """
    kind = click.Command if makes_home else InHome
    return click.command(help=help_of(docstring), cls=kind)


def help_of(docstring: str) -> str:
    """Return a docstring as click wants it: what is indented is not wrapped."""
    paragraphs = docstring.split("\n\n")
    return "\n\n".join(f"\b\n{p}" if p.startswith(" ") else p for p in paragraphs)


def run(program: Callable[[], object]) -> None:
    """Run a program and end: with 0, or with another code and an error of one line.

    A letter that the terminal, or who reads our output, cannot show becomes a "?".
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        program()
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        if error.ctx.parent is not None:
            stop(f"name a command: see `{error.ctx.command_path} --help`", 2)
        print(error.ctx.get_help())
    except click.ClickException as error:
        where = error.ctx.command_path if getattr(error, "ctx", None) else "pointwise"
        stop(f"{error.format_message().rstrip('.')}: {hint(error, where)}", 2)
    except BrokenPipeError:
        # The reader of our output, such as `head`, has had enough.
        sys.stdout = None
        sys.exit(0)
    except (KeyboardInterrupt, click.Abort):
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        message = in_a_line(error)
        if message is None:
            raise
        stop(message, 1)


def in_a_line(error: Exception) -> str | None:
    """Return what to do about an error; None if it is a fault of the program."""
    if isinstance(error, PointwiseError):
        return str(error)
    # DuckDB's, which the menu does without.
    if type(error).__name__ in ("BinderException", "CatalogException"):
        lacking = str(error).splitlines()[0]
        return f"an earlier version published the scores ({lacking}): run `dbt build`"
    return None


def hint(error: click.ClickException, where: str) -> str:
    """Return what to do about words that a command does not understand."""
    context = getattr(error, "ctx", None)
    options = {param.name for param in context.command.params} if context else set()
    if "unexpected extra argument" in error.format_message() and "user" in options:
        return f"one user is named by `{where} --user ID`"
    return f"see `{where} --help`"


def stop(message: str, code: int) -> None:
    """End with an error of one line."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
