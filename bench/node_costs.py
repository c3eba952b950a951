"""The processor time of each step of a build, one step at a time.

    python bench/node_costs.py OUT_FILE DBT_ARGUMENTS...
    python bench/node_costs.py costs.json build      # of the project's own world

Lists all steps, the most expensive first, in milliseconds of processor, and writes
the same to a file, in seconds.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner


def processor_seconds() -> float:
    """Return what this process has used so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(out: str, *arguments: str) -> None:
    """Build on one thread of dbt, so that what is used belongs to one step."""
    started: dict[str, float] = {}
    costs: dict[str, float] = {}

    def listen(event: object) -> None:
        if event.info.name not in ("NodeStart", "NodeFinished"):
            return
        node = event.data.node_info.unique_id
        if event.info.name == "NodeStart":
            started[node] = processor_seconds()
        elif node in started:
            spent = processor_seconds() - started[node]
            costs[node.split(".")[2]] = round(spent, 3)

    result = dbtRunner(callbacks=[listen]).invoke([*arguments, "--threads", "1"])
    if not result.success:
        raise SystemExit("error: the build failed")
    Path(out).write_text(json.dumps(costs))
    print(f"{1000 * sum(costs.values()):8,.0f} ms in {len(costs)} steps")
    for name in sorted(costs, key=lambda name: (-costs[name], name)):
        print(f"{1000 * costs[name]:8,.0f} {name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
