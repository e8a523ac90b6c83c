"""What only a kiosk has: the invitation, arrows to walk, accessibility, “Are you still there?”, the PIN pad."""

from __future__ import annotations

from collections.abc import Hashable

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import HEADING, LABEL, LINK, TITLE, Style
from explorer.hud.parts import panel
from explorer.hud.shapes import Box, Icon, Shape, disc
from explorer.hud.view import Section, View
from explorer.hud.widget import Action, Command, Widget, change

INVITE = Style("InterDisplay-SemiBold", 76, 92)
COUNT = Style("InterDisplay-SemiBold", 110, 120)
DIGITS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "back", "0", "enter")
BLACK = (0.0, 0.0, 0.0, 1.0)


def key(view: View) -> Hashable:
    kiosk, s = view.state.kiosk, view.state
    if kiosk is None:
        return None
    return (kiosk.phase, kiosk.welcome, kiosk.finger, s.menu, s.tour is None, view.led, view.panel is None,
            view.touched("kiosk"))  # fmt: skip


def over_key(view: View) -> Hashable:
    return (view.state.kiosk, view.touched("kiosk_over"))


def build(view: View) -> Section:
    """Under everything that asks: the pad, and the welcome."""
    kiosk = view.state.kiosk
    if kiosk is None or kiosk.phase == "attract":
        return Section()
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    covers: list[Rect] = []
    _pad(view, shapes, widgets, covers)
    asked = kiosk.phase == "active" and view.state.menu is None
    if kiosk.welcome and asked and not view.led:
        _welcome(view, shapes, widgets, covers)
    return Section(tuple(widgets), tuple(shapes), tuple(covers))


def _pad(view: View, shapes: list[Shape], widgets: list[Widget], covers: list[Rect]) -> None:
    """Two rows of four: arrows, and what opens something. The accessibility button is always there."""
    m, area, menu = view.metrics, view.areas.pad, view.state.menu
    side, gap = m.pad, m.px(10)

    def open_menu(name: str) -> Action:
        return change(menu=None if menu == name else name)

    cells: list[tuple[str, str, float, int, int, Action | None, str | None]] = [
        ("access", "access", 0, 0, 1, open_menu("access"), None)
    ]
    if not view.led and menu is None:
        cells += [
            ("turn_left", "turn", 0, 0, 0, None, "look_left"),
            ("forward", "forward", 0, 1, 0, None, "forward"),
            ("turn_right", "turn_right", 0, 2, 0, None, "look_right"),
            ("backward", "forward", 180, 1, 1, None, "backward"),
            ("tours", "tours", 0, 3, 0, open_menu("tours"), None),
            ("places", "here", 0, 2, 1, open_menu("map"), None),
            ("done", "close", 0, 3, 1, Command("kiosk", ("done", None)), None),
        ]
    for name, icon, turn, column, row, action, hold in cells:
        x, y = area.x + column * (side + gap), area.y + row * (side + gap)
        rect = Rect(x, y, side, side)
        widget_id = f"kiosk.{name}"
        warm = view.warm(widget_id)
        lit = warm or (name == menu)
        shapes += panel(view, rect, 18)
        if lit:
            shapes.append(Box(rect, m.px(18), palette.HOVER))
        color = palette.MEANING if name in ("access", "tours") else palette.INK
        shapes.append(Icon(Rect.around(*rect.centre, side * 0.5), icon, color, float(turn)))
        label = view.text(f"kiosk.{name}")
        widgets.append(Widget(widget_id, "button", rect, label, action=action, hold=hold))
        covers.append(rect)


