"""Runs of dbt as forks of one process that has imported dbt and read its parse.

Importing and parsing take longer than most builds of a test. A line on standard input
is a run: a JSON list of dbt's arguments and its environment. A line on standard output
is how it ended: a JSON list of its code and what it printed on output and error. With
--no-partial-parse a run parses the project itself.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType

import dbt.adapters.duckdb
import dbt.task.build
import dbt.task.runnable
import duckdb
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.reference_keys import _ReferenceKey
from dbt.artifacts.resources import Hook
from dbt.cli import requires
from dbt.cli.main import cli, dbtRunner
from dbt.compilation import Linker
from dbt.context.macros import MacroNamespace
from dbt.context.manifest import ManifestContext
from dbt.context.providers import ModelContext
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import write_manifest
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import get_template, template_cache
from dbt_common.contracts.constraints import (
    ColumnLevelConstraint,
    ModelLevelConstraint,
)
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.functions import get_invocation_id
from dbt_common.events.logger import _Logger
from jinja2 import Environment

FULL_PARSE = "--no-partial-parse"
FOLDER = Path(tempfile.mkdtemp())
# What a build imports late, to begin with.
IMPORTS = (
    *("asyncio", "babel.dates", "numpy", "pandas", "pyarrow.parquet"),
    *("pointwise.begin", "pointwise.dbt_plugin"),
)


def run(arguments: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Run dbt in a fork and return its code and what it printed."""
    pid = start(arguments, environment)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code, *(path.read_text() for path in printed())


def printed() -> tuple[Path, Path]:
    """Return where the last run printed its output and its errors."""
    return FOLDER / "out", FOLDER / "err"


def start(arguments: list[str], environment: dict[str, str]) -> int:
    """Start dbt in a fork and return its process id.

    The fork ends as the program does, so that it leaves its warehouse as dbt does.
    """
    pid = os.fork()
    if pid:
        return pid
    for descriptor, file in enumerate((os.devnull, *printed())):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["dbt", *arguments]
    atexit.register(gc.unfreeze)  # Or DuckDB lists at length what is left over.
    parse = {} if FULL_PARSE in arguments else {"manifest": parsed()}
    sys.exit(cli(arguments, obj=parse))


@cache
def parsed() -> Manifest:
    """Return the project as dbt parses it.

    Not by its static parser: its threads would keep every fork waiting.
    """
    os.environ["POINTWISE_DB"] = f"{FOLDER}/warehouse.duckdb"
    quiet = ("--quiet", "--log-level-file=none", "--no-static-parser")
    result = dbtRunner().invoke([*quiet, "parse", f"--target-path={FOLDER}"])
    if not result.success:
        sys.exit(f"error: dbt cannot parse the project: {result.exception}")
    return result.result


def copy_manifest(manifest: Manifest, target_path: str) -> None:
    """Put the manifest of the one parse where a run would write its own, as its own."""
    if manifest is not parsed():
        write_manifest(manifest, target_path)
        return
    text = (FOLDER / "manifest.json").read_text("utf-8")
    text = text.replace(manifest.metadata.invocation_id, get_invocation_id())
    Path(target_path).mkdir(parents=True, exist_ok=True)
    Path(target_path, "manifest.json").write_text(text, "utf-8")


def write_no_graph(_: Linker, outfile: str, manifest: Manifest) -> None:
    """Put the manifest that a parse has written by then; nobody reads the graph."""
    if manifest is parsed():
        copy_manifest(manifest, str(Path(outfile).parent))


def prepare() -> None:
    """Parse the project once, for all runs of this process.

    Settings and paths are a run's own, and no parse depends on them: see
    test_manifest.py.
    """
    # A thread of DuckDB's own connection, which DuckDB 1.5 opens, is in no fork.
    duckdb.close()
    for module in IMPORTS:
        importlib.import_module(module)
    manifest = parsed()
    # Writing the same manifest takes a tenth of the time of most runs.
    dbt.task.runnable.write_manifest = copy_manifest
    Linker.write_graph = write_no_graph
    Linker.get_graph_summary = lambda *_: {}
    # What a statement without rows returns: dbt would make its column types each time.
    agate_helper.empty_table = cache(agate_helper.empty_table)
    type_tester = cache(agate_helper.build_type_tester)
    agate_helper.build_type_tester = lambda columns, string_null_values: type_tester(
        tuple(sorted(columns)), string_null_values
    )
    let_events_wait()
    let_macros_be_found()
    let_relations_be_found()
    # Compiling a template takes as long as most nodes: once for all runs.
    Environment.compile = compiled_once(Environment.compile)
    for macro in manifest.macros.values():
        template_cache.get_node_template(macro)
    for node in manifest.nodes.values():
        get_template(node.raw_code, {}, node)
    # What contracts are checked against, made by whoever asks first.
    for constraint in (ColumnLevelConstraint, ModelLevelConstraint, Hook):
        constraint.json_schema()
    # What is there by now stays: a garbage collection of it finds nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def compiled_once(
    compile_source: Callable[..., CodeType],
) -> Callable[..., CodeType]:
    """Return a template's compilation that keeps what it has made, by kind and text."""
    made: dict[tuple[type, tuple[str, ...], str], CodeType] = {}

    def compile_or_find(
        environment: Environment, source: object, *rest: object, **more: object
    ) -> CodeType:
        if rest or more or not isinstance(source, str):
            return compile_source(environment, source, *rest, **more)
        key = (type(environment), tuple(environment.extensions), source)
        if key not in made:
            made[key] = compile_source(environment, source)
        return made[key]

    return compile_or_find


