"""What a click on the world chooses, without a window."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from explorer import seen
from explorer.state import State, Store


def clicked(found: str | None, monkeypatch: pytest.MonkeyPatch, **state: Any) -> State:
    store = Store(State(**state))
    app: Any = SimpleNamespace(
        store=store, site=SimpleNamespace(places=SimpleNamespace(exhibits=[]))
    )
    monkeypatch.setattr(seen, "pick", lambda app, x, y: found)
    seen.select(app, 10.0, 10.0)
    return store.state


def test_the_map_on_the_canvases_is_that_of_the_word_that_was_clicked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = clicked("word:5", monkeypatch, overlay=True, word=2)
    assert (state.selection, state.word, state.overlay) == ("word:5", 5, True)


def test_without_an_overlay_a_word_only_opens_its_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    state = clicked("word:5", monkeypatch)
    assert (state.selection, state.word, state.overlay) == ("word:5", None, False)


@pytest.mark.parametrize("found", ["word:bos", "unit:mid_block", None])
def test_anything_else_leaves_the_map(found: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    state = clicked(found, monkeypatch, overlay=True, word=2)
    assert (state.selection, state.word) == (found, 2)
