"""All detectors, and the rule that an event is shown only if the same code finds it in another run, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from assetgen.pack import Pack
from explorer.story.discoveries import latents, pictures, reading, rooms
from explorer.story.discoveries.event import Finding
from explorer.story.record import Record, Series

Detector = Callable[[Record], Finding | None]

_ALL: tuple[Detector, ...] = (
    latents.biggest_leap,
    pictures.picture_in_noise,
    pictures.shapes_first,
    reading.resting_place,
    reading.most_read,
    latents.half_way,
    pictures.colours_early,
    latents.guidance_peak,
    rooms.louder_room,
    reading.settles_first,
    reading.settles_last,
    reading.little_word,
    pictures.before_half,
    rooms.busiest_room,
    latents.first_noise,
    reading.words_where,
    reading.word_rises,
    pictures.last_touch,
    rooms.quieter_room,
    reading.shared_place,
    latents.guidance_fades,
    rooms.loudest_bridge,
    reading.reading_narrows,
    reading.widest_reader,
    latents.sharpest_turn,
    rooms.liveliest_step,
    reading.word_falls,
    latents.straight_road,
)
DETECTORS: dict[str, Detector] = {detector.__name__: detector for detector in _ALL}
"""By id, in the order in which they are offered: pictures first, then reading, then rooms."""


def found(record: Record) -> tuple[Finding, ...]:
    """What every detector finds in one run."""
    return tuple(f for f in (detector(record) for detector in _ALL) if f is not None)


def curve(name: str, run: str | Path) -> Series | None:
    """The curve behind what one detector finds in the run in a folder; None if it finds nothing."""
    pack = Pack.open(run)
    finding = DETECTORS[name](Record(pack, pack.architecture))
    return None if finding is None or finding.evidence is None else finding.evidence.values


def confirmed(record: Record, others: Iterable[Record]) -> tuple[Finding, ...]:
    """What is found in `record` and by the same code in at least one other run; others are read as needed."""
    findings = found(record)
    open_ = {finding.id for finding in findings}
    for other in others:
        if not open_:
            break
        open_ -= {name for name in open_ if DETECTORS[name](other) is not None}
    return tuple(finding for finding in findings if finding.id not in open_)
