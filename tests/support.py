"""The table of what `assetgen` supports, made of tests that passed.

A test marked `supports("what it shows")` is one cell: its row is the `row` of the marker or one of its
parameters. `pytest tests/assetgen/capture --regenerate` stores what passed in `support.json`;
`python -m tests.support` writes the tables of docs/assetgen.md from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "support.json"
DOCS = Path(__file__).parents[1] / "docs" / "assetgen.md"
BEGIN, END = "<!-- supported: python -m tests.support -->", "<!-- end of supported -->"
TABLES = {
    "pipelines": "pipeline",
    "schedulers": "scheduler",
    "traces": "traced from its configuration",
}
PACKAGES = ("diffusers", "torch", "transformers")
PARAMETERS = ("baker", "name")
"""Parameters of a test that may name its row."""
_PROPERTY = "supports"

Cells = dict[str, dict[str, dict[str, bool]]]
"""table → row → column → passed"""


def mark_report(item: Any, report: Any) -> None:
    """Attach what a marked test stands for to its report; for `pytest_runtest_makereport`."""
    marker = item.get_closest_marker("supports")
    if marker is None or report.when != "call":
        return
    table, column = marker.args
    params = getattr(getattr(item, "callspec", None), "params", {})
    row = marker.kwargs.get("row") or next((params[p] for p in PARAMETERS if p in params), None)
    if row is not None:
        report.user_properties.append((_PROPERTY, (table, str(row), column, report.passed)))


def collect(cells: Cells, report: Any) -> None:
    """Add a finished test; a cell passed if every test of it did."""
    for name, value in report.user_properties if report.when == "call" else ():
        if name == _PROPERTY:
            table, row, column, passed = value
            columns = cells.setdefault(table, {}).setdefault(row, {})
            columns[column] = columns.get(column, True) and passed


def store(cells: Cells) -> None:
    """Keep what this session saw; tables that it did not run stay as they were."""
    known = load() if RESULTS.is_file() else {"cells": {}}
    merged = {**known["cells"], **cells}
    found = {"versions": {name: version(name) for name in PACKAGES}, "cells": merged}
    RESULTS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load() -> dict[str, Any]:
    """The stored results."""
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def render(results: Mapping[str, Any]) -> str:
    """The tables as Markdown."""
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    lines = [f"By the tests, with {versions} on a CPU:", ""]
    for table, head in TABLES.items():
        lines += [*_table(head, results["cells"][table]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(head: str, rows: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    columns = sorted({column for cells in rows.values() for column in cells})
    yield f"| {head} | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for row, cells in sorted(rows.items()):
        marks = [{True: "yes", False: "**fails**", None: "–"}[cells.get(c)] for c in columns]
        yield f"| `{row}` | {' | '.join(marks)} |"


def written(text: str, tables: str) -> str:
    """`text` with the part between the two marks replaced."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables}{END}{tail}"


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text(encoding="utf-8"), render(load())), encoding="utf-8")
