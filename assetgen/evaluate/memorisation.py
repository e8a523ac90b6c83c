"""What is copied and what is new. The protocol stands in `assetgen.evaluate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from tqdm import tqdm

from assetgen.evaluate.bench import Array, Bench
from assetgen.evaluate.figures import quantiles, share
from assetgen.evaluate.nearest import (
    Templates,
    match,
    nearest,
    templates,
    training_thumbnails,
)
from assetgen.evaluate.paint import Painted
from assetgen.evaluate.reconstruction import reconstructed
from assetgen.pack.comparing import shrink
from assetgen.pack.evaluation import Memorisation, Rate

SHOWN = 3
MATCHED_SCENES = 100
"""Pictures of each sort whose objects are compared with their drawings."""
NAMED = 50
"""Those among them that are compared with the drawings of every word."""


def measure_memorisation(bench: Bench, painted: Painted, sheet: str) -> Memorisation:
    """Distances of painted pictures and of true held-out scenes to the training scenes."""
    thumbnails = training_thumbnails(bench.composer, bench.sizes.training, bench.folder.parent)
    numbers, distances = nearest(shrink(painted.pictures), thumbnails, 1)
    true, _ = reconstructed(bench, bench.sizes.reconstructed)
    _, usual = nearest(shrink(true), thumbnails, 1)
    objects = [set(scene.objects) for scene in painted.scenes]
    closest = [set(bench.composer.scene(int(number)).objects) for number in numbers[:, 0]]
    pairs = list(zip(objects, closest, strict=True))
    drawn, named = _drawings(bench, painted)
    return Memorisation(
        training_scenes=len(thumbnails),
        generated=quantiles(distances[:, 0]),
        held_out=quantiles(usual[:, 0]),
        copies=share(distances[:, 0] < np.quantile(usual[:, 0], 0.01)),
        same_objects=share(np.array([a == b for a, b in pairs])),
        one_object=share(np.array([bool(a & b) and a != b for a, b in pairs])),
        drawing={name: quantiles(values) for name, values in drawn.items()},
        faithful=share(drawn["generated"] >= np.quantile(drawn["true"], 0.05)),
        named=named,
        sheet=sheet,
    )


def _drawings(bench: Bench, painted: Painted) -> tuple[dict[str, Array], dict[str, Rate]]:
    """Correlation of objects with drawings, and how many fit their own better than others, by sort."""
    rules = bench.config["scene"]
    words = bench.composer.grammar.words["object"]

    @cache
    def poses(word: str, alone: bool) -> Templates:
        low, high = rules["single" if alone else "pair"]
        return templates(bench.drawings[word], (low, (low + high) / 2, high))

    count = min(MATCHED_SCENES, len(painted.pictures), bench.sizes.judged)
    true = [bench.composer.picture(i, held_out=True) for i in range(count)]
    sorts = {
        "generated": list(zip(painted.pictures, painted.scenes, strict=True))[:count],
        "true": [(picture.pixels, picture.scene) for picture in true],
    }
    fits: dict[str, list[float]] = {"generated": [], "true": [], "other": []}
    named: dict[str, list[bool]] = {"generated": [], "true": []}
    for sort, pictures in sorts.items():
        for i, (pixels, scene) in enumerate(tqdm(pictures, desc=f"drawings, {sort}")):
            alone = len(scene.objects) == 1
            # All words for some, only those that are there for the others: it takes time.
            looked = words if i < NAMED and scene.objects else scene.objects
            found = {word: match(pixels, poses(word, alone)) for word in looked}
            fits[sort] += [found[word] for word in scene.objects]
            if i < NAMED and scene.objects:
                named[sort] += best_fits(found, scene.objects)
                if sort == "true":
                    fits["other"] += [v for word, v in found.items() if word not in scene.objects]
    return (
        {name: np.array(values) for name, values in fits.items()},
        {name: share(np.array(values)) for name, values in named.items()},
    )


def best_fits(found: Mapping[str, float], objects: Sequence[str]) -> list[bool]:
    """For each of n objects: is its drawing among the n that fit best?"""
    top = sorted(found, key=lambda word: -found[word])[: len(objects)]
    return [word in top for word in objects]
