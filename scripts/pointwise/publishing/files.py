"""Files that survive a kill: written aside, made durable, and renamed into place."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from pointwise.core.published import PUBLICATION, content_of


def make_durable(folder: Path) -> None:
    """Bring the files of a folder, and the folder itself, to the disk."""
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError:
            if path != folder:  # some systems cannot do this for a folder
                raise
        finally:
            os.close(descriptor)


def contents_of(folder: Path) -> dict[str, dict[str, int]]:
    """Return the files of a folder, and what shows damage to each.

    What says so, `publication.json`, is not among them.
    """
    return {
        path.name: content_of(path)
        for path in sorted(folder.iterdir())
        if path.name != PUBLICATION
    }


def write_json(path: Path, content: dict) -> None:
    """Write a JSON file; dates and times become text."""
    text = json.dumps(content, default=str, indent=1, sort_keys=True)
    path.write_text(text, encoding="utf-8")


def make_read_only(folder: Path) -> None:
    """Make files read-only, also for DuckDB without -readonly."""
    for path in folder.iterdir():
        path.chmod(0o444)


def put_in_place(draft: Path, name: str) -> None:
    """Rename a draft folder to what it is called, durably."""
    make_read_only(draft)
    make_durable(draft)
    draft.rename(draft.with_name(name))
    make_durable_folder(draft.parent)


def make_durable_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # not every system can
    finally:
        os.close(descriptor)


def point_to(link: Path, target: str) -> None:
    """Make a link point to a target in one rename; copies where there are no links."""
    draft = link.with_name(f".{link.name}.new")
    remove(draft)
    try:
        draft.symlink_to(target)
    except (OSError, NotImplementedError):
        source = link.parent / target
        if source.is_dir():
            shutil.copytree(source, draft)
            remove(link)
        else:
            shutil.copyfile(source, draft)
    else:
        if link.is_dir() and not link.is_symlink():
            remove(link)
    draft.replace(link)
    make_durable_folder(link.parent)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def copy_or_link(source: Path, target: Path) -> None:
    """Give a file that never changes a second name; a copy where that cannot be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
