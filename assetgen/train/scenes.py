"""Composes a `Scene` into a picture and the exact mask of each of its words.

Scene number `index` of a seed is always the same picture: the data set needs no storage and a
picture can be traced back from its number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from assetgen.train.icons import Drawings
from assetgen.train.words import Grammar, Scene

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Picture:
    """One composed scene: pixels [size, size, RGB] and, per visible word, its mask [size, size]."""

    scene: Scene
    caption: str
    pixels: Pixels
    masks: dict[str, Mask]


class Composer:
    """Draws scenes from words; all randomness comes from the generator it is given."""

    def __init__(self, config: Mapping[str, Any], drawings: Drawings) -> None:
        self.grammar = Grammar(config)
        self._words = config["words"]
        self._rules = config["scene"]
        self._drawings = drawings
        self.size: int = self._rules["size"]

    def picture(self, index: int, *, held_out: bool = False) -> Picture:
        """Scene number `index` of the training stream, or of the held-out stream."""
        rng = self._generator(index, held_out)
        return self.compose(self.grammar.draw(rng, held_out=held_out), rng)

    def scene(self, index: int, *, held_out: bool = False) -> Scene:
        """What scene number `index` shows, without painting it."""
        return self.grammar.draw(self._generator(index, held_out), held_out=held_out)

    def caption(self, index: int, *, held_out: bool = False) -> str:
        """The caption of scene number `index`, without painting it."""
        return self.grammar.caption(self.scene(index, held_out=held_out))

    def _generator(self, index: int, held_out: bool) -> Random:
        return Random(f"{self._rules['seed']}/{'held' if held_out else 'train'}/{index}")

    def compose(self, scene: Scene, rng: Random) -> Picture:
        """Paints sky, ground, the thing in the sky and the objects, in this order."""
        canvas, masks = self._backdrop(scene, rng)
        for word, width, centre, middle in self._places(scene, rng):
            drawing = self._vary(word, round(width * self.size), rng)
            left = round(centre * self.size - drawing.width / 2)
            top = round(middle * self.size - drawing.height / 2)
            layer = Image.new("L", canvas.size)
            layer.paste(drawing.getchannel("A"), (left, top))
            canvas.paste(drawing, (left, top), drawing)
            covered = np.asarray(layer) > 127
            masks = {other: mask & ~covered for other, mask in masks.items()}
            masks[word] = covered
        return Picture(scene, self.grammar.caption(scene), np.asarray(canvas), masks)

    def _places(self, scene: Scene, rng: Random) -> list[tuple[str, float, float, float]]:
        """(word, width, centre x, centre y) of each drawing, in units of the picture's size."""
        rules = self._rules
        places = []
        shift = rng.uniform(-0.07, 0.07)
        if scene.thing:
            # A thing over a lone object keeps to one side; over a pair it may hang anywhere.
            width = rng.uniform(*rules["sky_thing"])
            side = rng.choice((-1, 1)) if len(scene.objects) == 1 else rng.uniform(-1, 1)
            centre = 0.5 + side * rng.uniform(0.27, 0.33)
            places.append((scene.thing, width, centre, width / 2 + rng.uniform(0.01, 0.06)))
            shift -= 0.08 * side if len(scene.objects) == 1 else 0
        centres = {0: (), 1: (0.5 + shift,), 2: (0.26, 0.74)}[len(scene.objects)]
        span = rules["single"] if len(scene.objects) == 1 else rules["pair"]
        for word, centre in zip(scene.objects, centres, strict=True):
            width = rng.uniform(*span)
            foot = rng.uniform(0.93, 0.98)
            places.append((word, width, centre + rng.uniform(-0.03, 0.03), foot - width / 2))
        return places

    def _backdrop(self, scene: Scene, rng: Random) -> tuple[Image.Image, dict[str, Mask]]:
        sky, ground = self._words["sky"][scene.sky], self._words["ground"][scene.ground]
        horizon = rng.uniform(*self._rules["horizon"]) * self.size
        waves, phase = rng.uniform(0.6, 1.4), rng.uniform(0, 2 * math.pi)
        columns = np.arange(self.size) / self.size
        line = horizon + ground["hills"] * np.sin(2 * math.pi * waves * columns + phase)
        rows = np.arange(self.size)[:, None] + 0.5
        # The share of each pixel that lies under the horizon: an antialiased edge.
        below = np.clip(rows - line[None, :] + 0.5, 0, 1)[..., None]
        light = 1 + rng.uniform(-1, 1) * self._rules["brightness"]
        above = _gradient(sky["top"], sky["low"], rows / horizon)
        under = _gradient(ground["far"], ground["near"], (rows - horizon) / (self.size - horizon))
        pixels = np.clip((above * (1 - below) + under * below) * light, 0, 255)
        is_ground = below[..., 0] > 0.5
        return Image.fromarray(pixels.astype(np.uint8)), {
            scene.sky: ~is_ground,
            scene.ground: is_ground,
        }

    def _vary(self, word: str, width: int, rng: Random) -> Image.Image:
        """One of the word's drawings: scaled, flipped, turned, its hue and light shifted a little.

        Pillow scales and turns with premultiplied alpha, so edges carry no halo.
        """
        rules = self._rules
        drawings = self._drawings[word]
        image = Image.fromarray(drawings[rng.randrange(len(drawings))])
        image = image.resize((width, width), Image.Resampling.BOX, reducing_gap=None)
        if rng.random() < rules["flip"]:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        angle = rng.uniform(-rules["rotation"], rules["rotation"])
        image = image.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        turn = _hue_rotation(math.radians(rng.uniform(-rules["hue"], rules["hue"])))
        turn *= 1 + rng.uniform(-1, 1) * rules["brightness"]
        pixels = np.asarray(image).astype(np.float32)
        pixels[..., :3] = np.clip(pixels[..., :3] @ turn.T, 0, 255)
        return Image.fromarray(pixels.astype(np.uint8))


def _rgb(colour: str) -> npt.NDArray[np.float32]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)


def _gradient(start: str, end: str, position: Reals) -> Reals:
    """Colours [rows, 1, RGB] between two hexadecimal colours, for positions [rows, 1] in 0..1."""
    mix = np.clip(position, 0, 1)[..., None]
    return _rgb(start) * (1 - mix) + _rgb(end) * mix


def _hue_rotation(angle: float) -> npt.NDArray[np.float32]:
    """Turns RGB about the grey axis by `angle` radians (Rodrigues' formula)."""
    cos, sin, third = math.cos(angle), math.sin(angle), 1 / math.sqrt(3)
    cross = third * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return (cos * np.eye(3) + sin * cross + (1 - cos) / 3).astype(np.float32)
