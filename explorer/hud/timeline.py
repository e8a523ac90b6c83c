"""The timeline: play, step, drag; every n-th predicted picture; where in the noise we are."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import HEADING, LABEL, NUMBER
from explorer.hud.parts import panel, round_button
from explorer.hud.shapes import Box, Label, Line, Picture, Shape, disc
from explorer.hud.view import Section, View, sheet_part
from explorer.hud.widget import Slide, Widget, change
from explorer.state import play_or_pause

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Steps a second, for the button and the keys."""
SHEET = "predicted"
THUMB = 92
PITCH = 112
"""Least distance between the middles of two thumbnails."""


class Track(msgspec.Struct, frozen=True):
    """Where thumbnails and slider lie: the first and last picture stand above the slider's ends."""

    area: Rect
    left: float
    right: float
    thumb: float
    thumb_y: float
    slider_y: float
    steps: int
    shown: tuple[int, ...]
    """The recorded steps that have a thumbnail."""

    @staticmethod
    def of(view: View) -> Track:
        m, area = view.metrics, view.areas.timeline
        thumb = m.px(THUMB)
        left = area.x + m.px(24) + controls_width(view) + m.px(40) + thumb / 2
        right = area.right - m.px(36) - text_width(view) - m.px(36) - thumb / 2
        steps = view.state.steps
        room = int((right - left) / m.px(PITCH)) + 1
        count = max(min(room, steps), 1)
        shown = tuple(
            round(i * (steps - 1) / (count - 1)) if count > 1 else 0 for i in range(count)
        )
        slider = area.bottom - m.px(34)
        top = round((area.y + slider - m.px(12) - thumb) / 2 - m.px(0))
        return Track(area, left, right, thumb, top, slider, steps, shown)

    def x(self, step: float) -> float:
        """Window x of a step."""
        return self.left + (self.right - self.left) * step / max(self.steps - 1, 1)

    def slot(self, index: int) -> Rect:
        """Where the thumbnail number `index` stands."""
        x = self.left + (self.right - self.left) * index / max(len(self.shown) - 1, 1)
        return Rect(round(x - self.thumb / 2), self.thumb_y, self.thumb, self.thumb)

    def nearest(self, step: int) -> int:
        """The slot that the frame of the present step stands on."""
        return min(range(len(self.shown)), key=lambda i: abs(self.shown[i] - step))


def controls_width(view: View) -> float:
    """Width of the block of buttons at the left."""
    m = view.metrics
    speed = view.width(view.text("timeline.speed", speed=f"{SPEEDS[0]:g}"), LABEL)
    return max(m.px(200), speed + m.px(24) + m.px(60))


def text_width(view: View) -> float:
    """Width of the block of numbers at the right."""
    top = view.state.steps
    samples = (
        (view.text("timeline.step", step=top, steps=top), HEADING),
        (f"{view.text('timeline.noise_left')}  σ 0.00", NUMBER),
    )
    return max(view.width(text, style) for text, style in samples)


def key(view: View) -> Hashable:
    s = view.state
    return (
        s.run, s.steps, s.whole_step, round(s.target), s.playing, s.speed, s.loop,
        view.local.sheets.get(SHEET), view.touched("timeline"), view.structure is None,
    )  # fmt: skip


def build(view: View) -> Section:
    """Everything on the timeline that rests between two steps; nothing where no run was recorded."""
    if view.structure is not None:
        return Section()
    track = Track.of(view)
    widgets, shapes = _controls(view, track)
    thumbs, thumb_shapes = _thumbnails(view, track)
    shapes = [*panel(view, track.area), *shapes, *thumb_shapes, *_numbers(view, track)]
    group = Widget(
        "timeline", "group", track.area, view.text("timeline.name"), children=(*widgets, *thumbs)
    )
    return Section((group,), tuple(shapes), (track.area,))


def _controls(view: View, track: Track) -> tuple[list[Widget], list[Shape]]:
    m, s = view.metrics, view.state
    top = float(s.steps - 1)
    at = round(s.target)  # where a cross-fade under way leads, so that quick presses count
    y = track.thumb_y + track.thumb / 2
    size = m.px(60)
    big = m.px(72)
    width = controls_width(view)
    x = track.area.x + m.px(24) + (width - 2 * size - big - m.px(8)) / 2
    play = Rect.around(x + size + m.px(4) + big / 2, y, big)
    widgets: list[Widget] = []
    shapes: list[Shape] = []
    back, forward = max(at - 1.0, 0.0), min(at + 1.0, top)
    buttons = (
        ("previous", Rect.around(x + size / 2, y, size), "previous",
         change(playing=False, target=back), palette.MUTED, None, 24),
        ("play", play, "pause" if s.playing else "play",
         change(**play_or_pause(s)),
         palette.MEANING, palette.MEANING, 30),
        ("next", Rect.around(play.right + m.px(4) + size / 2, y, size), "next",
         change(playing=False, target=forward), palette.MUTED, None, 24),
    )  # fmt: skip
    for name, rect, icon, action, color, ring, icon_size in buttons:
        word = view.text(f"timeline.{'pause' if icon == 'pause' else name}")
        drawn, widget = round_button(
            view, f"timeline.{name}", rect, icon, word, action,
            color=color, ring=ring, icon_size=icon_size,
        )  # fmt: skip
        shapes += drawn
        widgets.append(widget)
    row = track.slider_y
    x = track.area.x + m.px(24)
    speed = Rect(x, row - size / 2, width - size - m.px(4), size)
    following = next((v for v in SPEEDS if v > s.speed + 1e-6), SPEEDS[0])
    warm = view.warm("timeline.speed")
    shapes.append(
        view.middle(
            speed.centre[0], row, view.text("timeline.speed", speed=f"{s.speed:g}"), LABEL,
            palette.INK if warm else palette.MUTED, "centre",
        )
    )  # fmt: skip
    widgets.append(
        Widget(
            "timeline.speed", "button", speed, view.text("timeline.speed", speed=f"{s.speed:g}"),
            view.text("timeline.speed_long"), change(speed=following),
        )
    )  # fmt: skip
    loop = Rect(x + width - size, row - size / 2, size, size)
    drawn, widget = round_button(
        view, "timeline.loop", loop, "loop", view.text("timeline.loop"), change(loop=not s.loop),
        color=palette.MEANING if s.loop else palette.DIM, icon_size=24, checked=s.loop,
    )  # fmt: skip
    return [*widgets, widget], [*shapes, *drawn]


