"""The noising bench: true scenes with noise mixed in at recorded levels, and the guess from each in one step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Pack
from assetgen.pack.errors import PackError
from assetgen.pack.images import read_image
from assetgen.pack.measures import Noising, read_measure
from explorer.state import State
from explorer.story.ask import Ask, fixed, round_up
from explorer.story.displays import display_panel
from explorer.story.once import once
from explorer.story.panel import Panel, PanelAction, Plot
from explorer.story.provenance import Provenance

U8 = NDArray[np.uint8]


class Bench(msgspec.Struct, frozen=True, eq=False):
    """What was measured for a model, and where its sheet of pictures lies."""

    measured: Noising
    assets: Path
    model: str

    def at(self, state: State) -> tuple[int, int]:
        """Scene and level that are shown: those of the store, as far as there are so many."""
        scenes, levels = len(self.measured.scenes), len(self.measured.levels)
        level = min(max(round(state.noise_level), 0), levels - 1)
        return state.noise_scene % scenes, level

    def errors(self, scene: int) -> tuple[float, ...]:
        """Mean square error of the guess in latents, level by level."""
        return tuple(guess.latent_mse for guess in self.measured.scenes[scene].guesses)

    @property
    def most(self) -> float:
        """The largest error of all scenes: bars of all of them are on one scale."""
        return max(max(self.errors(i)) for i in range(len(self.measured.scenes)))

    def pictures(self) -> dict[str, U8]:
        """`scene` `[scenes, H, W, 3]`, `noised` and `guess` `[scenes · levels, H, W, 3]`. Raises PackError."""
        sheet, scenes = self.measured.sheet, self.measured.scenes
        pixels = read_image(self.assets / "runs" / self.model / sheet.file)

        def cut(tiles: Sequence[int]) -> U8:
            found = []
            for tile in tiles:
                row, column = divmod(tile, sheet.columns)
                y, x = row * sheet.height, column * sheet.width
                found.append(pixels[y : y + sheet.height, x : x + sheet.width])
            return np.stack(found)

        return {
            "scene": cut([scene.tile for scene in scenes]),
            "noised": cut([guess.noised for scene in scenes for guess in scene.guesses]),
            "guess": cut([guess.guess for scene in scenes for guess in scene.guesses]),
        }


def bench_of(pack: Pack) -> Bench | None:
    """The bench of the model of a run; None where nothing was measured, or it cannot be read."""
    return once(pack, "bench", lambda: _find(pack))


def _find(pack: Pack) -> Bench | None:
    folder = pack.model_folder
    assets = folder.parent.parent
    try:
        measured = read_measure(Noising, assets, folder.name)
    except PackError:
        return None
    if measured is None or not measured.scenes or not measured.levels:
        return None
    return Bench(measured, assets, folder.name)


def level_at(share: float, pack: Pack) -> float | None:
    """The level at a share 0..1 of the rail on the wall."""
    found = bench_of(pack)
    if found is None:
        return None
    levels = len(found.measured.levels)
    return float(min(max(int(share * levels), 0), levels - 1))


def noising_panel(ask: Ask, name: str) -> Panel:
    """One scene at one level: how far the guess is from the truth, over all levels."""
    found = bench_of(ask.record.pack)
    if found is None:
        return display_panel(ask, name, None, (), ask.python(".metadata.steps"), missing=True)
    index, level = found.at(ask.state)
    scene, noise = found.measured.scenes[index], found.measured.levels[level]
    guess, errors, levels = scene.guesses[level], found.errors(index), found.measured.levels
    plot = Plot(
        ask.text("plot.noising"), errors, 0.0, round_up(found.most), Provenance.RECORDED,
        ask.text("plot.noising_formula"), level,
        first=ask.text("plot.noising_first"), last=ask.text("plot.noising_last"),
        moves="noise_level", named=ask.text("plot.noising_slider", t=noise.timestep),
    )  # fmt: skip
    following = (index + 1) % len(found.measured.scenes)
    return display_panel(
        ask,
        name,
        plot,
        (
            ask.fact("scene", f"“{scene.caption}”"),
            ask.fact("level", ask.text("value.level", t=noise.timestep, of=levels[-1].timestep)),
            ask.fact("mixed", ask.text("value.mixed", alpha=fixed(noise.alpha, 2), sigma=fixed(noise.sigma, 2))),
            ask.fact("psnr", ask.text("value.decibel", value=fixed(guess.psnr, 1))),
        ),
        ask.code(
            f"bench_of({{pack}}).errors({index})", "from explorer.story.noising import bench_of"
        ),
        PanelAction("noise_scene", ask.text("action.other_scene"), float(following)),
        PanelAction("select", ask.text("action.leaps"), "station:leaps"),
    )  # fmt: skip
