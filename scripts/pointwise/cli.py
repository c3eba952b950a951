"""Pointwise: an explained intent score from 1 to 100 for every user.

The menu; each command is a module of `pointwise.commands`, loaded when it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from pointwise.core import command_line

# In the order in which a user meets them.
SECTIONS = {
    "Begin": ("run", "generate", "describe", "import"),
    "Read scores": ("rank", "worklist", "explain", "accounts", "why", "serve", "live"),
    "Check and improve them": ("evaluate", "train", "propose", "what-if", "experiment"),
    "Look after what is published": ("publish", "restore-panel", "reproduce", "erase"),
}
COMMANDS = [name for names in SECTIONS.values() for name in names]
WIDTH = max(map(len, COMMANDS))
EPILOG = "`pointwise COMMAND --help` says more. README.md leads through them."


def module_of(name: str) -> str:
    """Return the name of a command's module; `import` is a word of Python's."""
    return "import_files" if name == "import" else name.replace("-", "_")


def summary(name: str) -> str:
    """Return a command's line in the menu: the first of its module, not loaded."""
    path = Path(__file__).parent / "commands" / f"{module_of(name)}.py"
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().strip('r"').rstrip(":.")


class Menu(click.Group):
    """The commands by section."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return COMMANDS

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command; None if there is none of that name."""
        if name not in COMMANDS:
            return None
        return import_module(f"pointwise.commands.{module_of(name)}").main

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write a line a command, without loading any."""
        for section, names in SECTIONS.items():
            with formatter.section(section):
                rows = [(f"{name:<{WIDTH}}", summary(name)) for name in names]
                formatter.write_dl(rows)


menu = Menu(name="pointwise", help=__doc__.partition("\n")[0], epilog=EPILOG)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the command line names."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command_line.run(lambda: run(given))


def run(arguments: list[str]) -> None:
    """Run a command; its errors are those of click or of Pointwise."""
    with menu.make_context("pointwise", arguments) as context:
        menu.invoke(context)


if __name__ == "__main__":
    main()
