"""The one store: what run, which step, what is selected. Views subscribe and only read."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Any, Literal

import msgspec

from explorer.modes import KioskShown, TourShown

QualityName = Literal["low", "medium", "high"]
Depth = Literal["look", "understand", "engineer"]
DEPTHS: tuple[Depth, ...] = ("look", "understand", "engineer")
"""From plain words to formulas."""
Scale = Literal["relative", "absolute"]
AttentionScale = Literal["run", "unit", "map"]
"""run: this run's 99.5th percentile · unit: 0..1 · map: each map by its own maximum."""
Cost = Literal["flops", "time", "bytes"]
"""What a step costs in each room: operations, measured seconds, bytes of weights and maps."""
FADE = 0.45
"""Seconds of a step's cross-fade (DESIGN, motion); less where steps follow each other faster."""
LAST = 1.0
"""Seconds that the finished picture is seen, at least, before the run begins again."""
REST = 4e-4
"""While playing, `step` comes the last bit of its way so slowly that it rests; too little to be seen."""


class State(msgspec.Struct, frozen=True):
    """Everything a view needs to know; immutable, so that a callback can compare old and new."""

    model: str = ""
    run: str = ""
    steps: int = 1
    """Number of recorded steps of the run; `step` lies in `[0, steps - 1]`."""
    step: float = 0.0
    target: float = 0.0
    """Where `step` is heading: a whole number unless the timeline is being dragged."""
    playing: bool = False
    speed: float = 1.0
    """Steps per second while playing."""
    loop: bool = True
    selection: str | None = None
    """Id of what is selected (docs/architecture.md), or None."""
    hover: str | None = None
    word: int | None = None
    """Index into the prompt's words whose attention is shown."""
    overlay: bool = False
    """Attention of `word` laid over the canvases."""
    attention_scale: AttentionScale = "run"
    magnitude_scale: Scale = "relative"
    split: float | None = None
    """Divider of the noisy/clean split view, 0..1 across the canvas; None when closed."""
    decoded: bool = False
    """Show x_t and noise through the decoder instead of as latent channels."""
    probe: tuple[float, float] = (0.5, 0.62)
    """The place in the picture that is looked into: right and down, 0..1."""
    noise_level: float = 6.0
    """The noising bench: which of the recorded noise levels is mixed in, counted from none; whole at rest."""
    noise_scene: int = 0
    """The noising bench: into which of its true scenes."""
    checkpoint: float = 3.0
    """The Training Hall: which of the kept checkpoints, counted from the earliest; whole at rest."""
    checkpoint_word: int = 0
    """The Training Hall: of which of the prompt's words the reading is shown."""
    unfolded: str | None = None
    """Unit whose layers are unfolded."""
    cost: Cost | None = None
    """What the light of the rooms shows instead of their magnitude; None while the cost meter is off."""
    depth: Depth = "look"
    opened: Depth = "look"
    """The deepest `depth` that was used so far in this visit."""
    answers: tuple[tuple[str, int], ...] = ()
    """Questions that were answered (`<run>/<id>`), with the option chosen."""
    track: bool = False
    """The concept track above the timeline is open."""
    guess: float | None = None
    """The flag on the concept track: the step at which a visitor expects the word."""
    asked: int | None = None
    """Which of the run's concepts the flag is about; None means the first that has an answer."""
    revealed: bool = False
    """The concept track shows what was recorded."""
    typed: str = ""
    """What was typed so far of a take-away code."""
    nudges: bool = True
    """The quiet question above the timeline may appear."""
    flying: bool = False
    menu: str | None = None
    """Open overlay: prompts | help | settings | map | tours | discoveries | share, or None."""
    quality: QualityName = "low"
    text_scale: float = 1.0
    color_map: str = "deep"
    reduced_motion: bool = False
    sensitivity: float = 1.0
    """Of mouse and stick look; 1 is the default."""
    inverted: bool = False
    """Looking up by pulling back."""
    message: str | None = None
    """One readable line (a damaged pack, a saved screenshot)."""
    tour: TourShown | None = None
    """The guided tour under way."""
    kiosk: KioskShown | None = None
    """Set while running as a museum kiosk."""
    captions: bool = True
    """Show what the narrator says."""
    volume: float = 0.7
    """Of the narrator, 0 to 1."""
    muted: bool = False
    """No music; captions stay."""
    heard: str | None = None
    """Caption of the music that is heard here."""
    contrast: bool = False
    """The interface in black, white and one colour."""

    @property
    def whole_step(self) -> int:
        """The recorded step that numbers and attention refer to."""
        return min(max(int(self.step + 0.5), 0), self.steps - 1)

    @property
    def between(self) -> bool:
        """True while two recorded steps are being cross-faded."""
        return abs(self.step - round(self.step)) > 1e-3


