"""The timeline going forward: cross-fade, rest, speed and loop, at any frame rate."""

from __future__ import annotations

import pytest

from explorer import commands
from explorer.hud.timeline import SPEEDS
from explorer.state import FADE, LAST, State, Store, advance, play_or_pause


def run(store: Store, seconds: float, rate: int = 60) -> State:
    for _ in range(round(seconds * rate)):
        store.update(**advance(store.state, 1 / rate))
    return store.state


def press(store: Store, name: str) -> State:
    return store.update(**commands._STATE[name](store.state))


@pytest.mark.parametrize("rate", [4, 30, 144])
@pytest.mark.parametrize("speed", SPEEDS)
def test_playing_shows_as_many_steps_a_second_as_it_says(speed: float, rate: int) -> None:
    store = Store(State(steps=100, speed=speed, playing=True))
    after = run(store, 10, rate)
    assert after.step == pytest.approx(10 * speed, abs=1.01)


def test_between_two_cross_fades_it_rests_on_a_recorded_step() -> None:
    store = Store(State(steps=30, speed=0.5, playing=True))
    seen = [run(store, 0.05) for _ in range(200)]
    resting = [state for state in seen if not state.between]
    assert len(resting) / len(seen) == pytest.approx(1 - 0.5 * FADE, abs=0.03)
    while store.state.between:
        run(store, 0.05)
    at = store.update(playing=False).whole_step
    assert run(store, 1).step == at == store.state.target


def test_playing_begins_at_once() -> None:
    store = Store(State(steps=30, speed=0.25))
    press(store, "play")
    assert run(store, 0.1).between


def test_the_finished_picture_is_seen_before_it_begins_again() -> None:
    store = Store(State(steps=4, speed=4.0, playing=True))
    seen = [run(store, 0.05).whole_step for _ in range(120)]
    assert seen.count(3) * 0.05 >= 2 * LAST and {0, 1, 2} < set(seen[40:])


def test_without_loop_it_ends_and_play_begins_again() -> None:
    store = Store(State(steps=4, speed=2.0, loop=False, playing=True))
    state = run(store, 3)
    assert (state.step, state.playing) == (3.0, False)
    state = press(store, "play")
    assert (state.step, state.playing) == (0.0, True)
    assert play_or_pause(state) == {"playing": False}


def test_a_single_step_has_nowhere_to_go() -> None:
    assert not run(Store(State(steps=1, playing=True)), 1).playing


def test_a_press_cross_fades_and_snaps() -> None:
    store = Store(State(steps=30))
    press(store, "next_step")
    assert run(store, FADE / 2).between
    assert run(store, FADE).step == 1.0


@pytest.mark.parametrize("speed", [*SPEEDS, 0.1, 3.0, 10.0])
def test_faster_is_never_slower(speed: float) -> None:
    store = Store(State(speed=speed))
    assert press(store, "faster").speed >= speed
    store.update(speed=speed)
    assert press(store, "slower").speed <= speed
