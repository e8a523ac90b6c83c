from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from assetgen.errors import InputError
from assetgen.train.icons import fetch_package, load_drawings


def _package(content: bytes) -> dict[str, Any]:
    checksum = hashlib.sha512(content).hexdigest()
    return {"name": "@scope/icons", "version": "1.0.0", "sha512": checksum, "suffix": ".svg"}


def test_a_cached_package_with_the_right_checksum_is_used(tmp_path: Path) -> None:
    file = tmp_path / "scope-icons-1.0.0.tgz"
    file.write_bytes(b"icons")
    assert fetch_package(_package(b"icons"), tmp_path) == file


def test_a_wrong_checksum_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "scope-icons-1.0.0.tgz").write_bytes(b"other icons")
    with pytest.raises(InputError, match="sha512 begins with .*; remove the file"):
        fetch_package(_package(b"icons"), tmp_path)


def test_without_npm_or_network_the_error_says_where_the_package_may_be_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="npm is not installed.*put the package at .*1.0.0.tgz"):
        fetch_package(_package(b"icons"), tmp_path)
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no such host >&2\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(InputError, match="npm could not fetch @scope/icons@1.0.0: no such host"):
        fetch_package(_package(b"icons"), tmp_path)


def test_a_word_without_a_drawing_is_named(tmp_path: Path) -> None:
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w:gz"):
        pass
    (tmp_path / "scope-icons-1.0.0.tgz").write_bytes(package.getvalue())
    config = {
        "icons": {"raster": 8, "packages": [_package(package.getvalue())]},
        "words": {"object": {"fox": "1f98a"}, "thing": {}},
    }
    with pytest.raises(InputError, match="no drawing of 'fox': package/assets/1f98a.svg"):
        load_drawings(config, tmp_path)


def test_every_package_is_pinned_and_freely_licensed(config: dict[str, Any]) -> None:
    for package in config["icons"]["packages"]:
        assert len(package["sha512"]) == 128
        assert package["licence"] in {"MIT", "Apache-2.0"}
