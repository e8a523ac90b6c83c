"""Words on a display besides what stands under its pictures: pieces and their numbers, two prompts, its back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assetgen.pack import Pack
from explorer.story.pairs import changed, partner
from explorer.story.texts import Texts
from explorer.story.tokens import pieces, places_used
from explorer.view.lettering import CAP, Line, font
from explorer.world.displays import BACK, Hung, Wall
from explorer.world.valley import Frame

INK, MUTED, WARM = (226, 238, 255), (150, 178, 212), (255, 206, 146)
TITLE, SMALL = 0.20, 0.16
ROW = 0.24
"""From one small line to the next, metres."""
SAYING = 0.36
"""Cap height of what is written on the back, metres: read from the jetty."""
TITLES = "InterDisplay-SemiBold"
At = Callable[[float, float], Frame]
"""Right and up on a display's wall → a place there."""


def places_line(pack: Pack, texts: Texts, at: Frame) -> Line:
    """How many places the prompt takes, and what fell off the end."""
    metadata = pack.metadata
    text = texts.get("display.places", count=places_used(metadata), total=len(metadata.tokens))
    lost = " ".join(metadata.dropped)
    end = texts.get("display.dropped" if lost else "display.kept", words=lost)
    return Line(f"{text} · {end}", at, TITLE, WARM if lost else INK, "Inter-SemiBold")


def pieces_lines(pack: Pack, picture: Hung, room: float, at: At) -> Iterator[Line]:
    """One line a piece, on the height of its row in `picture`: text left, number right, in `room` metres."""
    found = pieces(pack.metadata)
    pitch = picture.size / max(len(found), 1)
    right = picture.x - picture.size / 2 - 0.3
    cap = min(0.165, pitch * 0.54)
    for i, piece in enumerate(found):
        z = picture.z + picture.size / 2 - pitch * (i + 0.5) - cap / 2
        color = WARM if piece.role == "word" else MUTED
        yield Line(piece.text, at(right - room + 0.5, z), cap, color, "Inter-SemiBold")
        yield Line(str(piece.id), at(right, z), cap, MUTED, "JetBrainsMono-Regular", "right", 36)


def prompts_lines(pack: Pack, texts: Texts, left: float, top: float, at: At) -> Iterator[Line]:
    """The two prompts of a pair, the words that differ in the colour of meaning."""
    other = partner(pack)
    here = [w.text for w in pack.metadata.words]
    there = [w.text for w in other.metadata.words] if other else []
    if not there:
        yield Line(texts.get("display.no_pair"), at(left, top), TITLE, MUTED)
        return
    for row, (words, against) in enumerate(((here, there), (there, here))):
        x = left
        for word, differs in zip(words, changed(words, against), strict=True):
            color = WARM if differs else MUTED
            yield Line(word, at(x, top - 0.36 * row), TITLE, color, "Inter-SemiBold")
            x += font("Inter-SemiBold", 100).getlength(word + " ") / (100 * CAP) * TITLE


def saying_lines(text: str, wall: Wall, frame: Frame) -> Iterator[Line]:
    """What is written on the back, for whoever comes from there: high, so that a railing hides nothing of it."""
    rows = re.split(r"(?<=\.) ", text)
    room = 2 * wall.half - 0.7
    wide = max(font(TITLES, 100).getlength(row) / (100 * CAP) * SAYING for row in rows)
    cap = SAYING * min(1.0, room / wide)
    for i, row in enumerate(rows):
        z = wall.height - 0.4 - cap * (1 + 2 * i)
        at = frame.to_world((wall.half - 0.35, BACK + 0.03, z))
        yield Line(row, Frame(at, frame.yaw + 180), cap, WARM if i else INK, TITLES, pixels=72)
