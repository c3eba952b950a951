"""What publishing knows about the build at the end of which it is asked to publish."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pointwise.core.manifest import read_manifest
from pointwise.sources.listing import FoundFile

PASSED = {"success", "pass", "warn", "no-op"}


@dataclass(frozen=True)
class Mart:
    """A model that readers see, and the order of its rows."""

    unique_id: str
    name: str
    relation: str
    order: str


@dataclass(frozen=True)
class Build:
    """A run of dbt, as its hooks describe it."""

    invocation_id: str
    project: Path
    published: Path
    control: str
    events: str
    target_path: Path
    target: str
    default_target: str
    database: str
    schema: str
    is_empty: bool = False
    vars: dict = field(default_factory=dict)
    limits: dict = field(default_factory=dict)
    accept_mass_change: bool = False
    statuses: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    # What Spark noted of the tables that the warehouse has taken over from it.
    spark: dict | None = None

    @cached_property
    def manifest(self) -> dict:
        """What dbt knows about the project in this run."""
        return read_manifest(self.target_path, self.invocation_id)

    @cached_property
    def nodes(self) -> dict[str, dict]:
        """The nodes that a whole build runs: models, seeds, snapshots, data tests."""
        kinds = {"model", "seed", "snapshot", "test"}
        return {
            unique_id: node
            for unique_id, node in self.manifest["nodes"].items()
            if node["resource_type"] in kinds
            and node["config"].get("enabled", True)
            and node["config"].get("materialized") != "ephemeral"
        }

    @cached_property
    def passed(self) -> set[str]:
        """The nodes that this run built or tested, and that passed."""
        return {name for name, status in self.statuses.items() if status in PASSED}

    @cached_property
    def missing(self) -> set[str]:
        """The nodes that this run left out."""
        return self.nodes.keys() - self.passed

    @cached_property
    def marts(self) -> list[Mart]:
        """The models to publish: those whose meta names the order of their rows."""
        found = []
        for unique_id, node in self.nodes.items():
            order = (node["config"].get("meta") or {}).get("published_order")
            if order:
                relation = f'"{node["schema"]}"."{node["alias"]}"'
                found.append(Mart(unique_id, node["name"], relation, order))
        return sorted(found, key=lambda mart: mart.name)

    def relation(self, name: str) -> str | None:
        """Return a model as SQL reads it; None if there is no such model."""
        for node in self.nodes.values():
            if node["name"] == name and node["resource_type"] != "test":
                return f'"{node["schema"]}"."{node["alias"]}"'
        return None

    def downstream_of(self, roots: set[str]) -> set[str]:
        """Return the nodes that depend on any of these, at any distance."""
        children = self.manifest["child_map"]
        found: set[str] = set()
        to_see = list(roots)
        while to_see:
            for child in children.get(to_see.pop(), []):
                if child not in found:
                    found.add(child)
                    to_see.append(child)
        return found

    @cached_property
    def checksums(self) -> dict[str, str]:
        """A hash of the code of each node, and of all macros together."""
        macros = hashlib.sha256()
        for name, macro in sorted(self.manifest["macros"].items()):
            if name.startswith("macro.pointwise."):
                macros.update(macro["macro_sql"].encode())
        nodes = {
            name: node["checksum"]["checksum"] for name, node in self.nodes.items()
        }
        return {**nodes, "macros": macros.hexdigest()}


def digest_of_files(files: list[FoundFile]) -> str:
    """Return a hash of files' names, sizes and times; contents are not read."""
    lines = [f"{file.file}\0{file.size_bytes}\0{file.modified_at}" for file in files]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
