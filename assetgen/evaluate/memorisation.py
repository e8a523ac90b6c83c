"""What is copied and what is new. The protocol stands in `assetgen.evaluate`."""

from __future__ import annotations

from functools import cache
from random import Random

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
from assetgen.pack.evaluation import Memorisation
from assetgen.train.words import Scene

SHOWN = 3
MATCHED_SCENES = 100
"""Pictures of each sort whose objects are compared with drawings."""


def measure_memorisation(bench: Bench, painted: Painted, sheet: str) -> Memorisation:
    """Distances of painted pictures and of true held-out scenes to the training scenes."""
    thumbnails = training_thumbnails(bench.composer, bench.sizes.training, bench.folder.parent)
    numbers, distances = nearest(shrink(painted.pictures), thumbnails, 1)
    true, _ = reconstructed(bench, bench.sizes.reconstructed)
    _, usual = nearest(shrink(true), thumbnails, 1)
    objects = [set(scene.objects) for scene in painted.scenes]
    closest = [set(bench.composer.scene(int(number)).objects) for number in numbers[:, 0]]
    pairs = list(zip(objects, closest, strict=True))
    drawn = _drawings(bench, painted)
    return Memorisation(
        training_scenes=len(thumbnails),
        generated=quantiles(distances[:, 0]),
        held_out=quantiles(usual[:, 0]),
        copies=share(distances[:, 0] < np.quantile(usual[:, 0], 0.01)),
        same_objects=share(np.array([a == b for a, b in pairs])),
        one_object=share(np.array([bool(a & b) and a != b for a, b in pairs])),
        drawing={name: quantiles(values) for name, values in drawn.items()},
        faithful=share(drawn["generated"] >= np.quantile(drawn["true"], 0.05)),
        sheet=sheet,
    )


def _drawings(bench: Bench, painted: Painted) -> dict[str, Array]:
    """Correlation of objects with their drawings, by sort of picture."""
    rules = bench.config["scene"]

    @cache
    def poses(word: str, alone: bool) -> Templates:
        low, high = rules["single" if alone else "pair"]
        return templates(bench.drawings[word], (low, (low + high) / 2, high))

    def fits(picture: Array, scene: Scene, word: str) -> float:
        return match(picture, poses(word, len(scene.objects) == 1))

    count = min(MATCHED_SCENES, len(painted.pictures), bench.sizes.judged)
    random, words = Random(0), bench.composer.grammar.words["object"]
    found: dict[str, list[float]] = {"generated": [], "true": [], "other": []}
    for i in tqdm(range(count), desc="drawings", unit="picture"):
        scene = painted.scenes[i]
        found["generated"] += [fits(painted.pictures[i], scene, word) for word in scene.objects]
        true = bench.composer.picture(i, held_out=True)
        found["true"] += [fits(true.pixels, true.scene, word) for word in true.scene.objects]
        if true.scene.objects:
            other = random.choice([word for word in words if word not in true.scene.objects])
            found["other"].append(fits(true.pixels, true.scene, other))
    return {name: np.array(values) for name, values in found.items()}
