"""The schema of a scene: what a world is made of, as typed data. `scene_load` reads files into it.

Lengths are metres, angles degrees, x right, y into the valley, z up. Every struct is frozen; its
defaults are the design's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from explorer.schema import Base, about
from explorer.world.fields import At, Colour, Identifier, NumberKey, Part, TextKey
from explorer.world.stations import AnyStation


class LayoutRule(Base, frozen=True, kw_only=True):
    """How a network becomes a place. Level 0 is the rim (full latent resolution)."""

    rule: Annotated[
        Literal["valley", "avenue"],
        about(
            "`valley`: a U as a horseshoe; `avenue`: a straight street, for networks without a U"
        ),
    ] = "valley"
    level_drop: Annotated[float, about("height between two levels, metres", 2, 30)] = 9.0
    risers: Annotated[int, about("terrace steps between two levels", 1, 12)] = 5
    band: Annotated[
        float, about("horizontal run of the risers between two levels, metres", 2, 30)
    ] = 4.6
    deep_half_width: Annotated[
        float, about("half-width of the lowest terrace's lip, metres", 8, 200)
    ] = 15.0
    deep_drop: Annotated[
        float, about("from the lowest terrace down to the lake, metres", 2, 30)
    ] = 6.0
    level_inset: Annotated[
        float, about("how much wider (half-width) each higher level is, metres", 8, 80)
    ] = 17.0
    rim_width: Annotated[
        float, about("depth of the top terrace behind its lip, metres", 10, 80)
    ] = 28.0
    front: Annotated[float, about("y of the first terrace lip, metres", -50, 100)] = 12.0
    shore: Annotated[float, about("y of the promenade's edge on the sea, metres", -50, 50)] = 2.0
    jetty: Annotated[float, about("length of the jetty into the sea, metres", 4, 120)] = 44.0
    jetty_rise: Annotated[
        float, about("how much higher the jetty's far end is: the lookout, metres", 0, 30)
    ] = 9.5
    first_room: Annotated[float, about("from the first lip to the first room, metres", 0, 100)] = (
        26.0
    )
    turn: Annotated[float, about("turn of the rooms towards the mouth, degrees", 0, 60)] = 24.0
    room_width: Annotated[float, about("width of a hall at full resolution, metres", 6, 60)] = 10.5
    room_depth: Annotated[
        float, about("depth of a room with 256 channels (depth ~ log2), metres", 3, 40)
    ] = 6.4
    room_height: Annotated[float, about("height of a room at full resolution, metres", 3, 30)] = 7.4
    room_gap: Annotated[float, about("free space between two rooms, metres", 0.5, 30)] = 1.4
    stair_width: Annotated[float, about("width of the flights between levels, metres", 2, 12)] = 3.6
    bridge_width: Annotated[float, about("walkway of a skip bridge, metres", 1.5, 12)] = 4.2
    bridge_arch: Annotated[
        float, about("rise of the arch of a bridge 105 m long, metres", 0, 30)
    ] = 8.6


class Theme(Base, frozen=True, kw_only=True):
    """Colours and light. Cool is the machine, warm is the meaning."""

    machine: Annotated[Colour, about("light of rooms, bridges and skip particles")] = "#AADFFF"
    meaning: Annotated[Colour, about("light of words, path and clock")] = "#FFCB8B"
    lamp: Annotated[Colour, about("lamp heads and the gallery's cove")] = "#FFD499"
    stone: Annotated[Colour, about("terrace treads")] = "#9EA4B1"
    riser: Annotated[Colour, about("terrace risers")] = "#8B93A2"
    paving: Annotated[Colour, about("walkways and decks")] = "#9EA4B1"
    concrete: Annotated[Colour, about("roofs, columns, tower")] = "#B5B8C0"
    dark: Annotated[Colour, about("inner walls")] = "#595F6C"
    hills: Annotated[Colour, about("the land around")] = "#456352"
    exposure_night: Annotated[float, about("exposure at the first step", 0.1, 10)] = 2.7
    exposure_day: Annotated[float, about("exposure at full dawn", 0.1, 10)] = 1.55
    fog: Annotated[float, about("fog density at night, per metre", 0, 0.1)] = 0.0045
    bloom: Annotated[float, about("strength of the softness around lines", 0, 2)] = 0.55
    first_light: Annotated[Part, about("phase of the sky at the last step: 0 night, 1 sunrise")] = (
        0.6
    )


class Camera(Base, frozen=True, kw_only=True):
    """A view: where the eye is and what it looks at."""

    eye: Annotated[At, about("the eye")]
    look: Annotated[At, about("the point looked at")]
    fov: Annotated[float, about("horizontal field of view at 16:9, degrees", 20, 110)] = 70.0
    step: Annotated[
        Part | None, about("part of the run to show: 0 first step, 1 last; none leaves it")
    ] = None
    optional: Annotated[
        bool, about("left out where the model lacks an anchor, instead of an error")
    ] = False


class FlightKey(Base, frozen=True, kw_only=True):
    """One camera of a flight."""

    camera: Annotated[str, about("name of a camera")]
    at: Annotated[
        Part | None, about("part of the flight's time at which it is passed; none spreads evenly")
    ] = None
    step: Annotated[
        Part | None, about("part of the run to show there, instead of the camera's")
    ] = None


class Flight(Base, frozen=True, kw_only=True):
    """A camera path through cameras."""

    seconds: Annotated[
        float, about("duration; longer where a turn would be too fast", high=600, above=0)
    ]
    keys: Annotated[list[FlightKey], about("cameras in order", min_length=2)]


class Spot(Base, frozen=True, kw_only=True):
    """A place to be taken to by a number key and from the map."""

    id: Annotated[Identifier, about("unique in the scene")]
    key: Annotated[NumberKey | None, about("number key, 1 to 9")] = None
    title: Annotated[TextKey, about("its name")]
    camera: Annotated[str, about("name of the camera it takes to")]


class Map(Base, frozen=True, kw_only=True):
    """The mini-map."""

    show: Annotated[bool, about("whether there is one")] = True
    margin: Annotated[float, about("land shown around the rooms, metres", 0, 200)] = 14.0


class Scene(Base, frozen=True, kw_only=True):
    """A scene file."""

    format: Annotated[Literal[1], about("version of this schema")]
    title: Annotated[TextKey, about("name of the scene")]
    test: Annotated[
        Literal["run", "compare", "off"],
        about("tests load and draw it, also compare it with a stored picture, or leave it"),
    ] = "run"
    extends: Annotated[str | None, about("scene file, next to this one, that this one changes")] = (
        None
    )
    remove: Annotated[
        list[str], about("ids of stations and spots of the extended scene to leave out")
    ] = []
    layout: Annotated[LayoutRule, about("how the network becomes a place")] = LayoutRule()
    theme: Annotated[Theme, about("colours and light")] = Theme()
    stations: Annotated[list[AnyStation], about("what stands in the valley")] = []
    cameras: Annotated[dict[str, Camera], about("named views")] = {}
    flights: Annotated[dict[str, Flight], about("named camera paths")] = {}
    spots: Annotated[list[Spot], about("places to be taken to")] = []
    start: Annotated[str, about("camera at which a visit begins")]
    map: Annotated[Map, about("the mini-map")] = Map()