def let_events_wait() -> None:
    """Make no event that only a log on the level of debug would have: most are that."""
    make, read = BaseEvent.__init__, BaseEvent.__getattr__
    fire_event = EventManager.fire_event

    def keep(event: BaseEvent, *arguments: object, **more: object) -> None:
        event.__dict__["made_of"] = arguments, more

    def read_made(event: BaseEvent, name: str) -> object:
        if "made_of" in event.__dict__:
            arguments, more = event.__dict__.pop("made_of")
            make(event, *arguments, **more)
        return event.pb_msg if name == "pb_msg" else read(event, name)

    def fire(
        manager: EventManager, event: BaseEvent, level: object = None, **more: object
    ) -> None:
        is_for_debug = level is None and event.level_tag() == EventLevel.DEBUG
        if not is_for_debug or any(is_of_debug(one) for one in manager.loggers):
            fire_event(manager, event, level, **more)

    BaseEvent.__init__, BaseEvent.__getattr__ = keep, read_made
    EventManager.fire_event = fire


def is_of_debug(logger: _Logger) -> bool:
    """Return whether a logger writes what is on the level of debug."""
    return logger.level == EventLevel.DEBUG


class FoundMacros(dict):
    """A namespace of macros in which names are not searched for in its packages."""

    get_from_package = MacroNamespace.get_from_package

    def __init__(self, namespace: MacroNamespace) -> None:
        super().__init__(namespace)
        vars(self).update(vars(namespace))
        self.generators = [
            generator
            for package in self.values()
            for generator in (
                package.values() if isinstance(package, dict) else [package]
            )
        ]


def let_macros_be_found() -> None:
    """Make the names that templates may use once in a thread.

    dbt makes all of them for every node, twice, and for every macro that it calls
    itself. A thread renders one node after the other.
    """
    build_namespace = ManifestContext._build_namespace
    make_context = requires.generate_runtime_macro_context
    of_packages: dict[tuple[int, str], tuple[FoundMacros, dict]] = {}
    of_macros: dict[tuple[int, str, str | None], dict] = {}

    def find_namespace(context: ManifestContext) -> MacroNamespace | FoundMacros:
        if type(context) is not ModelContext:
            return build_namespace(context)
        key = threading.get_ident(), context.search_package
        if key not in of_packages:
            of_packages[key] = FoundMacros(build_namespace(context)), context._ctx
        namespace, context._ctx = of_packages[key]
        context._ctx.clear()
        for generator in namespace.generators:
            generator.node, generator.stack = context.model, context.macro_stack
        return namespace

    def find_context(
        macro: object, config: object, manifest: object, package: str | None
    ) -> dict:
        key = threading.get_ident(), macro.unique_id, package
        if key not in of_macros:
            of_macros[key] = make_context(macro, config, manifest, package)
        return of_macros[key]

    ManifestContext._build_namespace = find_namespace
    requires.generate_runtime_macro_context = find_context


def let_relations_be_found() -> None:
    """Find a relation in dbt's cache by its name; dbt looks at all, some hundreds."""
    look_at_each = BaseAdapter.get_relation

    def find(
        adapter: BaseAdapter, database: str, schema: str, identifier: str
    ) -> BaseRelation | None:
        if not adapter._schema_is_cached(database, schema):
            return look_at_each(adapter, database, schema, identifier)
        names = (database, schema, identifier)
        key = _ReferenceKey(*(name and name.lower() for name in names))
        found = adapter.cache.relations.get(key)
        return found and found.inner

    BaseAdapter.get_relation = find


def main() -> None:
    """Parse, then run what is asked for until standard input ends."""
    prepare()
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(run(*json.loads(line))), flush=True)
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