def _welcome(view: View, shapes: list[Shape], widgets: list[Widget], covers: list[Rect]) -> None:
    """Two ways to begin."""
    m = view.metrics
    texts = (view.text("kiosk.welcome_tour"), view.text("kiosk.welcome_free"))
    high = max(m.px(96), view.finger * 1.4)
    width = max(view.width(t, LINK) for t in texts) + m.px(130)
    title = view.text("kiosk.welcome")
    outer = max(width, view.width(title, TITLE)) + m.px(80)
    outer = min(outer, m.safe.width)
    tall = m.px(60) + m.leading(TITLE) + 2 * high + m.px(40)
    x = min(view.areas.pad.right + m.px(40), m.safe.right - outer)
    bottom = view.areas.timeline.y - m.px(32)
    if m.safe.right - view.areas.pad.right < outer + m.px(40):
        x, bottom = m.safe.x, view.areas.pad.y - m.px(24)
    rect = Rect(round(x), round(bottom - tall), round(outer), round(tall))
    shapes += panel(view, rect, 22)
    base = rect.y + m.px(36) + m.size(TITLE) * 0.8
    shapes.append(view.label(rect.centre[0], base, title, TITLE, palette.INK, "centre"))
    y = rect.y + m.px(44) + m.leading(TITLE)
    actions = (Command("kiosk", ("tour", None)), Command("kiosk", ("free", None)))
    for index, (text, action) in enumerate(zip(texts, actions, strict=True)):
        button = Rect(rect.centre[0] - width / 2, y + index * (high + m.px(12)), width, high)
        widget_id = f"kiosk.welcome.{index}"
        _big(view, button, widget_id, text, shapes, filled=index == 0)
        widgets.append(Widget(widget_id, "button", button, text, action=action))
    covers.append(rect)


def _big(
    view: View, rect: Rect, widget_id: str, text: str, shapes: list[Shape], *, filled: bool
) -> None:
    m = view.metrics
    warm = view.warm(widget_id)
    fill = palette.MEANING if filled else palette.HOVER if warm else palette.RAISED
    edge = palette.INK if warm else palette.CLEAR if filled else palette.EDGE
    shapes.append(Box(rect, rect.height / 2, fill, edge, max(m.px(3), 1.0)))
    ink = palette.SOLID if filled else palette.INK
    shapes.append(view.middle(*rect.centre, text, LINK, ink, "centre"))


def build_over(view: View) -> Section:
    """Over everything: the invitation, the warning, the PIN pad, and the dimming against burn-in."""
    kiosk = view.state.kiosk
    if kiosk is None:
        return Section()
    m = view.metrics
    whole = Rect(-m.px(16), -m.px(16), m.width + m.px(32), m.height + m.px(32))
    if kiosk.pin is not None:
        return _pin(view, whole)
    if kiosk.phase == "warning":
        return _warning(view, whole)
    if kiosk.phase == "attract":
        return _invite(view, whole)
    return Section()


def _invite(view: View, whole: Rect) -> Section:
    kiosk, m = view.state.kiosk, view.metrics
    assert kiosk is not None
    text = view.text("kiosk.invite")
    middle = m.height * 0.56
    width = view.width(text, INVITE) + m.px(150)
    rect = Rect.around(m.width / 2, middle, round(width), m.px(150))
    shapes: list[Shape] = [
        Box(rect, rect.height / 2, palette.PANEL, palette.MEANING, max(m.px(4), 2.0)),
        view.label(
            m.width / 2, middle + m.size(INVITE) * 0.36, text, INVITE, palette.INK, "centre"
        ),
    ]
    side = m.pad
    corner = Rect(view.areas.pad.x, view.areas.pad.bottom - side, side, side)
    shapes += panel(view, corner, 18)
    shapes.append(Icon(Rect.around(*corner.centre, side * 0.5), "access", palette.MEANING))
    if kiosk.dim > 0:
        shapes.append(Box(whole, 1, palette.fade(BLACK, kiosk.dim)))
    widget = Widget("kiosk_over.invite", "text", whole, text, view.text("kiosk.invite_long"))
    return Section((widget,), tuple(shapes), (whole,))