Listener = Callable[[State, State], None]


class Store:
    """Holds the current `State` and tells listeners (new, old) when fields they named change."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self._listeners: list[tuple[frozenset[str], Listener]] = []

    def subscribe(self, listener: Listener, *names: str) -> Callable[[], None]:
        """Call `listener(new, old)` when one of the fields `names` (none = any) changes; returns the undo."""
        known = frozenset(State.__struct_fields__)
        if unknown := set(names) - known:
            raise ValueError(f"no such state field: {', '.join(sorted(unknown))}")
        entry = (frozenset(names) or known, listener)
        self._listeners.append(entry)
        return lambda: self._listeners.remove(entry)

    def update(self, **changes: Any) -> State:
        """Replace fields; unknown names raise TypeError. Steps are clamped to the run."""
        old, new = self.state, msgspec.structs.replace(self.state, **changes)
        if DEPTHS.index(new.depth) > DEPTHS.index(new.opened):
            new = msgspec.structs.replace(new, opened=new.depth)
        top = float(max(new.steps - 1, 0))
        new = msgspec.structs.replace(
            new, step=min(max(new.step, 0.0), top), target=min(max(new.target, 0.0), top)
        )
        if new == old:
            return new
        self.state = new
        changed = {f for f in State.__struct_fields__ if getattr(new, f) != getattr(old, f)}
        for names, listener in list(self._listeners):
            if names & changed:
                listener(new, old)
        return new


def play_or_pause(state: State) -> dict[str, Any]:
    """What the play button changes: after the last step it begins again."""
    again = not state.playing and state.target >= state.steps - 1 and state.steps > 1
    return {"playing": not state.playing, **({"step": 0.0, "target": 0.0} if again else {})}


def advance(state: State, dt: float) -> dict[str, Any]:
    """Changes that bring the timeline forward by `dt` seconds (cross-fade, snap, play, loop).

    Playing moves `target` by whole steps, `speed` a second: each is faded to, then rested on.
    """
    step, target, playing = state.step, state.target, state.playing
    top = float(state.steps - 1)
    while dt > 0:
        gap = target - step
        if gap and (not playing or abs(gap) > REST * 1.001):
            way = abs(gap) - (REST if playing else 0.0)
            rate = max(1 / FADE, state.speed) * max(1.0, abs(gap) / 2)
            if dt * rate < way:
                step += copysign(dt * rate, gap)
                break
            dt -= way / rate
            step = target - copysign(REST, gap) if playing else target
        elif not playing:
            break
        elif gap:
            rest = _rest(state, target >= top)
            if dt * REST < abs(gap) * rest:
                step += copysign(dt * REST / rest, gap)
                break
            dt -= abs(gap) / REST * rest
            step = target
        elif target < top:
            target += 1.0
        elif state.loop and top:
            step, target = REST, 0.0
        else:
            playing = False
    found = {"step": step, "target": target, "playing": playing}
    return {name: value for name, value in found.items() if value != getattr(state, name)}


def _rest(state: State, last: bool) -> float:
    """Seconds that playing rests on a step after its cross-fade."""
    if last:
        return max(1 / state.speed, LAST) if state.loop else 0.0
    return max(1 / state.speed - FADE, 0.0)
