"""One training loop for every stage: time budget, progress bar, log, sheets, resuming, pausing.

A stage is a `Task`: it knows how to take a step and what its state is. The loop knows the clock.
SIGTERM and Ctrl-C save and return; `kill -9` loses at most `SAVE_EVERY` seconds; SIGSTOP is
harmless, because time spent stopped counts as a single long step, which is capped.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from tqdm import tqdm

from assetgen.train.checkpoints import load_state, save_atomic
from assetgen.train.threads import Threads

SAVE_EVERY = 90.0
"""Seconds between saved states."""
SHEET_EVERY = 480.0
"""Seconds between contact sheets."""
LOG_EVERY = 20
"""Steps between lines of the log."""
LONGEST_STEP = 30.0
"""Seconds of one step that are charged to the budget at most."""
BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left{postfix}"


class Task(Protocol):
    """A stage of training."""

    name: str
    samples: int

    def step(self, progress: float) -> float:
        """One optimiser step at `progress` 0..1 of the time budget; returns the loss."""

    def sheet(self, file: Path) -> None:
        """Writes a contact sheet of what the model can do now."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


def train(task: Task, work: Path, minutes: float, threads: Threads | None = None) -> bool:
    """Trains until `minutes` are used up, resuming if there is a state.

    Returns True when the budget is used up, False when a signal ended it early.
    """
    folder = work / task.name
    folder.mkdir(parents=True, exist_ok=True)
    elapsed = _resume(task, folder / "state.pt")
    budget, saved, sheet_at = minutes * 60, elapsed, elapsed + 60
    losses: list[float] = []
    bar = tqdm(total=round(budget), initial=round(elapsed), desc=task.name, bar_format=BAR)
    with _stoppable() as stop, bar, (folder / "loss.jsonl").open("a", encoding="utf-8") as log:
        while elapsed < budget and not stop:
            began = time.monotonic()
            if threads:
                threads.adapt()
            losses.append(task.step(elapsed / budget))
            elapsed += min(time.monotonic() - began, LONGEST_STEP)
            if len(losses) == LOG_EVERY:
                loss = sum(losses) / len(losses)
                losses.clear()
                line = {"seconds": round(elapsed, 1), "samples": task.samples, "loss": loss}
                log.write(json.dumps(line) + "\n")
                log.flush()
                bar.set_postfix(loss=f"{loss:.4f}", samples=task.samples)
            bar.update(round(elapsed) - bar.n)
            if elapsed - saved > SAVE_EVERY:
                saved = elapsed
                _save(task, elapsed, folder / "state.pt")
            if elapsed > sheet_at:
                sheet_at = elapsed + SHEET_EVERY
                task.sheet(folder / f"sheet_{task.samples:08d}.png")
        _save(task, elapsed, folder / "state.pt")
    return elapsed >= budget


def _save(task: Task, elapsed: float, file: Path) -> None:
    save_atomic({"elapsed": elapsed, "samples": task.samples, "task": task.state_dict()}, file)


def _resume(task: Task, file: Path) -> float:
    if not file.exists():
        return 0.0
    state = load_state(file)
    task.load_state_dict(state["task"])
    task.samples = state["samples"]
    return state["elapsed"]


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM in a list instead of dying of them."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
