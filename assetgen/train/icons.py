"""The drawings: fetched as pinned npm packages, checked, rasterised and cached as arrays.

The packages are needed for training only. They are never stored in the repository; their name,
version, checksum and licence stand in `config/train.yaml`.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from safetensors.numpy import load_file, save_file

from assetgen.errors import InputError

Drawings = dict[str, npt.NDArray[np.uint8]]
"""word -> [drawing, height, width, RGBA], straight alpha."""


def load_drawings(config: Mapping[str, Any], cache: Path) -> Drawings:
    """Every drawing of every object and thing, from the cache or from the packages. Raises InputError."""
    file = cache / f"drawings-{_fingerprint(config)}.safetensors"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        save_file(_rasterise_all(config, cache), part)
        part.replace(file)
    return load_file(file)


def fetch_package(package: Mapping[str, str], folder: Path) -> Path:
    """The tarball of one package, downloaded once by `npm pack`; InputError if it is not to be had."""
    stem = package["name"].removeprefix("@").replace("/", "-")
    tarball = folder / f"{stem}-{package['version']}.tgz"
    if not tarball.exists():
        _npm_pack(f"{package['name']}@{package['version']}", tarball)
    found = hashlib.sha512(tarball.read_bytes()).hexdigest()
    if found != package["sha512"]:
        raise InputError(
            f"{tarball}: its sha512 begins with {found[:12]}, the configuration says "
            f"{package['sha512'][:12]}",
            "remove the file, it is fetched anew",
        )
    return tarball


def _npm_pack(wanted: str, tarball: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(
            f"npm is not installed, and the drawings of {wanted} come by it",
            f"install it, or put the package at {tarball}",
        )
    done = subprocess.run(
        [npm, "pack", "--silent", wanted], cwd=tarball.parent, capture_output=True, text=True
    )
    if done.returncode or not tarball.exists():
        said = next(iter(done.stderr.strip().splitlines()), "it said nothing")
        raise InputError(
            f"npm could not fetch {wanted}: {said}",
            f"try again with a network, or put the package at {tarball}",
        )


def _fingerprint(config: Mapping[str, Any]) -> str:
    named = {kind: config["words"][kind] for kind in ("object", "thing")}
    return hashlib.sha256(repr((config["icons"], named)).encode()).hexdigest()[:12]


def _rasterise_all(config: Mapping[str, Any], cache: Path) -> Drawings:
    size = config["icons"]["raster"]
    wanted = config["words"]["object"] | config["words"]["thing"]
    found: dict[str, list[npt.NDArray[np.uint8]]] = {word: [] for word in wanted}
    for package in config["icons"]["packages"]:
        with tarfile.open(fetch_package(package, cache)) as archive:
            for word, code_point in wanted.items():
                name = f"package/assets/{code_point}{package['suffix']}"
                try:
                    member = archive.extractfile(name)
                except KeyError:
                    member = None
                if member is None:
                    raise InputError(
                        f"{package['name']} has no drawing of {word!r}: {name} is missing",
                        "give the word another code point",
                    )
                found[word].append(_rasterise(member.read(), package["suffix"], size))
    return {word: np.stack(drawings) for word, drawings in found.items()}


def _rasterise(data: bytes, suffix: str, size: int) -> npt.NDArray[np.uint8]:
    if suffix == ".svg":
        import resvg_py

        data = bytes(resvg_py.svg_to_bytes(svg_string=data.decode(), width=2 * size))
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))
