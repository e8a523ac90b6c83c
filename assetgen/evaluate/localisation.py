"""Does a word's attention lie where the thing is? The protocol stands in `assetgen.evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from assetgen.capture.attention import AttentionTap, Lanes, SelfAttention, TextAttention
from assetgen.capture.backends import use_fused_attention
from assetgen.capture.passes import Passes
from assetgen.capture.tokens import tokenize
from assetgen.evaluate.bench import Array, Bench
from assetgen.evaluate.figures import overlap
from assetgen.pack.evaluation import Baseline, Level, Localisation
from assetgen.pack.images import resize
from assetgen.train.guesses import Guesser

SNRS = (0.1, 1.0, 10.0)
THRESHOLDS = tuple(np.round(np.arange(0.05, 0.96, 0.05), 2).tolist())
BOXES = tuple(np.round(np.arange(0.2, 1.01, 0.05), 2).tolist())
"""Sides of the centred square, as shares of the picture's."""
RESAMPLES = 500


@dataclass(frozen=True)
class Place:
    """A word of a scene: its map at every SNR [3, grid, grid] and where it truly is [size, size]."""

    scene: int
    word: str
    maps: Array
    mask: Array


def measure_localisation(bench: Bench, sheet: str) -> Localisation:
    """The whole protocol: thresholds on training scenes, then held-out scenes once."""
    layers, grid = map_layers(bench)
    training = _places(bench, layers, bench.sizes.chosen_on, held_out=False)
    held = _places(bench, layers, bench.sizes.localised, held_out=True)
    threshold = best(THRESHOLDS, lambda cut: _mean_over_levels(training, cut, bench))
    levels = tuple(_level(bench, held, i, threshold) for i in range(len(SNRS)))
    iou, low, high = _overall(held, threshold)
    random_cut = best(THRESHOLDS, lambda cut: _baseline(bench, training, _random(cut)).iou)
    side = best(BOXES, lambda side: _baseline(bench, training, _box(side)).iou)
    return Localisation(
        scenes=bench.sizes.localised,
        training_scenes=bench.sizes.chosen_on,
        grid=grid,
        layers=layers,
        threshold=threshold,
        iou=iou,
        low=low,
        high=high,
        levels=levels,
        random=_baseline(bench, held, _random(random_cut), random_cut),
        box=_baseline(bench, held, _box(side), side),
        sheet=sheet,
    )


def region(plane: Array, cut: float, size: int) -> Array:
    """Where a map, divided by its maximum and enlarged bilinearly, exceeds `cut`: bool [size, size]."""
    scaled = (plane / max(float(plane.max()), 1e-12)).astype(np.float32)
    return np.asarray(resize(scaled, size, size) > cut)


