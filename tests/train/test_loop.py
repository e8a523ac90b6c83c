from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from assetgen.errors import DiskFullError  # noqa: E402
from assetgen.train.checkpoints import Ema, load_state, milestone_due, save_atomic  # noqa: E402
from assetgen.train.loop import train  # noqa: E402

COUNTER = """
import sys, time
from pathlib import Path
from assetgen.train import loop

class Counter:
    name, samples = "counter", 0
    def step(self, progress):
        time.sleep(0.002)
        self.samples += 1
        return 1.0
    def sheet(self, file): pass
    def state_dict(self): return {"count": self.samples}
    def load_state_dict(self, state): assert state["count"] > 0

loop.SAVE_EVERY, loop.LOG_EVERY = 0.05, 5
done = loop.train(Counter(), Path(sys.argv[1]), minutes=float(sys.argv[2]))
sys.exit(0 if done else 3)
"""


def _start(work: Path, minutes: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", COUNTER, str(work), str(minutes)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def _wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


@pytest.mark.parametrize(("kill", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, 3)])
def test_a_killed_run_goes_on_where_it_was(
    tmp_path: Path, kill: signal.Signals, status: int
) -> None:
    file = tmp_path / "counter" / "state.pt"
    first = _start(tmp_path, minutes=10)
    _wait_for(file.exists)
    first.send_signal(kill)
    assert first.wait(30) == status
    before = load_state(file)
    # Enough budget for what was used, and a little more.
    second = _start(tmp_path, minutes=(before["elapsed"] + 0.5) / 60)
    assert second.wait(60) == 0
    after = load_state(file)
    assert after["samples"] > before["samples"] > 0
    assert after["elapsed"] < before["elapsed"] + 1
    log = (tmp_path / "counter" / "loss.jsonl").read_text().splitlines()
    samples = [json.loads(line)["samples"] for line in log]
    assert samples[-1] <= after["samples"]


def test_a_state_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "state.pt"
    save_atomic({"a": 1}, file)
    save_atomic({"a": 2}, file)
    assert load_state(file) == {"a": 2}
    assert list(tmp_path.iterdir()) == [file]


def test_a_full_disk_is_said_and_the_old_state_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "state.pt"
    save_atomic({"a": 1}, file)

    def broken(*_: Any) -> None:
        raise RuntimeError("unexpected pos 704 vs 598")

    monkeypatch.setattr(torch, "save", broken)
    with pytest.raises(RuntimeError, match="unexpected pos"):
        save_atomic({"a": 2}, file)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(1, 1, 1000))
    with pytest.raises(DiskFullError, match="state.pt is full; free some space"):
        save_atomic({"a": 2}, file)
    assert load_state(file) == {"a": 1}
    assert list(tmp_path.iterdir()) == [file]


def test_average_follows_and_swaps() -> None:
    layer = torch.nn.Linear(2, 2)
    ema = Ema([layer], decay=0.9)
    start = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight += 1
    ema.update()
    with ema:
        assert ((layer.weight > start) & (layer.weight < start + 1)).all()
    assert torch.equal(layer.weight, start + 1)


def test_milestones_are_kept_once() -> None:
    assert milestone_due(0, 64, [2, 50, 100]) == 50
    assert milestone_due(64, 128, [2, 50, 100]) == 100
    assert milestone_due(128, 192, [2, 50, 100]) is None


def test_the_loop_is_done_when_its_time_was_used_before(tmp_path: Path) -> None:
    class Never:
        name, samples = "never", 0

        def step(self, progress: float) -> float:
            raise AssertionError("no step is due")

        def sheet(self, file: Path) -> None: ...

        def state_dict(self) -> dict[str, Any]:
            return {}

        def load_state_dict(self, state: dict[str, Any]) -> None: ...

    assert train(Never(), tmp_path, minutes=0)