def _thumbnails(view: View, track: Track) -> tuple[list[Widget], list[Shape]]:
    m, at = view.metrics, view.state.whole_step
    ready = view.local.sheets.get(SHEET, ())
    cells = {step: i for i, step in enumerate(ready)}
    present = track.nearest(at)
    widgets: list[Widget] = []
    shapes: list[Shape] = []
    for index, step in enumerate(track.shown):
        rect = track.slot(index)
        shown = at if index == present else step
        if index == present:
            shapes.append(Box(rect.inset(-m.px(6)), m.px(12), palette.MEANING))
        if shown in cells:
            light = 1.0 if index == present else 0.86 if step < at else 0.48
            if view.warm(f"timeline.thumb.{index}"):
                light = 1.0
            part = sheet_part(cells[shown], len(ready))
            shapes.append(Picture(rect, SHEET, part, (light, light, light, 1.0)))
        else:
            shapes.append(Box(rect, m.px(7), palette.RAISED))
        reach = m.px(PITCH) - track.thumb
        target = Rect(
            rect.x - reach / 4, rect.y - m.px(8), rect.width + reach / 2, rect.height + m.px(10)
        )
        label = view.text("timeline.step", step=shown + 1, steps=track.steps)
        action = change(target=float(shown), playing=False)
        widgets.append(
            Widget(
                f"timeline.thumb.{index}",
                "picture",
                target,
                label,
                view.text("timeline.picture"),
                action,
            )
        )
    return widgets, shapes


def _numbers(view: View, track: Track) -> list[Shape]:
    record, x = view.record, track.area.right - view.metrics.px(36)
    y = (_title_middle(view, track) + track.slider_y) / 2
    if record is None:
        return [view.middle(x, y, view.text("timeline.no_run"), LABEL, palette.DIM, "right")]
    sigma = record.step(view.state.whole_step).sigma
    if sigma is None:
        text = f"σ {view.texts.get('number.not_recorded')}"
    else:
        text = f"{view.text('timeline.noise_left')}  σ {sigma:.2f}"
    return [view.middle(x, y, text, NUMBER, palette.MUTED, "right")]


def _title_middle(view: View, track: Track) -> float:
    return track.area.y + view.metrics.px(20) + view.metrics.size(HEADING) * 0.56


def playhead_key(view: View) -> Hashable:
    s = view.state
    return (s.run, s.steps, round(s.step, 3), id(view.record), view.touched("playhead"))


def build_playhead(view: View) -> Section:
    """What moves along the timeline: the slider, and the step it stands on or between."""
    m, s = view.metrics, view.state
    if view.structure is not None:
        return Section()
    track = Track.of(view)
    y, now = track.slider_y, track.x(s.step)
    thick = max(m.px(4), 1.0)
    hot = view.warm("playhead.slider")
    radius = m.px(11.5 if hot else 9)
    shapes: list[Shape] = [
        Line(((now, y), (track.right, y)), thick, palette.TRACK),
        Line(((track.left, y), (now, y)), thick, palette.MEANING),
        disc(now, y, radius + m.px(3), palette.SOLID),
        disc(now, y, radius, palette.MEANING),
        *_position(view, track),
    ]
    slide = Slide(
        ("step", "target"), 0.0, float(max(s.steps - 1, 0)), track.left, track.right, s.step, 1.0,
        settle="target", pause=True,
    )  # fmt: skip
    rect = Rect(track.left - m.px(20), y - m.px(24), track.right - track.left + m.px(40), m.px(60))
    label = view.text("timeline.step", step=s.whole_step + 1, steps=s.steps)
    widget = Widget(
        "playhead.slider", "slider", rect, label, view.text("timeline.slider"), slide=slide
    )
    return Section((widget,), tuple(shapes))


def _position(view: View, track: Track) -> list[Label]:
    """The step, and in the small line below either its timestep or that it lies between two."""
    s, x = view.state, track.area.right - view.metrics.px(36)
    y = _title_middle(view, track)
    title = view.text("timeline.step", step=s.whole_step + 1, steps=s.steps)
    labels = [view.middle(x, y, title, HEADING, palette.INK, "right")]
    if s.between:
        low = int(s.step) + 1
        text = view.text("timeline.between", low=low, high=low + 1)
        labels.append(view.middle(x, track.slider_y, text, LABEL, palette.MEANING, "right"))
    elif view.record is not None:
        t = view.record.step(s.whole_step).timestep
        if t is not None:
            text = f"t = {t:g}"
            labels.append(view.middle(x, track.slider_y, text, NUMBER, palette.DIM, "right"))
    return labels
