"""Where a value is taken from: a column, a key inside it, a constant, and when.

A place is written as people write it: `timestamp`; `properties.$current_url`, a key of
an object; `event_params[page_location]`, a pair of a list of keys and values. Objects
and lists may be nested JSON, or a cell of a CSV with JSON in it.
"""

import re
from typing import Any, NamedTuple

from pointwise.core.errors import PointwiseError
from pointwise.importing.batches import Source

PAIR = re.compile(r"(.+)\[([^\[\]]+)\]")
OPTIONS = ("take", "value", "match", "when", "unless", "unlike")


class Place(NamedTuple):
    """A column of a file, and the keys that lead into it; `[key]` is a pair."""

    column: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.column + "".join(
            key if is_pair(key) else f".{key}" for key in self.keys
        )


class Take(NamedTuple):
    """One way to a value, from a place or a constant, and what must hold for it."""

    place: Place | None
    value: str | None = None
    match: str | None = None  # Its first group, where all of the value matches.
    when: tuple[tuple[Place, str], ...] = ()
    unless: tuple[tuple[Place, str], ...] = ()
    unlike: Place | None = None  # Not if it says the same as this.
    without: str | None = None  # Characters that are left out, as a pattern.
    has_comma: bool = False  # What is left has a comma before its decimals.

    def places(self) -> list[Place]:
        """Return all that is read for it."""
        conditions = [place for place, _ in self.when + self.unless]
        return [p for p in (self.place, *conditions, self.unlike) if p]


def find_place(source: Source, written: str) -> Place | None:
    """Return where in a file something is; None if the file has no such thing."""
    if written in source.columns:
        return Place(written)
    if pair := PAIR.fullmatch(written):
        base = find_place(source, pair[1])
        return base and Place(base.column, (*base.keys, f"[{pair[2]}]"))
    alike = [c for c in source.columns if plain(c) == plain(written)]
    if len(alike) == 1 and plain(written):
        return Place(alike[0])
    parts = written.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        outer = find_exact(source, ".".join(parts[:cut]))
        if outer and is_object(source.sample[outer]):
            return Place(outer, tuple(parts[cut:]))
    return None


def is_pair(key: str) -> bool:
    """Say if a key means a pair of a list, not a key of an object."""
    return key.startswith("[") and key.endswith("]")


def find_exact(source: Source, written: str) -> str | None:
    """Return the column of that name, whatever its case and marks."""
    if written in source.columns:
        return written
    alike = [c for c in source.columns if plain(c) == plain(written)]
    return alike[0] if len(alike) == 1 else None


def is_object(values: list[str | None]) -> bool:
    """Say if a column holds JSON objects as text."""
    filled = [value for value in values if value and value.strip()]
    return bool(filled) and all(v.lstrip().startswith("{") for v in filled[:20])


def read_take(source: Source, written: Any) -> Take | None:  # noqa: ANN401
    """Return a way to a value in this file, as a preset has it; None if not there."""
    if isinstance(written, str):
        place = find_place(source, written)
        return place and Take(place)
    place = find_place(source, written["take"]) if "take" in written else None
    if place is None and "value" not in written:
        return None
    when = conditions(source, written.get("when", {}))
    if len(when) < len(written.get("when", {})):
        return None
    unlike = written.get("unlike")
    return Take(
        place,
        written.get("value"),
        written.get("match"),
        when,
        conditions(source, written.get("unless", {})),
        find_place(source, unlike) if unlike else None,
    )


def conditions(source: Source, written: dict[str, str]) -> tuple:
    """Return conditions on places that the file has."""
    found = ((find_place(source, name), text) for name, text in written.items())
    return tuple((place, text) for place, text in found if place)


def check_take(where: str, written: Any) -> None:  # noqa: ANN401
    """Fail if a preset's way to a value is not written as one."""
    if isinstance(written, str):
        return
    if not isinstance(written, dict) or not {"take", "value"} & set(written):
        raise PointwiseError(f"{where}: {written!r} is no column and has no `take:`")
    for name in written:
        if name not in OPTIONS:
            raise PointwiseError(
                f"{where}: {name!r} is not known; there are: {', '.join(OPTIONS)}"
            )
    patterns = [written.get("match", "")]
    for option in ("when", "unless"):
        given = written.get(option, {})
        if not isinstance(given, dict):
            raise PointwiseError(f"{where}: {option} must be like {{type: page}}")
        patterns += given.values()
    for pattern in patterns:
        try:
            re.compile(str(pattern))
        except re.error as error:
            raise PointwiseError(f"{where}: {pattern!r}: {error}") from None


def plain(name: str) -> str:
    """Return a column name in lower case, letters and digits only."""
    return re.sub(r"[\W_]", "", name).lower()


def written_places(written: Any) -> list[str]:  # noqa: ANN401
    """Return the places that a preset's way to a value names."""
    if isinstance(written, str):
        return [written]
    found = [written[name] for name in ("take", "unlike") if name in written]
    return [*found, *written.get("when", {}), *written.get("unless", {})]
