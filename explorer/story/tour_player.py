"""Plays a tour: pause, back, next, skip, leave, join again; waits where the tour asks. Pure; time is handed in."""

from __future__ import annotations

from typing import Literal

from explorer.story.tour import Question
from explorer.story.tour_time import Moment, Shot, Timeline

Status = Literal["playing", "paused", "asking", "replying", "left", "ended"]
BACK = 3.0
"""Going back within so many seconds of a stop's start leads to the stop before, seconds."""
UNASKED = 4.0
"""How long a question stands when nobody is there to answer, seconds."""


class Player:
    """Where a visitor is in a tour. With `asks` false (nobody is there) questions pass by themselves."""

    def __init__(self, timeline: Timeline, *, asks: bool = True, loop: bool = False) -> None:
        self.timeline = timeline
        self.asks, self.loop = asks, loop
        self.time = 0.0
        self.status: Status = "playing"
        self.answered: dict[str, int] = {}
        """Stop → index of the answer chosen."""
        self._wait = 0.0

    @property
    def shot(self) -> Shot:
        return self.timeline.shots[self.timeline.shot_at(self.time)]

    @property
    def question(self) -> Question | None:
        """What is being asked, or was just answered."""
        return self.shot.stop.ask if self.status in ("asking", "replying") else None

    @property
    def chosen(self) -> int | None:
        return self.answered.get(self.shot.stop.id) if self.status == "replying" else None

    @property
    def reply(self) -> str | None:
        """Text key of the reply to the answer that was chosen."""
        question, chosen = self.question, self.chosen
        if question is None or chosen is None:
            return None
        return question.replies[min(chosen, len(question.replies) - 1)]

    def moment(self, *, reduced_motion: bool = False) -> Moment:
        return self.timeline.sample(self.time, reduced_motion=reduced_motion)

    def update(self, dt: float) -> None:
        """Let `dt` seconds pass."""
        if self.status in ("asking", "replying"):
            self._wait -= dt
            if self._wait <= 0 and (self.status == "replying" or not self.asks):
                self._go_on()
            return
        if self.status != "playing":
            return
        shot = self.shot
        after = self.time + dt
        if shot.stop.ask and after >= shot.end - 1e-3:
            self.time, self.status, self._wait = shot.end - 1e-3, "asking", UNASKED
            return
        self.time = min(after, self.timeline.duration)
        if self.time >= self.timeline.duration:
            self._finish()

    def answer(self, index: int, seconds: float) -> bool:
        """Choose an answer; its reply stands for `seconds`. False when nothing is being asked."""
        question = self.question
        if self.status != "asking" or question is None or not 0 <= index < len(question.answers):
            return False
        self.answered[self.shot.stop.id] = index
        self.status, self._wait = "replying", seconds
        return True

    def toggle(self) -> None:
        """Pause, or play on; from outside the tour: join it again. A question waits, a reply has been read."""
        if self.status == "ended":
            self.seek(0.0)
        elif self.status == "replying":
            self._go_on()
        elif self.status in ("paused", "left"):
            self.status = "playing"
        elif self.status == "playing":
            self.status = "paused"

    def next(self) -> None:
        """On to the next stop; over a question, too."""
        index = self.timeline.shot_at(self.time) + 1
        if index < len(self.timeline.shots):
            self.seek(self._begin(index))
        else:
            self._finish()

    def back(self) -> None:
        """To this stop's start, or to the one before when it has only begun."""
        index = self.timeline.shot_at(self.time)
        if self.time - self._begin(index) < BACK:
            index = max(index - 1, 0)
        self.seek(self._begin(index))

    def _begin(self, index: int) -> float:
        """Where a stop begins for who goes there: paused, one wants to see it, not to set out for it."""
        shot = self.timeline.shots[index]
        return shot.seen if self.status == "paused" else shot.start

    def seek(self, t: float) -> None:
        """To any second; plays on from there unless it was paused."""
        self.time = min(max(t, 0.0), self.timeline.duration - 1e-3)
        self.status = "paused" if self.status == "paused" else "playing"

    def leave(self) -> None:
        """The visitor goes their own way; the tour remembers where it was."""
        if self.status not in ("ended", "left"):
            self.status = "left"

    def _go_on(self) -> None:
        end = self.shot.end
        self.time, self.status = min(end + 1e-6, self.timeline.duration), "playing"
        if self.time >= self.timeline.duration:
            self._finish()

    def _finish(self) -> None:
        if self.loop:
            self.time, self.status = 0.0, "playing"
            return
        self.time, self.status = self.timeline.duration, "ended"
