"""The Annex of true scale: each model as a block whose volume is its parameters, layer upon layer as data pass them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from assetgen.pack import Architecture
from explorer.world import stations as kinds

SIGN = 2.4
"""Width of the sign left of each block, metres."""
GAP = 0.25
"""Between a sign and what stands beside it."""
DOOR = (1.5, 2.3)
"""Width and height of a door; a block that is lower has one of its own height."""


class Slab(msgspec.Struct, frozen=True):
    """A unit as a layer of a block, from `low` to `high` above its foot."""

    unit: str
    kind: str
    stage: str
    low: float
    high: float


class Block(msgspec.Struct, frozen=True):
    """A model: a cube with `side`, its middle `x` to the right of the annex's, its front at `y`."""

    model: str
    x: float
    y: float
    side: float
    slabs: tuple[Slab, ...]

    @property
    def sign(self) -> float:
        """Left end of the sign."""
        return self.x - self.side / 2 - GAP - SIGN


def lay_annex(station: kinds.Annex, models: Mapping[str, Architecture]) -> tuple[Block, ...]:
    """Cubes from the smallest to the largest, all at one scale; only models that are there."""
    chosen = sorted(
        ((name, models[name]) for name in station.models if name in models),
        key=lambda pair: pair[1].parameters,
    )
    sides = [side_of(a.parameters, station.density) for _, a in chosen]
    width = sum(sides) + (SIGN + 2 * GAP) * len(sides)
    depth = max(sides, default=0.0)
    x, blocks = -width / 2, []
    for (name, architecture), side in zip(chosen, sides, strict=True):
        x += SIGN + 2 * GAP
        blocks.append(Block(name, x + side / 2, -depth / 2, side, _slabs(architecture, side)))
        x += side
    return tuple(blocks)


def side_of(parameters: float, density: float) -> float:
    """Side of a cube with `density` parameters a cubic metre."""
    return float((parameters / density) ** (1 / 3))


def _slabs(architecture: Architecture, side: float) -> tuple[Slab, ...]:
    """Every unit as high as its share of the parameters of all units; the first one at the foot."""
    total = sum(u.parameters for u in architecture.units) or 1
    z, slabs = 0.0, []
    for unit in architecture.units:
        high = z + side * unit.parameters / total
        slabs.append(Slab(unit.id, unit.kind, unit.stage, z, high))
        z = high
    return tuple(slabs)
