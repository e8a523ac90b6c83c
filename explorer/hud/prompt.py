"""The prompt, top left: every word carries the attention it receives at this step."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, WORD
from explorer.hud.parts import panel
from explorer.hud.shapes import Box, Icon, Shape
from explorer.hud.view import Section, View
from explorer.hud.widget import Widget, change

GAP = 8
OTHERS = 5
"""Buttons after the first."""


def key(view: View) -> Hashable:
    s = view.state
    kiosk = s.kiosk and (s.kiosk.phase, s.kiosk.finger)
    return (s.run, s.whole_step, s.word, s.overlay, s.menu, s.track, kiosk, view.touched("prompt"))


LEAST = 280
"""A sheet lower than that takes the prompt's place, too."""


class Arrangement(msgspec.Struct, frozen=True):
    """Where the words and the buttons go: as much beside one another as the width allows."""

    lines: list[list[tuple[int, Rect]]]
    """Words in lines: index, and x and width from the start of the line."""
    worded: bool
    """The first button has its name on it, not only a pictogram."""
    below: bool
    """The buttons stand in a row of their own."""

    @staticmethod
    def of(view: View) -> Arrangement:
        m, area = view.metrics, view.areas.prompt
        _, pad, start = _head(view)
        whole = area.width - start - pad
        beside = whole - (OTHERS + 1) * m.px(GAP) - OTHERS * button_side(view)
        lines = _break_lines(view, beside - _change_width(view))
        if not lines:
            kiosk = view.state.kiosk is not None  # which has one button here
            others = 0 if kiosk else OTHERS * (m.px(GAP) + button_side(view))
            over = _instead_width(view) > whole - m.px(GAP) - _change_width(view) - others
            return Arrangement([], kiosk or not over, over)
        if len(lines) < 2:
            return Arrangement(lines, True, False)
        lines = _break_lines(view, beside - button_side(view))
        if len(lines) < 3:
            return Arrangement(lines, False, False)
        return Arrangement(_break_lines(view, whole), False, True)


def button_side(view: View) -> float:
    """Of the round buttons: a little less than the pill is high."""
    m, area = view.metrics, view.areas.prompt
    widest = (area.width - OTHERS * m.px(GAP)) / (OTHERS + 1)
    return max(min(area.height - m.px(8), int(widest)), m.px(60))


def build(view: View) -> Section:
    """The pill with the words, then the buttons that open something."""
    if gives_way(view):
        return Section()
    if view.track_height and view.areas.track.y < bottom(view):  # the concept track needs the room
        return Section()
    m, area = view.metrics, view.areas.prompt
    head, pad, start = _head(view)
    plan = Arrangement.of(view)
    ends = [line[-1][1].right for line in plan.lines] or [_instead_width(view)]
    rect = Rect(area.x, area.y, round(start + max(ends) + pad), _pill_height(view, plan))
    shapes: list[Shape] = panel(view, rect, 34)
    base = area.y + area.height / 2 + m.size(WORD) * 0.34
    shapes.append(view.label(area.x + pad, base, head, LABEL, palette.DIM))
    words: list[Widget] = []
    for number, line in enumerate(plan.lines):
        for index, place in line:
            spot = place.moved(area.x + start, base + number * m.leading(WORD))
            drawn, widget = _word(view, index, spot)
            shapes += drawn
            words.append(widget)
    if not plan.lines:
        shapes.append(view.label(area.x + start, base, _instead(view), LABEL, palette.MUTED))
    group = Widget("prompt", "group", rect, head, view.text("prompt.long"), children=tuple(words))
    x, y = (area.x, rect.bottom + m.px(GAP)) if plan.below else (rect.right + m.px(GAP), area.y)
    buttons, drawn, covers = _buttons(view, x, y, area.height, plan.worded)
    return Section((group, *buttons), (*shapes, *drawn), (rect, *covers))


def _instead(view: View) -> str:
    """What stands there without words: the prompt of an imported run as it was typed."""
    if view.record is None or not view.record.metadata.prompt:
        return view.text("prompt.none")
    return view.fit(view.record.metadata.prompt, LABEL, view.areas.prompt.width / 2)


def _instead_width(view: View) -> float:
    return view.width(_instead(view), LABEL) + view.metrics.tx(16)


def bottom(view: View) -> float:
    """Where the prompt ends: other things begin below it."""
    plan, area = Arrangement.of(view), view.areas.prompt
    row = area.height + view.metrics.px(GAP) if plan.below else 0.0
    return area.y + _pill_height(view, plan) + row


def beneath(view: View) -> float:
    """Where an open sheet begins: below the prompt, or in its place."""
    if gives_way(view):
        return view.areas.prompt.y
    return bottom(view) + view.metrics.px(20)


def gives_way(view: View) -> bool:
    """Whether an open sheet stands where the prompt was: in a kiosk, and where large type would leave it little."""
    if view.state.menu is None:
        return False
    below = view.areas.sheet.bottom - bottom(view)
    return view.state.kiosk is not None or below < view.metrics.tx(LEAST)


