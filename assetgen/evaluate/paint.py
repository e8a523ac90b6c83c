"""Paints the held-out captions, and follows the predicted pictures of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from random import Random

import numpy as np
import torch
from tqdm import tqdm

from assetgen.capture.scheduler import SchedulerTap
from assetgen.evaluate.bench import GUIDANCE, Array, Bench
from assetgen.models.recogniser import Recogniser
from assetgen.train.guesses import quickened
from assetgen.train.scenes import Composer
from assetgen.train.words import Scene

BATCH = 10


@dataclass(frozen=True)
class Painted:
    """Pictures uint8 [n, h, w, RGB] of `scenes`, seed by seed; guesses [tracked, steps, h, w, RGB].

    `guesses` are the predicted pictures of the first scenes at every step.
    """

    scenes: list[Scene]
    captions: list[str]
    pictures: Array
    guesses: Array

    def tracks(self, network: Recogniser) -> Array:
        """Probabilities [tracked, steps, words] that `network` gives to the guesses."""
        return np.stack([network.probabilities(list(run)) for run in self.guesses])


def held_out_scenes(composer: Composer, count: int) -> list[Scene]:
    """`count` scenes of held-out combinations, with different captions, the same in every evaluation."""
    random, found = Random("evaluation"), dict[str, Scene]()
    while len(found) < count:
        scene = composer.grammar.draw(random, held_out=True)
        found.setdefault(composer.grammar.caption(scene), scene)
    return list(found.values())


def paint_all(bench: Bench) -> Painted:
    """All captions with all seeds; batches that an earlier evaluation painted are not painted again."""
    scenes = held_out_scenes(bench.composer, bench.sizes.prompts)
    captions = [bench.composer.grammar.caption(scene) for scene in scenes]
    pictures, guesses = [], []
    batches = [
        (seed, start)
        for seed in range(bench.sizes.seeds)
        for start in range(0, len(captions), BATCH)
    ]
    for seed, start in tqdm(batches, desc="painting", unit="batch"):
        some = captions[start : start + BATCH]
        tracked = some[: max(0, bench.sizes.tracked - start)] if seed == 0 else []
        made = bench.kept(
            f"painted_{seed}_{start:04d}",
            partial(_paint, bench, some, seed * len(captions) + start, len(tracked)),
        )
        pictures.append(made["pictures"])
        guesses.append(made["guesses"])
    repeated = bench.sizes.seeds
    return Painted(
        scenes * repeated,
        captions * repeated,
        np.concatenate(pictures),
        np.concatenate(guesses),
    )


@torch.no_grad()
def _paint(bench: Bench, captions: list[str], seed: int, tracked: int) -> dict[str, Array]:
    """One batch; picture i starts from the noise that `assetgen generate --seed` draws of seed + i."""
    guesser = bench.guesser
    makers = [torch.Generator().manual_seed(seed + i) for i in range(len(captions))]
    tap = SchedulerTap(bench.pipe.scheduler)
    try:
        with quickened(bench.pipe.unet):
            latents = bench.pipe(
                captions,
                num_inference_steps=bench.sizes.steps,
                guidance_scale=GUIDANCE,
                generator=makers,
                output_type="latent",
            ).images
    finally:
        tap.close()
    runs = [
        np.stack(guesser.decode(torch.cat([step.x0[i : i + 1] for step in tap.steps])))
        for i in range(tracked)
    ]
    pictures = np.stack(guesser.decode(latents.float()))
    nothing = np.zeros((0, bench.sizes.steps, *pictures.shape[1:]), np.uint8)
    return {"pictures": pictures, "guesses": np.stack(runs) if runs else nothing}