def _warning(view: View, whole: Rect) -> Section:
    kiosk, m = view.state.kiosk, view.metrics
    assert kiosk is not None
    ask, keep = view.text("kiosk.still_there"), view.text("kiosk.keep_going")
    high = max(m.px(140), 2 * view.finger)
    width = max(view.width(keep, HEADING) + m.px(160), m.px(520))
    outer = min(max(width, view.width(ask, TITLE)) + m.px(120), m.safe.width)
    tall = m.px(70) + m.leading(TITLE) + m.leading(COUNT) + high + m.px(70)
    rect = Rect.around(m.width / 2, m.height * 0.58, round(outer), round(tall))
    button = Rect.around(rect.centre[0], rect.bottom - m.px(48) - high / 2, round(width), high)
    warm = view.warm("kiosk_over.keep")
    base = rect.y + m.px(40) + m.leading(TITLE)
    shapes: list[Shape] = [
        Box(whole, 1, palette.fade(BLACK, 0.5)),
        Box(rect, m.px(26), palette.SOLID, palette.EDGE, max(m.scale, 1)),
        view.label(rect.centre[0], base, ask, TITLE, palette.INK, "centre"),
        view.label(
            rect.centre[0], base + m.leading(COUNT) * 0.95, str(kiosk.seconds), COUNT, palette.MEANING,
            "centre",
        ),
        Box(button, high / 2, palette.MEANING, palette.INK if warm else palette.CLEAR, max(m.px(4), 2)),
        view.middle(*button.centre, keep, HEADING, palette.SOLID, "centre"),
    ]  # fmt: skip
    action = Command("kiosk", ("keep", None))
    widget = Widget("kiosk_over.keep", "button", button, keep, ask, action=action)
    return Section((widget,), tuple(shapes), (whole,))


def _pin(view: View, whole: Rect) -> Section:
    """Twelve keys; what is typed shows as dots."""
    kiosk, m = view.state.kiosk, view.metrics
    assert kiosk is not None and kiosk.pin is not None
    side, gap = max(m.px(96), view.finger * 1.2), m.px(12)
    width = 3 * side + 2 * gap + m.px(80)
    tall = 4 * side + 3 * gap + m.leading(TITLE) + m.px(150)
    rect = Rect.around(m.width / 2, m.height / 2, round(width), round(tall))
    shapes: list[Shape] = [
        Box(whole, 1, palette.fade(BLACK, 0.6)),
        Box(rect, m.px(26), palette.SOLID, palette.EDGE, max(m.scale, 1)),
    ]
    title = (
        view.text("kiosk.pin_wait", seconds=kiosk.pin_wait)
        if kiosk.pin_wait
        else view.text("kiosk.pin")
    )
    base = rect.y + m.px(34) + m.leading(TITLE)
    style = LABEL if kiosk.pin_wait else TITLE
    shapes.append(view.label(rect.centre[0], base, title, style, palette.INK, "centre"))
    for i in range(kiosk.pin):
        x = rect.centre[0] + (i - (kiosk.pin - 1) / 2) * m.px(30)
        shapes.append(disc(x, base + m.px(36), m.px(8), palette.MEANING))
    widgets: list[Widget] = []
    top = base + m.px(66)
    for index, digit in enumerate(DIGITS):
        row, column = divmod(index, 3)
        cell = Rect(rect.x + m.px(40) + column * (side + gap), top + row * (side + gap), side, side)
        widget_id = f"kiosk_over.pin.{digit}"
        warm = view.warm(widget_id)
        shapes.append(Box(cell, m.px(14), palette.HOVER if warm else palette.RAISED))
        label = view.text(f"kiosk.pin_{digit}") if len(digit) > 1 else digit
        style = HEADING if len(digit) == 1 else LABEL
        shapes.append(view.middle(*cell.centre, label, style, palette.INK, "centre"))
        action = Command("kiosk", ("pin", digit))
        widgets.append(Widget(widget_id, "button", cell, label, action=action))
    close = Rect(rect.right - side * 0.7, rect.y, side * 0.7, side * 0.7)
    shapes.append(Icon(Rect.around(*close.centre, m.tx(26)), "close", palette.MUTED))
    action = Command("kiosk", ("pin", "close"))
    widgets.append(
        Widget("kiosk_over.pin.close", "button", close, view.text("sheet.close"), action=action)
    )
    return Section(tuple(widgets), tuple(shapes), (whole,))
