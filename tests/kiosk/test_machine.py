"""Phases, with a clock in the test's hand."""

from __future__ import annotations

import pytest

from explorer.kiosk.machine import STALL, Event, Machine, Rules

RULES = Rules(idle=60, warning=20, narration=300)


def wait(machine: Machine, start: float, until: float) -> list[Event]:
    """Ticks four times a second, up to a time; what happened."""
    events = [machine.tick(start + i / 4) for i in range(round((until - start) * 4) + 1)]
    return [event for event in events if event]


@pytest.fixture
def machine() -> Machine:
    return Machine(RULES, 0.0)


def test_a_whole_visit(machine: Machine) -> None:
    assert machine.tick(1000.0) is None and machine.phase == "attract"
    assert machine.touched(1000.0) == "wake"
    assert wait(machine, 1000.0, 1009.75) == []
    assert machine.touched(1010.0) is None
    assert wait(machine, 1010.0, 1069.75) == []
    assert machine.tick(1070.0) == "warn"
    assert machine.remaining(1070.0) == 20
    assert machine.remaining(1089.5) == 1
    assert wait(machine, 1070.25, 1089.75) == []
    assert machine.tick(1090.0) == "reset"
    assert machine.phase == "attract" and machine.tick(2000.0) is None


def test_staying_as_often_as_one_likes(machine: Machine) -> None:
    now = 0.0
    machine.touched(now)
    for _ in range(30):
        assert wait(machine, now, now + 59.75) == []
        assert machine.tick(now + 60) == "warn"
        assert wait(machine, now + 60.25, now + 79.75) == []
        now += 79.9
        assert machine.touched(now) == "stay" and machine.phase == "active"


def test_a_machine_that_stood_still_sends_nobody_away(machine: Machine) -> None:
    """One frame of a minute: the visitor could neither see nor touch anything in it."""
    machine.touched(0.0)
    assert wait(machine, 0.0, 10.0) == []
    assert machine.tick(80.0) is None
    assert wait(machine, 80.25, 80 + 50 - STALL - 0.25) == []
    assert machine.tick(80 + 50 - STALL) == "warn"
    assert machine.tick(300.0) is None and machine.phase == "warning"
    assert wait(machine, 300.25, 300 + 20 - STALL) == ["reset"]


def test_a_narrator_keeps_the_visit_alive_up_to_a_cap(machine: Machine) -> None:
    machine.touched(0.0)
    for second in range(1, 300):
        assert machine.tick(float(second), busy=True) is None
    events = [machine.tick(float(second), busy=True) for second in range(300, 361)]
    assert events.index("warn") == pytest.approx(59, abs=1)


def test_narration_that_ends_starts_the_clock(machine: Machine) -> None:
    machine.touched(0.0)
    for second in range(1, 101):
        machine.tick(float(second), busy=True)
    assert wait(machine, 100.25, 159.75) == []
    assert machine.tick(160.0) == "warn"


def test_saying_that_one_is_done(machine: Machine) -> None:
    machine.touched(5.0)
    machine.leave()
    assert machine.phase == "attract" and machine.touched(6.0) == "wake"
