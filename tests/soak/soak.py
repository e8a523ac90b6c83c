"""`make soak`: random visits to the real kiosk, without a window and in accelerated time.

Each visit is seeded: touches anywhere, keys, a gamepad, prompts, tours, panels, settings, walking, the doors to other
networks, nothing at all. After each the kiosk must be back in attract, as fresh as before. Memory may grow by 2 % after
a warm-up, and from half-time on what the graphics card holds must stay as it is.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from assetgen.pack.resources import data_dir
from explorer.app import App
from explorer.kiosk.config import KioskConfig
from explorer.kiosk_shell import Kiosk
from explorer.memory import give_back, resident
from explorer.runs import Runs
from explorer.settings import Settings
from explorer.window import WindowSpec, open_window

TICK = 0.25
"""Simulated seconds a frame."""
DRAWN = 16
"""Every so many frames is drawn; the others only live."""
SIZE = (160, 90)
SLACK = 1.1
"""By how much the graphics card may hold more in the second half than it ever did in the first: what was seen last
decides which textures of exhibits and panels are there."""
NOON = datetime(2026, 11, 24, 12)
KEYS = (
    "space", "tab", "enter", "escape", "arrow_left", "arrow_right", "arrow_up", "arrow_down", "p", "t", "m", "o",
    "b", "u", "v", "g", "]", "[", "1", "2", "3", "4", "5", "6", "7", "8", "9", "home", "+", "-", "f1", "f2", "f11",
)  # fmt: skip


PAD = ("face_a", "face_b", "face_x", "face_y", "start", "back", "dpad_up", "dpad_down", "dpad_left", "dpad_right",
       "lshoulder", "rshoulder", "left_x+", "left_x-", "left_y+", "left_y-", "right_x-", "right_trigger")  # fmt: skip


class Pad:
    """A gamepad in a visitor's hands."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self._new: list[str] = []

    def press(self, name: str) -> None:
        self.down.add(name)
        if not _moves(name):
            self._new.append(name)

    def pressed(self) -> list[str]:
        new, self._new = self._new, []
        return new

    def values(self) -> dict[str, float]:
        return {name: 0.8 if _moves(name) else 1.0 for name in self.down}


def _moves(name: str) -> bool:
    """A stick or a trigger, no button."""
    return name.endswith(("+", "-", "trigger"))


@dataclass
class Holdings:
    """What the process and the graphics driver hold."""

    memory: int
    textures: int
    geoms: int
    nodes: int
    listeners: int

    @property
    def gl(self) -> tuple[int, int, int, int]:
        return (self.textures, self.geoms, self.nodes, self.listeners)


