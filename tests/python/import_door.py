"""How tests import a file: through the command, into a folder of their own."""

import csv
import json
from datetime import datetime
from pathlib import Path

import duckdb

from pointwise.commands import import_files

at = datetime.fromisoformat

HEADER = "event_id,user_id,occurred_at,event_type"
PLAIN = f"{HEADER}\ne1,u1,2026-01-02 03:04:05,view\ne2,ü2,2026-01-02 03:04:06,buy\n"
PLAIN_ROWS = [
    ("e1", "u1", at("2026-01-02 03:04:05"), "view"),
    ("e2", "ü2", at("2026-01-02 03:04:06"), "buy"),
]
PLAIN_JSON = "".join(
    json.dumps(dict(zip(HEADER.split(","), line.split(","), strict=True))) + "\n"
    for line in PLAIN.splitlines()[1:]
)


class Door:
    """Imports into a folder of its own and shows what landed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "raw" / "events"

    def file(self, content: bytes | str, name: str = "in.csv") -> Path:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *arguments: object) -> None:
        """Run the command as from the command line."""
        words = [*map(str, arguments)]
        if "--out" not in words:
            words += ["--out", str(self.out)]
        with import_files.main.make_context("import", words) as context:
            import_files.main.invoke(context)

    def take(self, content: bytes | str, *arguments: str, name: str = "in.csv") -> None:
        """Write a file and import it."""
        self.run(self.file(content, name), *arguments)

    def landed(self) -> list[Path]:
        """Return the files in the events folder."""
        return sorted(self.out.glob("*"))

    def rows(self, columns: str = HEADER) -> list[tuple]:
        """Return columns of all landed rows, in their order."""
        if not self.landed():
            return []
        query = f"select {columns} from read_parquet('{self.out}/*.parquet')"
        return duckdb.sql(query).fetchall()

    def rejected(self) -> list[tuple[int, str, str]]:
        """Return line, reason and content of all lines set aside."""
        found = []
        for path in sorted((self.out.parent / "rejected").glob("*")):
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    found.append((int(row["line"]), row["reason"], row["content"]))
        return found


BERLIN = "Europe/Berlin"
