"""Where things stand: nothing in the middle of the screen, one margin all around."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from explorer.hud.geometry import Rect
from explorer.hud.metrics import Metrics

PLAN = 260
"""Height of the mini-map."""


class Areas(msgspec.Struct, frozen=True):
    """The places of the HUD for one window size and text size."""

    prompt: Rect
    """Room for the prompt pill and its buttons; the pill takes as much as its words need."""
    reading: Rect
    """Room for the reading panel; it takes as much height as its content needs."""
    timeline: Rect
    track: Rect
    """The concept track; without height while it is closed."""
    strip: Rect
    """The slim line of legends and view toggles above the timeline."""
    plan: Rect
    """The mini-map."""
    pad: Rect
    """A kiosk's arrows and buttons; empty elsewhere."""
    sheet: Rect
    """An opened overlay: prompts, help, settings, the large map."""

    @staticmethod
    @lru_cache(maxsize=8)
    def of(m: Metrics, plan_aspect: float = 1.0, track_height: float = 0.0) -> Areas:
        """`plan_aspect` is the width of the valley's plan by its length."""
        safe, gutter = m.safe, m.px(32)
        grown = m.text_scale - 1
        timeline_height = m.px(172 + 68 * grown)
        timeline = Rect(safe.x, safe.bottom - timeline_height, safe.width, timeline_height)
        reading_width = min(m.px(500 * (1 + 0.5 * grown)), round(0.46 * safe.width))
        gap = m.px(10)
        across, tall = (4 * m.pad + 3 * gap, 2 * m.pad + gap) if m.pad else (0, 0)
        above = timeline.y - (m.px(12) if track_height else 0)
        if m.pad and track_height:  # the pad stays where a hand found it, in the lower third
            above = timeline.y - gutter - tall - m.px(16)
        track = Rect(safe.x, above - track_height, safe.width, track_height)
        free = track.y - (m.px(16) if track_height else gutter)
        foot = timeline.y - gutter if m.pad else free
        reading = Rect(safe.right - reading_width, safe.y, reading_width, free - safe.y)
        prompt = Rect(safe.x, safe.y, reading.x - gutter - safe.x, m.tx(68))
        high = m.px(PLAN)
        wide = round(min(max(high * plan_aspect, high * 0.5), high * 1.3))
        pad = Rect(safe.x, foot - tall, across, tall)
        plan = Rect(pad.right + (gutter if m.pad else 0), foot - high, wide, high)
        strip_height = m.px(60) if grown <= 0 else m.tx(48)
        strip = Rect(
            plan.right + m.px(20),
            foot - strip_height,
            reading.x - gutter - plan.right - m.px(20),
            strip_height,
        )
        top = prompt.bottom + m.px(20)
        sheet = Rect(safe.x, top, min(m.px(860 + 320 * grown), prompt.width), free - top)
        if m.pad:  # beside the one button that stays, and over the prompt
            x = safe.x + m.pad + m.px(20)
            broad = min(m.px(860 + 320 * grown), safe.right - x)
            sheet = Rect(x, safe.y, broad, free - safe.y)
        return Areas(prompt, reading, timeline, track, strip, plan, pad, sheet)
