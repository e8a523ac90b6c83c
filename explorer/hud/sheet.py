"""Opened overlays: a panel at the left, under the prompt, with a title, rows that scroll, and a way out."""

from __future__ import annotations

from collections.abc import Hashable
from types import ModuleType

from explorer.hud import keys, news, notebook, palette, picker, prompt, settings, share, tours
from explorer.hud.geometry import Rect
from explorer.hud.metrics import SMALL, TITLE
from explorer.hud.parts import panel, round_button, scroll_bar
from explorer.hud.shapes import Shape
from explorer.hud.view import Section, View
from explorer.hud.widget import Widget, change

MENUS: dict[str, ModuleType] = {
    "prompts": picker,
    "help": keys,
    "settings": settings,
    "tours": tours,
    "access": settings,
    "discoveries": notebook,
    "share": share,
}
"""Value of `State.menu` → the module with its `height(view)` and `rows(view, body)`."""


def key(view: View) -> Hashable:
    s = view.state
    if s.menu not in MENUS:
        return None
    return (
        s.menu, s.model, s.run, s.text_scale, s.quality, s.color_map, s.sensitivity, s.inverted,
        s.reduced_motion, s.captions, s.volume, s.contrast, s.message, view.library, view.help_rows,
        view.tours, view.code, s.typed, view.local.sheets.get(share.SHEET), s.answers,
        s.selection if s.menu == "discoveries" else None,
        view.record and id(view.record.notes), view.local.sheets.get(picker.SHEET),
        view.local.scroll.get("sheet_body"), view.touched("sheet"), view.touched("sheet_body"),
    )  # fmt: skip


def place(view: View) -> tuple[Rect, Rect, float]:
    """The sheet, the part of it that scrolls, and how far."""
    m, area = view.metrics, view.areas.sheet
    top = area.y if view.state.kiosk else prompt.beneath(view)
    about = _about(view, view.state.menu or "", area.width - m.px(64))
    head = m.px(28) + m.leading(TITLE) + m.leading(SMALL) * len(about) + m.px(20)
    rest = head + m.px(24)
    content = MENUS[view.state.menu or ""].height(view)
    if view.state.kiosk is not None:  # within reach of somebody who sits
        top = max(top, area.bottom - round(rest + content))
    room = max(area.bottom - news.foot(view, top) - top - rest, 0.0)
    high = min(content, room)
    rect = Rect(area.x, top, area.width, round(rest + high))
    body = Rect(area.x + m.px(32), top + head, area.width - m.px(64), round(high))
    return rect, body, max(content - room, 0.0)


def build(view: View) -> Section:
    """Frame, title, one explaining line, a button to close."""
    menu = view.state.menu
    if menu not in MENUS:
        return Section()
    rect, body, limit = place(view)
    scroll = min(view.local.scroll.get("sheet_body", 0.0), limit)
    frame, closer = title(view, rect, menu)
    shapes = [*frame, *scroll_bar(view, body, limit, scroll)]
    name, long = view.text(f"{menu}.name"), _long(view, menu)
    group = Widget("sheet", "group", rect, name, long, children=(closer,))
    return Section((group,), tuple(shapes), (rect,))


def title(view: View, rect: Rect, menu: str) -> tuple[list[Shape], Widget]:
    """What every overlay begins with."""
    m = view.metrics
    x, base = rect.x + m.px(32), rect.y + m.px(28) + m.size(TITLE) * 0.86
    close = Rect.around(rect.right - m.px(52), rect.y + m.px(52), m.px(60))
    drawn, closer = round_button(
        view, "sheet.close", close, "close", view.text("sheet.close"), change(menu=None),
        icon_size=20,
    )  # fmt: skip
    shapes = [
        *panel(view, rect),
        view.label(x, base, view.text(f"{menu}.name"), TITLE, palette.INK),
    ]
    for line in _about(view, menu, rect.width - m.px(64)):
        base += m.leading(SMALL)
        shapes.append(view.label(x, base + m.px(8), line, SMALL, palette.MUTED))
    return [*shapes, *drawn], closer


def _about(view: View, menu: str, room: float) -> list[str]:
    """The line that explains an overlay; two where the type is large. The map's is never more than one."""
    text = _long(view, menu)
    if menu in MENUS and len(rows := view.wrap(text, SMALL, room)) == 2:
        return rows
    return [view.fit(text, SMALL, room)]


def _long(view: View, menu: str) -> str:
    """What an overlay is for; of a network without a run something else may be true."""
    special = [f"hud.{menu}.long_structure"] if view.structure is not None else []
    return view.texts.first(*special, f"hud.{menu}.long")


def build_body(view: View) -> Section:
    """The rows."""
    menu = view.state.menu
    if menu not in MENUS:
        return Section()
    _, body, limit = place(view)
    scroll = min(view.local.scroll.get("sheet_body", 0.0), limit)
    widgets, shapes = MENUS[menu].rows(view, body.moved(0, -scroll))
    clip = body.inset(-view.metrics.px(6), -view.metrics.px(6) if limit <= 0 else 0)
    return Section(tuple(widgets), tuple(shapes), clip=clip, scroll_limit=limit)
