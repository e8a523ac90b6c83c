"""Drawings made of plain shapes and a tiny configuration: no package, no network."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from assetgen.train.icons import Drawings
from assetgen.train.scenes import Composer
from assetgen.train.words import load_config
from tests.fixtures.drawings import discs


@pytest.fixture(scope="session")
def config() -> dict[str, Any]:
    return load_config()


@pytest.fixture(scope="session")
def drawings(config: dict[str, Any]) -> Drawings:
    return discs(config)


@pytest.fixture(scope="session")
def composer(config: dict[str, Any], drawings: Drawings) -> Composer:
    return Composer(config, drawings)


@pytest.fixture
def tiny(config: dict[str, Any]) -> dict[str, Any]:
    """The real configuration with everything small, to run every stage in seconds."""
    small = deepcopy(config)
    small["vae"] |= {"channels": [8, 8, 8, 8], "groups": 4, "pool": 4, "batch": 4, "crop": 32}
    small["text"] |= {"width": 16, "heads": 2, "captions": 400}
    small["unet"] |= {
        "channels": [8, 16, 16],
        "head_width": 8,
        "groups": 4,
        "scenes": 20,
        "batch": 2,
        "milestones": [2],
    }
    small["recogniser"] |= {"channels": [4, 8], "batch": 4, "estimates": 6, "estimates_held": 6}
    small["recogniser"] |= {"estimates_apart": 4, "pool_apart": 4}
    small["sheet"] |= {"steps": 2, "prompts": ["a fox on grass", "a cat on snow"]}
    return small
