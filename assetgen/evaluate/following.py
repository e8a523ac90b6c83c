"""Does it paint what it was asked for, and only that? The protocol stands in `assetgen.evaluate`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assetgen.evaluate.bench import Array, Bench
from assetgen.evaluate.figures import share
from assetgen.evaluate.paint import Painted
from assetgen.evaluate.reconstruction import reconstructed
from assetgen.pack.evaluation import Following, Judge, Scores, WordFigure, rate
from assetgen.train.words import Scene

THRESHOLD = 0.5
NEEDED = 0.98
"""Recall and precision of the judge on true scenes, or its verdicts are void."""
DRAWN = ("object", "thing")
"""Kinds that are drawings; grounds and skies are colours."""


def measure_following(bench: Bench, painted: Painted, sheet: str) -> Following:
    """The whole protocol; `sheet` is the file its pictures are shown in."""
    judge = measure_judge(bench)
    seen = bench.judge.probabilities(list(painted.pictures)) >= THRESHOLD
    asked = truth(bench.words, painted.scenes)
    kinds = np.array([bench.kind(word) for word in bench.words])
    return following(bench.words, kinds, asked, seen, judge, bench.sizes.seeds, sheet)


def following(
    words: Sequence[str],
    kinds: Array,
    asked: Array,
    seen: Array,
    judge: Judge,
    seeds: int,
    sheet: str,
) -> Following:
    """The figures from two boolean tables [pictures, words]: what was asked for, what was seen."""
    objects, drawn = kinds == "object", np.isin(kinds, DRAWN)
    pair = (asked & objects).sum(axis=1) == 2
    single = (asked & objects).sum(axis=1) == 1
    found = asked & seen & objects
    false = seen & ~asked & drawn
    return Following(
        prompts=len(asked) // seeds,
        seeds=seeds,
        judge=judge,
        present=rate(int(found.sum()), int((asked & objects).sum())),
        single=rate(int(found[single].sum()), int(single.sum())),
        both=rate(int((found[pair].sum(axis=1) == 2).sum()), int(pair.sum())),
        false=rate(int(false.sum()), int((~asked & drawn).sum())),
        false_pictures=share(np.asarray(false.any(axis=1))),
        kinds={
            kind: share(seen[:, kinds == kind][asked[:, kinds == kind]])
            for kind in dict.fromkeys(kinds.tolist())
        },
        words=tuple(
            WordFigure(
                word,
                str(kinds[w]),
                share(seen[asked[:, w], w]),
                share(seen[~asked[:, w], w]),
            )
            for w, word in enumerate(words)
        ),
        sheet=sheet,
        void=void(judge),
    )


def void(judge: Judge) -> str | None:
    """Why the judge's verdicts must not be used, or None."""
    for name in ("recall", "precision"):
        value = getattr(judge.drawn, name).rate
        if value is None or value < NEEDED:
            return f"the judge's {name} on true scenes is {value}, {NEEDED} is needed"
    return None


def measure_judge(bench: Bench) -> Judge:
    """The judge on true held-out scenes, as composed and after the autoencoder."""
    pixels, decoded = reconstructed(bench, bench.sizes.judged)
    scenes = [bench.composer.scene(number, held_out=True) for number in range(len(pixels))]
    asked = truth(bench.words, scenes)
    seen = bench.judge.probabilities(list(pixels)) >= THRESHOLD
    again = bench.judge.probabilities(list(decoded)) >= THRESHOLD
    drawn = np.isin([bench.kind(word) for word in bench.words], DRAWN)
    return Judge(
        pictures=len(pixels),
        threshold=THRESHOLD,
        drawn=scores(asked[:, drawn], seen[:, drawn]),
        all=scores(asked, seen),
        reconstructed=scores(asked[:, drawn], again[:, drawn]),
    )


def scores(there: Array, seen: Array) -> Scores:
    """Recall and precision over all entries of two boolean tables."""
    both = int((there & seen).sum())
    return Scores(rate(both, int(there.sum())), rate(both, int(seen.sum())))


def truth(words: Sequence[str], scenes: Sequence[Scene]) -> Array:
    """Which word is in which scene, said or unsaid: bool [scenes, words]."""
    return np.array([[word in scene.words for word in words] for scene in scenes])
