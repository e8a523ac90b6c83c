"""What the documentation tells to type for the explorer: a command that exists, with options that it has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from assetgen import __version__
from explorer.cli import main, parser
from explorer.kiosk.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TYPED = re.compile(
    r"(?:python -m explorer|diffusion-explorer)(?= +[-a-z]| *$)(?P<rest>[^`#|\n]*)", re.M
)
BARE = re.compile(r"(?<![-\w/.])(?<!-m )explorer +(?:-|report\b|kiosk-pin\b)")


def typed() -> list[tuple[str, list[str]]]:
    found = []
    for page in PAGES:
        for match in TYPED.finditer(page.read_text()):
            found.append((page.name, shlex.split(match["rest"], comments=True)))
    return found


def test_options_in_the_documentation_exist() -> None:
    lines = [(page, words) for page, words in typed() if words and words[0].startswith("--")]
    assert len(lines) >= 15
    for page, words in lines:
        if words == ["--help"]:
            continue
        filled = [{"N": "3"}.get(word, word) for word in words]
        try:
            parser().parse_args(filled)
        except SystemExit:
            pytest.fail(f"{page}: {' '.join(words)}")


def test_nothing_else_is_told_to_be_typed() -> None:
    """There is no command named `explorer`; on Windows it would open a folder."""
    for page in [*PAGES, ROOT / "config" / "kiosk.yaml"]:
        assert not BARE.search(page.read_text()), page.name
    assert set(COMMANDS) == {"report", "kiosk-pin"}


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == f"diffusion-explorer {__version__}"


def test_colour_maps_are_those_that_can_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--color-map", "warm"]) == 2
    assert "expected one of deep, grey, clear" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--screenshot", "view.xyz"], "--screenshot view.xyz: expected a name in .png, .jpg"),
        (["--screenshot", "."], "--screenshot .: expected a name in .png"),
        (["--screenshot", "view.png", "--tour", "nosuch"], "--tour nosuch: a screenshot shows no"),
        (["--record", __file__], "that is a file, expected a folder"),
        (["--config", "kiosk.yaml"], "--config kiosk.yaml: is the kiosk's; add --kiosk"),
        (["--size", "axb"], "--size 'axb': expected WIDTHxHEIGHT"),
        (["--text-size", "nan"], "--text-size nan: expected 0.75 to 3"),
        (["--step", "0"], "--step 0: steps are counted from 1"),
        (["--frames", "0"], "--frames 0: expected 1 to 600"),
        (["--scene", "/nowhere.yaml"], "--scene /nowhere.yaml: there is no such file"),
    ],
)
def test_a_wrong_value_is_one_line_before_anything_opens(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == 2
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == 1
