"""`explorer report`: the visit log as one HTML page with plots, complete in itself: no script, no network."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from statistics import median

import msgspec

from explorer.kiosk.visits import log_files, read
from explorer.story.texts import Texts

LENGTHS = (15, 30, 60, 120, 300, 600)
"""Upper ends of the classes of visit length, seconds; the last class is open."""
BARS = 14
"""Most bars of a plot."""
LONGEST = 42
"""Signs of a name beside a bar."""


class Summary(msgspec.Struct):
    """What the log says. Seconds where it is about time."""

    days: dict[date, int] = msgspec.field(default_factory=dict)
    """Visits a day."""
    hours: Counter[int] = msgspec.field(default_factory=Counter)
    lengths: list[float] = msgspec.field(default_factory=list)
    exhibits: dict[str, list[float]] = msgspec.field(default_factory=lambda: defaultdict(list))
    runs: Counter[str] = msgspec.field(default_factory=Counter)
    tours: Counter[str] = msgspec.field(default_factory=Counter)
    tour_seconds: dict[str, list[float]] = msgspec.field(default_factory=lambda: defaultdict(list))
    answers: dict[str, list[bool | None]] = msgspec.field(default_factory=lambda: defaultdict(list))
    access: Counter[str] = msgspec.field(default_factory=Counter)
    done: int = 0
    """Visits whose visitor said that they were done, instead of walking away."""

    @property
    def visits(self) -> int:
        return sum(self.days.values())


def summarise(folder: Path) -> Summary:
    """Read all days of a log."""
    s = Summary()
    for day, file in log_files(folder):
        s.days[day] = 0
        for event in read(file):
            exhibit, seconds = str(event.get("exhibit", "")), float(event.get("seconds", 0))
            match event.get("event"):
                case "begin":
                    s.days[day] += 1
                    s.hours[int(str(event["at"])[11:13])] += 1
                case "end":
                    s.lengths.append(seconds)
                    s.done += exhibit == "done"
                case "exhibit":
                    s.exhibits[exhibit].append(seconds)
                case "run":
                    s.runs[exhibit] += 1
                case "tour":
                    s.tours[exhibit] += 1
                    s.tour_seconds[exhibit].append(seconds)
                case "answer":
                    s.answers[exhibit].append(event.get("right"))
                case "access":
                    s.access[exhibit] += 1
    return s


def page(s: Summary, texts: Texts) -> str:
    """The page. All words from the locale; a log without visits says so."""

    def text(key: str, **values: object) -> str:
        return escape(texts.get(f"report.{key}", **values))

    if not s.visits:
        parts = [f"<p>{text('empty')}</p>"]
    else:
        exhibits: dict[str, list[float]] = defaultdict(list)
        for k, seconds in s.exhibits.items():
            exhibits[_exhibit(texts, k)] += seconds
        spent = {k: sum(v) / 60 for k, v in exhibits.items()}
        looks = {k: len(v) for k, v in exhibits.items()}
        asked = {_first(texts, k, f"tour.{k}"): v for k, v in s.answers.items()}
        right = {
            k: 100 * sum(a is True for a in v) / len(v) for k, v in asked.items() if None not in v
        }
        answered = {k: len(v) for k, v in asked.items()}
        tours = {_first(texts, k, f"tour.{k}.title"): n for k, n in s.tours.items()}
        access = {_setting(texts, k): n for k, n in s.access.items()}
        days = list(s.days)
        parts = [
            f"<p>{text('span', first=days[0], last=days[-1], days=len(days))}</p>",
            _numbers(
                [
                    (text("visits"), f"{s.visits}"),
                    (text("median"), f"{median(s.lengths):.0f} s" if s.lengths else "–"),
                    (text("done"), f"{100 * s.done / max(len(s.lengths), 1):.0f} %"),
                    (text("tours"), f"{sum(s.tours.values())}"),
                    (text("answers"), f"{sum(answered.values())}"),
                ]
            ),
            _section(text("per_day"), columns({d.strftime("%d %b"): n for d, n in s.days.items()})),
            _section(text("per_hour"), columns({f"{h}": s.hours[h] for h in range(24)})),
            _section(text("dwell"), columns(classes(s.lengths))),
            _section(text("exhibit_minutes"), bars(spent, "{:.1f}")),
            _section(text("exhibit_looks"), bars(looks)),
            _section(text("runs"), bars(s.runs)),
            _section(text("tours_taken"), bars(tours)),
            _section(text("questions"), bars(answered)),
            _section(text("questions_right"), bars(right, "{:.0f} %", top=100)),
            _section(text("access"), bars(access)),
        ]
    title = text("title")
    note = text("private")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{''.join(parts)}<p>{note}</p></body></html>\n"
    )


def _first(texts: Texts, name: str, *keys: str) -> str:
    """The first text that there is; else the name as it was logged, from an older or a newer version."""
    return next((texts.get(key) for key in keys if texts.has(key)), name)


def _exhibit(texts: Texts, name: str) -> str:
    """Places by their name on the map, the many rooms, words, layers … by what they are."""
    family, _, place = name.partition(":")
    keys = (f"hud.map.place.{place or family}", f"report.kind.{family}")
    return _first(texts, name, *keys)


def _setting(texts: Texts, name: str) -> str:
    """`text_scale=1.5` in words."""
    key, _, value = name.partition("=")
    return f"{_first(texts, key, f'report.setting.{key}')}: {_first(texts, value, f'report.setting.{value}')}"


def classes(lengths: Sequence[float]) -> dict[str, int]:
    """Visits by how long they were."""
    names = [f"≤ {_time(n)}" for n in LENGTHS] + [f"> {_time(LENGTHS[-1])}"]
    counts = dict.fromkeys(names, 0)
    for seconds in lengths:
        index = next((i for i, n in enumerate(LENGTHS) if seconds <= n), len(LENGTHS))
        counts[names[index]] += 1
    return counts


def columns(values: Mapping[str, float], width: int = 760, height: int = 190) -> str:
    """Upright bars from left to right, each with its number above and its name below."""
    top = max(values.values(), default=0) or 1
    step = width / max(len(values), 1)
    every = max(-(-len(values) // 26), 1)
    marks = []
    for i, (name, value) in enumerate(values.items()):
        x, high = i * step, (height - 54) * value / top
        y = height - 28 - high
        middle = x + step / 2
        marks.append(
            f'<rect x="{x + 2:.1f}" y="{y:.1f}" width="{max(step - 4, 1):.1f}" height="{high:.1f}"/>'
        )
        if value and step > 14:
            marks.append(f'<text x="{middle:.1f}" y="{y - 6:.1f}">{value:g}</text>')
        if i % every == 0:
            marks.append(
                f'<text x="{middle:.1f}" y="{height - 10}" class="n">{escape(name)}</text>'
            )
    return f'<svg viewBox="0 0 {width} {height}" role="img">{"".join(marks)}</svg>'


def bars(values: Mapping[str, float], form: str = "{:g}", top: float | None = None) -> str:
    """Bars from the largest down, names at the left."""
    order = sorted(values.items(), key=lambda v: -v[1])[:BARS]
    most = top or max((v for _, v in order), default=0) or 1
    height = 26 * max(len(order), 1)
    marks = []
    for i, (name, value) in enumerate(order):
        y = 26 * i
        long = 400 * value / most
        short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
        marks.append(f'<text x="272" y="{y + 17}" class="l">{escape(short)}</text>')
        marks.append(f'<rect x="280" y="{y + 4}" width="{long:.1f}" height="17"/>')
        marks.append(
            f'<text x="{288 + long:.1f}" y="{y + 17}" class="v">{form.format(value)}</text>'
        )
    return (
        f'<svg viewBox="0 0 760 {height}" role="img">{"".join(marks)}</svg>'
        if order
        else "<p>–</p>"
    )


def _section(title: str, plot: str) -> str:
    return f"<section><h2>{title}</h2>{plot}</section>"


def _numbers(values: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<div><b>{escape(v)}</b>{name}</div>" for name, v in values)
    return f'<div class="row">{cells}</div>'


def _time(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


STYLE = (
    "body{font:16px/1.45 system-ui,sans-serif;max-width:800px;margin:2em auto;padding:0 1em;color:#1b2333}"
    "h1{font-size:1.7em}h2{font-size:1.05em;margin:1.6em 0 .3em}.row{display:flex;gap:1em;flex-wrap:wrap}"
    ".row div{flex:1;background:#eef3fa;border-radius:8px;padding:.7em 1em}.row b{display:block;font-size:1.6em}"
    "svg{width:100%;height:auto}rect{fill:#2d6fb3}text{font-size:12px;text-anchor:middle;fill:#1b2333}"
    "text.l{text-anchor:end}text.v{text-anchor:start}text.n{fill:#56627a;font-size:11px}"
    "section{break-inside:avoid}"
)
