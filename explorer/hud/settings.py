"""The settings overlay: a few choices, each a row; every choice is a field of the store."""

from __future__ import annotations

from typing import NamedTuple

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, NUMBER
from explorer.hud.shapes import Box, RampBar, Shape, disc
from explorer.hud.view import View
from explorer.hud.widget import Slide, Widget, change
from explorer.story.ramps import OF_FEATURES


class Setting(NamedTuple):
    """A field of the store, its texts, and what it can be; nothing = a slider."""

    field: str
    name: str
    values: tuple[float | str | bool, ...] = ()


SETTINGS = (
    Setting("text_scale", "text_size", (1.0, 1.5, 2.0)),
    Setting("color_map", "colors", OF_FEATURES),
    Setting("quality", "quality", ("low", "medium", "high")),
    Setting("sensitivity", "sensitivity"),
    Setting("inverted", "inverted", (False, True)),
    Setting("reduced_motion", "motion", (False, True)),
    Setting("contrast", "contrast", (False, True)),
    Setting("captions", "captions", (False, True)),
    Setting("volume", "volume", (0.0, 0.35, 0.7, 1.0)),
)
ACCESS = (
    Setting("text_scale", "text_size", (1.0, 1.5, 2.0)),
    Setting("contrast", "contrast", (False, True)),
    Setting("reduced_motion", "motion", (False, True)),
    Setting("captions", "captions", (True, False)),
    Setting("volume", "volume", (0.0, 0.35, 0.7, 1.0)),
)
"""What a kiosk's accessibility button opens."""
SLOWEST, FASTEST = 0.25, 3.0


def _row(view: View) -> float:
    """A row's height; large type puts the choices below the name."""
    m = view.metrics
    tall = max(m.px(76), view.finger + m.px(16))
    return tall if m.text_scale < 1.4 else m.tx(36) + tall


def _shown(view: View) -> tuple[Setting, ...]:
    return ACCESS if view.state.menu == "access" else SETTINGS


def height(view: View) -> float:
    """Of all rows."""
    return len(_shown(view)) * _row(view)


def rows(view: View, body: Rect) -> tuple[list[Widget], list[Shape]]:
    """The name of a setting at the left, its choices at the right."""
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    below = m.text_scale >= 1.4
    for index, setting in enumerate(_shown(view)):
        top = body.y + _row(view) * index
        y = top + (m.tx(36) + m.px(34) if below else _row(view) / 2)
        label = view.text(f"settings.{setting.name}.name")
        shapes.append(
            view.middle(body.x, top + m.tx(20) if below else y, label, LABEL, palette.INK)
        )
        if setting.values:
            drawn, made = _choices(view, setting, label, body.right, y)
        else:
            drawn, made = _sensitivity(view, label, body.right, y)
        shapes += drawn
        widgets += made
    return widgets, shapes


def _choices(
    view: View, setting: Setting, label: str, right: float, y: float
) -> tuple[list[Shape], list[Widget]]:
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    x = right
    for value in reversed(setting.values):
        word = _word(view, setting, value)
        width = round(max(view.width(word, LABEL) + m.px(40), m.px(76), view.finger))
        tall = max(m.px(60), view.finger)
        rect = Rect(round(x - width), round(y - tall / 2), width, round(tall))
        x -= width + m.px(6)
        on = getattr(view.state, setting.field) == value
        widget_id = f"sheet_body.{setting.field}.{value}"
        ramp = str(value) if setting.field == "color_map" else None
        shapes += _choice(view, rect, word, on, view.warm(widget_id), ramp)
        action = change(**{setting.field: value})
        name = f"{label}: {word}"
        widgets.insert(0, Widget(widget_id, "option", rect, name, action=action, checked=on))
    return shapes, widgets


def _word(view: View, setting: Setting, value: float | str | bool) -> str:
    if isinstance(value, bool):
        return view.text("settings.on" if value else "settings.off")
    if isinstance(value, float):
        return view.texts.get("number.percent", value=f"{100 * value:.0f}")
    return view.text(f"settings.{setting.name}.{value}")


def _choice(
    view: View, rect: Rect, word: str, on: bool, warm: bool, ramp: str | None
) -> list[Shape]:
    m = view.metrics
    fill = palette.fade(palette.MEANING, 0.16) if on else palette.HOVER if warm else palette.RAISED
    edge = palette.MEANING if on else palette.CLEAR
    color = palette.INK if on else palette.MUTED
    x, y = rect.centre
    shapes: list[Shape] = [Box(rect.inset(0, m.px(6)), m.px(10), fill, edge, max(m.px(2), 1.0))]
    if ramp is not None:
        bar = Rect(rect.x + m.px(20), rect.bottom - m.px(20), rect.width - m.px(40), m.px(4))
        shapes.append(RampBar(bar, ramp))
        y -= m.px(6)
    shapes.append(view.middle(x, y, word, LABEL, color, "centre"))
    return shapes


def _sensitivity(
    view: View, label: str, right: float, y: float
) -> tuple[list[Shape], list[Widget]]:
    m, value = view.metrics, view.state.sensitivity
    end = right - m.tx(76)
    start = end - m.px(260)
    now = start + (end - start) * (value - SLOWEST) / (FASTEST - SLOWEST)
    thick = max(m.px(4), 1.0)
    track = Rect(start, round(y - thick / 2), end - start, thick)
    shapes: list[Shape] = [
        Box(track, thick / 2, palette.TRACK),
        disc(now, y, m.px(10), palette.INK),
        view.middle(right, y, f"{value:.2f}", NUMBER, palette.MUTED, "right"),
    ]
    slide = Slide(("sensitivity",), SLOWEST, FASTEST, start, end, value, 0.25)
    rect = Rect(start - m.px(20), y - m.px(30), end - start + m.px(40), m.px(60))
    return shapes, [Widget("sheet_body.sensitivity", "slider", rect, label, slide=slide)]
