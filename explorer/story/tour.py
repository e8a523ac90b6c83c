"""Tour files: `scenes/tours/<name>.yaml` as typed data. Every mistake is one line with file and line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from explorer.schema import Base, about
from explorer.story.texts import Texts
from explorer.typed_yaml import decode
from explorer.world.fields import Identifier, Part, TextKey
from explorer.world.scene import Camera
from explorer.yaml_nodes import Place, YamlError, compose, nearest

Choice = Annotated[int, msgspec.Meta(ge=1, le=6)]


class TourError(YamlError):
    """A mistake in a tour file, as one line."""


class Show(Base, frozen=True, kw_only=True):
    """What is switched on during a stop; everything not named is off."""

    word: Annotated[str | None, about("word of the prompt whose attention is laid over")] = None
    decoded: Annotated[bool, about("noisy picture and noise through the decoder")] = False
    split: Annotated[Part | None, about("divider of the split view")] = None
    selection: Annotated[Identifier | None, about("id of what has its panel open")] = None
    unfolded: Annotated[Identifier | None, about("unit whose layers are unfolded")] = None
    magnitudes: Annotated[
        Literal["relative", "absolute"],
        about("each room's glow on its own range, or on one for all"),
    ] = "relative"


class Question(Base, frozen=True, kw_only=True):
    """Something the tour asks; it waits for an answer. No answer is scolded: each gets a reply."""

    text: Annotated[TextKey, about("the question")]
    answers: Annotated[list[TextKey], about("what can be chosen", min_length=2)]
    right: Annotated[Choice | None, about("which answer is right, 1 = first; none: all are")] = None
    replies: Annotated[list[TextKey], about("one reply for each answer, or one for all")]


class Stop(Base, frozen=True, kw_only=True):
    """One stop of a tour: a view, what is shown there, what is said."""

    id: Annotated[Identifier, about("unique in the tour")]
    title: Annotated[TextKey | None, about("begins a chapter of that name")] = None
    view: Annotated[str | None, about("camera of the tour or the scene; none stays")] = None
    via: Annotated[list[str], about("cameras that the flight passes on its way")] = []
    move: Annotated[
        Literal["fly", "cut"], about("fly there, around what is in the way, or cut with a fade")
    ] = "fly"
    seconds: Annotated[float, about("least duration of the flight there", 1, 60)] = 7.0
    drift: Annotated[
        tuple[float, float, float] | None,
        about(
            "slow glide after arriving: metres to the right, ahead, up",
            expected="three numbers: [right, ahead, up]",
        ),
    ] = None
    run: Annotated[str | None, about("run to show from here on; skipped where there is none")] = (
        None
    )
    step: Annotated[Part | None, about("part of the run to be at when the stop ends")] = None
    start: Annotated[Part | None, about("part of the run to begin at, at once")] = None
    show: Annotated[Show, about("what is switched on")] = Show()
    spotlight: Annotated[Identifier | None, about("id of what is ringed while it is told of")] = (
        None
    )
    say: Annotated[list[TextKey], about("captions, each also spoken")] = []
    hold: Annotated[float, about("seconds to rest after the last word", 0, 60)] = 1.6
    ask: Annotated[Question | None, about("a question at the end")] = None


class Tour(Base, frozen=True, kw_only=True):
    """A tour file."""

    format: Annotated[Literal[1], about("version of this schema")]
    title: Annotated[TextKey, about("its name")]
    about: Annotated[TextKey, about("one line about it")]
    order: Annotated[int, about("place in the list of tours", 1, 99)] = 99
    scene: Annotated[str, about("scene it leads through")] = "unet_valley"
    anywhere: Annotated[
        bool,
        about("for every network, also one without a run; a stop whose view it lacks is left out"),
    ] = False
    cameras: Annotated[dict[str, Camera], about("views besides those of the scene")] = {}
    stops: Annotated[list[Stop], about("in order", min_length=1)]

    def keys(self) -> list[str]:
        """Every text key of the tour, captions and replies included."""
        keys = [self.title, self.about]
        for stop in self.stops:
            keys += [stop.title] if stop.title else []
            keys += self.spoken(stop)
            if stop.ask:
                keys += stop.ask.answers
        return keys

    @staticmethod
    def spoken(stop: Stop) -> list[str]:
        """Text keys of a stop that are read aloud, in order."""
        asked = [stop.ask.text, *stop.ask.replies] if stop.ask else []
        return [*stop.say, *asked]


def load_tour(
    path: Path, cameras: Mapping[str, Camera] | None = None, texts: Texts | None = None
) -> Tour:
    """Read and check a tour; with a scene's `cameras` and `texts` also that its references exist.

    Raises TourError: file, line, field, what was expected.
    """
    tour, places = decode(compose(path, TourError), Tour, TourError)
    _check(tour, places)
    if cameras is not None:
        _check_views(tour, places, cameras)
    if texts is not None:
        _check_texts(tour, places, texts)
    return tour


def tour_files(folder: Path) -> list[Path]:
    """The tours that ship, by name."""
    return sorted(folder.glob("*.yaml"))


def named(texts: Texts, tour: Tour) -> tuple[str, str]:
    """Title and line about a tour."""
    return texts.get(tour.title), texts.get(tour.about)


def _check(tour: Tour, places: Mapping[str, Place]) -> None:
    def fail(path: str, expected: str, found: str) -> TourError:
        return TourError(places[path], path, expected, found)

    seen: set[str] = set()
    for i, stop in enumerate(tour.stops):
        path = f"stops[{stop.id}]"
        if stop.id in seen:
            raise fail(f"{path}.id", "an id that is used once", f"{stop.id!r} twice")
        seen.add(stop.id)
        if i == 0 and stop.view is None:
            raise fail(path, "a `view` for the first stop", "none")
        if stop.via and (stop.view is None or stop.move == "cut"):
            raise fail(f"{path}.via", "a flight to a `view`", "none")
        if stop.ask:
            count, replies = len(stop.ask.answers), len(stop.ask.replies)
            if replies not in (1, count):
                expected = f"one reply, or {count}"
                raise fail(f"{path}.ask.replies", expected, str(replies))
            if stop.ask.right is not None and stop.ask.right > count:
                raise fail(f"{path}.ask.right", f"a number from 1 to {count}", str(stop.ask.right))


def _check_views(tour: Tour, places: Mapping[str, Place], cameras: Mapping[str, Camera]) -> None:
    known = [*tour.cameras, *cameras]
    for stop in tour.stops:
        path = f"stops[{stop.id}]"
        views = [(f"{path}.via[{i}]", name) for i, name in enumerate(stop.via)]
        views += [(f"{path}.view", stop.view)] if stop.view else []
        for where, name in views:
            if name not in known:
                expected = "the name of a camera"
                raise TourError(places[where], where, expected, repr(name) + nearest(name, known))


def _check_texts(tour: Tour, places: Mapping[str, Place], texts: Texts) -> None:
    named = {path: place for path, place in places.items() if not path.startswith("cameras")}
    wanted = set(tour.keys())
    data = msgspec.to_builtins(tour)
    for path, place in named.items():
        key = _at(data, path)
        if isinstance(key, str) and key in wanted and not texts.has(key):
            near = nearest(key, list(texts.entries))
            raise TourError(place, path, f"a text of {Path(texts.source).name}", repr(key) + near)


def _at(data: object, path: str) -> object:
    """The value at a path like `stops[intro].say[0]`."""
    for part in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(data, list):
            found = [x for x in data if isinstance(x, dict) and x.get("id") == part]
            data = found[0] if found else data[int(part)] if part.isdecimal() else None
        elif isinstance(data, dict):
            data = data.get(part)
        else:
            return None
    return data
