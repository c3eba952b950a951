"""Where a person's data may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from pointwise.core.home import own_folder
from pointwise.publishing.remains import ID_NAMES
from pointwise.publishing.rewriting import EventIds, files_of


@dataclass(frozen=True)
class Places:
    """Where a person's data may be, and what a person is called there, in SQL."""

    project: Path
    events: str
    users: str
    published: Path
    warehouse: Path
    model: Path
    target: Path
    logs: Path
    links: str | None = None
    assignments: str | None = None
    event_id: str = "user_id"
    anonymous_id: str = "anonymous_id"
    profile_id: str = "user_id"
    placeholders: tuple[str, ...] = ()
    max_ids: int = 500

    @property
    def reports(self) -> Path:
        """Where `pointwise what-if` writes."""
        return own_folder("what_if", self.project)

    @property
    def databases(self) -> list[Path]:
        """The warehouse, what stands for it, and what dbt makes beside it."""
        stem, folder = self.warehouse.stem, self.warehouse.parent
        copies = [self.warehouse, folder / f"{stem}_what_if.duckdb"]
        ends = ("", ".wal", ".tmp", ".damaged")
        beside = [path.with_name(path.name + end) for path in copies for end in ends]
        return [path for path in beside if path.exists()]

    @property
    def folders(self) -> list[Path]:
        """The folders in which no trace may be left."""
        found = [
            *self.event_folders,
            self.published,
            self.reports,
            self.logs,
            self.model,
        ]
        if self.warehouse.parent not in (Path.home(), Path("/"), Path("/tmp")):
            found.append(self.warehouse.parent)
        return [folder for folder in dict.fromkeys(found) if folder.is_dir()]

    @property
    def event_ids(self) -> EventIds:
        """Which columns of event files are ids, and which ids are nobody's."""
        return EventIds(self.event_id, self.anonymous_id, self.placeholders)

    @property
    def event_folders(self) -> list[Path]:
        """The folders of the event files, and of the lines that imports set aside."""
        folder = Path(self.events)
        while not folder.is_dir():
            folder = folder.parent
        around = [folder, folder.parent, folder.parent.parent]
        return [folder, *(path / "rejected" for path in around)]

    @property
    def id_names(self) -> tuple[str, ...]:
        """The columns whose cells are ids."""
        mapped = (self.event_id, self.anonymous_id, self.profile_id)
        return (*mapped, *ID_NAMES, "id")

    @property
    def link_files(self) -> list[Path]:
        """The files that say who is who."""
        return files_of(self.links) if self.links else []

    @property
    def assignment_files(self) -> list[Path]:
        """The files of experiments that another tool assigned."""
        return files_of(self.assignments) if self.assignments else []

    def truth(self, connection: duckdb.DuckDBPyConnection) -> list[Path]:
        """Files beside synthetic events that say what is true of each person."""
        files = sorted(self.event_folders[0].parent.glob("truth/*.parquet"))
        return [
            path
            for path in files
            if connection.execute(
                "select 1 from parquet_schema(?) where name = 'user_id'", [str(path)]
            ).fetchall()
        ]
