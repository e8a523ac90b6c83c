"""Crashes: written down, counted, and after several quick ones in a row the safe scene is due.

A start leaves a mark that only a clean end removes, so that a killed process counts as well.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

MARK, QUICK = "running.json", "quick_crashes.json"
KEPT = 20
"""Reports of crashes that are kept."""


class Crashes(msgspec.Struct):
    """`now` is in seconds, as in `time.time()`."""

    folder: Path
    limit: int = 3
    quick: float = 120.0
    _started: float = 0.0

    def start(self, now: float) -> bool:
        """Say that a run begins. True when it had better be the safe one."""
        count = self._read(QUICK, 0)
        count = count if isinstance(count, int) else 0
        mark = self._read(MARK, None)
        if isinstance(mark, dict):
            begun = float(mark["start"])
            lived = float(mark.get("alive", begun)) - begun
            count = count + 1 if lived < self.quick else 0
        self._write(QUICK, count)
        self._write(MARK, {"start": now, "alive": now})
        self._started = now
        return count >= self.limit

    def alive(self, now: float) -> None:
        """Now and then: how long this run has lasted."""
        self._write(MARK, {"start": self._started, "alive": now})

    def end(self) -> None:
        """A clean end: nothing happened."""
        for name in (MARK, QUICK):
            with suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)

    def report(self, stamp: str, text: str) -> Path | None:
        """Write a crash down; old reports go. None when the disk is full."""
        file = self.folder / "crashes" / f"crash-{stamp}.txt"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            for old in sorted(file.parent.glob("crash-*.txt"))[:-KEPT]:
                old.unlink()
        except OSError:
            return None
        return file

    def _read(self, name: str, default: Any) -> Any:
        try:
            return json.loads((self.folder / name).read_text())
        except (OSError, ValueError):
            return default

    def _write(self, name: str, data: object) -> None:
        draft = self.folder / f"{name}.tmp"
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(data))
            draft.replace(self.folder / name)
