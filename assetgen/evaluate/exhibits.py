"""What the exhibits need beside recorded runs: noising, neighbours, how the model learned.

Each is one small JSON file beside the runs of a model, and a sheet of pictures (docs/format.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from assetgen.evaluate.bench import GUIDANCE, STEPS
from assetgen.evaluate.figures import quantiles
from assetgen.evaluate.nearest import nearest, training_thumbnails
from assetgen.models.load import weights_hash
from assetgen.pack import Library, Pack
from assetgen.pack.codec import encode
from assetgen.pack.comparing import psnr, shrink
from assetgen.pack.images import U8, encode_image
from assetgen.pack.measures import (
    Example,
    Guess,
    Neighbour,
    Neighbours,
    Noise,
    NoisedScene,
    Noising,
    Point,
    RunNeighbours,
    Sheet,
    Stage,
    Training,
)
from assetgen.pack.schema import FORMAT
from assetgen.pack.writer import write_file
from assetgen.train.guesses import Guesser, quickened
from assetgen.train.scenes import Composer
from assetgen.train.sheets import save_captioned
from assetgen.train.words import Scene

SCENES, LEVELS, EXAMPLES, SHOWN = 6, 12, 12, 3
POINTS = 200
"""Most points of a curve."""
SAMPLED = 500_000
"""Number of the first scene whose caption is painted as a sample: no training scene lies there."""
USUAL = 300
"""True held-out scenes that say how near to a training scene a new picture usually lies."""


def write_measure(name: str, value: msgspec.Struct, tiles: Sequence[U8], target: Path) -> Path:
    """`<name>.json` and its sheet of `tiles`; the struct's `sheet` must describe them."""
    sheet: Sheet = value.sheet  # type: ignore[attr-defined]
    rows = -(-len(tiles) // sheet.columns)
    page = np.zeros((rows * sheet.height, sheet.columns * sheet.width, 3), np.uint8)
    for i, tile in enumerate(tiles):
        y, x = i // sheet.columns * sheet.height, i % sheet.columns * sheet.width
        page[y : y + sheet.height, x : x + sheet.width] = tile
    write_file(target / sheet.file, encode_image(page, ".jpg"))
    file = target / f"{name}.json"
    write_file(file, encode(value))
    return file


def noising(guesser: Guesser, composer: Composer, model: str, folder: Path, target: Path) -> Path:
    """True scenes at twelve noise levels and the model's guess, with the caption, in one step."""
    levels = [int(v) for v in np.linspace(0, guesser.levels - 1, LEVELS).round()]
    tiles: list[U8] = []
    scenes = []
    for number in _varied(composer, SCENES):
        picture = composer.picture(number, held_out=True)
        clean = guesser.encode([picture.pixels])
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(number))
        noisy = guesser.noised(clean, torch.tensor(levels), noise)
        guess = guesser.clean(noisy, torch.tensor(levels), [picture.caption] * LEVELS)
        first = len(tiles)
        tiles += [picture.pixels, *guesser.decode(noisy), *guesser.decode(guess)]
        errors = (guess - clean).square().mean(dim=(1, 2, 3)).tolist()
        scenes.append(
            NoisedScene(
                number,
                picture.caption,
                picture.scene.words,
                first,
                tuple(
                    Guess(
                        round(errors[i], 5),
                        round(psnr(picture.pixels, tiles[first + 1 + LEVELS + i]), 2),
                        first + 1 + i,
                        first + 1 + LEVELS + i,
                    )
                    for i in range(LEVELS)
                ),
            )
        )
    value = Noising(
        FORMAT,
        model,
        weights_hash(folder / "unet"),
        Sheet("evaluation/noising.jpg", 2 * LEVELS + 1, composer.size, composer.size),
        tuple(
            Noise(
                level,
                round(float(guesser.alpha[level]), 5),
                round(float(guesser.sigma[level]), 5),
                float(f"{guesser.snr(level):.5g}"),
            )
            for level in levels
        ),
        tuple(scenes),
    )
    return write_measure("noising", value, tiles, target)


def neighbours(composer: Composer, count: int, work: Path, assets: Path, model: str) -> Path:
    """For every full run of `model` the three training scenes nearest to its picture."""
    training = training_thumbnails(composer, count, work)
    held = np.stack([composer.picture(i, held_out=True).pixels for i in range(USUAL)])
    _, usual = nearest(shrink(held), training, 1)
    tiles: list[U8] = []
    runs = []
    for entry in (run for run in Library.open(assets).runs if run.model == model):
        pack = Pack.open(entry.path)
        own = set(pack.metadata.prompt.lower().split())
        numbers, distances = nearest(shrink(pack.final()[None]), training, SHOWN)
        first = len(tiles)
        tiles.append(pack.final())
        found = []
        for number, distance in zip(numbers[0].tolist(), distances[0].tolist(), strict=True):
            picture = composer.picture(number)
            shared = tuple(word for word in picture.scene.words if word in own)
            found.append(Neighbour(number, picture.caption, round(distance, 2), shared, len(tiles)))
            tiles.append(picture.pixels)
        scene = scene_of(composer, pack.metadata.prompt)
        is_held = scene is not None and composer.grammar.is_held_out(scene)
        runs.append(RunNeighbours(entry.id, entry.prompt, is_held, first, tuple(found)))
    sheet = Sheet("evaluation/neighbours.jpg", SHOWN + 1, composer.size, composer.size)
    value = Neighbours(FORMAT, model, len(training), quantiles(usual[:, 0]), sheet, tuple(runs))
    return write_measure("neighbours", value, tiles, assets / "runs" / model)