@dataclass
class Soak:
    """A kiosk and its visitors."""

    seed: int = 1
    now: float = 0.0
    ticks: int = 0
    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="soak-")))

    def open(self, base: Any) -> None:
        self.base = base
        self.runs = Runs(data_dir("assets"))
        self.app = App(base, self.runs, Settings(), data_dir("scenes") / "unet_valley.yaml")
        self.app.load_now()
        config = KioskConfig(folder=str(self.home), idle=30, warning=20, run="castle-by-night")
        self.kiosk = Kiosk(
            self.app,
            config,
            clock=lambda: self.now,
            today=lambda: NOON + timedelta(seconds=self.now),
        )
        self.kiosk.config = config
        self.app.base.task_mgr.stop = lambda: None
        self.wait(2)

    def close(self) -> None:
        self.app.close()
        self.runs.close()

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        for _ in range(max(round(seconds / TICK), 1)):
            self.now += TICK
            self.kiosk.frame(TICK)
            if self.app.runs.loading:
                self.app.load_now()
            self.ticks += 1
            if self.ticks % DRAWN == 0:
                self.base.task_mgr.step()  # draws, and collects states that nothing uses any more

    def warm_up(self) -> None:
        """See once whatever is kept for good: type in every size, pictograms, the tours' timelines."""
        store = self.app.store
        self.press(random.Random(0), "space")
        for text_scale in (1.0, 1.5, 2.0):
            for contrast in (False, True):
                store.update(text_scale=text_scale, contrast=contrast)
                for menu in ("prompts", "tours", "access", "map", None):
                    store.update(
                        menu=menu, selection=None if menu else "clock", overlay=True, word=1
                    )
                    self.wait(DRAWN * TICK)
        for name, _, _ in self.app.guide.tours():
            self.app.guide.command("start", name)
            self.wait(DRAWN * TICK)
        for model in self.models:
            self.app.command("open_model", model)
            self.wait(DRAWN * TICK)
        self.wait(62)
        self.app.on_kiosk("done", None)
        self.wait(2)

    # -- one visit --------------------------------------------------------------------------------

    def visit(self, number: int) -> None:
        """A visitor comes, does things, and goes: by the button or by walking away."""
        chance = random.Random(f"{self.seed}-{number}")
        assert self.phase == "attract", self.phase
        self.wait(chance.uniform(0.25, 4))
        self.press(chance, "space" if chance.random() < 0.5 else "mouse1")
        assert self.phase == "active", self.phase
        for _ in range(chance.randrange(0, 14)):
            chance.choices(*zip(*self.doings().items(), strict=True))[0](chance)
            self.wait(chance.choice((0.25, 0.5, 1, 3)))
        if chance.random() < 0.3 and self.phase == "active":
            self.app.on_kiosk("done", None)
            self.wait(0.5)
        if self.phase != "attract":
            self.wait(50 + 1)
        for _ in range(20):  # a tour keeps the visit alive up to its cap
            if self.phase == "attract":
                break
            self.wait(20)
        assert self.phase == "attract", self.phase
        self.wait(0.5)
        state = self.app.store.state
        assert state.selection is None and state.menu is None and state.text_scale == 1.0
        assert state.message is None, state.message

    @property
    def phase(self) -> str:
        return self.kiosk.machine.phase

    def doings(self) -> dict[Callable[[random.Random], None], float]:
        """What visitors do, and how often."""
        return {
            self.tap_anywhere: 6,
            self.tap_widget: 8,
            self.drag: 3,
            self.any_key: 4,
            self.walk: 3,
            self.another_run: 0.7,
            self.another_model: 0.15,
            self.gamepad: 2,
            self.take_tour: 0.7,
            self.nothing: 1,
            self.wheel: 0.5,
        }

    def press(
        self, chance: random.Random, name: str, at: tuple[float, float] | None = None
    ) -> None:
        made = self.app.input
        if name == "mouse1":
            width, height = self.app.size
            made._pointer = at or (chance.uniform(0, width), chance.uniform(0, height))
        made.press(name)
        self.wait(TICK)
        self.app.input.release(name)
        self.wait(TICK)

    def tap_anywhere(self, chance: random.Random) -> None:
        self.press(chance, "mouse1")

    def tap_widget(self, chance: random.Random) -> None:
        assert self.app.hud
        self.app.hud.model.refresh()
        widgets = [w for w in self.app.hud.model.root.walk() if w.focusable]
        if widgets:
            self.press(chance, "mouse1", chance.choice(widgets).rect.centre)

    def drag(self, chance: random.Random) -> None:
        made = self.app.input
        width, height = self.app.size
        made._pointer = (chance.uniform(0, width), chance.uniform(0, height))
        made.press("mouse1")
        for _ in range(4):
            made.move_pointer((chance.uniform(0, width), chance.uniform(0, height)))
            self.wait(TICK)
        self.app.input.release("mouse1")

    def any_key(self, chance: random.Random) -> None:
        held = chance.choice(((), (), (), ("shift",), ("control",), ("alt",)))
        name = chance.choice(KEYS)
        for key in (*held, name):
            self.app.input.press(key)
        self.wait(TICK)
        for key in (name, *held):
            self.app.input.release(key)

    def walk(self, chance: random.Random) -> None:
        key = chance.choice(("raw-w", "raw-s", "raw-a", "raw-d", "raw-j", "raw-l"))
        self.app.input.press(key)
        self.wait(chance.uniform(0.5, 4))
        self.app.input.release(key)

    def another_run(self, chance: random.Random) -> None:
        runs = [r for r in self.runs.library.runs if r.profile != "light"]
        run = chance.choice(runs)
        self.app.command("open_run", (run.model, run.id))
        self.wait(1)

    @property
    def models(self) -> list[str]:
        """Networks that doors of the Annex lead to."""
        return sorted(self.runs.library.structures)

    def another_model(self, chance: random.Random) -> None:
        self.app.command("open_model", chance.choice(self.models))
        self.wait(1)

    def gamepad(self, chance: random.Random) -> None:
        pad = Pad()
        self.app.input._gamepads = pad  # type: ignore[assignment]
        for _ in range(chance.randrange(1, 5)):
            pad.press(chance.choice(PAD))
            self.wait(chance.choice((TICK, 1)))
            pad.down.clear()
            self.wait(TICK)

    def take_tour(self, chance: random.Random) -> None:
        names = [name for name, _, _ in self.app.guide.tours()]
        if not names:  # in a network without a run there is nothing to tell of
            return
        self.app.command("tour", ("start", chance.choice(names)))
        player = self.app.guide.player
        assert player
        self.wait(2)
        self.app.guide.command("seek", chance.uniform(0, player.timeline.duration))
        self.wait(chance.uniform(1, 6))
        if chance.random() < 0.7:
            self.app.guide.command("end")

    def nothing(self, chance: random.Random) -> None:
        self.wait(chance.uniform(1, 40))

    def wheel(self, chance: random.Random) -> None:
        self.press(chance, chance.choice(("wheel_up", "wheel_down")))

    # -- what is held -----------------------------------------------------------------------------

    def holdings(self) -> Holdings:
        """Counted in attract, at the same moment of the tour, with the same run just opened and its exhibits made.

        Else it would be counted, too, what the last visitors happened to have seen: a few exhibits are kept.
        """
        for name in ("fox-on-grass", self.kiosk.config.run):
            self.app.command("open_run", ("miniature", name))
            self.app.load_now()
        self.app.guide.command("seek", 5.0)
        self.wait(0.5)
        self.app.world.complete(self.app.store.state)
        gc.collect()
        give_back()
        for _ in range(8):  # states go a few at a time
            self.base.task_mgr.step()
        prepared = self.base.win.get_gsg().get_prepared_objects()
        prepared_textures = (
            prepared.get_num_prepared_textures() + prepared.get_num_queued_textures()
        )
        return Holdings(
            resident(),
            prepared_textures,
            prepared.get_num_prepared_vertex_buffers() + prepared.get_num_prepared_geoms(),
            self.base.render.find_all_matches("**").get_num_paths(),
            len(self.app.store._listeners),
        )


