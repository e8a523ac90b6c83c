"""Contact sheets of an evaluation: what the figures were counted from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw

from assetgen.evaluate.bench import Array, Bench
from assetgen.evaluate.following import THRESHOLD, truth
from assetgen.evaluate.localisation import SNRS, map_layers, places_of_scene, region
from assetgen.evaluate.nearest import nearest, training_thumbnails
from assetgen.evaluate.paint import Painted
from assetgen.evaluate.reconstruction import reconstructed
from assetgen.pack.comparing import shrink
from assetgen.pack.evaluation import Localisation
from assetgen.pack.images import U8, compand, encode_image, resize
from assetgen.pack.writer import write_file

GAP, LINE = 4, 12
PAINTED, LOCALISED, RECONSTRUCTED, COMPARED = 50, 8, 16, 8


@dataclass(frozen=True)
class Tile:
    """A picture uint8 [h, w, RGB] and what is written below it."""

    pixels: U8
    text: str = ""


def save_tiles(tiles: Sequence[Tile], columns: int, file: Path) -> None:
    """Rows of tiles of one size as a JPEG, every text wrapped below its picture."""
    height, width = tiles[0].pixels.shape[:2]
    lines = [
        [part for line in tile.text.split("\n") for part in wrap(line, width // 6)]
        for tile in tiles
    ]
    below = LINE * max(map(len, lines))
    down, across = height + below + GAP, width + GAP
    sheet = Image.new("RGB", (across * columns, down * -(-len(tiles) // columns)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (tile, text) in enumerate(zip(tiles, lines, strict=True)):
        x, y = i % columns * across, i // columns * down
        sheet.paste(Image.fromarray(tile.pixels), (x, y))
        draw.multiline_text((x + 1, y + height), "\n".join(text), fill="black", spacing=1)
    write_file(file, encode_image(np.asarray(sheet), ".jpg"))


def following_sheet(bench: Bench, painted: Painted, file: Path) -> None:
    """The first pictures, each with its prompt and what the judge missed or saw too much."""
    count = min(PAINTED, len(painted.pictures))
    asked = truth(bench.words, painted.scenes[:count])
    seen = bench.judge.probabilities(list(painted.pictures[:count])) >= THRESHOLD
    tiles = []
    for i in range(count):
        missed = [w for w, word in enumerate(bench.words) if asked[i, w] and not seen[i, w]]
        extra = [w for w, word in enumerate(bench.words) if seen[i, w] and not asked[i, w]]
        notes = [painted.captions[i]]
        notes += ["- " + ", ".join(bench.words[w] for w in missed)] if missed else []
        notes += ["+ " + ", ".join(bench.words[w] for w in extra)] if extra else []
        tiles.append(Tile(painted.pictures[i], "\n".join(notes)))
    save_tiles(tiles, 10, file)


def localisation_sheet(bench: Bench, found: Localisation, file: Path) -> None:
    """Scenes; below each word its map at SNR 1, the mask in green, the region of the cut in red."""
    layers, _ = map_layers(bench)
    middle, tiles = SNRS.index(1.0), list[Tile]()
    for number in range(LOCALISED):
        picture = bench.composer.picture(number, held_out=True)
        places = places_of_scene(bench, layers, number, held_out=True)[:5]
        row = [Tile(picture.pixels, picture.caption)]
        for place in places:
            plane = place.maps[middle]
            size = place.mask.shape[0]
            grey = compand(resize((plane / plane.max()).astype(np.float32), size, size) ** 2)
            pixels = np.repeat(grey[..., None], 3, axis=2)
            pixels[_edge(place.mask)] = (40, 220, 90)
            pixels[_edge(region(plane, found.threshold, size))] = (255, 70, 60)
            row.append(Tile(pixels, place.word))
        blank = np.full_like(picture.pixels, 255)
        tiles += row + [Tile(blank)] * (6 - len(row))
    save_tiles(tiles, 6, file)


def reconstruction_sheet(bench: Bench, file: Path) -> None:
    """True scenes and, below them, what the autoencoder makes of them."""
    truth_, guess = reconstructed(bench, RECONSTRUCTED)
    tiles = []
    for start in range(0, len(truth_), 8):
        tiles += [Tile(pixels) for pixels in truth_[start : start + 8]]
        tiles += [Tile(pixels) for pixels in guess[start : start + 8]]
    save_tiles(tiles, 8, file)


def memorisation_sheet(bench: Bench, painted: Painted, file: Path) -> None:
    """Painted pictures with the three training scenes nearest to each."""
    thumbnails = training_thumbnails(bench.composer, bench.sizes.training, bench.folder.parent)
    pictures = painted.pictures[: 2 * COMPARED]
    numbers, distances = nearest(shrink(pictures), thumbnails, 3)
    tiles = []
    for i, pixels in enumerate(pictures):
        tiles.append(Tile(pixels, f"PAINTED: {painted.captions[i]}"))
        for number, distance in zip(numbers[i], distances[i], strict=True):
            scene = bench.composer.picture(int(number))
            tiles.append(Tile(scene.pixels, f"{distance:.1f}: {scene.caption}"))
    save_tiles(tiles, 8, file)


def _edge(mask: Array) -> Array:
    """The pixels of a mask with a neighbour outside of it."""
    padded = np.pad(mask, 1, mode="edge")
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.asarray(mask & ~inside)
