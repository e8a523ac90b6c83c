"""The vocabulary and grammar of the miniature, read from `config/train.yaml`.

A `Scene` says which words are in a picture; `Grammar` draws scenes at random, writes their
captions and knows which combinations are held out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import yaml

from assetgen.errors import InputError
from assetgen.pack.resources import data_dir
from assetgen.train.settings import differences

KINDS = ("object", "thing", "ground", "sky")


def load_config(path: Path | None = None) -> dict[str, Any]:
    """The training configuration as plain dictionaries; InputError names file and field that are wrong."""
    shipped = data_dir("config") / "train.yaml"
    config = _read(shipped)
    if path is None:
        return config
    own = _read(path)
    for difference in differences(own, config):
        raise InputError(f"{path}: {difference}", "compare with config/train.yaml")
    return own


def _read(path: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", "pass --config a file like train.yaml"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no YAML: {error}", "compare with config/train.yaml") from None
    return config


def vocabulary(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """All words of the model by kind, in the order of the configuration."""
    return {kind: tuple(config["words"][kind]) for kind in KINDS}


@dataclass(frozen=True)
class Scene:
    """What a picture shows. Objects stand from left to right in the order of the caption."""

    objects: tuple[str, ...]
    ground: str
    sky: str
    thing: str | None = None
    sky_said: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that is visible in the picture, said or unsaid."""
        return (*self.objects, self.ground, self.sky, *filter(None, (self.thing,)))


class Grammar:
    """Draws scenes and writes captions; everything it knows comes from the configuration."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.words = vocabulary(config)
        self._caption = config["caption"]
        self._scene = config["scene"]
        self.held_pairs = frozenset(frozenset(pair) for pair in config["held_out"]["pairs"])
        self.held_grounds = frozenset(map(tuple, config["held_out"]["grounds"]))

    def is_held_out(self, scene: Scene) -> bool:
        """True if any combination in the scene must never be seen in training."""
        pairs = (frozenset(pair) for pair in combinations(scene.objects, 2))
        return any(pair in self.held_pairs for pair in pairs) or any(
            (word, scene.ground) in self.held_grounds for word in scene.objects
        )

    def caption(self, scene: Scene) -> str:
        """The one sentence that describes the scene exactly."""
        rules = self._caption
        text = rules["and"].join(map(self._with_article, scene.objects))
        ground = rules["ground"].format(ground=scene.ground)
        # Without an object there is nothing to stand "on" the ground: the ground leads.
        text = text + ground if text else scene.ground
        if scene.sky_said:
            text += rules["sky"].format(sky=scene.sky)
        if scene.thing:
            text += rules["thing"].format(thing=self._with_article(scene.thing))
        return text

    def draw(self, rng: Random, *, held_out: bool = False) -> Scene:
        """A random scene, of the training combinations or of the held-out ones only."""
        while True:
            scene = self._draw(rng)
            if self.is_held_out(scene) == held_out:
                return scene

    def _draw(self, rng: Random) -> Scene:
        count = rng.choices(range(3), weights=self._scene["objects"])[0]
        sky = rng.choice(self.words["sky"])
        may_be_unsaid = sky == self._caption["default_sky"]
        return Scene(
            objects=tuple(rng.sample(self.words["object"], count)),
            ground=rng.choice(self.words["ground"]),
            sky=sky,
            thing=rng.choice(self.words["thing"]) if rng.random() < self._scene["thing"] else None,
            sky_said=not (may_be_unsaid and rng.random() < self._caption["unsaid"]),
        )

    def _with_article(self, word: str) -> str:
        article = self._caption["article"]["an" if word[0] in "aeiou" else "a"]
        return f"{article} {word}"

    @cached_property
    def flat_words(self) -> tuple[str, ...]:
        """The whole vocabulary as one tuple, kinds in the order of `KINDS`."""
        return tuple(word for kind in KINDS for word in self.words[kind])
