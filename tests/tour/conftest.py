"""The shipped valley, texts and tours, laid out once."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from explorer.story.narration import Voice
from explorer.story.texts import Texts
from explorer.story.tour import load_tour, tour_files
from explorer.story.tour_time import Timeline, lay_out
from explorer.world.site import Site

TOURS = [path.stem for path in tour_files(data_dir("scenes") / "tours")]


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(data_dir("scenes") / "locales" / "en.yaml")


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.open(data_dir("assets"))


@pytest.fixture(scope="session")
def site(library: Library) -> Site:
    return Site.build(library.architectures["miniature"], data_dir("scenes") / "unet_valley.yaml")


@pytest.fixture(scope="session")
def timelines(site: Site, texts: Texts, library: Library) -> dict[str, Timeline]:
    """Every shipped tour."""
    steps = {r.id: Pack.open(r.path).steps for r in library.runs if r.profile != "light"}
    voice = Voice.load(data_dir("assets") / "voice" / "en")
    folder: Path = data_dir("scenes") / "tours"
    return {
        name: lay_out(
            load_tour(folder / f"{name}.yaml", site.scene.cameras, texts), name, site, texts, voice,
            lambda run: steps.get(run, 0) if run else 40,
        )
        for name in TOURS
    }  # fmt: skip
