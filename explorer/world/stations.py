"""The kinds of things a scene can place: one struct each, told apart by `kind`. Sizes: metres."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from explorer.schema import Base, about
from explorer.world.fields import At, Colour, Identifier, Length, Point, Shown, TextKey


class Station(Base, tag_field="kind", frozen=True, kw_only=True):
    """What every station has; its `kind` (one of those below) says what else."""

    id: Annotated[Identifier, about("unique in the scene; also the id a click selects")]
    at: Annotated[At, about("where it stands")]
    colour: Annotated[Colour | None, about("instead of the theme's colour")] = None
    scale: Annotated[float, about("factor on all its sizes", high=100, above=0)] = 1.0
    panel: Annotated[Identifier | None, about("id of the panel a click opens, if not its own")] = (
        None
    )
    text: Annotated[TextKey | None, about("its label")] = None
    optional: Annotated[
        bool, about("left out where the model lacks the anchor, instead of an error")
    ] = False


class Gallery(Station, tag="gallery", frozen=True, kw_only=True):
    """The canvases of one run side by side under one roof."""

    shows: Annotated[list[Shown], about("arrays, left to right", min_length=1)] = msgspec.field(
        default_factory=lambda: ["x_t", "noise", "x0"]
    )
    size: Annotated[Length, about("side of a canvas, metres")] = 7.6
    main_size: Annotated[Length, about("side of the x0 canvas")] = 10.4
    gap: Annotated[float, about("between two canvases", 0, 50)] = 1.6


class Canvas(Station, tag="canvas", frozen=True, kw_only=True):
    """One framed canvas."""

    shows: Annotated[Shown, about("the array on it")]
    size: Annotated[Length, about("side of the picture")] = 3.9
    frame: Annotated[float, about("width of the frame", 0, 5)] = 0.35


class RoomCanvas(Station, tag="room_canvas", frozen=True, kw_only=True):
    """A framed canvas on the left wall of every room that has space for it."""

    at: Annotated[At, about("not used: the rooms say where")] = At()
    shows: Annotated[Shown, about("the array on it")] = "x0"
    size: Annotated[Length, about("side of the picture, at most")] = 3.0


class WordTower(Station, tag="word_tower", frozen=True, kw_only=True):
    """The prompt's words, one tile above the other."""

    height: Annotated[Length, about("height")] = 45.0
    width: Annotated[Length, about("width")] = 9.0


class Clock(Station, tag="clock", frozen=True, kw_only=True):
    """The timestep embedding: a ring with one tick a step."""

    radius: Annotated[Length, about("radius of the ring")] = 10.0


class Jetty(Station, tag="jetty", frozen=True, kw_only=True):
    """A walkway over the water, towards the sea (local −y)."""

    length: Annotated[Length, about("length")] = 26.0
    width: Annotated[Length, about("width of the walkway")] = 3.2
    rise: Annotated[float, about("how much higher its far end is, metres", 0, 30)] = 0.0


class Lamp(Station, tag="lamp", frozen=True, kw_only=True):
    """A small warm light on a post."""

    height: Annotated[Length, about("height of the head")] = 3.2


class Bench(Station, tag="bench", frozen=True, kw_only=True):
    """A stone bench."""

    width: Annotated[Length, about("length of the seat")] = 2.4


class Sign(Station, tag="sign", frozen=True, kw_only=True):
    """Standing text."""

    text: Annotated[TextKey, about("what it says")]
    size: Annotated[Length, about("cap height; read from up to 60 times as far")] = 0.3


class Notice(Station, tag="notice", frozen=True, kw_only=True):
    """A low board with a title and a few sentences, read in passing."""

    text: Annotated[
        TextKey,
        about("has a `title`, a `look`, and for a network without a run perhaps a `structure`"),
    ]
    width: Annotated[Length, about("width of the board")] = 1.5
    size: Annotated[Length, about("cap height of the sentences")] = 0.045


class Billboard(Station, tag="billboard", frozen=True, kw_only=True):
    """A panel that shows an array of the run, or a text: one of `array` and `text`."""

    array: Annotated[Identifier | None, about("an array of the pack, like `predicted`")] = None
    size: Annotated[Length, about("height")] = 3.0


class Box(Station, tag="box", frozen=True, kw_only=True):
    """A plain block, standing on its place."""

    size: Annotated[
        tuple[Length, Length, Length],
        about("width, depth, height", expected="three sizes: [w, d, h]"),
    ] = (1.0, 1.0, 1.0)


class LightLine(Station, tag="light_line", frozen=True, kw_only=True):
    """A thin line of light."""

    points: Annotated[list[Point], about("corners, in the axes of `at`", min_length=2)]
    width: Annotated[Length, about("thickness")] = 0.06


class Exhibit(Station, frozen=True, kw_only=True):
    """What every exhibit has; each kind says what else. Optional ones are left out where there is no room."""

    lasting: ClassVar[bool] = False
    """Stands in a model without a run, too: nothing of it is recorded."""
    reach: Annotated[float, about("drawn from this far away, metres", 20, 1000)] = 170.0


