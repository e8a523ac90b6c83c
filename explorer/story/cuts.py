"""What happens without a part: recorded ablations of a run, compared with the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assetgen.pack import Pack
from assetgen.pack.damage import Damage, compare
from assetgen.pack.errors import PackError
from assetgen.pack.library import ablations, folders
from assetgen.pack.reader import STUDIES
from explorer.story.ask import Ask
from explorer.story.once import once
from explorer.story.panel import Fact, PanelAction
from explorer.story.ramps import ramp
from explorer.world.board import slot_at

U8 = NDArray[np.uint8]
CUT = "cut:"
"""Before the id of a part: that part, cut."""
KINDS = ("skip", "unit", "layer")
"""What can be cut, in the order in which the levers stand."""
SAME, LITTLE, MUCH = 40.0, 25.0, 15.0
"""Decibels from which two pictures look the same, differ a little, differ in parts."""


class Cuts(msgspec.Struct, frozen=True, eq=False):
    """A run, and the same run without one part: by the part's id, bridges first, each kind from entrance to exit."""

    base: Pack
    folders: Mapping[str, Path]

    def pack(self, id: str) -> Pack:
        """The run without the part `id`. Raises KeyError, PackError."""
        return once(self.base, f"{CUT}{id}", lambda: Pack.open(self.folders[id]))

    def damage(self, id: str) -> Damage | None:
        """What the run loses without the part; None where it cannot be compared."""

        def measure() -> Damage | None:
            try:
                return compare(self.base, self.pack(id))
            except (KeyError, PackError):
                return None

        return once(self.base, f"damage {id}", measure)

    def moved(self, id: str) -> float | None:
        """How far the last picture is from that of the whole run: root mean square of the colours, 0..1."""
        damage = self.damage(id)
        return None if damage is None else float(damage.error**0.5)

    def worst(self) -> str:
        """The bridge without which the picture moves most; where none was cut, any such part."""
        some = [id for id in self.folders if id.startswith("skip:")] or list(self.folders)
        return max(some, key=lambda id: self.moved(id) or 0.0)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many of each kind, in the order of `KINDS`."""
        return tuple(sum(id.startswith(f"{kind}:") for id in self.folders) for kind in KINDS)

    def of(self, selection: str | None) -> str | None:
        """The part that a selection is about, if it was cut: pulled (`cut:…`) or only chosen."""
        id = (selection or "").removeprefix(CUT)
        return id if id in self.folders else None


def pulled_by(selection: str | None) -> str | None:
    """The part whose lever a selection has pulled."""
    return selection.removeprefix(CUT) if selection and selection.startswith(CUT) else None


def cuts_of(pack: Pack) -> Cuts | None:
    """Of this run, or of the first run of the model that was cut; None if there is none."""
    return once(pack, "cuts", lambda: _find(pack))


def lever_at(share: float, pack: Pack) -> str | None:
    """The id of the lever at a share 0..1 of the board on the wall."""
    found = cuts_of(pack)
    slot = None if found is None else slot_at(share, found.counts)
    return None if found is None or slot is None else f"{CUT}{list(found.folders)[slot]}"


def _find(pack: Pack) -> Cuts | None:
    try:
        base = pack.base() if pack.metadata.study else pack
        found = ablations(base)
        for path in () if found else folders(pack.model_folder / STUDIES):
            if "-cut-" in path.name and (study := Pack.open(path).metadata.study) is not None:
                base = Pack.open(pack.model_folder / study.base)
                if found := ablations(base):
                    break
    except PackError:
        return None
    model = base.architecture
    order = [f"skip:{e.source}->{e.target}" for e in model.edges if e.kind == "skip"]
    order += [f"unit:{unit.id}" for unit in model.units]
    order += [f"layer:{layer.id}" for unit in model.units for layer in unit.layers]
    kept = {id: found[id] for id in order if id in found}
    return Cuts(base, kept) if kept else None


def cut_pictures(cuts: Cuts, id: str) -> tuple[U8, U8, U8] | None:
    """x0 of the whole run, without the part, and where they differ, `[S, H, W, 3]` each; None if not kept.

    Both as coarse as the coarser one was kept, so that neither looks duller for that, and at the last step the
    runs' own pictures. The difference is the mean over colours, 0..255, on the ramp of heat.
    """
    try:
        runs = cuts.base, cuts.pack(id)
        kept = [[run.image("predicted", k) for k in range(run.steps)] for run in runs]
        ends = [run.final() for run in runs]
    except (KeyError, PackError):
        return None
    if len(kept[0]) != len(kept[1]) or ends[0].shape != ends[1].shape:
        return None
    size = min(pictures[0].shape[0] for pictures in kept)
    whole, without = (
        np.stack([*(_seen(picture, size, end) for picture in pictures[:-1]), end])
        for pictures, end in zip(kept, ends, strict=True)
    )
    apart = np.abs(whole.astype(np.int16) - without).mean(-1).astype(np.uint8)
    return whole, without, ramp("warm", 256)[apart]


def _seen(picture: U8, size: int, like: U8) -> U8:
    """A picture made `size` pixels high, and smoothly as large as `like`."""
    height, width = like.shape[:2]
    image = Image.fromarray(picture).resize((size * width // height, size), Image.Resampling.BOX)
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def cut_facts(ask: Ask, id: str) -> tuple[Fact, ...]:
    """`Without it`: how far the picture moves and which words lose their place; nothing if it was not tried."""
    damage = ask.record.damage(id)
    return () if damage is None else (ask.fact("without", describe(ask, damage)),)


def describe(ask: Ask, damage: Damage) -> str:
    """In words, with the number behind them."""
    if damage.error == 0:
        return ask.text("value.cut.equal")
    size = (
        "same" if damage.psnr >= SAME else "little" if damage.psnr >= LITTLE
        else "much" if damage.psnr >= MUCH else "other"
    )  # fmt: skip
    said = ask.text(f"value.cut.{size}", psnr=f"{damage.psnr:.0f}")
    return (
        f"{said} · {ask.text('value.cut.lost', words=', '.join(damage.lost))}"
        if damage.lost
        else said
    )


def cut_actions(ask: Ask, id: str) -> tuple[PanelAction, ...]:
    """The part's lever, where it was cut; in the run without it, the way back to the whole one."""
    pack, study = ask.record.pack, ask.record.metadata.study
    if study is not None and study.cut == id:
        whole = f"{pack.model_folder.name}/{study.base}"
        return (PanelAction("open_run", ask.text("action.whole"), whole),)
    found = cuts_of(pack)
    if found is None or id not in found.folders:
        return ()
    return (PanelAction("select", ask.text("action.cut"), f"{CUT}{id}"),)
