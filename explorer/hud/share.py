"""The take-away overlay: this view as a code and a QR code, a postcard of it, and room to type a code."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, SMALL, Style
from explorer.hud.shapes import Box, Picture, Shape
from explorer.hud.view import View
from explorer.hud.widget import Command, Widget, change
from explorer.story.view_code import GROUP, LENGTH, SIGNS

SHEET = "qr"
CODE = Style("JetBrainsMono-Medium", 34, 48)
KEY = Style("JetBrainsMono-Medium", 24, 30)
QR = 190
COLUMNS = 11


def height(view: View) -> float:
    """Of the code, the field and the keys."""
    m = view.metrics
    width = view.areas.sheet.width - m.px(64)
    return _take_height(view, width) + m.px(24) + m.tx(96) + _keys_height(view)


def _key(view: View) -> float:
    return max(view.metrics.px(60), view.finger)


def _keys_height(view: View) -> float:
    rows = -(-(len(SIGNS) + 1) // COLUMNS)
    return (_key(view) + view.metrics.px(6)) * rows


def rows(view: View, body: Rect) -> tuple[list[Widget], list[Shape]]:
    """Above: what to take along. Below: a code that somebody has brought."""
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    _take(view, body, shapes, widgets)
    top = body.y + _take_height(view, body.width) + m.px(24)
    _field(view, Rect(body.x, top, body.width, m.tx(96)), shapes, widgets)
    _keys(view, body.x, top + m.tx(96), body.width, shapes, widgets)
    return widgets, shapes


def _take(view: View, body: Rect, shapes: list[Shape], widgets: list[Widget]) -> None:
    """The QR code at the left, the letters and the postcard beside it."""
    m, code = view.metrics, view.code
    side = m.px(QR)
    frame = Rect(body.x, body.y, side, side)
    shapes.append(Box(frame, m.px(12), palette.rgb("#FFFFFF")))
    if view.local.sheets.get(SHEET) == (code,):
        shapes.append(Picture(frame.inset(m.px(6)), SHEET, (0.0, 0.0, 1.0, 1.0)))
    x = frame.right + m.px(28)
    y = body.y + m.leading(SMALL)
    about, letters = _lines(view, body.width)
    for line in about:
        shapes.append(view.label(x, y - m.tx(6), line, SMALL, palette.MUTED))
        y += m.leading(SMALL)
    for text in letters:
        shapes.append(view.label(x, y + m.tx(22), text, CODE, palette.INK))
        y += m.leading(CODE)
    widgets.append(
        Widget("sheet_body.code", "text", frame, view.text("share.code"), " ".join(code))
    )
    if view.state.kiosk is None:  # a kiosk keeps no files of its visitors
        name = view.text("share.postcard")
        wide = round(view.width(name, LABEL) + m.px(48))
        foot = body.y + _take_height(view, body.width)
        rect = Rect(x, foot - m.px(60), wide, m.px(60))
        _button(view, "sheet_body.postcard", rect, name, Command("postcard"), shapes, widgets)


def _lines(view: View, width: float) -> tuple[list[str], list[str]]:
    """What stands beside the QR code: the line about it, and the code in as many lines as it needs."""
    room = width - view.metrics.px(QR + 28)
    groups = view.code.split("-")
    halves = ["-".join(groups[:2]) + "-", "-".join(groups[2:])]
    letters = [view.code] if view.width(view.code, CODE) <= room else halves
    return view.wrap(view.text("share.take"), SMALL, room), letters


def _take_height(view: View, width: float) -> float:
    """Of the QR code, or of what stands beside it in large type."""
    m = view.metrics
    about, letters = _lines(view, width)
    told = m.leading(SMALL) * (len(about) + 1) + m.leading(CODE) * len(letters)
    return max(m.px(QR), told + m.px(60) if view.state.kiosk is None else told)


def _button(
    view: View,
    widget_id: str,
    rect: Rect,
    name: str,
    action: Command,
    shapes: list[Shape],
    widgets: list[Widget],
    *,
    enabled: bool = True,
) -> None:
    m = view.metrics
    warm = view.warm(widget_id)
    fill = palette.HOVER if warm else palette.fade(palette.MEANING, 0.14)
    edge = palette.MEANING if enabled else palette.TRACK
    ink = palette.INK if enabled else palette.DIM
    inner = rect.inset(0, m.px(4))
    shapes.append(
        Box(inner, m.px(12), fill if enabled else palette.RAISED, edge, max(m.px(2), 1.0))
    )
    shapes.append(view.middle(*rect.centre, name, LABEL, ink, "centre"))
    widgets.append(Widget(widget_id, "button", rect, name, action=action, enabled=enabled))


def _field(view: View, area: Rect, shapes: list[Shape], widgets: list[Widget]) -> None:
    """What was typed so far, in groups; the first place that is free is lit."""
    m, typed = view.metrics, view.state.typed
    name = view.text("share.open")
    wide = round(view.width(name, LABEL) + m.px(56))
    base = area.y + m.leading(SMALL)
    shapes.append(view.label(area.x, base - m.tx(6), view.text("share.type"), SMALL, palette.MUTED))
    y = base + m.px(6)
    box = Rect(area.x, y, area.width - wide - m.px(12), m.px(60))
    edge = palette.MACHINE if typed else palette.EDGE
    shapes.append(
        Box(
            box.inset(0, m.px(4)),
            m.px(12),
            palette.fade(palette.SOLID, 0.6),
            edge,
            max(m.px(2), 1.0),
        )
    )
    padded = typed.ljust(LENGTH, "·")
    shown = "-".join(padded[i : i + GROUP] for i in range(0, LENGTH, GROUP))
    color = palette.INK if typed else palette.DIM
    text = view.fit(shown, KEY, box.width - m.px(32))
    shapes.append(view.middle(box.x + m.px(18), box.centre[1], text, KEY, color))
    widgets.append(Widget("sheet_body.typed", "text", box, view.text("share.type"), typed))
    rect = Rect(area.right - wide, y, wide, m.px(60))
    ready = len(typed) == LENGTH
    command = Command("open_code", typed)
    _button(view, "sheet_body.open", rect, name, command, shapes, widgets, enabled=ready)


def _keys(
    view: View, x: float, y: float, width: float, shapes: list[Shape], widgets: list[Widget]
) -> None:
    """All signs, for who has no keyboard; the last key takes back."""
    m, gap, typed = view.metrics, view.metrics.px(6), view.state.typed
    wide = (width - gap * (COLUMNS - 1)) / COLUMNS
    high = _key(view)
    for index, sign in enumerate((*SIGNS, "")):
        row, column = divmod(index, COLUMNS)
        left, top = x + column * (wide + gap), y + row * (high + gap)
        rect = Rect(round(left), round(top), round(wide), round(high))
        widget_id = f"sheet_body.key.{sign or 'back'}"
        fill = palette.HOVER if view.warm(widget_id) else palette.RAISED
        shapes.append(Box(rect, m.px(8), fill))
        name = sign or view.text("share.back")
        style = KEY if sign else SMALL
        shapes.append(view.middle(*rect.centre, name, style, palette.INK, "centre"))
        text = (typed + sign)[:LENGTH] if sign else typed[:-1]
        action = change(typed=text)
        enabled = bool(sign or typed)
        widgets.append(Widget(widget_id, "button", rect, name, action=action, enabled=enabled))
