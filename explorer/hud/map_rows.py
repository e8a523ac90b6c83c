"""The places of the large map as rows beside the plan: for a finger, or where a column of names has no room."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import msgspec

from explorer.hud import palette, prompt
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, SMALL, TITLE
from explorer.hud.shapes import Box, Shape, disc
from explorer.hud.view import View
from explorer.hud.widget import Command, Widget


class MapRows(msgspec.Struct, frozen=True):
    """Where they lie; pixels."""

    area: Rect
    plan: Rect
    """What is left for the plan; without width where the type is too large for it."""
    rows: tuple[Rect, ...]

    @staticmethod
    def of(view: View, names: Sequence[str], aspect: float) -> MapRows:
        """`aspect`: the plan's width by its height. A kiosk's sheet stands at the foot of its area, within reach."""
        m, sheet = view.metrics, _room(view)
        gap, pad, count = m.px(8), m.px(32), max(len(names), 1)
        high = max(view.finger, m.tx(40)) if view.finger else m.leading(LABEL)
        head = m.px(28) + m.leading(TITLE) + m.leading(SMALL) + m.px(20)
        columns = ceil(count / max(int((sheet.height - head - pad + gap) // (high + gap)), 1))
        lines = ceil(count / columns)
        tall = lines * (high + gap) - gap
        most = sheet.width - 2 * pad
        name = max((view.width(n, LABEL) for n in names), default=0.0)
        wide = min(name + m.px(64), (most - (columns - 1) * gap) / columns)
        listed = columns * (wide + gap) - gap
        seen = min(tall * aspect, most - listed - pad)
        seen = seen if seen >= m.px(120) else 0.0
        left = seen + pad if seen else 0.0
        x = sheet.x + pad
        y = round(sheet.bottom - tall - pad if view.finger else sheet.y + head)
        area = Rect(sheet.x, y - head, round(left + listed + 2 * pad), round(head + tall + pad))
        rows = tuple(
            Rect(x + left + (i // lines) * (wide + gap), y + (i % lines) * (high + gap), wide, high)
            for i in range(len(names))
        )
        return MapRows(area, Rect(x, y, seen, tall), rows)

    def draw(
        self, view: View, places: Sequence[tuple[str, str]]
    ) -> tuple[list[Shape], list[Widget]]:
        """Id and name of each place, in the order of the rows."""
        m = view.metrics
        shapes: list[Shape] = []
        widgets: list[Widget] = []
        for (place, name), row in zip(places, self.rows, strict=True):
            widget_id = f"map.{place}"
            fill = palette.HOVER if view.warm(widget_id) else palette.RAISED
            x, middle = row.x + m.px(22), row.centre[1]
            text = view.fit(name, LABEL, row.right - x - m.px(28))
            shapes += [
                Box(row, m.px(12), fill),
                disc(x, middle, m.px(5.5), palette.PLACE),
                view.middle(x + m.px(20), middle, text, LABEL, palette.INK),
            ]
            widgets.append(
                Widget(widget_id, "button", row, name, action=Command("teleport", place))
            )
        return shapes, widgets


def _room(view: View) -> Rect:
    """What the large map may take: up to an open panel, and the prompt's place where that gives way."""
    m, areas = view.metrics, view.areas
    if view.finger:
        return Rect(areas.sheet.x, areas.sheet.y, m.safe.right - areas.sheet.x, areas.sheet.height)
    top = prompt.beneath(view)
    wide = areas.prompt.width if view.panel else m.safe.width
    return Rect(areas.sheet.x, top, wide, areas.sheet.bottom - top)
