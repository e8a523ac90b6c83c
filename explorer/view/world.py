"""The valley on screen: builds it once, then follows the store. Views only read."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import panda3d.core as p3d

from assetgen.pack import Architecture, Pack
from explorer.state import QualityName, State
from explorer.story.ramps import ramp
from explorer.story.texts import Texts
from explorer.view import signs
from explorer.view.environment import SEA, Mirror, clipped, make_sky, make_water
from explorer.view.exhibition.base import Exhibition, Setting, Shown
from explorer.view.exhibition.makers import MAKERS
from explorer.view.exhibits import make_canvases, make_walls
from explorer.view.flows import make_flows
from explorer.view.highlights import Highlights
from explorer.view.levers import Levers
from explorer.view.mesh import make_geom, make_node
from explorer.view.palette import Palette
from explorer.view.quality import PRESETS
from explorer.view.reading import make_lintels
from explorer.view.shaders import load_shader
from explorer.view.statics import build_statics
from explorer.view.textures import (
    RunArrays,
    array_texture,
    float_texture,
    mosaic_grid,
    picture_texture,
)
from explorer.view.words import make_halos, make_words
from explorer.world.places import CanvasPlace
from explorer.world.site import Site
from explorer.world.valley import Valley, Vec3

THIN = ("stairs", "furniture")
"""Parts with surfaces that are seen from both sides; bridges are, too."""
SOURCES = {"x_t": ("x_t", "steps"), "noise": ("eps", "noise"), "x0": ("predicted", "predicted")}
"""Canvas → array shown as recorded, array shown decoded."""
LATENTS = ("x_t", "eps")
"""Arrays shown as the mosaic of their channels."""


class Dressed(msgspec.Struct, frozen=True):
    """A run ready to be shown: made in the background, shown in one go."""

    run: RunArrays
    textures: dict[str, p3d.Texture]
    nodes: p3d.NodePath | None
    """None where the nodes of the run are already there."""


class World:
    """All nodes of one valley under `root`."""

    def __init__(self, base: Any, site: Site, texts: Texts, quality: QualityName) -> None:
        self._base, self._scene, self.site = base, site.scene, site
        self.valley, self.places = site.valley, site.places
        self._texts = texts
        self.quality = PRESETS[quality]
        self.palette = Palette.of(site.scene.theme)
        self.root = base.render.attach_new_node("world")
        self.unit_index = {u.id: i for i, u in enumerate(site.architecture.units)}
        self._textures: dict[str, p3d.Texture] = {}
        self._run: RunArrays | None = None
        self._run_nodes = self.root.attach_new_node("run")
        self.cut: tuple[str, ...] = ()
        """Ids of the parts without which a run was recorded: each has a lever."""
        self._canvases: dict[CanvasPlace, p3d.NodePath] = {}
        self._decoded = False
        self._phase = 0.0
        self.drift = 0.0
        self._defaults()
        self._build(site.valley, site.architecture)

    def _build(self, valley: Valley, architecture: Architecture) -> None:
        quality = self.quality
        statics, lights = build_statics(
            architecture, valley, self.places, self._scene, self.unit_index
        )
        shader = load_shader(
            "world.vert",
            "world.frag",
            OCTAVES=quality.octaves,
            **({"MIRROR": 1} if quality.mirror else {}),
        )
        static = self.root.attach_new_node("static")
        static.set_shader(shader)
        meter = static.attach_new_node("meter")
        self._highlights = Highlights(self.root, meter, self.site, self._texts, self.unit_index)
        for name, (vertices, triangles) in statics.items():
            if len(triangles):
                node = static.attach_new_node(make_node(name, make_geom(vertices, triangles)))
                if name in THIN or name.startswith("skip:"):
                    node.set_two_sided(True)
        make_water(valley.terrain, quality).reparent_to(self.root)
        make_sky(quality).reparent_to(self.root)
        self._glows = [make_halos(lights)]
        self._flows = make_flows(valley.edges, self.unit_index, quality.particles)
        self._levers = Levers(
            self.site, self._flows, self.palette, self._texts.get("cuts.lever"), static
        )
        for node in (*self._glows, self._flows):
            node.reparent_to(self.root)
        batches: dict[str, list[CanvasPlace]] = {}
        for canvas in self.places.canvases:
            batches.setdefault(canvas.batch or canvas.id, []).append(canvas)
        for batch in batches.values():
            node = make_canvases(batch)
            node.reparent_to(self.root)
            node.hide()  # until there is something on it
            self._canvases[batch[0]] = node
        self._clock = signs.make_clock(self.places, self.palette)
        self._clock.reparent_to(self.root)
        setting = Setting(self._base, self._texts, self.palette, quality, valley.models)
        self.exhibition = Exhibition(self.places.exhibits, MAKERS, setting, self.root)
        self._mirror = Mirror(self._base, self.root) if quality.mirror else None

    def _defaults(self) -> None:
        """Inputs that exist before any run is loaded."""
        self._base.cam.node().set_initial_state(clipped(-1e9, -999.0))
        grey = array_texture("empty", np.full((1, 4, 4), 128, np.uint8))
        self._textures["empty"] = grey
        self.root.set_shader_inputs(
            phase=0.0, fog_density=self._scene.theme.fog, light_scale=1.0, moment=0.0, drift=0.0,
            shore_y=self.valley.terrain.shore_y, steps=1.0, latents=grey,
            magnitudes=float_texture("magnitudes", np.zeros((1, 1), np.float32)),
            readings=float_texture("readings", np.full((1, 1), -1.0, np.float32)), reading=0.0,
            ramp=_ramp("deep"), cost_ramp=_ramp("deep"), heat_ramp=_ramp("warm"),
            heat=array_texture("heat", np.zeros((1, 4, 4), np.uint8)), overlay=0.0, split=-1.0, latent=0.0,
            picture=grey, noisy=grey, features=grey, mark=p3d.LVecBase4f(-1, -1, 1, 1),
            tiles=p3d.LVecBase2f(1, 1), atlas_size=p3d.LVecBase2f(1, 1),
        )  # fmt: skip

    @property
    def run(self) -> RunArrays | None:
        """What is shown."""
        return self._run

    def prepare(self, run: RunArrays, *, nodes: bool = True) -> Dressed:
        """Textures of a run, and the nodes that depend on it; safe off the main thread (nothing is shown yet)."""
        textures = {name: array_texture(name, pixels) for name, pixels in run.images.items()}
        if not nodes:
            return Dressed(run, textures, None)
        root = p3d.NodePath("run")
        walls = make_walls(self.valley.rooms, run.pack, self.unit_index)
        lettering, beams = make_words(self.valley, self.places, run.pack)
        labels = signs.make_signs(self.valley, self.places, run.pack, self._texts)
        lintels = make_lintels(self.places, run.pack, self._texts)
        for node in (walls, lettering, beams, labels, lintels):
            node.reparent_to(root)
        return Dressed(run, textures, root)

    def set_run(self, dressed: Dressed, state: State) -> None:
        """Show a prepared run: at first its pages, later the same run at full resolution."""
        run = dressed.run
        if self._run is not None and self._run.pack is not run.pack:
            self._run.pack.memo.clear()  # it may lead back to its pack: then that would go late
        self._run = run
        self._flows.show()
        self._textures = {"empty": self._textures["empty"], **dressed.textures}
        shown = self._textures
        self.root.set_shader_inputs(
            magnitudes=float_texture("magnitudes", run.magnitude),
            features=shown.get("features", shown["empty"]),
            atlas_size=p3d.LVecBase2f(*run.atlas_size),
            latents=shown.get("x_t", shown["empty"]),
            noisy=shown.get("steps", shown["empty"]),
            steps=float(run.pack.steps),
        )
        if dressed.nodes is not None:
            self._run_nodes.get_children().detach()
            dressed.nodes.reparent_to(self._run_nodes)
        self.cut = run.cut
        self._levers.show(state, self.cut)
        self._dress_canvases(decoded=state.decoded)
        self._show_split(state)
        self.exhibition.dress(Shown(run, shown), state)
        self._highlights.show(run, state)

    def set_structure(self, pack: Pack, state: State) -> None:
        """Show a model without a run: names on the rooms, canvases and particles away."""
        self._run, self.cut = None, ()
        self._levers.clear()
        self._flows.hide()
        self._run_nodes.get_children().detach()
        labels = signs.make_signs(self.valley, self.places, pack, self._texts)
        labels.reparent_to(self._run_nodes)
        self._dress_canvases(decoded=False)
        self._highlights.show(None, state)
        self.exhibition.stand()

    def _dress_canvases(self, *, decoded: bool) -> None:
        self._decoded = decoded
        for canvas, node in self._canvases.items():
            name = self._shown_on(canvas)
            texture = self._textures.get(name)
            if texture is None:
                node.hide()
                continue
            node.show()
            node.set_shader_inputs(
                picture=texture,
                latent=float(name in LATENTS),
                tiles=p3d.LVecBase2f(*self.tiles_on(canvas)),
            )

    def tiles_on(self, canvas: CanvasPlace) -> tuple[int, int]:
        """Columns and rows of the channels that a canvas shows now; (1, 1) for a picture."""
        channels = self.site.architecture.traced_at.sample[1]
        return mosaic_grid(channels) if self._shown_on(canvas) in LATENTS else (1, 1)

    def _shown_on(self, canvas: CanvasPlace) -> str:
        """The array on a canvas: as recorded or decoded, whichever is chosen; the one there is, if there is one."""
        shown = SOURCES.get(canvas.shows, (canvas.shows, canvas.shows))
        chosen = shown[int(self._decoded)]
        return chosen if chosen in self._textures else shown[1]

    def follow(self, new: State, old: State) -> None:
        """Store listener: everything but time."""
        self._highlights.follow(self._run, new, old)
        if self._run is None:
            return
        if new.decoded != old.decoded:
            self._dress_canvases(decoded=new.decoded)
        if (new.selection, new.unfolded) != (old.selection, old.unfolded):
            self._levers.show(new, self.cut)
        if new.split != old.split:
            self._show_split(new)
        if new.magnitude_scale != old.magnitude_scale:
            values = (
                self._run.magnitude if new.magnitude_scale == "relative" else self._run.absolute
            )
            self.root.set_shader_input("magnitudes", float_texture("magnitudes", values))
        if new.color_map != old.color_map:
            self.root.set_shader_input("ramp", _ramp(new.color_map))
        self.exhibition.follow(new)

    def _show_split(self, state: State) -> None:
        for canvas, node in self._canvases.items():
            if canvas.shows == "x0":
                node.set_shader_input("split", -1.0 if state.split is None else state.split)

    def update(self, state: State, dt: float) -> None:
        """Once a frame: time, the lagging phase of the sky, reflections."""
        theme = self._scene.theme
        progress = state.step / max(state.steps - 1, 1)
        target = theme.first_light * progress
        rate = 1.0 if state.reduced_motion or dt <= 0 else 1 - float(np.exp(-dt / 2.0))
        self._phase += (target - self._phase) * rate
        if not state.reduced_motion:
            self.drift += dt
        phase = self._phase
        self.root.set_shader_inputs(moment=state.step, phase=phase, drift=self.drift)
        dim = 1.0 if phase < 0.5 else 0.55 + 0.45 * (1 - phase)
        self.root.set_shader_input("light_scale", dim)
        self.exhibition.update(state, self._eye, dt)
        if self._mirror:
            self._mirror.aim(self._mirror_plane())

    @property
    def _eye(self) -> Vec3:
        eye = self._base.camera.get_pos(self.root)
        return (eye.x, eye.y, eye.z)

    def complete(self, state: State) -> None:
        """Build every exhibit in reach at once (screenshots, tests)."""
        self.exhibition.complete(state, self._eye)

    def settle(self, state: State) -> None:
        """Bring the sky to the current step at once (screenshots, teleports, tests)."""
        self._phase = self._scene.theme.first_light * state.step / max(state.steps - 1, 1)

    @property
    def phase(self) -> float:
        return self._phase

    @property
    def exposure(self) -> float:
        theme = self._scene.theme
        share = min(self._phase / max(theme.first_light, 1e-6), 1.0)
        return theme.exposure_night + (theme.exposure_day - theme.exposure_night) * share

    def _mirror_plane(self) -> float | None:
        """The reflecting plane that fills the view: the floor underfoot, the lake, or the sea."""
        eye = self._base.camera.get_pos(self.root)
        for room in self.valley.rooms:
            x, y, z = room.frame.to_local((eye.x, eye.y, eye.z))
            if (
                abs(x) < room.width / 2 + 1.5
                and -5 < y < room.depth + 0.5
                and -0.5 < z < room.height
            ):
                return room.frame.origin[2]
        for gallery in self.places.galleries:
            x, y, _ = gallery.frame.to_local((eye.x, eye.y, eye.z))
            if abs(x) < gallery.width / 2 and -1 < y < 7:
                return gallery.frame.origin[2] + 0.45
        if eye.z < self.valley.terrain.water + 12:
            return self.valley.terrain.water
        return SEA if eye.y < self.valley.terrain.shore_y + 25 else None

    def clean_up(self) -> None:
        self.exhibition.clean_up()
        if self._mirror:
            self._mirror.clean_up()
        self.root.remove_node()


def _ramp(name: str) -> p3d.Texture:
    return picture_texture(name, ramp(name, 256)[None], mipmaps=False)
