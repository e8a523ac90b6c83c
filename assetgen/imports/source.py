"""What an importer found, and how it becomes a pack. No torch: nothing is run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from assetgen import __version__
from assetgen.errors import InputError
from assetgen.pack import PackError
from assetgen.pack.codec import decode, encode
from assetgen.pack.recording import EXPECTED, Recording, save
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import (
    FORMAT,
    Architecture,
    Call,
    Metadata,
    Model,
    Scheduler,
    Step,
    Timing,
    Token,
    TracedAt,
    Unit,
    Word,
)
from assetgen.pack.writer import PackWriter, write_file

UNKNOWN = "unknown"
"""How model ids begin of runs whose architecture was not recorded; the size of their pictures follows."""


@dataclass
class Found:
    """A run as somebody kept it. None and empty: not recorded.

    `timesteps` has one entry a step. `structure` names a shipped architecture (`sdxl`).
    """

    recording: Recording
    prompt: str
    timesteps: tuple[float | None, ...]
    source: str
    negative: str = ""
    seed: int | None = None
    guidance: float | None = None
    tokens: tuple[Token, ...] = ()
    words: tuple[Word, ...] = ()
    structure: str | None = None
    pipeline: str = ""
    notes: list[str] = field(default_factory=list)


def architecture_bytes(name: str | None, size: tuple[int, int]) -> tuple[str, bytes]:
    """(model id, architecture.json) of a shipped structure or of a file; of a closed box without `name`.

    Raises InputError if `name` is neither.
    """
    if name is None:
        return f"{UNKNOWN}-{size[1]}x{size[0]}", encode(closed_box(size))
    file = Path(name)
    shipped = data_dir("assets") / "runs" / name / "architecture.json"
    if not file.is_file():
        file = shipped
    if not file.is_file():
        known = sorted(p.parent.name for p in data_dir("assets").glob("runs/*/architecture.json"))
        raise InputError(f"no architecture {name!r}", f"pass a file or one of {', '.join(known)}")
    try:
        id = decode(Architecture, file).model
    except PackError as error:
        raise InputError(str(error)) from None
    return (name if file == shipped else id), file.read_bytes()


def closed_box(size: tuple[int, int]) -> Architecture:
    """One room: a denoiser of which nothing is known but the pictures `size` = (height, width) it made."""
    picture = (3, *size)
    box = Unit("denoiser", 0, "closed", "body", 0, picture, picture)
    return Architecture(
        format=FORMAT, model=UNKNOWN, parameters=0, flops=0, traced_at=TracedAt((1, *picture), 0),
        image=size, units=(box,), edges=(),
    )  # fmt: skip


def write_pack(
    found: Found, out: Path, id: str, title: str, model: str | None, *, force: bool
) -> Path:
    """Write `out/runs/<model>/<id>`; raises InputError if it exists or cannot be written."""
    default, architecture = architecture_bytes(found.structure, found.recording.final.shape[:2])
    folder = out / "runs" / (model or default)
    beside = folder / "architecture.json"
    if beside.exists() and beside.read_bytes() != architecture:
        raise InputError(f"{beside} describes another model", "pass --file-as NAME")
    target = folder / id
    if target.exists() and not force:
        raise InputError(f"{target} exists already", "pass --force or another --name")
    metadata = _metadata(found, id, title, folder.name, hashlib.sha256(architecture).hexdigest())
    try:
        if not beside.exists():
            write_file(beside, architecture)
        with PackWriter(target, replace=force) as writer:
            save(found.recording, metadata, writer, Timing())
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}") from None
    return target


def _metadata(found: Found, id: str, title: str, model: str, architecture: str) -> Metadata:
    recording = found.recording
    present = {*recording.tensors, *recording.pictures}
    present |= {"attention"} if recording.attention else set()
    height, width = recording.final.shape[:2]
    return Metadata(
        format=FORMAT,
        profile="viewer",
        id=id,
        title=title,
        prompt=found.prompt,
        negative_prompt=found.negative,
        seed=found.seed,
        guidance_scale=found.guidance,
        size=(height, width),
        model=Model(model, model, found.pipeline, architecture),
        software={"assetgen": __version__, "recorded by": found.source},
        tokens=found.tokens,
        words=found.words,
        scheduler=Scheduler("", ""),
        steps=tuple(
            Step(k, timestep, None, None, None, (k,)) for k, timestep in enumerate(found.timesteps)
        ),
        calls=tuple(Call(k, k, timestep) for k, timestep in enumerate(found.timesteps)),
        arrays={},
        light=tuple(name for name in EXPECTED if name not in present) or None,
    )
