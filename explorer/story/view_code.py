"""The take-away code: twenty signs that bring back model, run, step, standpoint and selection on any copy.

Names are kept as short hashes and found again among what the copy at hand has, so a code outlives new runs.
The signs are Crockford's base 32 (no I, L, O, U); the last five bits check the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import msgspec

from assetgen.pack.schema import Architecture

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
LENGTH, GROUP = 20, 5
VERSION = "1"
"""Of the fields below; part of the check, so that a code of another version is not misread."""

X, Y, Z = (-256.0, 0.25, 11), (-224.0, 0.25, 12), (-36.0, 0.5, 8)
"""Least value, size of a step and bits of each coordinate of the eye, metres."""
HEADING, PITCH = (-180.0, 360 / 128, 7), (-80.0, 160 / 31, 5)
"""The same for the direction, degrees."""
FIELDS = {
    "model": 7, "run": 15, "step": 8, "x": X[2], "y": Y[2], "z": Z[2],
    "heading": HEADING[2], "pitch": PITCH[2], "selection": 14, "word": 4, "decoded": 1, "split": 1,
    "fov": 2,
}  # fmt: skip
"""Bits of each field, in order; the check takes what is left of 100."""
CHECK = LENGTH * 5 - sum(FIELDS.values())
FOVS = (70.0, 62.0, 74.0, 80.0)
"""Fields of view that are kept, degrees; the nearest is taken."""
LISTED = 1 << 13
"""Below it a selection is a part's place in the architecture, from it on a hash of its id."""
DIALS = {"noising": LISTED - 256, "training": LISTED - 512}
"""From each on 256 numbers, two below 16: `noising:<scene>:<level>` and `training:<word>:<checkpoint>`."""
CUT, CUTS = "cut:", 1 << 12
"""From it on to the first of `DIALS`: a part's place in the architecture, its lever pulled (`cut:<part>`)."""


class CodeError(ValueError):
    """A code that cannot be read; one line says why and what to do."""


class View(msgspec.Struct, frozen=True):
    """What a code brings back."""

    model: str
    run: str
    """Empty for a model that is walked through without a run."""
    step: int
    """Counted from 0, at most 255; a longer run keeps 255 equal parts."""
    eye: tuple[float, float, float]
    heading: float
    pitch: float
    selection: int = 0
    """See `selection_number`; 0 = nothing."""
    word: int | None = None
    """Whose attention is laid over the canvases; the first fifteen words can be kept."""
    decoded: bool = False
    split: bool = False
    fov: float = FOVS[0]


def is_code(text: str) -> bool:
    """Whether a text has the form of a code (not whether it is one)."""
    signs = plain(text)
    return len(signs) == LENGTH and all(sign in SIGNS for sign in signs)


def meant_as_code(text: str) -> bool:
    """Whether somebody meant a code, be it too short or misspelt: three groups or more, with a digit."""
    groups = text.strip().split("-")
    several = len(groups) >= 3 and all(group.isalnum() for group in groups)
    return is_code(text) or (several and any(sign.isdigit() for sign in text))


def encode(view: View) -> str:
    """`XXXXX-XXXXX-XXXXX-XXXXX`."""
    x, y, z = view.eye
    values = {
        "model": _hash(view.model, FIELDS["model"]),
        "run": _hash(view.run, FIELDS["run"]),
        "step": min(max(view.step, 0), 255),
        "x": _put(x, X), "y": _put(y, Y), "z": _put(z, Z),
        "heading": round(((view.heading + 180) % 360) / HEADING[1]) % (1 << HEADING[2]),
        "pitch": _put(view.pitch, PITCH),
        "selection": view.selection,
        "word": 0 if view.word is None or view.word > 14 else view.word + 1,
        "decoded": int(view.decoded),
        "split": int(view.split),
        "fov": min(range(len(FOVS)), key=lambda i: abs(FOVS[i] - view.fov)),
    }  # fmt: skip
    number = 0
    for name, bits in FIELDS.items():
        number = number << bits | values[name]
    number = number << CHECK | _hash(VERSION + str(number), CHECK)
    signs = [SIGNS[number >> 5 * i & 31] for i in reversed(range(LENGTH))]
    return "-".join("".join(signs[i : i + GROUP]) for i in range(0, LENGTH, GROUP))


