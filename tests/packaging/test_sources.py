"""Rules about the sources that no linter knows."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted([*(ROOT / "explorer").rglob("*.py"), *(ROOT / "assetgen").rglob("*.py")])
SHOWN = [
    path
    for folder in ("hud", "kiosk", "story", "view")
    for path in sorted((ROOT / "explorer" / folder).rglob("*.py"))
]
"""Modules whose strings could reach the screen."""
SHADERS = sorted(path for path in (ROOT / "shaders").rglob("*") if path.is_file())
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
COMFORTABLE, TOO_LONG = 300, 500
SPEAKS_TO_DEVELOPERS = {"about", "debug", "info", "warning", "error", "exception", "warn", "print"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_one_idea_a_module(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    if lines > COMFORTABLE:
        warnings.warn(f"{name_of(path)} has {lines} lines", stacklevel=1)
    assert lines <= TOO_LONG


@pytest.mark.parametrize("path", SHADERS, ids=name_of)
def test_shaders_run_on_a_mac(path: Path) -> None:
    """macOS knows GLSL 1.50 and 3.30 and nothing newer; parts to include have no version."""
    versions = re.findall(r"^\s*#\s*version\s+(\d+)", path.read_text(), re.MULTILINE)
    needs = [] if path.suffix in (".glsl", ".inc") else versions[:1]
    assert set(versions) <= {"150", "330"}
    assert path.suffix not in (".vert", ".frag") or needs


@pytest.mark.parametrize("path", SHOWN, ids=name_of)
def test_texts_stand_in_the_locales(path: Path) -> None:
    """A visitor's sentence in Python could not be translated."""
    assert not list(sentences(ast.parse(path.read_text())))


def sentences(tree: ast.AST) -> Iterator[str]:
    """String literals of four words or more that are no docstring, error or log message."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise | ast.Assert):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Call) and called(node) in SPEAKS_TO_DEVELOPERS:
            continue
        if isinstance(node, ast.Call) and called(node).endswith(("Error", "Exception")):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text, code = node.value, r"[\[\]{}=_]|\w\.\w"
            if re.search(r"(\b[A-Za-z]{2,}[,;]? ){3,}[a-z]{2,}", text) and not re.search(
                code, text
            ):
                yield node.value
            continue
        yield from sentences(node)


def called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def test_the_sentence_check_can_fail() -> None:
    source = '"""A docstring with many words."""\nx = f("This room makes the picture smaller.")\n'
    assert list(sentences(ast.parse(source))) == ["This room makes the picture smaller."]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_in_the_pages_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", page.read_text())) <= targets