class Sculptor(Exhibit, tag="sculptor", frozen=True, kw_only=True):
    """The Sculptor's Studio: the picture as a standing stone of columns, one a pixel, in falling dust."""

    size: Annotated[float, about("side of the stone, metres", 2, 9)] = 6.0
    relief: Annotated[float, about("how far a white pixel stands out, metres", 0.1, 2)] = 0.8
    columns: Annotated[
        int, about("columns to a side up close; fewer from afar and on weak machines", 8, 256)
    ] = 128
    dust: Annotated[int, about("grains of dust", 0, 20000)] = 2400


class Dig(Exhibit, tag="dig", frozen=True, kw_only=True):
    """The Dig: a field of ground with one layer a step, cut open along one row of the picture."""

    size: Annotated[float, about("side of the field, metres", 3, 9.5)] = 8.8
    height: Annotated[float, about("height of all layers together, metres", 1, 5)] = 3.2


class Display(Exhibit, tag="display", frozen=True, kw_only=True):
    """Pictures of the run side by side on a wall under a narrow roof."""

    over: ClassVar[float] = 0.0
    under: ClassVar[float] = 0.0
    """Room for more over and under the pictures, metres."""
    shows: Annotated[list[Identifier], about("arrays, in reading order", min_length=1)]
    rows: Annotated[int, about("rows of pictures", 1, 3)] = 1
    size: Annotated[Length, about("side of a picture, metres")] = 3.0
    gap: Annotated[float, about("between two pictures, metres", 0, 10)] = 0.7
    joins: Annotated[bool, about("lines of light lead from the pictures to the last one")] = False
    marks: Annotated[bool, about("one cell of the latent grid is framed on every picture")] = False
    study: Annotated[
        Identifier | None, about("kind of study whose runs are `study_1`, `study_2` …")
    ] = None
    plates: Annotated[
        list[Identifier], about("written numbers over the pictures of the top row, in their order")
    ] = []
    labels: Annotated[
        float, about("room for the prompt's pieces left of the pictures, metres", 0, 10)
    ] = 0.0
    pair: Annotated[bool, about("the prompts of both runs of a pair stand above")] = False
    saying: Annotated[TextKey | None, about("written on its back, a sentence a line")] = None


class Choice(Display, tag="choice", frozen=True, kw_only=True):
    """The Arrival: one noise under several prompts, one prompt on several noises. `base` is the run they share."""

    over: ClassVar[float] = 0.62
    under: ClassVar[float] = 0.5
    shows: Annotated[
        list[Identifier],
        about("`base_noise`, `base`, `prompt_<n>`, `seed_<n>` in reading order", min_length=1),
    ] = msgspec.field(
        default_factory=lambda: ["base_noise", "prompt_1", "base", "seed_1", "seed_2"]
    )


class Noising(Display, tag="noising", frozen=True, kw_only=True):
    """The noising bench: a true scene, the same with noise mixed in, the model's guess, and a rail of noise levels."""

    over: ClassVar[float] = 0.55
    under: ClassVar[float] = 0.9
    shows: Annotated[
        list[Identifier], about("`scene`, `noised`, `guess` in reading order", min_length=1)
    ] = msgspec.field(default_factory=lambda: ["scene", "noised", "guess"])


class Cuts(Display, tag="cuts", frozen=True, kw_only=True):
    """Cut a bridge: the whole run, the run without one part, what changed, and a board with a lever for every part."""

    over: ClassVar[float] = 0.65
    under: ClassVar[float] = 1.22
    shows: Annotated[
        list[Identifier], about("`whole`, `without_it`, `apart` in reading order", min_length=1)
    ] = msgspec.field(default_factory=lambda: ["whole", "without_it", "apart"])


class Orchestra(Exhibit, tag="orchestra", frozen=True, kw_only=True):
    """The Orchestra: every unit an instrument, seated by depth; the scheduler conducts."""

    heard: Annotated[float, about("heard up to this far away, metres", 8, 100)] = 14.0


class Annex(Exhibit, tag="annex", frozen=True, kw_only=True):
    """The Annex of true scale: models as blocks, their volume the number of their parameters."""

    lasting: ClassVar[bool] = True
    models: Annotated[list[Identifier], about("folders in runs/; those not there are left out")] = (
        msgspec.field(default_factory=lambda: ["miniature", "sd15", "sdxl", "flux"])
    )
    density: Annotated[float, about("parameters a cubic metre", 1e5, 1e10)] = 20e6
    width: Annotated[Length, about("width of the plot")] = 31.0
    depth: Annotated[Length, about("depth of the plot")] = 12.4


class Training(Exhibit, tag="training", frozen=True, kw_only=True):
    """The Training Hall: one prompt and one noise at every kept checkpoint, over the curve of the loss; true scenes."""

    columns: Annotated[
        int, about("checkpoints side by side; of more, evenly chosen ones", 2, 16)
    ] = 8
    scenes: Annotated[int, about("true training scenes over them, at most", 2, 24)] = 12
    side: Annotated[Length, about("side of a small picture, metres")] = 1.0


AnyStation = (
    Gallery
    | Canvas
    | RoomCanvas
    | WordTower
    | Clock
    | Jetty
    | Lamp
    | Bench
    | Sign
    | Notice
    | Billboard
    | Box
    | LightLine
    | Sculptor
    | Dig
    | Display
    | Choice
    | Noising
    | Cuts
    | Annex
    | Orchestra
    | Training
)