def _pill_height(view: View, plan: Arrangement) -> float:
    return view.areas.prompt.height + view.metrics.leading(WORD) * max(len(plan.lines) - 1, 0)


def _head(view: View) -> tuple[str, float, float]:
    """The word before the words, the pill's padding, and where its words start."""
    m = view.metrics
    head, pad = view.text("prompt.name"), m.px(28)
    return head, pad, pad + view.width(head, LABEL) + m.px(16)


def _break_lines(view: View, room: float) -> list[list[tuple[int, Rect]]]:
    """Words in lines: (index, x and width from the start of the line)."""
    lines: list[list[tuple[int, Rect]]] = []
    gap, x = view.metrics.tx(13), 0.0
    for word in view.record.words if view.record else ():
        width = max(view.width(word.text, WORD), view.finger - view.metrics.tx(12))
        if not lines or x + width > room:
            lines.append([])
            x = 0.0
        lines[-1].append((word.index, Rect(x, 0, width, 0)))
        x += width + gap
    return lines


def _word(view: View, index: int, place: Rect) -> tuple[list[Shape], Widget]:
    m, s, record = view.metrics, view.state, view.record
    assert record is not None
    share = record.word_share(index, s.whole_step)
    weight = 0.0 if share is None else share
    chosen = s.overlay and s.word == index
    widget_id = f"prompt.word.{index}"
    color = palette.mix(palette.MUTED, palette.MEANING, weight)
    if view.warm(widget_id) and not chosen:
        color = palette.mix(color, palette.INK, 0.6)
    word = record.words[index]
    line = Rect(place.x, place.y + m.tx(8), place.width, max(m.tx(3), 1.0))
    under = palette.mix(palette.rgb("#33415F"), palette.MEANING, weight)
    shapes: list[Shape] = []
    if chosen:
        back = Rect(place.x, place.y - m.size(WORD) * 0.34, place.width, 0).inset(
            -m.px(6), -m.tx(23)
        )
        shapes.append(
            Box(
                back,
                m.px(10),
                palette.fade(palette.MEANING, 0.16),
                palette.fade(palette.MEANING, 0.55),
                max(m.scale, 1),
            )
        )
    shapes.append(Box(line, line.height / 2, under))
    middle = place.x + place.width / 2
    shapes.append(view.label(middle, place.y, word.text, WORD, color, "centre"))
    target = Rect(
        place.x - m.tx(6),
        place.y - m.size(WORD) * 0.34 - m.px(30),
        place.width + m.tx(12),
        max(m.px(60), view.finger),
    )
    mass = (
        None
        if record.word_mass is None
        else float(record.word_mass[min(s.whole_step, record.steps - 1), index])
    )
    long = (
        view.text("prompt.not_recorded")
        if mass is None
        else view.text("prompt.word_long", percent=f"{100 * mass:.1f}")
    )
    action = (
        change(overlay=False, word=None)
        if chosen
        else change(overlay=True, word=index, selection=f"word:{index}")
    )
    return shapes, Widget(widget_id, "word", target, word.text, long, action, checked=chosen)


def _change_width(view: View) -> float:
    return view.width(view.text("prompt.change"), LABEL) + view.metrics.px(56)


def _buttons(
    view: View, x: float, y: float, height: float, worded: bool
) -> tuple[list[Widget], list[Shape], list[Rect]]:
    m, menu = view.metrics, view.state.menu
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    covers: list[Rect] = []
    kiosk = view.state.kiosk
    if kiosk is not None and kiosk.phase == "attract":
        return [], [], []
    named_menus = [
        ("prompts", view.text("prompt.change")),
        ("tours", view.text("tours.name")),
        ("discoveries", view.text("discoveries.name")),
        ("share", view.text("share.name")),
        ("help", view.text("help.name")),
        ("settings", view.text("settings.name")),
    ]
    for name, label in named_menus[:1] if kiosk else named_menus:  # a kiosk's pad has the others
        named = name == "prompts" and worded
        side = height if kiosk else button_side(view)
        wide = round(_change_width(view)) if named else side
        rect = Rect(x, round(y + (height - side) / 2), wide, side)
        widget_id, action = f"prompt.{name}", change(menu=None if menu == name else name)
        lit = menu == name or view.warm(widget_id)
        shapes += panel(view, rect, 64)
        if lit:
            shapes.append(Box(rect, side / 2, palette.RAISED))
        color = palette.INK if lit else palette.MACHINE
        if named:
            shapes.append(view.middle(*rect.centre, label, LABEL, color, "centre"))
        else:
            shapes.append(Icon(Rect.around(*rect.centre, m.tx(28)), name, color))
        widgets.append(Widget(widget_id, "button", rect, label, action=action))
        covers.append(rect)
        x = rect.right + m.px(GAP)
    return widgets, shapes, covers
