"""A HUD over a synthetic run, without a window."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from explorer.hud.inputs import HudInput
from explorer.hud.measure import FontMeasure
from explorer.hud.model import HudModel
from explorer.hud.view import LibraryEntry, MapPlan
from explorer.state import State, Store
from explorer.story.record import Record
from explorer.story.texts import Texts
from tests.fixtures.packs import build_pack

STEPS = 12
TEXTS = Texts.load(data_dir("scenes") / "locales" / "en.yaml")
MEASURE = FontMeasure(data_dir("assets") / "fonts")
PLAN = MapPlan(
    outline=(((-40.0, 0.0), (40.0, 0.0), (40.0, 160.0), (-40.0, 160.0)),),
    rooms=(
        ("unit:down_blocks.0.resnets.0", "Room A", ((-30, 20), (-20, 20), (-20, 30), (-30, 30))),
        ("unit:up_blocks.0.resnets.0", "Room B", ((20, 20), (30, 20), (30, 30), (20, 30))),
    ),
    bridges=(((-20.0, 25.0), (20.0, 25.0)),),
    places=(("tower", (0.0, 150.0)),),
    bounds=(-40.0, 0.0, 40.0, 160.0),
)
HELP = tuple((f"Do number {i}", f"Key {i}") for i in range(24))


class Stage:
    """A model, its inputs, its store and what it asked the application to do."""

    def __init__(self, pack: Pack, width: int = 1920, height: int = 1080) -> None:
        self.store = Store(State(model="miniature", run=pack.metadata.id, steps=pack.steps))
        self.model = HudModel(self.store, TEXTS, MEASURE, width, height)
        self.commands: list[tuple[str, object]] = []
        self.inputs = HudInput(self.model, lambda name, value: self.commands.append((name, value)))
        self.model.set_record(Record(pack, pack.architecture))
        self.model.set_library(
            tuple(
                LibraryEntry("miniature", f"run-{i}", "title", f"a fox on {i} hills")
                for i in range(9)
            )
        )
        self.model.set_help(HELP)
        self.model.set_plan(PLAN)

    @property
    def state(self) -> State:
        return self.store.state

    def click(self, widget_id: str) -> None:
        self.model.refresh()
        widget = self.model.find(widget_id)
        assert widget is not None, widget_id
        x, y = widget.rect.centre
        assert self.inputs.pointer("down", x, y)
        assert self.inputs.pointer("up", x, y)


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder: Path = build_pack(
        tmp_path_factory.mktemp("assets"),
        steps=STEPS,
        prompt="a castle on water under a sunset sky",
    )
    return Pack.open(folder)


@pytest.fixture
def stage(pack: Pack) -> Stage:
    return Stage(pack)
