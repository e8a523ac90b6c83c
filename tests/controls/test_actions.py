"""The action map: complete, unambiguous, and precise about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.controls.actions import load_actions
from explorer.yaml_nodes import YamlError

CONTROLS = Path(__file__).parents[2] / "config" / "controls.yaml"
PROMISED = {
    *("forward", "backward", "left", "right", "run", "fly", "start", "help", "play", "map"),
    *("previous_step", "next_step", "overlay", "prompts", "decoded", "split", "next_focus"),
    *("activate", "back", "fullscreen", "screenshot", "look", "select"),
}


def test_every_promised_action_is_bound() -> None:
    actions = load_actions(CONTROLS)
    assert set(actions.by_id) >= PROMISED
    assert all(a.keys or a.mouse or a.touch for a in actions)
    assert all(f"spot_{n}" in actions.by_id for n in range(1, 10))


def test_modifiers_choose_the_action() -> None:
    actions = load_actions(CONTROLS)

    def bound(key: str, *held: str) -> str | None:
        action = actions.for_key(key, {key, *held})
        return action.id if action else None

    assert bound("tab") == "next_focus"
    assert bound("tab", "shift") == "previous_focus"
    assert bound("raw-w", "shift") == "forward"
    assert bound("arrow_left", "control") == "first_step"
    assert bound("shift") == "run"
    assert bound("f9") is None


@pytest.mark.parametrize(
    ("binding", "line", "message"),
    [
        ("keys: [spac]", 3, "expected a key, found 'spac' (did you mean 'space'?)"),
        ("keys: [ctrl-a]", 3, "expected a key"),
        ("gamepad: [face_q]", 3, "expected a gamepad control"),
        ("keys: [w], hold: maybe", 3, "actions[go].hold: expected true or false, found 'maybe'"),
        ("kes: [w]", 3, "expected a known field, found 'kes' (did you mean 'keys'?)"),
        ("keys: [x]", 4, "expected a binding of its own, found 'x', which 'go' has"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, binding: str, line: int, message: str) -> None:
    file = tmp_path / "controls.yaml"
    file.write_text(
        "format: 1\nactions:\n"
        f"  - {{id: go, group: move, title: controls.go, {binding}}}\n"
        "  - {id: stay, group: move, title: controls.stay, keys: [x]}\n"
    )
    with pytest.raises(YamlError) as caught:
        load_actions(file)
    text = str(caught.value)
    assert text.startswith(f"{file}:{line}: ") and message in text and "\n" not in text
