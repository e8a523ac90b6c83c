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
from assetgen.train.guesses import quickened
from assetgen.train.scenes import Composer
from assetgen.train.words import Scene

BATCH = 10


@dataclass(frozen=True)
class Painted:
    """Pictures uint8 [n, h, w, RGB] of `scenes`, seed by seed; tracks [tracked, steps, words].

    `tracks` are the recogniser's probabilities, `judged` those of the judge.
    """

    scenes: list[Scene]
    captions: list[str]
    pictures: Array
    tracks: Array
    judged: Array


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
    pictures, tracks, judged = [], [], []
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
        tracks.append(made["tracks"])
        judged.append(made["judged"])
    repeated = bench.sizes.seeds
    return Painted(
        scenes * repeated,
        captions * repeated,
        np.concatenate(pictures),
        np.concatenate(tracks),
        np.concatenate(judged),
    )


@torch.no_grad()
def _paint(bench: Bench, captions: list[str], seed: int, tracked: int) -> dict[str, Array]:
    """One batch; picture i starts from the noise that `assetgen generate --seed` draws of seed + i."""
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
    tracks: dict[str, list[Array]] = {"tracks": [], "judged": []}
    for i in range(tracked):
        guesses = bench.guesser.decode(torch.cat([step.x0[i : i + 1] for step in tap.steps]))
        tracks["tracks"].append(bench.recogniser.probabilities(guesses))
        tracks["judged"].append(bench.judge.probabilities(guesses))
    shape = (0, bench.sizes.steps, len(bench.words))
    return {
        "pictures": np.stack(bench.guesser.decode(latents.float())),
        **{name: np.stack(own) if own else np.zeros(shape) for name, own in tracks.items()},
    }
