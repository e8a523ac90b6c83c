"""Codes and postcards in the running application: this view as a code, a code as a view, a picture to keep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assetgen.pack import Library, PackError
from assetgen.pack.resources import data_dir
from explorer import postcard
from explorer.folders import pictures_folder
from explorer.story import view_code
from explorer.story.discoveries import DETECTORS
from explorer.story.questions import PROBES
from explorer.story.spotlights import kinds
from explorer.story.view_code import CodeError, View
from explorer.world.rails import Pose

if TYPE_CHECKING:
    from explorer.app import App

DIALS = {"noising": ("noise_scene", "noise_level"), "training": ("checkpoint_word", "checkpoint")}
"""Exhibits with which a code keeps two fields of the store, by the id of their station."""
NEAR = 24.0
"""How far a place may be to be named, metres."""


def known_runs(library: Library) -> dict[str, list[str]]:
    """What codes can name: the runs of each model, and models without one."""
    found: dict[str, list[str]] = {model: [] for model in library.architectures}
    for run in library.runs:
        found.setdefault(run.model, []).append(run.id)
    for model in library.structures:
        found.setdefault(model, []).append("")
    return found


def read_code(code: str, library: Library) -> View:
    """The view of a code. Raises CodeError."""
    return view_code.decode(code, known_runs(library))


def _selected(selection: str | None) -> dict[str, Any]:
    """What a code's selection sets in the store."""
    family, *numbers = (selection or "").split(":")
    if family not in DIALS:
        return {"selection": selection}
    (row, column), (first, second) = DIALS[family], numbers
    return {"selection": f"station:{family}", row: int(first), column: float(second)}


