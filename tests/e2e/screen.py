"""A virtual screen, the real program in it, and a hand on its keys and mouse."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("Xvfb", "openbox", "xdotool")
SCREEN = (1024, 640)
MANAGER = """<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
  <theme><keepBorder>no</keepBorder></theme>
  <applications>
    <application class="*"><decor>no</decor><focus>yes</focus></application>
  </applications>
</openbox_config>
"""
"""Windows have no frame and are closed with Alt+F4."""
Picture = npt.NDArray[np.uint8]
T = TypeVar("T")


def missing_tools() -> list[str]:
    return [tool for tool in TOOLS if shutil.which(tool) is None]


class Screen:
    """An X display that exists only in memory; its pixels lie in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        number, told = os.pipe()
        width, height = SCREEN
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(told), "-screen", "0", f"{width}x{height}x24"]
            + ["-fbdir", str(folder), "-nolisten", "tcp", "+extension", "GLX"],
            pass_fds=(told,),
            stderr=subprocess.DEVNULL,
        )
        os.close(told)
        with os.fdopen(number) as pipe:
            display = pipe.readline().strip()
        if not display:
            raise RuntimeError("Xvfb did not start")
        self.environment = {**os.environ, "DISPLAY": f":{display}"}
        rules = folder / "openbox.xml"
        rules.write_text(MANAGER)
        self._manager = subprocess.Popen(
            ["openbox", "--config-file", str(rules)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(10)

    def pixels(self) -> Picture:
        """The whole screen, [height, width, RGB]."""
        raw = (self.folder / "Xvfb_screen0").read_bytes()
        header = struct.unpack(">25I", raw[:100])
        size, width, height, stride, colours = (header[i] for i in (0, 4, 5, 12, 19))
        start = size + 12 * colours
        grid = np.frombuffer(raw, np.uint8, stride * height, start).reshape(height, stride)
        return grid[:, : 4 * width].reshape(height, width, 4)[..., 2::-1].copy()

    def tell(self, *command: str) -> str:
        """Run one xdotool command."""
        run = subprocess.run(
            ["xdotool", *command], env=self.environment, capture_output=True, text=True
        )
        if run.returncode:
            raise RuntimeError(f"xdotool {' '.join(command)}: {run.stderr.strip()}")
        return run.stdout


class Program:
    """The explorer as a person starts it; places are pixels of its window.

    The person has a settings file that asks for reduced motion: cuts instead of flights, particles at rest, so
    that a picture comes to rest and two looks can be compared.
    """

    def __init__(self, screen: Screen, *arguments: str, size: tuple[int, int] = (640, 360)) -> None:
        self.screen = screen
        self.size = size
        self.log = (screen.folder / "explorer.log").open("w+")
        settings = screen.folder / "diffusion-explorer" / "explorer.yaml"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text("reduced_motion: true\n")
        options = ["--size", f"{size[0]}x{size[1]}", *arguments]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "explorer", *options],
            env={
                **screen.environment,
                "LP_NUM_THREADS": "1",
                "PYTHONPATH": str(ROOT),
                "XDG_CONFIG_HOME": str(screen.folder),
            },
            cwd=screen.folder,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.window = self._find_window()
        screen.tell("windowmove", "--sync", self.window, "0", "0")
        self.focus()

    def _find_window(self, seconds: float = 60) -> str:
        def search() -> str | None:
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"the explorer ended with {self.process.returncode}:\n{self.said}"
                )
            run = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)],
                env=self.screen.environment,
                capture_output=True,
                text=True,
            )
            return run.stdout.split()[0] if run.stdout.split() else None

        return eventually(search, "a window of the explorer", seconds)

    def focus(self) -> None:
        """Give the window the keyboard; a window manager may do so late."""

        def focused() -> bool | None:
            self.screen.tell("windowfocus", self.window)
            return self.screen.tell("getwindowfocus").strip() == self.window or None

        eventually(focused, "the keyboard focus")

    @property
    def said(self) -> str:
        return Path(self.log.name).read_text()

    def look(self) -> Picture:
        """What the window shows now, [height, width, RGB]."""
        width, height = self.size
        return self.screen.pixels()[:height, :width]

    def settled(self, seconds: float = 30, change: float = 0.6) -> Picture:
        """The picture once it has hardly changed for a second (mean difference of 0..255)."""
        looks = [self.look()]

        def still() -> Picture | None:
            time.sleep(0.2)
            looks.append(self.look())
            last = looks[-7:]
            same = len(last) == 7 and all(difference(x, last[-1]) < change for x in last)
            return last[-1] if same and last[-1].std() > 5 else None

        time.sleep(0.3)
        return eventually(still, "a still picture", seconds)

    def until(self, there: Callable[[Picture], bool], what: str, seconds: float = 30) -> Picture:
        """The first picture for which `there` holds; where there is none, the screen is kept to be looked at."""

        def ask() -> Picture | None:
            seen = self.look()
            return seen if there(seen) else None

        try:
            return eventually(ask, what, seconds)
        except AssertionError:
            keep(self.screen.pixels(), f"waited for {what}")
            raise

    def resize(self, width: int, height: int) -> None:
        self.screen.tell("windowsize", self.window, str(width), str(height))
        self.size = (width, height)

    def measured(self) -> tuple[int, int]:
        """Width and height of the window, as the screen knows them."""
        lines = self.screen.tell("getwindowgeometry", "--shell", self.window).splitlines()
        told = dict(line.split("=") for line in lines)
        return int(told["WIDTH"]), int(told["HEIGHT"])

    def point(self, x: float, y: float) -> None:
        self.screen.tell("mousemove", str(round(x)), str(round(y)))
        time.sleep(0.1)

    def click(self, x: float, y: float) -> None:
        self.point(x, y)
        with self.pressed():
            time.sleep(0.1)

    @contextmanager
    def pressed(self, button: int = 1) -> Iterator[None]:
        self.screen.tell("mousedown", str(button))
        time.sleep(0.1)
        try:
            yield
        finally:
            self.screen.tell("mouseup", str(button))
            time.sleep(0.1)

    def drag(self, start: tuple[float, float], end: tuple[float, float], moves: int = 8) -> None:
        self.point(*start)
        with self.pressed():
            for share in np.linspace(0, 1, moves + 1)[1:]:
                self.point(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))

    def turn(self, x: int, y: int, moves: int = 10) -> None:
        """Move the mouse by so many pixels from where it is."""
        for _ in range(moves):
            self.screen.tell("mousemove_relative", "--", str(x // moves), str(y // moves))
            time.sleep(0.03)

    def key(self, name: str) -> None:
        self.focus()  # once another window has gone, a window manager may still give the keyboard away
        self.hold(name, 0.08)

    def hold(self, name: str, seconds: float) -> None:
        self.screen.tell("keydown", name)
        time.sleep(seconds)
        self.screen.tell("keyup", name)
        time.sleep(0.1)

    def close(self) -> int:
        """Close the window as a person does; the exit status (negative: it had to be killed)."""
        for _ in range(10):
            if self.process.poll() is not None:
                break
            subprocess.run(
                ["xdotool", "windowfocus", self.window, "key", "alt+F4"],
                env=self.screen.environment,
                stderr=subprocess.DEVNULL,
            )
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(4)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.log.close()
        return self.process.returncode


def eventually(ask: Callable[[], T | None], what: str, seconds: float = 20) -> T:
    """The first answer that is not None; an AssertionError naming `what` when it does not come.

    Time is counted in looks, ten a second: when the whole machine stood still nobody had a chance to answer.
    """
    for _ in range(round(10 * seconds)):
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


def difference(one: Picture, other: Picture) -> float:
    """Mean absolute difference per channel, 0..255."""
    return float(np.abs(one.astype(np.int16) - other).mean())


def keep(picture: Picture, name: str) -> None:
    """Store a picture under out/e2e, for a person to look at."""
    folder = Path("out/e2e")
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(folder / f"{name}.png")