def soak(base: Any, visits: int, seed: int, *, say: Callable[[str], None] = print) -> list[str]:
    """Run visits; what is wrong in the end, one line each."""
    s = Soak(seed)
    s.open(base)
    s.warm_up()
    started, warm = time.perf_counter(), max(visits // 10, min(8, visits - 1))
    memory: list[int] = []
    """Bytes, after the warm-up and then twenty times on the way."""
    most: list[tuple[int, ...]] = [(0, 0, 0, 0), (0, 0, 0, 0)]
    """The most that was held in each half."""
    for number in range(visits):
        try:
            s.visit(number)
        except Exception as error:
            raise RuntimeError(f"visit {number} of seed {seed}: {error!r}") from error
        if number + 1 == warm or (number + 1) % max(visits // 20, 1) == 0:
            seen = s.holdings()
            memory += [seen.memory] if number + 1 >= warm else []
            half = int(2 * number >= visits)
            most[half] = tuple(max(a, b) for a, b in zip(most[half], seen.gl, strict=True))
            took = time.perf_counter() - started
            say(
                f"{number + 1:5} visits  {s.now / 3600:6.1f} h simulated  {took:6.0f} s  "
                f"{seen.memory / 2**20:6.1f} MiB  textures, buffers, nodes, listeners {seen.gl}"
            )
    s.close()
    problems = []
    part = max(
        len(memory) // 4, 1
    )  # one look may fall on a visit that saw much, so a quarter of them counts
    grown = median(memory[-part:]) / median(memory[:part]) - 1
    if grown > 0.02 and visits >= 200:
        problems.append(f"memory grew by {100 * grown:.1f} % after {warm} visits (at most 2 %)")
    for name, before, after in zip(
        ("textures", "buffers", "nodes", "listeners"), *most, strict=True
    ):
        if after > before * SLACK:
            problems.append(f"{name} grew from {before} to {after}")
    say(f"{visits} visits, {s.ticks} frames, memory {100 * grown:+.2f} % since visit {warm}")
    return problems


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--visits", type=int, default=1000)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    base = open_window(WindowSpec(*SIZE, offscreen=True, fixed_rate=30))
    problems = soak(base, args.visits, args.seed, say=lambda line: print(line, flush=True))
    for problem in problems:
        print(f"FAIL  {problem}")
    print("FAIL" if problems else "ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
