"""Runs of dbt as forks of one process that has imported dbt and read its parse.

Importing and parsing take longer than most builds of a test. A line on standard input
is a run: a JSON list of dbt's arguments and its environment. A line on standard output
is how it ended: a JSON list of its code and what it printed on output and error.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import dbt.adapters.duckdb
import dbt.parser.manifest
import dbt.task.build
import duckdb
from dbt.cli.main import cli, dbtRunner
from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import (
    PARTIAL_PARSE_FILE_NAME,
    ManifestLoader,
    extended_mashumuro_decoder,
)
from dbt_common.clients.jinja import get_template, template_cache
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.functions import get_invocation_id
from dbt_common.events.logger import _Logger
from jinja2 import Environment

FOLDER = Path(tempfile.mkdtemp())


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
    atexit.register(gc.unfreeze)  # Or DuckDB tells at length what is left over.
    sys.exit(cli(arguments))


def parsed() -> Manifest:
    """Return the project as `dbt parse` leaves it for the next run.

    Not by dbt's static parser: its threads would keep every fork waiting.
    """
    os.environ["POINTWISE_DB"] = f"{FOLDER}/warehouse.duckdb"
    quiet = ("--quiet", "--log-level-file=none", "--no-static-parser")
    result = dbtRunner().invoke([*quiet, "parse", f"--target-path={FOLDER}"])
    if not result.success:
        sys.exit(f"error: dbt cannot parse the project: {result.exception}")
    saved = (FOLDER / PARTIAL_PARSE_FILE_NAME).read_bytes()
    return Manifest.from_msgpack(saved, decoder=extended_mashumuro_decoder)


def copy_manifest(manifest: Manifest, target_path: str) -> None:
    """Put the manifest of the one parse where a run would write its own, as its own."""
    text = (FOLDER / "manifest.json").read_text("utf-8")
    text = text.replace(manifest.metadata.invocation_id, get_invocation_id())
    Path(target_path).mkdir(parents=True, exist_ok=True)
    Path(target_path, "manifest.json").write_text(text, "utf-8")


def prepare() -> None:
    """Parse the project once, for all runs of this process."""
    # A thread of DuckDB's own connection, which DuckDB 1.5 opens, is in no fork.
    duckdb.close()
    manifest = parsed()
    # By itself, dbt would parse all for another var or warehouse, on which no parse
    # depends: see test_manifest.py.
    ManifestLoader.read_manifest_for_partial_parse = lambda _: manifest
    # Writing the same manifest twice a run takes a tenth of the time of most.
    for module in (dbt.parser.manifest, dbt.task.runnable):
        module.write_manifest = copy_manifest
    # Nobody reads the graph, nor what only a log on the level of debug would have.
    Linker.write_graph = lambda *_, **__: None
    fire_event = EventManager.fire_event

    def fire(
        manager: EventManager, event: BaseEvent, level: object = None, **more: object
    ) -> None:
        is_for_debug = level is None and event.level_tag() == EventLevel.DEBUG
        if not is_for_debug or any(is_of_debug(one) for one in manager.loggers):
            fire_event(manager, event, level, **more)

    EventManager.fire_event = fire
    # Compiling a template takes as long as most nodes: once for all runs.
    Environment.compile = compiled_once(Environment.compile)
    for macro in manifest.macros.values():
        template_cache.get_node_template(macro)
    for node in manifest.nodes.values():
        get_template(node.raw_code, {}, node)
    # What is there by now stays: to look through it for garbage is in vain.
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


def is_of_debug(logger: _Logger) -> bool:
    """Return whether a logger writes what is on the level of debug."""
    return logger.level == EventLevel.DEBUG


def main() -> None:
    """Parse, then run what is asked for until standard input ends."""
    prepare()
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(run(*json.loads(line))), flush=True)
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