def training(
    composer: Composer,
    config: Mapping[str, Any],
    work: Path,
    model: str,
    target: Path,
    until: int | None = None,
) -> Path:
    """The curves of every stage that the work folder knows of, and scenes from the training stream.

    Training may have gone on since the model was exported: that of the U-Net is told `until` so many
    samples.
    """
    milestones = sorted(int(f.stem) for f in (work / "unet" / "milestones").glob("*.pt"))
    if until is not None:
        milestones = [milestone for milestone in milestones if milestone <= until]
    examples, tiles = [], list[U8]()
    for number in _varied(composer, EXAMPLES, held_out=False):
        picture = composer.picture(number)
        examples.append(Example(number, picture.caption, picture.scene.words, len(tiles)))
        tiles.append(picture.pixels)
    value = Training(
        FORMAT,
        model,
        tuple(
            stage
            for name in ("vae", "unet", "decoder")
            if (stage := _stage(work, name, until if name == "unet" else None))
        ),
        tuple(milestones),
        int(config["unet"]["scenes"]),
        Sheet("evaluation/training.jpg", 6, composer.size, composer.size),
        tuple(examples),
    )
    return write_measure("training", value, tiles, target)


def samples(pipe: Any, composer: Composer, folder: Path) -> Path:
    """Twenty pictures, not picked: random captions, seeds 0 to 19; the last ten are held-out combinations."""
    captions = [composer.caption(SAMPLED + i, held_out=i >= 10) for i in range(20)]
    makers = [torch.Generator().manual_seed(i) for i in range(20)]
    pictures: list[U8] = []
    for start in range(0, 20, 10):
        with quickened(pipe.unet), torch.no_grad():
            latents = pipe(
                captions[start : start + 10],
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
                generator=makers[start : start + 10],
                output_type="latent",
            ).images
        pictures += Guesser(pipe).decode(latents)
    save_captioned(pictures, captions, folder / "samples.png")
    return folder / "samples.png"


def thin(points: Sequence[Point], most: int = POINTS) -> tuple[Point, ...]:
    """Groups of equal length replaced by their last point, with the mean loss of the group."""
    size = -(-len(points) // most) if points else 1
    groups = [points[i : i + size] for i in range(0, len(points), size)]
    return tuple(
        Point(g[-1].samples, g[-1].seconds, round(sum(p.loss for p in g) / len(g), 6))
        for g in groups
    )


def scene_of(composer: Composer, prompt: str) -> Scene | None:
    """The scene that a caption of the grammar describes; None if it says no ground."""
    words = prompt.lower().split()
    kinds = composer.grammar.words
    named = {kind: [word for word in words if word in own] for kind, own in kinds.items()}
    if not named["ground"]:
        return None
    return Scene(
        tuple(named["object"]),
        named["ground"][0],
        (named["sky"] or ["blue"])[0],
        named["thing"][0] if named["thing"] else None,
    )


def _stage(work: Path, name: str, until: int | None) -> Stage | None:
    file = work / name / "loss.jsonl"
    if not file.is_file():
        return None
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    points = [
        Point(row["samples"], row["seconds"], row["loss"])
        for row in rows
        if until is None or row["samples"] <= until
    ]
    # A run that was killed repeats what it had not saved: the later rows count.
    kept: list[Point] = []
    for point in points:
        while kept and kept[-1].samples >= point.samples:
            kept.pop()
        kept.append(point)
    if not kept:
        return None
    return Stage(name, kept[-1].samples, round(kept[-1].seconds / 3600, 3), thin(kept))


def _varied(composer: Composer, count: int, *, held_out: bool = True) -> list[int]:
    """The first scenes of the stream of which each shows an object that none before it shows."""
    seen: set[str] = set()
    found: list[int] = []
    for number in range(10_000):
        objects = composer.scene(number, held_out=held_out).objects
        if objects and not seen & set(objects):
            seen |= set(objects)
            found.append(number)
        if len(found) == count:
            return found
        if len(seen) > len(composer.grammar.words["object"]) - 2:
            seen.clear()
    raise ValueError(f"no {count} different scenes")
