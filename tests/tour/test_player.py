"""Pause, back, next, skip, leave, join again, and waiting where the tour asks."""

from __future__ import annotations

import pytest

from explorer.story.tour_player import Player
from explorer.story.tour_time import Timeline


@pytest.fixture
def line(timelines: dict[str, Timeline]) -> Timeline:
    return timelines["highlights"]


@pytest.fixture
def player(line: Timeline) -> Player:
    return Player(line)


def asking(line: Timeline) -> int:
    return next(i for i, s in enumerate(line.shots) if s.stop.ask)


def run(player: Player, seconds: float, tick: float = 0.05) -> None:
    for _ in range(round(seconds / tick)):
        player.update(tick)


def test_time_passes_only_while_playing(player: Player) -> None:
    run(player, 2)
    assert player.time == pytest.approx(2)
    player.toggle()
    run(player, 2)
    assert (player.status, player.time) == ("paused", pytest.approx(2))
    player.toggle()
    run(player, 1)
    assert player.time == pytest.approx(3)


def test_next_and_back(player: Player, line: Timeline) -> None:
    player.next()
    assert player.time == line.shots[1].start
    player.next()
    run(player, 5)
    player.back()
    assert player.time == line.shots[2].start
    player.back()
    assert player.time == line.shots[1].start


def test_paused_one_is_put_where_there_is_something_to_see(player: Player, line: Timeline) -> None:
    """Not into the dark of a cut, nor to the view before, from which the flight there sets out."""
    player.toggle()
    for index in range(1, len(line.shots)):
        player.next()
        shot, moment = line.shots[index], player.moment()
        assert player.status == "paused" and moment.shot == index
        assert moment.fade < 1e-6 and moment.resting
        assert moment.cue == (shot.cues[0] if shot.cues else None) or player.time == shot.arrive
    for index in reversed(range(len(line.shots) - 1)):
        player.back()
        assert player.moment().shot == index
    player.toggle()
    run(player, 1)
    assert player.status == "playing" and player.moment().shot == 0


def test_it_waits_for_an_answer_and_replies(player: Player, line: Timeline) -> None:
    index = asking(line)
    player.seek(line.shots[index].end - 0.5)
    run(player, 60)
    assert player.status == "asking" and player.time < line.shots[index].end
    question = player.question
    assert question and player.answer(1, seconds=3.0)
    assert player.reply == question.replies[1]
    run(player, 2.9)
    assert player.status == "replying"
    run(player, 1)
    assert player.status == "playing" and line.shot_at(player.time) == index + 1
    assert not player.answer(0, 1.0)


def test_who_has_read_the_reply_goes_on(player: Player, line: Timeline) -> None:
    index = asking(line)
    player.seek(line.shots[index].end - 0.1)
    run(player, 1)
    player.toggle()
    assert player.status == "asking", "an answer is what it waits for"
    player.answer(0, seconds=9.0)
    player.toggle()
    assert player.status == "playing" and line.shot_at(player.time) == index + 1


def test_a_question_can_be_skipped(player: Player, line: Timeline) -> None:
    index = asking(line)
    player.seek(line.shots[index].end - 0.1)
    run(player, 1)
    player.next()
    assert player.status == "playing" and player.time == line.shots[index + 1].start


def test_nobody_there_to_answer(line: Timeline) -> None:
    player = Player(line, asks=False, loop=True)
    run(player, line.duration + 10, 0.25)
    assert player.status == "playing" and player.time < 30


def test_leaving_and_joining_again(player: Player) -> None:
    run(player, 4)
    player.leave()
    run(player, 5)
    assert (player.status, player.time) == ("left", pytest.approx(4))
    player.toggle()
    assert player.status == "playing"
    player.leave()
    player.seek(30)
    assert (player.status, player.time) == ("playing", 30)


def test_it_ends_and_begins_again(player: Player, line: Timeline) -> None:
    player.seek(line.duration - 0.2)
    run(player, 1)
    assert player.status == "ended"
    player.toggle()
    assert (player.status, player.time) == ("playing", 0.0)


def test_any_second_can_be_sampled_in_any_order(line: Timeline) -> None:
    times = [line.duration * i / 50 for i in range(51)]
    forward = [line.sample(t) for t in times]
    assert [line.sample(t) for t in reversed(times)] == forward[::-1]
