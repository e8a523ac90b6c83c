"""The numbers a panel may quote: one recorded run and its architecture, asked by name.

Every answer is None where nothing was recorded; nothing here invents a value.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assetgen.pack.damage import Damage, compare
from assetgen.pack.errors import PackError
from assetgen.pack.library import ablations
from assetgen.pack.reader import Pack
from assetgen.pack.schema import Architecture, Array, Layer, Metadata, Step, Unit, Word
from explorer.story.provenance import Provenance

if TYPE_CHECKING:
    from explorer.story.notes import Notes

Series = tuple[float | None, ...]
"""One value per recorded step."""

F32 = NDArray[np.float32]


class Record:
    """A pack and its architecture, with the reductions that panels and HUD share."""

    def __init__(self, pack: Pack, architecture: Architecture) -> None:
        self.pack = pack
        self.architecture = architecture
        self._units = {unit.id: unit for unit in architecture.units}
        self._tensors: dict[str, F32 | None] = {}
        self._damages: dict[str, Damage | None] = {}
        self._pictures: dict[str, NDArray[np.uint8] | None] = {}
        self.notes: Notes | None = None
        """What was found about this run; comes later, from the background."""

    @property
    def metadata(self) -> Metadata:
        return self.pack.metadata

    @property
    def steps(self) -> int:
        return len(self.metadata.steps)

    def step(self, index: int) -> Step:
        return self.metadata.steps[min(max(index, 0), self.steps - 1)]

    @property
    def words(self) -> tuple[Word, ...]:
        return self.metadata.words

    def unit(self, unit_id: str) -> Unit | None:
        return self._units.get(unit_id)

    def layer(self, layer_id: str) -> tuple[Unit, Layer] | None:
        """The layer and the unit that it belongs to."""
        for unit in self.architecture.units:
            for layer in unit.layers:
                if layer.id == layer_id:
                    return unit, layer
        return None

    def array(self, name: str) -> Array | None:
        return self.metadata.arrays.get(name)

    def provenance(self, name: str) -> Provenance:
        """The badge that the pack gives an array; what is not in the pack is at most DERIVED."""
        array = self.array(name)
        return Provenance.DERIVED if array is None else Provenance(array.provenance)

    def tensor(self, key: str) -> F32 | None:
        """A recorded tensor, read once; None if it was not recorded or cannot be read."""
        if key not in self._tensors:
            try:
                self._tensors[key] = self.pack.tensor(key) if self.pack.has(key) else None
            except PackError:
                self._tensors[key] = None
        return self._tensors[key]

    def unit_column(self, unit_id: str) -> int | None:
        """Column of the unit in `unit_rms` and `unit_update`."""
        ids = [unit.id for unit in self.architecture.units]
        return ids.index(unit_id) if unit_id in ids else None

    def magnitude(self, unit_id: str) -> Series | None:
        """Root mean square of the unit's output at every step."""
        return self._column("unit_rms", self.unit_column(unit_id))

    def change(self, unit_id: str) -> Series | None:
        """‖output − input‖ / ‖input‖ at every step, where the shapes agree."""
        return self._column("unit_update", self.unit_column(unit_id))

    def entropy(self, layer_id: str) -> Series | None:
        """How evenly a self-attention layer reads: 1 = everywhere alike."""
        return self._column(
            "self_attention_entropy", self.layer_column("self_attention_entropy", layer_id)
        )

    @cached_property
    def word_mass(self) -> F32 | None:
        """Probability that each word receives, `[S, words]`: its tokens summed, layers averaged."""
        mass = self.tensor("attention_mass")
        if mass is None:
            return None
        mean = mass.mean(axis=1)
        columns = [mean[:, list(word.tokens)].sum(axis=1) for word in self.words]
        return np.stack(columns, axis=1) if columns else np.zeros((self.steps, 0), np.float32)

    def word_series(self, index: int, layer_id: str | None = None) -> Series | None:
        """What a word receives at every step, in one layer or in their mean."""
        if layer_id is None:
            return None if self.word_mass is None else _series(self.word_mass[:, index])
        mass, column = self.tensor("attention_mass"), self.layer_column("attention_mass", layer_id)
        if mass is None or column is None:
            return None
        return _series(mass[:, column, list(self.words[index].tokens)].sum(axis=1))

    def word_share(self, index: int, step: int) -> float | None:
        """A word's mass against the largest of any word and step of this run, 0..1."""
        mass = self.word_mass
        if mass is None or not mass.size:
            return None
        return float(mass[min(step, len(mass) - 1), index] / max(float(mass.max()), 1e-12))

    @cached_property
    def word_tokens(self) -> list[int]:
        """Indices of all tokens that belong to words."""
        return [token.index for token in self.metadata.tokens if token.role == "word"]

    def layer_words(self, layer_id: str) -> Series | None:
        """What all words together receive in one cross-attention layer at every step."""
        mass, column = self.tensor("attention_mass"), self.layer_column("attention_mass", layer_id)
        if mass is None or column is None:
            return None
        return _series(mass[:, column][:, self.word_tokens].sum(axis=1))

    def role_series(self, role: str) -> Series | None:
        """Probability that all tokens of a role (bos, word, eos, pad) receive together, at every step."""
        mass = self.tensor("attention_mass")
        if mass is None:
            return None
        columns = [token.index for token in self.metadata.tokens if token.role == role]
        return _series(mass.mean(axis=1)[:, columns].sum(axis=1))

    def latent_rms(self, key: str) -> Series | None:
        """Root mean square of a recorded latent at every step."""
        latent = self.tensor(key)
        if latent is None:
            return None
        return _series(np.sqrt((latent[: self.steps] ** 2).mean(axis=(1, 2, 3))))

    def pictures(self, name: str) -> NDArray[np.uint8] | None:
        """Every step's picture of an array, `[S, H, W, 3]`, read once; None if it was not recorded."""
        if name not in self._pictures:
            try:
                every = [self.pack.image(name, i) for i in range(self.steps)]
                self._pictures[name] = np.stack(every) if self.pack.has(name) else None
            except (PackError, KeyError):
                self._pictures[name] = None
        return self._pictures[name]

    def pixel(self, name: str, probe: tuple[float, float]) -> NDArray[np.uint8] | None:
        """One pixel of an array's pictures through all steps, `[S, 3]`; `probe` is right and down, 0..1."""
        pictures = self.pictures(name)
        if pictures is None:
            return None
        row, column = pixel_at(probe, pictures.shape[1], pictures.shape[2])
        return np.asarray(pictures[:, row, column])

    def settling(self) -> Series | None:
        """‖x0ₖ − x0ₖ₋₁‖ ÷ ‖x0ₖ‖ at every step; None at the first, which has none before it."""
        x0 = self.tensor("x0")
        if x0 is None:
            return None
        flat = x0.reshape(len(x0), -1)
        moved = np.linalg.norm(np.diff(flat, axis=0), axis=1)
        size = np.maximum(np.linalg.norm(flat[1:], axis=1), 1e-12)
        return (None, *_series(moved / size))

    def time_share(self, unit_id: str) -> float | None:
        """Share of the measured time of all units, where the bake kept it."""
        timing = self.pack.timing
        if timing is None or unit_id not in timing.units:
            return None
        total = sum(timing.units.values())
        return timing.units[unit_id] / total if total > 0 else None

    @cached_property
    def ablations(self) -> dict[str, Path]:
        """Folders of the recorded runs that lack one part of the network, by the part's id."""
        return ablations(self.pack)

    def damage(self, id: str) -> Damage | None:
        """What the whole run loses without the part `id`; None if that was not tried. DERIVED."""
        if id not in self._damages:
            try:
                study = self.metadata.study
                whole = self.pack.base() if study else self.pack
                found = self.ablations.get(id)
                self._damages[id] = compare(whole, Pack.open(found)) if found else None
            except PackError:
                self._damages[id] = None
        return self._damages[id]

    def layer_column(self, key: str, layer_id: str) -> int | None:
        array = self.array(key)
        if array is None or layer_id not in array.layer_ids:
            return None
        return array.layer_ids.index(layer_id)

    def _column(self, key: str, column: int | None) -> Series | None:
        tensor = self.tensor(key)
        if tensor is None or column is None:
            return None
        return _series(tensor[:, column])


def _series(values: F32) -> Series:
    return tuple(float(v) if np.isfinite(v) else None for v in values)


def settling_dust(step: Step) -> float | None:
    """Part of the noise in x_t that the step mixes back in: its coefficient of eps ÷ sigma. None where not recorded."""
    if step.coefficients is None or not step.sigma:
        return None
    return min(max(step.coefficients.eps / step.sigma, 0.0), 1.0)


def pixel_at(probe: tuple[float, float], height: int, width: int) -> tuple[int, int]:
    """Row and column of the pixel at `probe` (right, down; 0..1)."""
    return (
        min(max(int(probe[1] * height), 0), height - 1),
        min(max(int(probe[0] * width), 0), width - 1),
    )
