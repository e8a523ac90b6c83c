"""PIN, watchdog, crashes, hours, chord, visit log: each with its own clock and folder."""

from __future__ import annotations

import json
import socket
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from explorer.kiosk import chord, pin
from explorer.kiosk.chord import Chord
from explorer.kiosk.config import KioskConfig, KioskError, load_config
from explorer.kiosk.crashes import Crashes
from explorer.kiosk.schedule import drift, is_lit, restart_due
from explorer.kiosk.visits import Visits, log_files, read
from explorer.kiosk.watch import Watch
from explorer.memory import resident

NOON = datetime(2026, 11, 24, 12, 0)


# -- the file ------------------------------------------------------------------------------------


def test_the_shipped_file_says_the_defaults() -> None:
    from assetgen.pack.resources import data_dir

    shipped = load_config(data_dir("config") / "kiosk.yaml")
    assert shipped == KioskConfig(run="castle-by-night")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("idle: 29", "from 30 to 3600"),
        ("warning: 5", "from 20 to 600"),
        ("restart: 25:00", "a time in quotes"),
        ("screen: {finger_mm: 9}", "from 15 to 40"),
        ("display: {on: '09:00'}", "both `on` and `off`"),
        ("pin: 1234", "a known field"),
        ("tour: highlight", "one of dig, full, highlights"),
        ("safety: {scene: minimum}", "one of minimal"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "kiosk.yaml"
    file.write_text(text + "\n")
    with pytest.raises(KioskError) as caught:
        load_config(file)
    assert "kiosk.yaml:1:" in str(caught.value) and says in str(caught.value)


def test_a_finger_in_pixels() -> None:
    assert KioskConfig().finger(1920, 1080) == pytest.approx(15 * 1920 / 531, rel=0.01)


# -- the PIN -------------------------------------------------------------------------------------


def test_the_pin_is_stored_as_a_hash_for_its_owner_only(tmp_path: Path) -> None:
    file = pin.store(tmp_path, "482915")
    assert "482915" not in file.read_text() and file.stat().st_mode & 0o077 == 0
    gate = pin.Gate(tmp_path)
    assert gate.check("482915", 0.0) and not gate.check("482916", 0.0)


@pytest.mark.parametrize("bad", ["123", "1111", "1234", "98765", "12a4", "", "１２９４"])
def test_pins_that_are_refused(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ValueError, match="PIN"):
        pin.store(tmp_path, bad)


def test_tries_are_limited_and_a_restart_forgives_nothing(tmp_path: Path) -> None:
    pin.store(tmp_path, "482915")
    gate = pin.Gate(tmp_path)
    for _ in range(3):
        assert not gate.check("000001", 100.0)
    gate = pin.Gate(tmp_path)
    assert gate.wait(100.0) == 30.0
    assert not gate.check("482915", 110.0), "right, but too early"
    assert not gate.check("000002", 131.0) and gate.wait(131.0) == 60.0
    assert gate.check("482915", 200.0) and gate.wait(200.0) == 0.0


def test_a_clock_set_back_does_not_lock_for_ever(tmp_path: Path) -> None:
    pin.store(tmp_path, "482915")
    gate = pin.Gate(tmp_path)
    for _ in range(3):
        gate.check("1", 1e9)
    assert gate.wait(0.0) <= pin.LONGEST_WAIT


def test_without_a_pin_nobody_leaves(tmp_path: Path) -> None:
    gate = pin.Gate(tmp_path)
    assert not gate.is_set and not gate.check("", 0.0)


# -- signs of life -------------------------------------------------------------------------------


def test_the_watchdog_gets_a_datagram_at_half_its_time(tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(1)
        watch = Watch(tmp_path, {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "6000000"})
        watch.ready()
        assert manager.recv(64) == b"READY=1"
        beats = [now / 10 for now in range(100) if watch.beat(now / 10, {"phase": "attract"})]
        assert beats == [0.0, 3.0, 6.0, 9.0]
        assert manager.recv(64) == b"WATCHDOG=1"
    facts = json.loads((tmp_path / "heartbeat.json").read_text())
    assert facts["phase"] == "attract" and facts["fps"] == pytest.approx(10) and resident() > 1e6
    assert not list(tmp_path.glob("*.tmp"))


def test_a_manager_that_does_not_listen_holds_nothing_up(tmp_path: Path) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        watch = Watch(tmp_path, {"NOTIFY_SOCKET": str(address)})
        assert all(watch.beat(10.0 * n, {}) for n in range(2000))


def test_no_manager_and_no_room_are_survived(tmp_path: Path) -> None:
    full = tmp_path / "file"
    full.write_text("")
    watch = Watch(full / "below", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    assert watch.beat(0.0, {})


# -- crashes -------------------------------------------------------------------------------------


def test_three_quick_crashes_make_the_next_start_safe(tmp_path: Path) -> None:
    for attempt in range(3):
        assert not Crashes(tmp_path).start(100.0 * attempt)
    assert Crashes(tmp_path).start(300.0)


def test_a_run_that_lasted_forgives_the_earlier_ones(tmp_path: Path) -> None:
    for attempt in range(2):
        Crashes(tmp_path).start(10.0 * attempt)
    long = Crashes(tmp_path)
    long.start(20.0)
    long.alive(20.0 + 500.0)
    assert not Crashes(tmp_path).start(1000.0)
    assert not Crashes(tmp_path).start(1001.0)


def test_a_clean_end_counts_as_none(tmp_path: Path) -> None:
    for _ in range(5):
        run = Crashes(tmp_path)
        assert not run.start(0.0)
        run.end()


def test_reports_are_kept_few(tmp_path: Path) -> None:
    crashes = Crashes(tmp_path)
    for n in range(30):
        crashes.report(f"{n:03d}", "Traceback")
    kept = sorted(p.name for p in (tmp_path / "crashes").iterdir())
    assert len(kept) == 20 and kept[-1] == "crash-029.txt"


# -- hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "off", "hour", "lit"),
    [
        (None, None, 3, True),
        ("09:00", "18:00", 9, True),
        ("09:00", "18:00", 18, False),
        ("09:00", "18:00", 3, False),
        ("20:00", "02:00", 1, True),
        ("20:00", "02:00", 12, False),
    ],
)
def test_hours_of_the_screen(on: str | None, off: str | None, hour: int, lit: bool) -> None:
    assert is_lit(NOON.replace(hour=hour), on, off) == lit


def test_the_nightly_restart_comes_once() -> None:
    assert not restart_due(NOON, NOON, "03:30")
    assert not restart_due(NOON.replace(hour=23), NOON, "03:30")
    night = datetime(2026, 11, 25, 3, 30)
    assert restart_due(night, NOON, "03:30")
    assert not restart_due(night + timedelta(hours=5), night, "03:30")
    assert not restart_due(night, NOON, None)


def test_the_interface_drifts_but_not_far() -> None:
    places = {drift(180.0 * n, 6, 180.0) for n in range(24)}
    assert len(places) >= 8 and all(abs(x) <= 6 and abs(y) <= 6 for x, y in places)
    assert drift(1e6, 0, 180.0) == (0, 0)


# -- the staff's chord ---------------------------------------------------------------------------


def hold(made: Chord, where: str | None, start: float, end: float) -> bool:
    made.pressed(where, start)
    done = made.update(end, set())
    made.released(end)
    return done


def test_two_opposite_corners() -> None:
    made = Chord()
    assert not hold(made, "top left", 0.0, 3.1)
    assert hold(made, "bottom right", 5.0, 8.1)


@pytest.mark.parametrize(
    "steps",
    [
        [("top left", 0.0, 2.0), ("bottom right", 3.0, 7.0)],
        [("top left", 0.0, 4.0), ("top right", 5.0, 9.0)],
        [("top left", 0.0, 4.0), (None, 5.0, 5.1), ("bottom right", 6.0, 10.0)],
        [("top left", 0.0, 4.0), ("bottom right", 15.0, 19.0)],
        [("bottom right", 0.0, 30.0)],
    ],
)
def test_other_gestures_do_nothing(steps: list[tuple[str | None, float, float]]) -> None:
    made = Chord()
    assert not any(hold(made, *step) for step in steps)


def test_four_keys() -> None:
    made = Chord()
    assert not made.update(0.0, {"control", "shift", "q"})
    assert made.update(0.1, {"control", "shift", "alt", "q"})
    assert not made.update(0.2, {"control", "shift", "alt", "q"}), "once"


def test_corners() -> None:
    assert chord.corner(5, 5, 1920, 1080) == "top left"
    assert chord.corner(1915, 1075, 1920, 1080) == "bottom right"
    assert chord.corner(960, 5, 1920, 1080) is None


# -- the visit log -------------------------------------------------------------------------------


def test_what_is_written(tmp_path: Path) -> None:
    visits = Visits(tmp_path)
    visits.note(NOON, "exhibit", "clock", 3)
    visits.begin(NOON + timedelta(seconds=17))
    visits.note(NOON + timedelta(seconds=30), "exhibit", "unit:mid", 12.6)
    visits.note(NOON + timedelta(seconds=31), "answer", "ask", right=True)
    visits.end(NOON + timedelta(seconds=77), "idle")
    visits.begin(NOON + timedelta(minutes=5))
    ((_, file),) = log_files(tmp_path)
    assert list(read(file)) == [
        {"at": "2026-11-24T12:00", "session": 1, "event": "begin"},
        {"at": "2026-11-24T12:00", "session": 1, "event": "exhibit", "exhibit": "unit:mid", "seconds": 13},
        {"at": "2026-11-24T12:00", "session": 1, "event": "answer", "exhibit": "ask", "right": True},
        {"at": "2026-11-24T12:01", "session": 1, "event": "end", "exhibit": "idle", "seconds": 60},
        {"at": "2026-11-24T12:05", "session": 2, "event": "begin"},
    ]  # fmt: skip


def test_sessions_count_on_after_a_restart_and_anew_each_day(tmp_path: Path) -> None:
    Visits(tmp_path).begin(NOON)
    again = Visits(tmp_path)
    again.begin(NOON)
    again.begin(NOON + timedelta(days=1))
    sessions = [e["session"] for _, f in log_files(tmp_path) for e in read(f)]
    assert sessions == [1, 2, 1]


def test_old_days_and_too_many_bytes_go(tmp_path: Path) -> None:
    for back in range(100):
        day = (NOON - timedelta(days=back)).date()
        (tmp_path / f"visits-{day}.jsonl").write_text("x" * 1000 + "\n")
    Visits(tmp_path, days=30, megabytes=0.01).tidy(NOON)
    left = [day for day, _ in log_files(tmp_path)]
    assert len(left) == 10 and max(left) == NOON.date()


def test_a_full_disk_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    taken = tmp_path / "visits"
    taken.write_text("a file where the folder should be")
    visits = Visits(taken)
    visits.begin(NOON)
    visits.end(NOON, "idle")
    assert visits.lost == 2


def test_a_torn_line_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "visits-2026-11-24.jsonl"
    file.write_text('{"event": "begin"}\n{"event": "en')
    assert [e["event"] for e in read(file)] == ["begin"]
