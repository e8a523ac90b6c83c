"""What a visitor chose, in light: a word, a place of the picture, costs, the Clock, an unfolded room."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d

from explorer.state import State
from explorer.story.cost import costs
from explorer.story.pixels import Place
from explorer.story.record import Record
from explorer.story.texts import Texts
from explorer.story.words import layer_of
from explorer.view.meter import make_columns, readings_of
from explorer.view.reading import make_reading
from explorer.view.textures import RunArrays, array_texture, float_texture, word_heat
from explorer.view.unfold import make_layers
from explorer.view.words import ribbons, unit_readings
from explorer.world.site import Site


class Highlights:
    """Nodes and shader inputs under the world's `root` that follow what is chosen, not time."""

    def __init__(
        self, root: p3d.NodePath, meter: p3d.NodePath, site: Site, texts: Texts,
        unit_index: dict[str, int],
    ) -> None:  # fmt: skip
        """`meter` holds the columns over the rooms: it has the shader of the static world."""
        self._root, self._meter, self._site, self._texts = root, meter, site, texts
        self._unit_index = unit_index
        self._layers = root.attach_new_node("layers")
        self._reading = root.attach_new_node("reading")
        """Light from the chosen place of the picture to the words read there."""
        self._told: p3d.NodePath | None = None
        """Light from the Clock to every room that it tells the time."""

    def show(self, run: RunArrays | None, state: State) -> None:
        """After another run, or the same at full resolution."""
        self._show_word(run, state)
        self._show_place(run, state)

    def follow(self, run: RunArrays | None, new: State, old: State) -> None:
        """After a change of the state. Of a structure alone only the costs are known."""
        if run is None:
            if new.cost != old.cost:
                self._show_word(run, new)
            return
        word, before = (
            (s.word, s.overlay, s.attention_scale, s.cost, layer_of(s.selection, s.word))
            for s in (new, old)
        )
        if word != before:
            self._show_word(run, new)
        if new.unfolded != old.unfolded:
            self._unfold(run, new)
        if new.selection != old.selection:
            self._show_place(run, new)

    def _show_word(self, run: RunArrays | None, state: State) -> None:
        """Its map over the canvases, and the rooms that read it; else what costs how much."""
        word = state.word if state.overlay and run is not None else None
        if run is None or word is None or not run.pack.has_word_map(word):
            word = None
        self._root.set_shader_inputs(
            overlay=float(word is not None), reading=float(word is not None)
        )
        self._show_cost(run, state)
        if run is not None and word is not None:
            heat = word_heat(run, word, state.attention_scale, layer_of(state.selection, word))
            readings = unit_readings(run.pack, word, self._unit_index)
            self._root.set_shader_inputs(
                heat=array_texture("heat", heat), readings=float_texture("readings", readings)
            )

    def _show_cost(self, run: RunArrays | None, state: State) -> None:
        """Columns over the rooms while the cost meter is on; their lights show it unless a word has them."""
        self._meter.get_children().detach()
        if state.cost is None:
            return
        architecture = self._site.architecture
        record = None if run is None else Record(run.pack, architecture)
        found = costs(state.cost, architecture, record)
        make_columns(self._site.valley, found or {}).reparent_to(self._meter)
        if not state.overlay:
            table = readings_of(found, self._unit_index)
            self._root.set_shader_inputs(reading=2.0, readings=float_texture("readings", table))

    def _unfold(self, run: RunArrays, state: State) -> None:
        """The chosen room's layers as plates in front of its wall."""
        self._layers.get_children().detach()
        room = self._site.valley.room(state.unfolded) if state.unfolded else None
        if room:
            make_layers(room, run.pack, state, self._texts).reparent_to(self._layers)

    def _show_place(self, run: RunArrays | None, state: State) -> None:
        """Mark the chosen place on every canvas, and light what it reads."""
        self._reading.get_children().detach()
        self._show_clock(state)
        place = None if run is None else Place.chosen(state.selection, run.pack)
        height, width = self._site.architecture.traced_at.sample[2:]
        mark = (-1, -1, width, height)
        if place is not None and run is not None:
            row, column = place.cell(height, width)
            mark = (column, row, width, height)
            light = make_reading(self._site.places, run, place, self._texts)
            light.reparent_to(self._reading)
        self._root.set_shader_input("mark", p3d.LVecBase4f(*mark))

    def _show_clock(self, state: State) -> None:
        """While the Clock is chosen: light from it to every room that it tells the time, and none from the words."""
        chosen = state.selection in ("clock", "station:clockwork")
        for beams in self._root.find_all_matches("run/**/beams"):
            (beams.hide if chosen else beams.show)()
        if chosen and self._told is None:
            edges = [e for e in self._site.valley.edges if e.kind == "time"]
            rows = [(e.points[0], e.points[-1], 0) for e in edges]
            self._told = ribbons(rows, 0.5) if rows else p3d.NodePath("told")
            self._told.set_shader_input("mass", float_texture("even", np.ones((1, 1), np.float32)))
            self._told.reparent_to(self._root)
        if self._told is not None:
            (self._told.show if chosen else self._told.hide)()
