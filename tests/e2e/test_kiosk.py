"""A kiosk on a virtual screen under a window manager: tour, wake, lock, staff's way out, crash, with real events."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from explorer.kiosk import pin
from explorer.kiosk.visits import log_files, read
from explorer.kiosk_shell import STAFF_LEFT
from tests.e2e.screen import Picture, Program, Screen, difference, eventually, keep, missing_tools
from tests.kiosk.sockets import inodes, reachable

SIZE = (640, 360)
PIN = "482915"

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.gl,
    pytest.mark.slow,
    pytest.mark.xdist_group("screen"),
]


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    if missing := missing_tools():
        pytest.skip(f"not installed: {', '.join(missing)}")
    shown = Screen(tmp_path_factory.mktemp("screen"))
    yield shown
    shown.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kiosk's own folder, with a PIN."""
    folder = tmp_path_factory.mktemp("kiosk")
    pin.store(folder, PIN)
    config = {"folder": str(folder), "idle": 30, "warning": 20, "run": "castle-by-night"}
    (folder / "kiosk.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture(scope="module")
def manager(home: Path) -> Iterator[socket.socket]:
    """The service manager that the watchdog's datagrams reach."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(home / "notify"))
        made.settimeout(30)
        yield made


@pytest.fixture(scope="module")
def program(screen: Screen, home: Path, manager: socket.socket) -> Iterator[Program]:
    screen.environment |= {"NOTIFY_SOCKET": str(home / "notify"), "WATCHDOG_USEC": "4000000"}
    started = Program(
        screen, "--kiosk", "--config", str(home / "kiosk.yaml"), "--quality", "low", size=SIZE
    )
    eventually(lambda: started.look().std() > 20 or None, "a first picture", 60)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait(10)
    print(started.said)


def phase(home: Path, wanted: str, seconds: float = 30) -> dict[str, object]:
    """The heartbeat, once it says that the kiosk is in a phase."""

    def ask() -> dict[str, object] | None:
        try:
            facts: dict[str, object] = json.loads((home / "heartbeat.json").read_text())
        except (OSError, ValueError):
            return None
        return facts if facts["phase"] == wanted else None

    return eventually(ask, f"the phase {wanted}", seconds)


def visit(program: Program, home: Path) -> None:
    """A visit under way. On a slow machine half a minute may have passed: then one touches again, as a person does."""
    if json.loads((home / "heartbeat.json").read_text())["phase"] != "active":
        program.click(SIZE[0] * 0.55, SIZE[1] * 0.9)
    phase(home, "active")


def test_attract_plays_and_tells_the_watchdog(
    program: Program, home: Path, manager: socket.socket
) -> None:
    assert manager.recv(64) == b"READY=1"
    assert manager.recv(64) == b"WATCHDOG=1"
    phase(home, "attract")
    before = program.look()
    program.until(lambda seen: difference(seen, before) > 2, "the tour going on", 60)


def test_a_touch_begins_and_is_swallowed(program: Program, home: Path) -> None:
    program.click(SIZE[0] * 0.55, SIZE[1] * 0.9)
    phase(home, "active")
    keep(program.look(), "kiosk_active")


def test_it_can_be_reached_by_nobody(program: Program, home: Path) -> None:
    """While a visit is under way: no listener, no socket of the network. The look itself can fail."""
    visit(program, home)
    assert inodes(program.process.pid), "the one of the screen, at least"
    assert reachable(program.process.pid) == []
    with socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX) as waiting:
        waiting.bind(str(home / "waiting"))
        waiting.listen()
        kinds = {line.split()[0] for line in reachable(os.getpid())}
        assert {"tcp", "unix"} <= kinds


@pytest.mark.parametrize(
    "keys",
    [
        "Escape",
        "alt+F4",
        "alt+Tab",
        "ctrl+alt+Delete",
        "ctrl+alt+F2",
        "ctrl+q",
        "super",
        "F11",
        "alt+space",
    ],
)
def test_no_key_leads_outside(program: Program, home: Path, keys: str) -> None:
    program.screen.tell("key", keys)
    time.sleep(0.3)
    assert program.process.poll() is None
    assert program.screen.tell("getwindowfocus").strip() == program.window
    phase(home, "active")


def test_another_window_does_not_stay_in_front(program: Program) -> None:
    """The kiosk asks for the front again."""
    program.screen.tell("windowunmap", "--sync", program.window)
    program.screen.tell("windowmap", "--sync", program.window)
    eventually(
        lambda: program.screen.tell("getwindowfocus").strip() == program.window or None,
        "the front",
        30,
    )


def test_the_wrong_pin_leads_nowhere(program: Program, home: Path) -> None:
    visit(program, home)
    before = program.settled(change=3)
    program.screen.tell("key", "ctrl+shift+alt+q")
    program.until(lambda seen: difference(seen, before) > 10, "the staff's pad")
    keep(program.look(), "kiosk_pin")
    for digit in "111222":
        program.key(digit)
    program.key("Return")
    time.sleep(0.5)
    assert program.process.poll() is None
    program.key("Escape")
    program.until(lambda seen: difference(seen, before) < 10, "the pad closed")


def test_walking_away_resets(program: Program, home: Path) -> None:
    program.key("Escape")
    phase(home, "warning", 90)
    keep(program.look(), "kiosk_warning")
    phase(home, "attract", 60)
    events = [event["event"] for _, file in log_files(home / "visits") for event in read(file)]
    assert events[0] == "begin" and events[-1] == "end"


def test_staff_leaves_with_the_pin(program: Program, home: Path) -> None:
    program.key("space")
    phase(home, "active")
    before = program.settled(change=3)
    program.screen.tell("key", "ctrl+shift+alt+q")
    program.until(lambda seen: difference(seen, before) > 10, "the staff's pad")
    for digit in PIN:
        program.key(digit)
    program.key("Return")
    eventually(lambda: program.process.poll(), "the end", 30)
    assert program.process.returncode == STAFF_LEFT
    assert "Traceback" not in program.said


def test_a_killed_kiosk_starts_again_and_in_the_end_safely(screen: Screen, tmp_path: Path) -> None:
    """What systemd would do, twice."""
    config = tmp_path / "kiosk.yaml"
    config.write_text(yaml.safe_dump({"folder": str(tmp_path), "safety": {"crashes": 2}}))
    for attempt in range(3):
        started = Program(screen, "--kiosk", "--config", str(config), "--quality", "low", size=SIZE)
        facts = phase(tmp_path, "attract", 60)
        assert facts["safe"] == (attempt == 2)
        os.kill(started.process.pid, signal.SIGKILL)
        started.process.wait(10)
        (tmp_path / "heartbeat.json").unlink()


def test_a_mistake_in_the_file_is_one_line(screen: Screen, tmp_path: Path) -> None:
    config = tmp_path / "kiosk.yaml"
    config.write_text("idle: 5\n")
    with pytest.raises(
        RuntimeError, match=r"kiosk.yaml:1: idle: expected a number from 30 to 3600"
    ):
        Program(screen, "--kiosk", "--config", str(config), size=SIZE)


def test_the_tour_in_a_window(screen: Screen) -> None:
    """`explorer --tour`: it leads, a pause keeps picture and words, walking leaves it, the bar leads back."""
    started = Program(screen, "--tour", "highlights", "--quality", "low", size=SIZE)
    card = (
        slice(int(SIZE[1] * 0.66), int(SIZE[1] * 0.79)),
        slice(int(SIZE[0] * 0.2), int(SIZE[0] * 0.8)),
    )
    world = slice(0, int(SIZE[1] * 0.6))

    def told(seen: Picture) -> bool:
        """Words on the card, under a picture that is lit."""
        return (seen[card].min(axis=2) > 170).mean() > 0.005 and seen[world].std() > 20

    started.until(told, "words under a first picture", 60)
    started.key("g")
    paused = started.settled(change=3)
    assert told(paused)
    started.key("bracketright")
    started.until(lambda seen: difference(seen, paused) > 3 and told(seen), "another stop")
    there = started.settled(change=3)
    keep(there, "tour_paused")
    started.hold("w", 1.0)
    started.until(lambda seen: difference(seen[card], there[card]) > 5, "the card gone")
    started.key("g")
    started.until(told, "the card again")
    assert started.close() == 0
    assert "Traceback" not in started.said
