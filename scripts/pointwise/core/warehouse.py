"""The warehouse is a cache: one that is damaged is set aside, and rebuilt.

What must be remembered is in the record of what is published, never only here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.home import check_home, variable

# What keeps a sound file from being opened.
NOT_DAMAGED = re.compile(
    r"set lock|Permission denied|Cannot open file|different configuration"
    r"|already attached|being used by another process|Is a directory",
    re.IGNORECASE,
)
# What DuckDB says in the middle of a run where blocks of the file are not as written.
DAMAGED = re.compile(
    r"(Corrupt database file|does not match stored checksum|INTERNAL Error|FATAL Error"
    r"|database has been invalidated|not a valid DuckDB database)[^\n]*"
)


def is_file(path: str) -> bool:
    """Whether the warehouse is a file here: not in memory, not a service's."""
    return path != ":memory:" and ":" not in path.partition("/")[0]


def check_folder(path: str) -> None:
    """Raise PointwiseError if the folder in which the warehouse lies is not there."""
    folder = Path(path).parent
    if not is_file(path) or folder.is_dir():
        return
    if not variable("POINTWISE_DB"):
        check_home()
    raise PointwiseError(
        f"the folder {folder}, for the warehouse, does not exist: make it, or check"
        " POINTWISE_DB"
    )


def discard_if_damaged(path: str, config: dict) -> None:
    """Set the warehouse aside if it cannot be opened, or a run has met damage in it.

    One that another program holds open is not damaged.
    """
    file = Path(path)
    if not is_file(path):
        return
    if not file.exists():
        file.with_name(f"{file.name}.wal").unlink(missing_ok=True)
        mark_of(file).unlink(missing_ok=True)
        return
    reason = why_damaged(file, config)
    if reason:
        set_aside(file)
        print(
            f"The warehouse {file} is damaged ({reason}): it is rebuilt; what is"
            " published and recorded is not touched.",
            flush=True,
        )


def why_damaged(file: Path, config: dict) -> str | None:
    """Return what is wrong with a warehouse; None if it is sound, or held open."""
    try:
        duckdb.connect(str(file), read_only=True, config=config).close()
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        return None if NOT_DAMAGED.search(reason) else reason
    try:
        return mark_of(file).read_text(encoding="utf-8")
    except OSError:
        return None


def set_aside(file: Path) -> None:
    """Rename a damaged warehouse, in place of one set aside before."""
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)
    file.replace(file.with_name(f"{file.name}.damaged"))
    mark_of(file).unlink(missing_ok=True)


def mark_of(file: Path) -> Path:
    """Return the file that says that a warehouse is damaged."""
    return file.with_name(f"{file.name}.is_damaged")


def damage_in(message: str, path: str) -> str | None:
    """Return what an error says about damage in the warehouse; None if not about it.

    DuckDB says so of event files that end too early, too.
    """
    if found := DAMAGED.search(message):
        return found[0]
    ends = f'Could not read enough bytes from file "{path}"'
    return ends if ends in message else None


@cache
def watch_for_damage(path: str) -> None:
    """Note it beside the warehouse if a step of this run meets damage in it."""
    from dbt_common.events.base_types import EventMsg
    from dbt_common.events.event_manager_client import add_callback_to_manager

    def note(event: EventMsg) -> None:
        if event.info.level != "error":  # of thousands in a run
            return
        found, mark = damage_in(event.info.msg, path), mark_of(Path(path))
        if found and Path(path).exists() and not mark.exists():
            with suppress(OSError):
                mark.write_text(found, encoding="utf-8")
            print(
                f"The warehouse {path} is damaged ({found}): the next run rebuilds"
                " it; what is published and recorded is not touched.",
                flush=True,
            )

    add_callback_to_manager(note)
