"""The vocabulary of scene files: places, colours, ids, and how a field says what it is."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from explorer.schema import Base, about

ANCHOR = (
    r"^(origin|mouth|shore|deep|tower|gallery|lake|jetty|unit:[\w.\-]+"
    r"|room:(left|right|deep)\.\d+\.\d+|bridge:\d+|(west|east):\d+)$"
)
Anchor = Annotated[
    str,
    Meta(
        pattern=ANCHOR,
        extra={
            "expected": "an anchor: origin, mouth, shore, deep, tower, gallery, lake, jetty, "
            "unit:<id>, room:left.<level>.<n> (or right, deep), bridge:<n>, or west:<n> (or east): "
            "sites along the promenade, from the sea"
        },
    ),
]
Colour = Annotated[
    str,
    Meta(pattern=r"^#[0-9A-Fa-f]{6}$", extra={"expected": 'a colour in quotes: "#RRGGBB"'}),
]
TextKey = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$",
        extra={"expected": "a text key of scenes/locales, like sign.deep"},
    ),
]
Identifier = Annotated[
    str, Meta(pattern=r"^[\w:.\->]+$", extra={"expected": "an id of letters, digits, _ - . :"})
]
Point = Annotated[tuple[float, float, float], Meta(extra={"expected": "three numbers: [x, y, z]"})]
Length = Annotated[float, Meta(gt=0, le=1000)]
Part = Annotated[float, Meta(ge=0, le=1)]
NumberKey = Annotated[str, Meta(pattern=r"^[1-9]$", extra={"expected": "a number key from 1 to 9"})]
Shown = Literal["x_t", "noise", "x0"]
ORIGIN = (0.0, 0.0, 0.0)


class At(Base, frozen=True, kw_only=True):
    """A place: an anchor of the valley plus an offset in the anchor's own axes."""

    anchor: Annotated[Anchor, about("named place; `origin` is the world's")] = "origin"
    offset: Annotated[Point, about("right, back (away from the mouth), up; metres")] = ORIGIN
    yaw: Annotated[
        float, about("turn, degrees, counter-clockwise from above; 0 faces the mouth", -360, 360)
    ] = 0.0
    where: Annotated[str, Meta(extra={"hidden": True})] = ""
    """Filled by the loader: `file:line: field`, for messages about an anchor the model lacks."""
