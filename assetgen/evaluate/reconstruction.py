"""What the autoencoder keeps of a true scene. The protocol stands in `assetgen.evaluate`."""

from __future__ import annotations

import numpy as np

from assetgen.evaluate.bench import Array, Bench
from assetgen.evaluate.figures import mean_interval
from assetgen.pack.comparing import psnr
from assetgen.pack.evaluation import Reconstruction


def measure_reconstruction(bench: Bench, sheet: str) -> Reconstruction:
    """PSNR of held-out scenes and of their reconstruction."""
    truth, guess = reconstructed(bench, bench.sizes.reconstructed)
    mean, low, high = mean_interval(
        np.array([psnr(a, b) for a, b in zip(truth, guess, strict=True)])
    )
    return Reconstruction(
        scenes=len(truth),
        psnr=round(psnr(truth, guess), 3),
        mean=round(mean, 3),
        low=round(low, 3),
        high=round(high, 3),
        sheet=sheet,
    )


def reconstructed(bench: Bench, count: int) -> tuple[Array, Array]:
    """(the first `count` held-out scenes, the same after the autoencoder), uint8 [n, h, w, RGB]."""

    def make() -> dict[str, Array]:
        numbers = range(max(bench.sizes.reconstructed, bench.sizes.judged))
        truth = [bench.composer.picture(number, held_out=True).pixels for number in numbers]
        guess = bench.guesser.decode(bench.guesser.encode(truth))
        return {"truth": np.stack(truth), "guess": np.stack(guess)}

    stored = bench.kept("autoencoder", make)
    return stored["truth"][:count], stored["guess"][:count]
