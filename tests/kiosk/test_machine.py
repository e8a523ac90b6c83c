"""Phases, with a clock in the test's hand."""

from __future__ import annotations

import pytest

from explorer.kiosk.machine import Machine, Rules

RULES = Rules(idle=60, warning=20, narration=300)


@pytest.fixture
def machine() -> Machine:
    return Machine(RULES, 0.0)


def test_a_whole_visit(machine: Machine) -> None:
    assert machine.tick(1000.0) is None and machine.phase == "attract"
    assert machine.touched(1000.0) == "wake"
    assert machine.touched(1010.0) is None
    assert machine.tick(1069.9) is None
    assert machine.tick(1070.0) == "warn"
    assert machine.remaining(1070.0) == 20
    assert machine.remaining(1089.5) == 1
    assert machine.tick(1089.9) is None
    assert machine.tick(1090.0) == "reset"
    assert machine.phase == "attract" and machine.tick(2000.0) is None


def test_staying_as_often_as_one_likes(machine: Machine) -> None:
    now = 0.0
    machine.touched(now)
    for _ in range(30):
        now += 60
        assert machine.tick(now) == "warn"
        now += 19.9
        assert machine.tick(now) is None
        assert machine.touched(now) == "stay" and machine.phase == "active"


def test_a_narrator_keeps_the_visit_alive_up_to_a_cap(machine: Machine) -> None:
    machine.touched(0.0)
    for second in range(1, 300):
        assert machine.tick(float(second), narrating=True) is None
    events = [machine.tick(float(second), narrating=True) for second in range(300, 361)]
    assert events.index("warn") == pytest.approx(59, abs=1)


def test_narration_that_ends_starts_the_clock(machine: Machine) -> None:
    machine.touched(0.0)
    for second in range(1, 101):
        machine.tick(float(second), narrating=True)
    assert machine.tick(159.0) is None
    assert machine.tick(160.0) == "warn"


def test_saying_that_one_is_done(machine: Machine) -> None:
    machine.touched(5.0)
    machine.leave()
    assert machine.phase == "attract" and machine.touched(6.0) == "wake"