def decode(code: str, runs: Mapping[str, Sequence[str]]) -> View:
    """The view of a code on a copy with `runs`: model → ids ("" where it stands without a run).

    Lower case, blanks and look-alikes (O for 0) are taken as meant. Raises CodeError.
    """
    signs = plain(code)
    shown = code if len(code) <= 32 else f"{code[:29]}…"
    if not is_code(code):
        raise CodeError(
            f"code {shown!r}: expected {LENGTH} letters and digits like K7QM3-X9D2H-TB4ZA-11W0C; "
            f"this has {len(signs)}; type it again"
        )
    number = 0
    for sign in signs:
        number = number << 5 | SIGNS.index(sign)
    if _hash(VERSION + str(number >> CHECK), CHECK) != number & ((1 << CHECK) - 1):
        raise CodeError(
            f"code {shown!r}: a letter or digit is wrong, or it is of another version of the explorer; "
            "compare it and type it again"
        )
    number >>= CHECK
    found: dict[str, int] = {}
    for name, bits in reversed(FIELDS.items()):
        found[name] = number & ((1 << bits) - 1)
        number >>= bits
    model = _named(found["model"], FIELDS["model"], runs)
    if model is None:
        raise CodeError(f"code {shown!r} is of a model that is not here; there is {_list(runs)}")
    run = _named(found["run"], FIELDS["run"], runs[model])
    if run is None:
        raise CodeError(f"code {shown!r} is of a run of {model} that is not here")
    return View(
        model, run, found["step"],
        (_take(found["x"], X), _take(found["y"], Y), _take(found["z"], Z)),
        _take(found["heading"], HEADING), _take(found["pitch"], PITCH), found["selection"],
        found["word"] - 1 if found["word"] else None, bool(found["decoded"]), bool(found["split"]),
        FOVS[found["fov"]],
    )  # fmt: skip


# -- steps and selections --------------------------------------------------------------------------


def kept_step(step: int, steps: int) -> int:
    """A step as the code keeps it: itself, or in a run of more than 256 steps its part of the run."""
    return step if steps <= 256 else round(step * 255 / (steps - 1))


def step_of(kept: int, steps: int) -> int:
    """The step of a run that a code names, within the run."""
    step = kept if steps <= 256 else round(kept * (steps - 1) / 255)
    return min(step, steps - 1)


def selection_number(
    selection: str | None, architecture: Architecture, others: Iterable[str]
) -> int:
    """How a code keeps what is selected; unknown ids as nothing.

    A place on a canvas is kept as the canvas, a word without its layer.
    """
    if selection is None:
        return 0
    if selection.startswith("pixel:"):
        selection = f"canvas:{selection.split(':')[1]}"
    if selection.startswith("word:"):
        selection = ":".join(selection.split(":")[:2])
    family, *dialled = selection.split(":")
    if family in DIALS:
        row, column = (int(part) for part in dialled)
        return DIALS[family] + (row << 4 | column) if row < 16 and column < 16 else 0
    listed, part = _parts(architecture), selection.removeprefix(CUT)
    if part in listed:
        place = listed.index(part) + (CUTS if selection != part else 1)
        if place < (min(DIALS.values()) if selection != part else CUTS):
            return place
    return LISTED + _hash(selection, 13) if selection in others else 0


def selection_of(number: int, architecture: Architecture, others: Iterable[str]) -> str | None:
    """The id that a code's number stands for here, or None."""
    if number >= LISTED:
        return next((o for o in others if _hash(o, 13) == number - LISTED), None)
    for family, first in DIALS.items():
        if first <= number < first + 256:
            row, column = divmod(number - first, 16)
            return f"{family}:{row}:{column}"
    listed = _parts(architecture)
    if number >= CUTS:
        return f"{CUT}{listed[number - CUTS]}" if number - CUTS < len(listed) else None
    return listed[number - 1] if 0 < number <= len(listed) else None


def _parts(model: Architecture) -> list[str]:
    """What the architecture alone has, in its order: the same on every copy."""
    ids = [f"unit:{unit.id}" for unit in model.units]
    ids += [f"layer:{layer.id}" for unit in model.units for layer in unit.layers]
    return ids + [f"skip:{e.source}->{e.target}" for e in model.edges if e.kind == "skip"]


# -- numbers ---------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """What was typed as signs of a code, as far as it is meant to be one."""
    return re.sub(r"[\s\-_.]", "", text).upper().translate(LOOKALIKES)


def _hash(text: str, bits: int) -> int:
    return crc32(text.encode()) >> 3 & ((1 << bits) - 1)


def _put(value: float, kind: tuple[float, float, int]) -> int:
    low, step, bits = kind
    return min(max(round((value - low) / step), 0), (1 << bits) - 1)


def _take(number: int, kind: tuple[float, float, int]) -> float:
    low, step, _ = kind
    return low + number * step


def _named(number: int, bits: int, names: Iterable[str]) -> str | None:
    return next((name for name in names if _hash(name, bits) == number), None)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
