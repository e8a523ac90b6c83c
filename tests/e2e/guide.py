"""Where things are on the screen, worked out without it: from the scene, the pack and the HUD's plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from explorer.hud.measure import FontMeasure
from explorer.hud.model import HudModel
from explorer.hud.view import LibraryEntry
from explorer.state import Store
from explorer.story.record import Record
from explorer.story.texts import Texts
from explorer.world.layout import lay_out
from explorer.world.picking import Picker, ray, valley_targets
from explorer.world.places import CanvasPlace, Places, furnish
from explorer.world.rails import Pose, look_at
from explorer.world.scene_load import fit, load_scene, view_of
from explorer.world.valley import Valley
from tests.e2e.screen import Picture

Point = tuple[float, float]


@dataclass
class Guide:
    """What a person sees in a window of `size` who looks at `run` from a camera of the scene."""

    size: tuple[int, int]
    library: Library
    pack: Pack
    valley: Valley
    places: Places
    pose: Pose
    hud: HudModel

    @classmethod
    def of(cls, size: tuple[int, int], run: str, camera: str | None = None) -> Guide:
        library = Library.open(data_dir("assets"))
        entry = next(each for each in library.runs if each.id == run)
        pack = Pack.open(entry.path)
        architecture = library.architectures[entry.model]
        scene = load_scene(data_dir("scenes") / "unet_valley.yaml")
        valley = lay_out(architecture, scene.layout)
        scene = fit(scene, valley)
        places = furnish(valley, scene)
        view = scene.cameras[camera or scene.start]
        pose = look_at(*view_of(view, valley), view.fov)
        store = Store()
        texts = Texts.load(data_dir("scenes") / "locales" / "en.yaml")
        hud = HudModel(store, texts, FontMeasure(data_dir("assets") / "fonts"), *size)
        hud.set_record(Record(pack, architecture))
        listed = [each for each in library.runs if each.profile != "light"]
        hud.set_library(
            tuple(
                LibraryEntry(x.model, x.id, x.title, x.prompt, x.path / "final.png") for x in listed
            )
        )
        store.update(model=entry.model, run=run, steps=pack.steps)
        hud.refresh()
        return cls(size, library, pack, valley, places, pose, hud)

    def set(self, **state: Any) -> None:
        """Tell the guide what the visitor did: `menu="prompts"`, `selection="unit:…"`."""
        self.hud.store.update(**state)
        self.hud.refresh()

    def widget(self, name: str) -> Point:
        """Middle of a widget of the HUD."""
        widget = self.hud.find(name)
        assert widget is not None, f"the HUD has no {name}"
        return widget.rect.centre

    def area(self, name: str) -> tuple[slice, slice]:
        """Rows and columns of a widget."""
        widget = self.hud.find(name)
        assert widget is not None, f"the HUD has no {name}"
        r = widget.rect
        return slice(int(r.y), int(r.bottom)), slice(int(r.x), int(r.right))

    def playhead(self, step: float) -> Point:
        """Where on the timeline the playhead stands at a step."""
        widget = self.hud.find("playhead.slider")
        assert widget is not None and widget.slide is not None
        slide = widget.slide
        share = (step - slide.low) / (slide.high - slide.low)
        return slide.left + (slide.right - slide.left) * share, widget.rect.centre[1]

    def pixel(self, point: tuple[float, float, float]) -> Point | None:
        """Where a place in the world lies in the window; None behind the eye."""
        width, height = self.size
        right, ahead, up = self._axes()
        offset = np.asarray(point) - self.pose.eye
        depth = float(offset @ ahead)
        if depth <= 0.1:
            return None
        tall = np.tan(np.radians(self.pose.fov) / 2) * 9 / 16
        x = float(offset @ right) / depth / (tall * width / height)
        y = float(offset @ up) / depth / tall
        return (x + 1) / 2 * width, (1 - y) / 2 * height

    def _axes(self) -> npt.NDArray[np.float64]:
        def at(x: float, y: float) -> npt.NDArray[np.float64]:
            return np.array(ray(self.pose.eye, *turn, x, y, 1.0))

        turn = (self.pose.heading, self.pose.pitch, self.pose.fov)
        ahead = at(0, 0)
        right, up = (side - ahead for side in (at(1, 0), at(0, 1)))
        return np.array([right / np.linalg.norm(right), ahead, up / np.linalg.norm(up)])

    def row_of(self, run: str) -> str:
        """The widget in the list of prompts that opens a run."""
        ids = [entry.run for entry in self.hud.view.library]
        return f"sheet_body.run.{ids.index(run)}"

    def room(self, apart: int = 24) -> tuple[str, Point]:
        """A room that the visitor can see and click: its id and a pixel on it, clear of the HUD."""
        picker = Picker(valley_targets(self.valley), self.valley.terrain.height)
        width, height = self.size
        middle = sorted(range(apart, width - apart, 8), key=lambda x: abs(x - width / 2))
        for y in range(height // 3, height * 2 // 3, 8):
            for x in middle:
                ids = {self._under(picker, x + dx, y) for dx in (-4, 0, 4)}
                found = ids.pop()
                if not ids and found.startswith("unit:") and not self.covered(x, y):
                    return found, (x, y)
        raise AssertionError("no room in view")

    def _under(self, picker: Picker, x: float, y: float) -> str:
        width, height = self.size
        across, upward = 2 * x / width - 1, 1 - 2 * y / height
        turn = (self.pose.heading, self.pose.pitch, self.pose.fov)
        hit = picker.pick(self.pose.eye, ray(self.pose.eye, *turn, across, upward, width / height))
        return hit.id if hit else ""

    def covered(self, x: float, y: float) -> bool:
        """Whether the HUD lies there."""
        return any(
            rect.contains(x, y) for section in self.hud.sections.values() for rect in section.covers
        )

    def canvas(self, shows: str) -> CanvasPlace:
        return next(each for each in self.places.canvases if each.shows == shows)

    def seen_on(self, canvas: CanvasPlace, picture: Picture, side: int = 24) -> Picture:
        """What the window shows on a canvas, straightened to `side` × `side` pixels."""
        half = canvas.size / 2
        grid = (np.arange(side) + 0.5) / side * 2 - 1
        seen = np.zeros((side, side, 3), np.uint8)
        for row, v in enumerate(-grid):
            for column, u in enumerate(grid):
                at = self.pixel(canvas.frame.to_world((u * half, 0.0, v * half)))
                assert at is not None
                seen[row, column] = picture[int(at[1]), int(at[0])]
        return seen


def likeness(seen: Picture, expected: Picture, hidden: float = 0.2) -> float:
    """Correlation of two pictures, -1..1, whatever their sizes, brightness and contrast.

    A share `hidden` of the pixels may be covered by something else: those that fit worst do not count.
    """
    height, width = seen.shape[:2]
    small = np.asarray(Image.fromarray(expected).resize((width, height), Image.Resampling.BOX))
    x, y = small.reshape(-1, 3).astype(float), seen.reshape(-1, 3).astype(float)
    counts = np.ones(len(x), bool)
    for _ in range(4):
        slope, offset = np.polyfit(x[counts].ravel(), y[counts].ravel(), 1)
        error = np.abs(y - slope * x - offset).sum(axis=1)
        counts = error <= np.quantile(error, 1 - hidden)
    return float(np.corrcoef(x[counts].ravel(), y[counts].ravel())[0, 1])
