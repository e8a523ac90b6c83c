"""Everything a layout reads: the store's state, the run's numbers, and what the pointer is doing."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

import msgspec

from explorer.hud.areas import Areas
from explorer.hud.geometry import Point, Rect
from explorer.hud.measure import Measure, shorten, wrap
from explorer.hud.metrics import Metrics, Style
from explorer.hud.palette import Color
from explorer.hud.shapes import Align, Corner, Label, Picture, Shape
from explorer.hud.widget import Widget
from explorer.state import State
from explorer.story.panel import Panel
from explorer.story.record import Record
from explorer.story.structure import Structure
from explorer.story.texts import Texts

SHEET_COLUMNS = 8


def sheet_part(cell: int, count: int) -> Corner:
    """Where picture number `cell` of `count` lies in a sheet: (left, top, right, bottom) in 0..1."""
    rows = -(-count // SHEET_COLUMNS)
    row, column = divmod(cell, SHEET_COLUMNS)
    return (column / SHEET_COLUMNS, row / rows, (column + 1) / SHEET_COLUMNS, (row + 1) / rows)


class LibraryEntry(msgspec.Struct, frozen=True):
    """A run that can be opened, as the prompt picker lists it."""

    model: str
    run: str
    title: str
    prompt: str
    picture: Path | None = None
    """Its final picture."""


class MapPlan(msgspec.Struct, frozen=True):
    """The valley seen from above, in metres; y points away from the mouth."""

    outline: tuple[tuple[Point, ...], ...] = ()
    rooms: tuple[tuple[str, str, tuple[Point, ...]], ...] = ()
    """Id, title and corners of every room."""
    bridges: tuple[tuple[Point, Point], ...] = ()
    places: tuple[tuple[str, Point], ...] = ()
    """Named places that one can be taken to."""
    bounds: tuple[float, float, float, float] = (-1.0, -1.0, 1.0, 1.0)

    @property
    def aspect(self) -> float:
        x0, y0, x1, y1 = self.bounds
        return (x1 - x0) / max(y1 - y0, 1e-6)


class Pose(msgspec.Struct, frozen=True):
    """Where the visitor stands and looks, degrees counter-clockwise from +y."""

    x: float = 0.0
    y: float = 0.0
    heading: float = 0.0


class Local(msgspec.Struct):
    """What belongs to the HUD alone: focus, pointer, scrolling, which sheets of pictures are ready."""

    focus: str | None = None
    focus_visible: bool = False
    hover: str | None = None
    pressed: str | None = None
    scroll: dict[str, float] = msgspec.field(default_factory=dict)
    sheets: dict[str, tuple[Hashable, ...]] = msgspec.field(default_factory=dict)
    """Texture name → what it shows (a list of steps, a list of runs), once it is loaded."""

    def forget(self) -> None:
        """As at the start; pictures that are loaded stay."""
        self.focus = self.hover = self.pressed = None
        self.focus_visible = False
        self.scroll.clear()


class View(msgspec.Struct):
    """One look at all of it. Layouts read it and change nothing."""

    state: State
    metrics: Metrics
    measure: Measure
    texts: Texts
    record: Record | None = None
    structure: Structure | None = None
    """What stands in for a record where no run was recorded."""
    panel: Panel | None = None
    library: tuple[LibraryEntry, ...] = ()
    help_rows: tuple[tuple[str, str], ...] = ()
    tours: tuple[tuple[str, str, str], ...] = ()
    """Name, title and line about every tour."""
    plan: MapPlan | None = None
    code: str = ""
    """Brings back this view; made when the take-away sheet opens."""
    track_height: float = 0.0
    """Of the concept track, pixels; 0 while it is closed."""
    track_yields: bool = False
    """The concept track is open, but there is only room for the panel that was asked for after it."""
    pose: Pose = msgspec.field(default_factory=Pose)
    local: Local = msgspec.field(default_factory=Local)

    @property
    def known(self) -> Record | None:
        """What panels and the map may ask: the run, or the structure of a model without one."""
        return self.record or self.structure

    @property
    def areas(self) -> Areas:
        """Where everything stands."""
        aspect = 1.0 if self.plan is None else self.plan.aspect
        return Areas.of(self.metrics, aspect, self.track_height)

    @property
    def finger(self) -> float:
        """Least side of a touch target, pixels; 0 away from a kiosk."""
        kiosk = self.state.kiosk
        return 0.0 if kiosk is None else kiosk.finger

    @property
    def led(self) -> bool:
        """Whether a tour leads right now: map and legends make room for its card."""
        tour = self.state.tour
        return tour is not None and tour.status not in ("left", "ended")

    @property
    def quiet(self) -> bool:
        """Whether map and legends make room: for a tour, or for the welcome of a kiosk."""
        kiosk = self.state.kiosk
        return self.led or (kiosk is not None and (kiosk.welcome or kiosk.phase == "attract"))

    @property
    def cleared(self) -> bool:
        """Whether map and legends are away: they make room, or the concept track stands in their place."""
        return self.quiet or self.track_height > 0

    @property
    def card_bottom(self) -> float:
        """Where a tour's card ends: above the timeline."""
        return self.areas.timeline.y - self.metrics.px(20)

    def text(self, key: str, **values: object) -> str:
        return self.texts.get(f"hud.{key}", **values)

    def width(self, text: str, style: Style) -> float:
        return self.measure.width(text, style.face, self.metrics.size(style))

    def wrap(self, text: str, style: Style, width: float) -> list[str]:
        return wrap(self.measure, text, style.face, self.metrics.size(style), width)

    def fit(self, text: str, style: Style, width: float) -> str:
        return shorten(self.measure, text, style.face, self.metrics.size(style), width)

    def label(
        self,
        x: float,
        y: float,
        text: str,
        style: Style,
        color: Color,
        align: Align = "left",
    ) -> Label:
        return Label(
            float(round(x)),
            float(round(y)),
            text,
            style.face,
            self.metrics.size(style),
            color,
            align,
        )

    def middle(
        self, x: float, y: float, text: str, style: Style, color: Color, align: Align = "left"
    ) -> Label:
        """A label whose small letters stand in the middle of height y."""
        return self.label(x, y + self.metrics.size(style) * 0.36, text, style, color, align)

    def touched(self, section: str) -> tuple[str | None, str | None]:
        """Hovered and pressed widget, if they belong to `section`: part of its cache key."""
        prefix = f"{section}."
        hover, pressed = self.local.hover, self.local.pressed
        return (
            hover if hover and hover.startswith(prefix) else None,
            pressed if pressed and pressed.startswith(prefix) else None,
        )

    def warm(self, widget_id: str) -> bool:
        """True while the pointer rests on, or presses, the widget."""
        return widget_id in (self.local.hover, self.local.pressed)


class Section(msgspec.Struct, frozen=True):
    """One independent part of the HUD: its widgets, its shapes, and the area where it takes the pointer."""

    widgets: tuple[Widget, ...] = ()
    shapes: tuple[Shape, ...] = ()
    covers: tuple[Rect, ...] = ()
    clip: Rect | None = None
    scroll_limit: float = 0.0
    """How far the section's content can be scrolled, pixels."""

    def uses(self, sheet: str) -> bool:
        """True if a picture of the sheet is among the shapes."""
        return any(isinstance(shape, Picture) and shape.sheet == sheet for shape in self.shapes)
