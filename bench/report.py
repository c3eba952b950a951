"""The table of the benchmark: Markdown and JSON from what was measured."""

from __future__ import annotations

import json
import math
from pathlib import Path

LABELS = {
    "floor": "floor: one bare query",
    "build": "`dbt build -s +user_scores`, no tests",
    "tests": "the same with its data tests",
    "all": "`dbt build` of everything, all data tests, published",
    "start": "dbt's start: one seed built",
    "2gb": "the same scores with `memory_limit: 2GB`",
    "day": "one more day",
    "late": "a late file of three old days",
    "weight": "one weight edited",
    "polars": "polars",
    "pandas": "pandas",
}
INTRODUCTION = """\
Medians; {}.

`/ floor` and `/ build` are ratios of seconds to those steps. Ingest is staging to daily
activity; `/ its` is its ratio to the ingest of the build. GB is peak memory. The barest
query does the least that its step must do, over the raw files, and stores nothing."""
HEADER = (
    "| events | step | seconds | / floor | / build | cpu s | ingest s | / its | GB |\n"
    "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
)


def write_report(measured: dict, folder: Path) -> str:
    """Write a size's JSON and the table of all sizes; return the table."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{measured['events']}.json"
    path.write_text(json.dumps(measured, indent=1) + "\n")
    sizes = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    sizes.sort(key=lambda size: size["events"])
    machine = ", ".join(f"{k} {v}" for k, v in sizes[-1]["machine"].items())
    lines = ["# Benchmark", "", INTRODUCTION.format(machine), "", HEADER]
    for size in sizes:
        lines += [row(size, step) for step in LABELS if step in size["steps"]]
    lines += ["", *exponents(sizes)]
    for size in sizes:
        lines += nodes(size) + beyond_start(size)
    text = "\n".join(lines) + "\n"
    (folder / "results.md").write_text(text)
    return text


def row(size: dict, step: str) -> str:
    """Return a line of the table."""
    steps, found = size["steps"], size["steps"][step]

    def ratio(number: str, other: str) -> str:
        whole = steps.get(other, {}).get(number)
        return f"{found[number] / whole:.2f}" if whole and number in found else ""

    cells = [
        f"{size['events']:,}",
        LABELS[step],
        f"{found['seconds']:.1f}",
        ratio("seconds", "floor"),
        ratio("seconds", "build"),
        f"{found['cpu_seconds']:.1f}",
        f"{found['ingest_seconds']:.1f}" if "ingest_seconds" in found else "",
        ratio("ingest_seconds", "build"),
        f"{found['peak_gb']:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def exponents(sizes: list[dict]) -> list[str]:
    """Return how cost grows from the smallest size to the largest."""
    small, large = sizes[0], sizes[-1]
    if small["events"] == large["events"]:
        return []
    times = math.log(large["events"] / small["events"])
    both = [
        step for step in LABELS if step in small["steps"] and step in large["steps"]
    ]
    grown = [
        f"{LABELS[step]}: size^{math.log(a / b) / times:.2f}"
        for step in both
        for a, b in [(large["steps"][step]["seconds"], small["steps"][step]["seconds"])]
    ]
    return [f"From {small['events']:,} to {large['events']:,}: {'; '.join(grown)}."]


def nodes(size: dict) -> list[str]:
    """Return where the time of the build goes, what bounds it, and what is on disk."""
    sizes = ", ".join(f"{name} {mb}" for name, mb in size["sizes"].items())
    lines = ["", f"{size['events']:,} events ({size['rows']:,} rows; {sizes})."]
    costs = size.get("node_cpu_seconds", {})
    whole = sum(costs.values())
    largest = sorted(costs, key=lambda node: -costs[node])[:15]
    if largest:
        lines += [
            "",
            "| step of the build | processor seconds | of all | barest query |",
        ]
        lines += ["|---|---:|---:|---:|"]
    for node in largest:
        barest = size["steps"].get(f"barest {node}")
        bound = f"{barest['cpu_seconds']:.1f}" if barest else ""
        share = f"{costs[node] / whole:.0%}"
        lines.append(f"| {node} | {costs[node]:.1f} | {share} | {bound} |")
    return lines


def beyond_start(size: dict) -> list[str]:
    """Return what the small steps are of the build, dbt's start taken off both."""
    steps = {step: found["seconds"] for step, found in size["steps"].items()}
    if not {"build", "start"} <= steps.keys():
        return []
    start, build = steps["start"], steps["build"]
    shares = [
        f"{LABELS[step]} {(steps[step] - start) / (build - start):.0%}"
        for step in ("day", "late", "weight")
        if step in steps
    ]
    return [
        "",
        f"Of the build, both beyond dbt's start of {start:.1f} s: {', '.join(shares)}.",
    ]
