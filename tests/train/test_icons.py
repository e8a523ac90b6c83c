from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from assetgen.train.icons import fetch_package


def _package(content: bytes) -> dict[str, Any]:
    checksum = hashlib.sha512(content).hexdigest()
    return {"name": "@scope/icons", "version": "1.0.0", "sha512": checksum, "suffix": ".svg"}


def test_a_cached_package_with_the_right_checksum_is_used(tmp_path: Path) -> None:
    file = tmp_path / "scope-icons-1.0.0.tgz"
    file.write_bytes(b"icons")
    assert fetch_package(_package(b"icons"), tmp_path) == file


def test_a_wrong_checksum_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "scope-icons-1.0.0.tgz").write_bytes(b"other icons")
    with pytest.raises(RuntimeError, match="sha512"):
        fetch_package(_package(b"icons"), tmp_path)


def test_every_package_is_pinned_and_freely_licensed(config: dict[str, Any]) -> None:
    for package in config["icons"]["packages"]:
        assert len(package["sha512"]) == 128
        assert package["licence"] in {"MIT", "Apache-2.0"}
