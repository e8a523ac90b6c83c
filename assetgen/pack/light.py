"""The `light` profile: the picture's strip, where each word is read, a number a unit. All steps share a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from assetgen.pack.images import F32, U8, compand
from assetgen.pack.recording import LATENTS, PICTURES, Recording, WordMaps
from assetgen.pack.schema import Word
from assetgen.pack.words import word_map_size, word_maps

KEPT = "predicted"
TENSORS = (*LATENTS, "attention_mass")
"""Tensors that a light run does without."""


def lighten(recording: Recording, words: Sequence[Word], *, reduce: int = 1) -> tuple[str, ...]:
    """Turn `recording` into what a light pack stores; returns the names of what is left out.

    The maps of `words` are kept in place of every layer's attention. The strip becomes `reduce`
    times smaller; a size that `reduce` does not divide stays.
    """
    omitted = [name for name in TENSORS if recording.tensors.pop(name, None) is not None]
    for name in PICTURES:
        if name != KEPT:
            recording.pictures.pop(name, None)
            omitted.append(name)
    omitted += ["attention", "features"]
    if recording.attention and words:
        recording.words = WordMaps(tuple(word.index for word in words), _maps(recording, words))
    recording.attention, recording.features = {}, {}
    if recording.pictures.get(KEPT):
        recording.pictures[KEPT] = [_reduced(p, reduce) for p in recording.pictures[KEPT]]
    recording.sheets = (KEPT,)
    return tuple(omitted)


def _maps(recording: Recording, words: Sequence[Word]) -> U8:
    maps = recording.attention
    size = word_map_size({id: (m.shape[2], m.shape[3]) for id, m in maps.items()})
    found: F32 = word_maps(maps, recording.lanes, words, size)
    return compand(found)


def _reduced(picture: U8, factor: int) -> U8:
    if factor == 1 or any(side % factor for side in picture.shape[:2]):
        return picture
    return np.asarray(Image.fromarray(picture).reduce(factor))
