"""The lock files: complete, hashed, without a host, and in step with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("viewer", "all")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def entries(name: str) -> dict[str, str]:
    """Package -> everything the lock says about it."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    return {canonicalize_name(block.split("==")[0]): block for block in blocks if "==" in block}


def version(block: str) -> str:
    found = re.match(r"[^=]+==([^\s;\\]+)", block)
    assert found, block
    return found[1]


def wanted(*extras: str) -> list[Requirement]:
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    requirements = [Requirement(line) for line in lines]
    return [each for each in requirements if each.name not in ("diffusion-explorer", "torch")]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    for package, block in entries(name).items():
        assert "--hash=sha256:" in block, package


@pytest.mark.parametrize("name", LOCKS)
def test_no_host_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text


@pytest.mark.parametrize(
    ("name", "extras"), [("viewer", ()), ("all", ("bake", "ray", "train", "test"))]
)
def test_the_lock_satisfies_the_project(name: str, extras: tuple[str, ...]) -> None:
    locked = entries(name)
    for requirement in wanted(*extras):
        block = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version(block)), requirement


def test_the_viewer_is_part_of_everything() -> None:
    everything = entries("all")
    for package, block in entries("viewer").items():
        assert version(everything[package]) == version(block), package


def test_the_viewer_brings_no_model_library() -> None:
    assert not entries("viewer").keys() & {
        "accelerate",
        "diffusers",
        "ray",
        "torch",
        "transformers",
    }


def test_torch_is_pinned_apart() -> None:
    assert "torch" not in entries("all")
    pinned = (ROOT / "requirements/torch.txt").read_text().strip()
    assert pinned == "torch==2.13.0"
    assert pinned in PROJECT["optional-dependencies"]["bake"]


@pytest.mark.parametrize("package", ["numpy", "panda3d", "pillow", "safetensors"])
def test_a_compiled_package_has_hashes_for_more_than_one_platform(package: str) -> None:
    assert entries("viewer")[package].count("--hash") > 5
