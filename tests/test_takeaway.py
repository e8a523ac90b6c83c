"""Take-away: the real application goes where a code says; a postcard holds what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assetgen.pack.resources import data_dir
from explorer import commands, postcard
from explorer.cli import main
from explorer.state import State, Store
from explorer.story.view_code import LENGTH, View, encode
from explorer.takeaway import _address

FONTS = data_dir("assets") / "fonts"


def card(**changes: object) -> postcard.Card:
    pixels = np.random.default_rng(3).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    fields: dict[str, object] = {
        "prompt": "a fox on grass", "step": "Step 3 of 9", "place": "Decoder Gallery",
        "model": "miniature · seed 8", "title": "Diffusion Visualization",
        "code": "AAAAA-BBBBB-CCCCC-DDDDD", "reopen": "Come back", "badge": "DERIVED",
        "picture": pixels, "strip": (pixels,) * 9, "present": 3, "address": "python -m explorer --view A",
    }  # fmt: skip
    return postcard.Card(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_postcard_shows_the_recorded_picture() -> None:
    flat = np.full((64, 64, 3), (200, 30, 90), np.uint8)
    image = np.asarray(postcard.postcard(card(picture=flat), FONTS))
    assert image.shape == (*postcard.SIZE[::-1], 3)
    middle = image[200:600, 200:600].reshape(-1, 3)
    assert np.array_equal(np.unique(middle, axis=0), [[200, 30, 90]])


@pytest.mark.parametrize("field", ["prompt", "step", "place", "code", "model", "address", "badge"])
def test_everything_it_says_is_on_it(field: str) -> None:
    before = np.asarray(postcard.postcard(card(), FONTS))
    after = np.asarray(postcard.postcard(card(**{field: "Something else 7"}), FONTS))
    assert (before != after).any()


def test_a_long_prompt_stays_on_the_card() -> None:
    long = " ".join(["a castle on snow under a night sky with a moon and"] * 3)
    image = np.asarray(postcard.postcard(card(prompt=long), FONTS)).astype(int)
    paper = image[:, -postcard.EDGE + 8 :]
    assert np.abs(paper - paper.mean(axis=1, keepdims=True)).max() < 16, "nothing over the edge"


def test_the_qr_code_says_the_command() -> None:
    """Compared with the symbol of the library itself, module by module."""
    import segno

    text = _address("AAAAA-BBBBB-CCCCC-DDDDD")
    modules = np.array([list(row) for row in segno.make(text, error="m", micro=False).matrix])
    drawn = postcard.qr(text, 1)[3:-3, 3:-3]
    assert np.array_equal(drawn < 128, modules.astype(bool))


def test_the_command_in_the_qr_code_is_one() -> None:
    """Typed as it stands; a code of a run that is not here is answered by the explorer itself."""
    code = encode(View("miniature", "no-such-run", 3, (0.0, 0.0, 2.0), 0.0, 0.0))
    python, *rest = _address(code).split()
    assert python == "python"
    done = subprocess.run(
        [sys.executable, *rest, "--screenshot", "never.png"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "of a run of miniature that is not here" in done.stderr


def test_cards_do_not_overwrite_each_other(tmp_path: Path) -> None:
    paths = [postcard.save(card(), FONTS, tmp_path / "new", "a fox 4") for _ in range(2)]
    assert [p.name for p in paths] == ["a fox 4.png", "a fox 4 2.png"]
    with Image.open(paths[0]) as image:
        assert image.size == postcard.SIZE


def test_typing_a_code() -> None:
    store = Store(State(menu="share"))
    for key in ("k", "raw-k", "7", "o", "backspace", "l"):
        assert commands.typed(store, key)
    assert store.state.typed == "K71"
    for _ in range(40):
        commands.typed(store, "z")
    assert len(store.state.typed) == LENGTH
    assert not commands.typed(store, "escape") and not commands.typed(store, "mouse1")
    store.update(menu=None)
    assert not commands.typed(store, "k"), "elsewhere a letter is a key like any other"


def test_enter_goes_there_once_the_code_is_whole() -> None:
    asked: list[str] = []
    store = Store(State(menu="share", typed="A" * (LENGTH - 1)))
    app: Any = SimpleNamespace(store=store, takeaway=SimpleNamespace(open=asked.append))
    commands.run(app, "activate", None)
    assert not asked
    store.update(typed="A" * LENGTH)
    commands.run(app, "activate", None)
    assert asked == ["A" * LENGTH]


@pytest.mark.parametrize("code", ["AAAAA-BBBBB-CCCC1", "11111-11111-11111-11111"])
def test_a_wrong_code_ends_with_one_line(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--view", code, "--screenshot", "never.png"]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("explorer: code") and "\n" not in error


@pytest.mark.gl
def test_the_application_goes_where_a_code_says(tmp_path: Path) -> None:
    """From the command line, as a stranger would: a code made in one run opens it in another process."""
    script = f"""
import sys
from pathlib import Path
from assetgen.pack.resources import data_dir
from explorer.headless import open_app
from explorer.runs import Runs
from explorer.settings import Settings
app = open_app(Runs(data_dir("assets")), Settings(), data_dir("scenes") / "unet_valley.yaml",
               (640, 360), run="fox-on-grass", hud=True, quality="low")
app.start_at("gallery", 5)
app.store.update(selection="canvas:x0", word=1, overlay=True, decoded=True)
code = app.takeaway.code()
before = (app.rig.pose, app.store.state)
app.start_at("deep", 30)
app.open("miniature", "frog-on-grass")
app.load_now()
app.store.update(selection=None, overlay=False, decoded=False)
app.takeaway.open(code)
app.load_now()
pose, state = app.rig.pose, app.store.state
assert state.run == "fox-on-grass" and state.step == 4.0, state
assert (state.selection, state.word, state.overlay, state.decoded) == ("canvas:x0", 1, True, True)
assert all(abs(a - b) < 0.3 for a, b in zip(pose.eye, before[0].eye)), (pose, before[0])
assert abs(pose.heading - before[0].heading) < 2 and abs(pose.pitch - before[0].pitch) < 3
app.takeaway.open("nonsense")
assert "nonsense" in app.store.state.message
path = app.takeaway.save_postcard(Path({str(tmp_path)!r}))
assert path is not None and path.is_file() and str(path) in app.store.state.message
app.store.update(menu="share")
assert app.hud.model.view.code == app.takeaway.code()
print("came back")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert "came back" in done.stdout, done.stderr[-2000:]


def test_a_code_opens_the_run_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    code = encode(View("miniature", "no-such-run", 3, (0.0, 0.0, 2.0), 0.0, 0.0))
    assert main(["--view", code, "--screenshot", "never.png"]) == 2
    assert "of a run of miniature that is not here" in capsys.readouterr().err