def word_means(rows: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Mean of the values of each word."""
    found: dict[str, list[float]] = {}
    for word, value in rows:
        found.setdefault(word, []).append(value)
    return {word: float(np.mean(values)) for word, values in found.items()}


def best(candidates: Sequence[float], score: Callable[[float], float]) -> float:
    """The candidate with the highest score, the first of equals."""
    return max(candidates, key=score)


def map_layers(bench: Bench) -> tuple[tuple[str, ...], tuple[int, int]]:
    """The cross-attention layers with the largest maps, and that size."""
    found: dict[str, tuple[int, int]] = {}
    config = bench.pipe.unet.config
    latents = torch.zeros(1, config.in_channels, config.sample_size, config.sample_size)
    for event in _attention(bench, latents, 0, ""):
        found[event.layer] = (event.maps.shape[1], event.maps.shape[2])
    largest = max(found.values())
    return tuple(layer for layer, size in found.items() if size == largest), largest


def places_of_scene(
    bench: Bench, layers: Collection[str], number: int, *, held_out: bool
) -> list[Place]:
    """Maps, averaged over `layers`, and masks of every word of a scene that its caption says."""
    picture = bench.composer.picture(number, held_out=held_out)
    clean = bench.guesser.encode([picture.pixels])
    maker = torch.Generator().manual_seed(10_000_019 * held_out + number)
    noise = torch.randn(clean.shape, generator=maker)
    words = {w.text: w.tokens for w in tokenize(bench.pipe.tokenizer, picture.caption).words}
    maps: dict[str, list[Array]] = {word: [] for word in picture.masks if word in words}
    for snr in SNRS:
        level = bench.guesser.level_of(snr)
        noisy = bench.guesser.noised(clean, torch.tensor([level]), noise)
        events = [e for e in _attention(bench, noisy, level, picture.caption) if e.layer in layers]
        mean = torch.stack([event.maps for event in events]).mean(dim=0).numpy()
        for word, rows in maps.items():
            rows.append(mean[list(words[word])].mean(axis=0))
    return [Place(number, word, np.stack(rows), picture.masks[word]) for word, rows in maps.items()]


def _attention(bench: Bench, noisy: Any, level: int, caption: str) -> Iterator[TextAttention]:
    events: list[TextAttention] = []

    def sink(event: TextAttention | SelfAttention) -> None:
        if isinstance(event, TextAttention):
            events.append(event)

    use_fused_attention(bench.pipe.unet)
    unet = bench.pipe.unet
    with AttentionTap(unet, sink, Passes(unet), lambda tokens: [Lanes(tuple(range(tokens)))]):
        # Half precision would round the softmax that the tap recomputes.
        Guesser(bench.pipe, autocast=False).output(noisy, torch.tensor([level]), [caption])
    yield from events


def _places(bench: Bench, layers: Collection[str], count: int, *, held_out: bool) -> list[Place]:
    """Of the first `count` scenes; kept as arrays, masks as bits."""

    def make() -> dict[str, Array]:
        name = "attention, held out" if held_out else "attention, training"
        found = [
            place
            for number in tqdm(range(count), desc=name, unit="scene")
            for place in places_of_scene(bench, layers, number, held_out=held_out)
        ]
        return {
            "scene": np.array([place.scene for place in found]),
            "word": np.array([place.word for place in found]),
            "maps": np.stack([place.maps for place in found]).astype(np.float32),
            "masks": np.packbits(np.stack([place.mask for place in found]), axis=-1),
        }

    stored = bench.kept(f"attention_{'held' if held_out else 'training'}", make)
    masks = np.unpackbits(stored["masks"], axis=-1).astype(bool)
    return [
        Place(int(scene), str(word), maps, mask)
        for scene, word, maps, mask in zip(
            stored["scene"], stored["word"], stored["maps"], masks, strict=True
        )
        if mask.any()
    ]


def _values(places: Sequence[Place], level: int, cut: float) -> list[tuple[str, float]]:
    return [(p.word, overlap(region(p.maps[level], cut, p.mask.shape[0]), p.mask)) for p in places]


def _mean_over_levels(places: Sequence[Place], cut: float, bench: Bench) -> float:
    values = [row for level in range(len(SNRS)) for row in _values(places, level, cut)]
    return float(np.mean(list(word_means(values).values())))


def _overall(places: Sequence[Place], cut: float) -> tuple[float, float, float]:
    """Mean over levels, scenes and words, with its interval."""
    levels = [_values(places, level, cut) for level in range(len(SNRS))]
    rows = [
        (same[0][0], float(np.mean([value for _, value in same])))
        for same in zip(*levels, strict=True)
    ]
    mean = float(np.mean(list(word_means(rows).values())))
    return round(mean, 4), *_bootstrap([place.scene for place in places], rows)


def _level(bench: Bench, places: Sequence[Place], level: int, cut: float) -> Level:
    rows = _values(places, level, cut)
    words = word_means(rows)
    low, high = _bootstrap([place.scene for place in places], rows)
    timestep = bench.guesser.level_of(SNRS[level])
    return Level(
        snr=float(f"{bench.guesser.snr(timestep):.4g}"),
        timestep=timestep,
        iou=round(float(np.mean(list(words.values()))), 4),
        low=low,
        high=high,
        kinds=_by_kind(bench, words),
        words={word: round(words[word], 4) for word in bench.words if word in words},
    )


def _bootstrap(scenes: Sequence[int], rows: Sequence[tuple[str, float]]) -> tuple[float, float]:
    """95 % interval of the mean over words, scenes drawn again with replacement."""
    random = np.random.default_rng(0)
    names = sorted({word for word, _ in rows})
    column = np.array([names.index(word) for word, _ in rows])
    value = np.array([v for _, v in rows])
    order = {scene: i for i, scene in enumerate(dict.fromkeys(scenes))}
    index = np.array([order[scene] for scene in scenes])
    means = []
    for _ in range(RESAMPLES):
        weight = np.bincount(random.integers(len(order), size=len(order)), minlength=len(order))
        weight = weight[index]
        total = np.bincount(column, weights=weight, minlength=len(names))
        summed = np.bincount(column, weights=weight * value, minlength=len(names))
        means.append(float((summed[total > 0] / total[total > 0]).mean()))
    low, high = np.quantile(means, [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)


def _baseline(
    bench: Bench, places: Sequence[Place], guess: Callable[[Place], Array], setting: float = 0.0
) -> Baseline:
    words = word_means([(place.word, overlap(guess(place), place.mask)) for place in places])
    mean = float(np.mean(list(words.values())))
    return Baseline(round(mean, 4), setting, _by_kind(bench, words))


def _random(cut: float) -> Callable[[Place], Array]:
    random = np.random.default_rng(0)
    return lambda place: region(
        random.random(place.maps.shape[1:], dtype=np.float32), cut, place.mask.shape[0]
    )


def _box(side: float) -> Callable[[Place], Array]:
    def guess(place: Place) -> Array:
        size = place.mask.shape[0]
        edge = round(size * (1 - side) / 2)
        box = np.zeros_like(place.mask)
        box[edge : size - edge, edge : size - edge] = True
        return box

    return guess


def _by_kind(bench: Bench, words: dict[str, float]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for word, value in words.items():
        found.setdefault(bench.kind(word), []).append(value)
    return {kind: round(float(np.mean(values)), 4) for kind, values in found.items()}
