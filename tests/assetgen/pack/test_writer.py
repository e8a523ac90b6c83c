"""A pack is complete or absent, and the same run gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assetgen.pack import PackError
from assetgen.pack.writer import PackWriter, sweep
from tests.fixtures.packs import build_pack


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), PackWriter(tmp_path / "run") as writer:
        writer.image("final.png", np.zeros((4, 4, 3), np.uint8))
        raise OSError("disk full")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_run_is_refused_unless_replaced(tmp_path: Path) -> None:
    path = build_pack(tmp_path, architecture="two_level")
    with pytest.raises(PackError, match="exists already"):
        PackWriter(path)
    before = (path / "metadata.json").read_bytes()
    with PackWriter(path, replace=True) as writer:
        writer.image("final.png", np.zeros((4, 4, 3), np.uint8))
    assert (path / "metadata.json").read_bytes() == before


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = (build_pack(tmp_path / n, architecture="two_level") for n in ("a", "b"))
    assert (a / "manifest.json").read_bytes() == (b / "manifest.json").read_bytes()


def test_the_content_hash_is_what_sha256sum_prints(tmp_path: Path) -> None:
    path = build_pack(tmp_path, architecture="two_level")
    manifest = json.loads((path / "manifest.json").read_text())
    lines = "".join(
        f"{hashlib.sha256((path / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(manifest["files"])
    )
    assert hashlib.sha256(lines.encode()).hexdigest() == manifest["content"]
    assert "timing.json" not in manifest["files"]


@pytest.mark.skipif(os.name != "posix", reason="asks for a process by signal 0")
def test_folders_of_dead_writers_are_swept(tmp_path: Path) -> None:
    target = tmp_path / "run"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = socket.gethostname()
    dead = tmp_path / f".run.{host}-{ended.pid}.part"
    alive = tmp_path / f".run.{host}-{os.getppid()}.part"
    other = tmp_path / f".other.{host}-{ended.pid}.part"
    for folder in (dead, alive, other):
        folder.mkdir()
    sweep(target)
    assert not dead.exists() and alive.exists() and other.exists()


@pytest.mark.skipif(os.name != "posix", reason="asks for a process by signal 0")
def test_a_half_replaced_run_is_put_back(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old = tmp_path / f".run.{socket.gethostname()}-{ended.pid}.replaced"
    old.mkdir()
    (old / "metadata.json").write_text("{}")
    sweep(tmp_path / "run")
    assert (tmp_path / "run" / "metadata.json").exists() and not old.exists()
