"""From a place of the picture to the words that are read there: the cross-attention maps, asked the other way round."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Pack
from assetgen.pack.schema import AttentionRect
from assetgen.pack.words import cell_of, cell_readings

F32 = NDArray[np.float32]
MARKERS = ("bos", "eos", "pad")


class Place(msgspec.Struct, frozen=True):
    """A place of the picture, `u` from the left and `v` from the top, 0..1, chosen on `canvas`."""

    canvas: str
    u: float
    v: float
    layer: str | None = None
    """Id of a cross-attention layer; None means the mean over the layers of the word maps."""

    @property
    def id(self) -> str:
        """`pixel:<canvas>:<u>,<v>[:<layer>]`, to a thousandth of the picture."""
        at = f"pixel:{self.canvas}:{self.u:.3f},{self.v:.3f}"
        return at if self.layer is None else f"{at}:{self.layer}"

    @staticmethod
    def parse(selection: str | None) -> Place | None:
        """The place that an id names; None for any other id. KeyError for a place that cannot be."""
        if selection is None or not selection.startswith("pixel:"):
            return None
        _, canvas, at, *layer = selection.split(":")
        try:
            u, v = (float(part) for part in at.split(","))
        except ValueError:
            raise KeyError(f"{selection!r}: expected pixel:<canvas>:<u>,<v>") from None
        if not (0.0 <= u <= 1.0 and 0.0 <= v <= 1.0):
            raise KeyError(f"{selection!r} lies outside the picture")
        return Place(canvas, u, v, layer[0] if layer else None)

    @staticmethod
    def chosen(selection: str | None, pack: Pack) -> Place | None:
        """The place that is selected, if it is one of this run: a view may have come from another model."""
        try:
            place = Place.parse(selection)
            if place is not None and pack.has("attention"):
                layers_read(pack, place.layer)
        except KeyError:
            return None
        return place

    def cell(self, height: int, width: int) -> tuple[int, int]:
        """Row and column of the cell that holds the place in a map of this size."""
        return cell_of(self.u, self.v, height, width)

    def within(self, layer: str | None) -> Place:
        return msgspec.structs.replace(self, layer=layer)


class Lane(msgspec.Struct, frozen=True):
    """What stands beside the picture to be read: a word, or one of the markers."""

    text: str
    role: str
    word: int | None
    indices: tuple[int, ...]
    """Lanes of the attention atlas that belong to it."""

    @property
    def id(self) -> str:
        return f"word:{self.role if self.word is None else self.word}"


def lanes_of(pack: Pack, names: dict[str, str]) -> list[Lane]:
    """Begin marker, the words, end marker, padding: over all of them a place sums to 1. `names` of the markers."""
    tokens = pack.metadata.tokens
    owned = pack.array("attention").tokens

    def of(role: str) -> tuple[int, ...]:
        if role == "pad":
            return tuple(i for i, t in enumerate(owned) if t is None)
        return tuple(i for i, t in enumerate(owned) if t is not None and tokens[t].role == role)

    words = [
        Lane(w.text, "word", w.index, tuple(owned.index(t) for t in w.tokens if t in owned))
        for w in pack.metadata.words
    ]
    begin, end, padding = (Lane(names[role], role, None, of(role)) for role in MARKERS)
    return [lane for lane in (begin, *words, end, padding) if lane.indices]


def layers_read(pack: Pack, layer: str | None) -> list[AttentionRect]:
    """The maps that a place is looked up in: one layer's, or those that enter a word map."""
    known = pack.array("attention").layers
    if layer is None:
        chosen = set(pack.word_map_layers())
        return [rect for rect in known if rect.id in chosen]
    found = [rect for rect in known if rect.id == layer]
    if not found:
        raise KeyError(f"layer {layer!r} has no attention maps in this run")
    return found


def shares(pack: Pack, atlas: NDArray[np.uint8], place: Place, lanes: list[Lane]) -> F32:
    """Probability `[S, lanes]` with which a place reads each lane, from attention atlases `[S, H, W]`."""
    rects = layers_read(pack, place.layer)
    single = cell_readings(atlas, rects, len(pack.array("attention").tokens), place.u, place.v)
    return np.stack([single[:, list(lane.indices)].sum(-1) for lane in lanes], -1)