class TakeAway:
    """What the take-away sheet needs of the application."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._wanted: View | None = None
        """A view whose run is still being loaded."""
        app.store.subscribe(lambda new, old: self._refresh(), "menu", "run")

    # -- this view as a code -----------------------------------------------------------------------

    def view(self) -> View:
        """What is on screen now."""
        app, state = self.app, self.app.store.state
        pose = app.rig.pose
        word = state.word if state.overlay else None
        selection = state.selection
        name = (selection or "").removeprefix("station:")
        if name in DIALS:
            row, column = (round(getattr(state, field)) for field in DIALS[name])
            selection = f"{name}:{row}:{column}"
        number = view_code.selection_number(selection, app.site.architecture, self._selections())
        return View(
            state.model, state.run, view_code.kept_step(state.whole_step, state.steps), pose.eye,
            pose.heading, pose.pitch, number, word, state.decoded, state.split is not None, pose.fov,
        )  # fmt: skip

    def code(self) -> str:
        return view_code.encode(self.view())

    def _selections(self) -> list[str]:
        """Ids that can be selected besides the parts of the network."""
        record = self.app.hud.model.view.known if self.app.hud else None
        ids = [f"word:{role}" for role in ("bos", "eos", "pad")]
        ids += [f"canvas:{name}" for name in ("x_t", "noise", "x0")] + ["clock", "tower", "cost"]
        ids += [f"station:{s.id}" for s in self.app.site.scene.stations]
        ids += [f"discovery:{name}" for name in DETECTORS] + [f"probe:{name}" for name in PROBES]
        if record is not None:
            ids += [f"word:{word.index}" for word in record.words]
            ids += [kind.id for kind in kinds(record)]
        return ids

    def _refresh(self) -> None:
        app = self.app
        if app.store.state.menu == "share" and app.hud:
            app.hud.set_code(self.code(), _address(self.code()))

    # -- a code as a view --------------------------------------------------------------------------

    def open(self, code: str) -> None:
        """Go where a code says; a code that cannot be read is said in one line."""
        app = self.app
        try:
            self._wanted = read_code(code, app.runs.library)
        except CodeError as error:
            app.store.update(message=str(error))
            return
        app.store.update(menu=None, typed="")
        state = app.store.state
        if (state.model, state.run) != (self._wanted.model, self._wanted.run):
            app.open(self._wanted.model, self._wanted.run)
        self.arrived()

    def arrived(self) -> None:
        """A run is shown: if it is the one of a code that was asked for, stand where the code says."""
        app, view = self.app, self._wanted
        state = app.store.state
        if view is None or (state.model, state.run) != (view.model, view.run):
            return
        self._wanted = None
        step = float(view_code.step_of(view.step, state.steps))
        words = app.world.run.pack.metadata.words if app.world.run else ()
        word = view.word if view.word is not None and view.word < len(words) else None
        app.store.update(
            step=step, target=step, playing=False, word=word, overlay=word is not None,
            decoded=view.decoded, split=0.5 if view.split else None,
            **_selected(
                view_code.selection_of(view.selection, app.site.architecture, self._selections())
            ),
        )  # fmt: skip
        app.rig.place(Pose(view.eye, view.heading, view.pitch, view.fov))

    # -- a postcard --------------------------------------------------------------------------------

    def place(self) -> str:
        """The name of where the visitor stands, as the mini-map has it."""
        app = self.app
        x, y, _ = app.rig.eye
        plan = app.hud.model.view.plan if app.hud else None
        best, name = NEAR, app.texts.get("postcard.nowhere")
        for key, (px, py) in plan.places if plan else ():
            label = key.removeprefix("station:")
            text = f"hud.map.place.{label}"
            away = ((px - x) ** 2 + (py - y) ** 2) ** 0.5
            if away < best and app.texts.has(text):
                best, name = away, app.texts.get(text)
        for _, title, corners in plan.rooms if plan else ():
            cx = sum(c[0] for c in corners) / len(corners)
            cy = sum(c[1] for c in corners) / len(corners)
            away = ((cx - x) ** 2 + (cy - y) ** 2) ** 0.5
            if away < best:
                best, name = away, title
        return name

    def card(self) -> postcard.Card | None:
        """The card of this moment; None where no picture was recorded. Raises PackError."""
        app, run = self.app, self.app.world.run
        if run is None or not run.pack.has("predicted"):
            return None
        pack, state, texts = run.pack, app.store.state, app.texts
        meta, step, code = pack.metadata, state.whole_step, self.code()
        strip = (
            tuple(pack.page("predicted"))
            if pack.steps > 64
            else tuple(pack.image("predicted", k) for k in range(pack.steps))
        )
        return postcard.Card(
            prompt=meta.prompt,
            step=texts.get("hud.timeline.step", step=step + 1, steps=state.steps),
            place=self.place(),
            model=texts.get(
                "postcard.model", model=meta.model.name or meta.model.id, seed=meta.seed
            ),
            title=texts.get("postcard.title"),
            code=code,
            reopen=texts.get("postcard.reopen"),
            badge=texts.get("postcard.badge", badge=meta.arrays["predicted"].provenance),
            picture=pack.image("predicted", step),
            strip=strip,
            present=step,
            address=_address(code),
        )

    def save_postcard(self, folder: Path | None = None) -> Path | None:
        """Write the card and say where; None if that was not possible, with the reason as a message."""
        app = self.app
        try:
            card = self.card()
            if card is None:
                app.store.update(message=app.texts.get("postcard.none"))
                return None
            name = re.sub(r"[^\w -]", "", f"{card.prompt} {app.store.state.whole_step + 1}")
            fonts = data_dir("assets") / "fonts"
            path = postcard.save(card, fonts, folder or pictures_folder(), name.strip()[:60])
        except (OSError, PackError) as error:
            app.store.update(message=app.texts.get("postcard.failed", error=str(error)))
            return None
        app.store.update(message=app.texts.get("app.saved", file=str(path)))
        return path


def _address(code: str) -> str:
    """What a QR code says: the command that brings the view back, installed or in a checkout."""
    return f"python -m explorer --view {code}"
