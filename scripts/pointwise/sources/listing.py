"""Which files a setting such as POINTWISE_EVENTS means.

A path is a name first and a pattern second: `events[1]` is the folder of that name if
there is one. Parquet files are known by `.parquet` or `.pq`, in any case; a file that
would match but for its kind is listed with the reason why it is not read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from functools import lru_cache

from pointwise.core.sql_text import MAGIC

PARQUET = (".parquet", ".pq")
# Kinds that hold rows, and marks of files that are packed or not complete.
OTHER_KINDS = frozenset(
    f".{kind}"
    for kinds in (
        "csv tsv psv txt json jsonl ndjson avro orc arrow feather ipc xls xlsx xml log",
        "gz gzip zst bz2 xz zip snappy lz4 br tar tgz 7z",
        "tmp temp part partial crdownload bak old copy",
    )
    for kind in kinds.split()
)
REJECTED = "rejected"  # where the importer sets lines aside: no delivery
NOT_PARQUET = (
    "its name does not end in .parquet or .pq: bring CSV and JSON lines in with"
    " `pointwise import`"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FoundFile:
    """A file, when it was last changed (UTC, ISO), and why it is not read, if so."""

    file: str
    size_bytes: int
    modified_at: str
    reason: str | None = None


def find_files(path: str) -> list[FoundFile]:
    """Return the files of a path or pattern, by name; links are followed."""
    folder, parts = split(os.path.abspath(os.path.expanduser(path)))
    if not parts:
        reason = NOT_PARQUET if is_of_other_kind(folder) else None
        return [describe(folder, reason)] if os.path.isfile(folder) else []
    found: dict[str, FoundFile] = {}
    for file in matching(folder, parts, set()):
        found.setdefault(file.file, file)
    return [found[name] for name in sorted(found)]


@lru_cache(maxsize=8)
def files_of_run(path: str, invocation_id: str) -> list[FoundFile]:  # noqa: ARG001
    """Return the same, listed once a run: inputs are noted as they are read."""
    return find_files(path)


def split(path: str) -> tuple[str, list[str]]:
    """Return the part of a path that is a name, and the patterns that follow."""
    parts = path.split("/")
    taken = 1
    while taken < len(parts):
        upto = "/".join(parts[: taken + 1])
        if MAGIC.search(parts[taken]) and not os.path.lexists(upto):
            break
        taken += 1
    return "/".join(parts[:taken]) or "/", parts[taken:]


def reads(path: str, name: str) -> bool:
    """Whether a path or pattern means a file of a name in the folder it begins with."""
    _, patterns = split(path)
    folders, last = patterns[:-1], patterns[-1:]
    return not set(folders) - {"**"} and any(
        re.match(translate(pattern), name) is not None for pattern in last
    )


def matching(  # noqa: C901 -- one case a kind of pattern
    folder: str, parts: list[str], seen: set[tuple[str, int]]
) -> Iterator[FoundFile]:
    """Yield the files below a folder that match the patterns.

    Each real folder is looked into once, however many links lead to it.
    """
    key = (os.path.realpath(folder), len(parts))
    if key in seen:
        return
    seen.add(key)
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda e: (e.is_symlink(), e.name))
    except OSError as error:
        if os.path.isdir(folder):
            reason = f"the folder cannot be listed: {error.strerror}"
            yield FoundFile(as_text(folder), 0, EPOCH.isoformat(), reason)
        return
    entries = [entry for entry in entries if not entry.name.startswith(".")]
    pattern, rest = parts[0], parts[1:]
    if pattern == "**":
        yield from matching(folder, rest or ["*"], seen)
        for entry in entries:
            if entry.is_dir():
                yield from matching(entry.path, parts, seen)
    elif rest:
        for entry in entries:
            if entry.is_dir() and re.match(translate(pattern), entry.name):
                yield from matching(entry.path, rest, seen)
    else:
        for entry in entries:
            if not entry.is_dir() and (file := of_kind(entry, pattern)):
                yield file


def of_kind(entry: os.DirEntry, pattern: str) -> FoundFile | None:
    """Return a file if the pattern means it, or would but for the file's kind."""
    name = entry.name
    stem, suffix = os.path.splitext(pattern)
    is_match = re.match(translate(pattern), name) is not None
    if is_match and (suffix.lower() in PARQUET or not is_of_other_kind(name)):
        return describe(entry.path)
    stems, rest = [name], name
    while (cut := os.path.splitext(rest))[1].lower() in OTHER_KINDS.union(PARQUET):
        rest = cut[0]
        stems.append(rest)
    if suffix.lower() not in PARQUET:
        stem = pattern
    if not is_match and not any(re.match(translate(stem), s) for s in stems[1:]):
        return None
    if name.lower().endswith(PARQUET):
        return describe(entry.path)
    if os.path.basename(os.path.dirname(entry.path)) == REJECTED:
        return None
    return describe(entry.path, NOT_PARQUET)


def is_of_other_kind(name: str) -> bool:
    """Whether a name says that the file is not Parquet."""
    return os.path.splitext(name)[1].lower() in OTHER_KINDS


def describe(path: str, reason: str | None = None) -> FoundFile:
    """Return a file with its size and time; a link without an end cannot be read."""
    try:
        status = os.stat(path)
    except OSError as error:
        return FoundFile(as_text(path), 0, EPOCH.isoformat(), f"{error.strerror}")
    if as_text(path) != path:
        reason = "its name is not UTF-8: give it another"
    if "\\" in path and MAGIC.search(path):
        reason = "its name holds both a backslash and one of [ * ?: give it another"
    try:
        modified_at = EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)
    except OverflowError:
        modified_at = EPOCH
    return FoundFile(as_text(path), status.st_size, modified_at.isoformat(), reason)


def as_text(path: str) -> str:
    """Return a path as valid UTF-8."""
    return path.encode(errors="surrogateescape").decode(errors="replace")
