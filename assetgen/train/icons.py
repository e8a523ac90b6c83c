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

Drawings = dict[str, npt.NDArray[np.uint8]]
"""word -> [drawing, height, width, RGBA], straight alpha."""


def load_drawings(config: Mapping[str, Any], cache: Path) -> Drawings:
    """Every drawing of every object and thing, from the cache or from the packages."""
    file = cache / f"drawings-{_fingerprint(config)}.safetensors"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        save_file(_rasterise_all(config, cache), part)
        part.replace(file)
    return load_file(file)


def fetch_package(package: Mapping[str, str], folder: Path) -> Path:
    """The tarball of one package, downloaded once by `npm pack`; a wrong checksum is an error."""
    stem = package["name"].removeprefix("@").replace("/", "-")
    tarball = folder / f"{stem}-{package['version']}.tgz"
    if not tarball.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("npm is needed to fetch the icon packages for training")
        wanted = f"{package['name']}@{package['version']}"
        subprocess.run([npm, "pack", "--silent", wanted], cwd=folder, check=True)
    found = hashlib.sha512(tarball.read_bytes()).hexdigest()
    if found != package["sha512"]:
        raise RuntimeError(f"{tarball}: sha512 is {found}, config/train.yaml says otherwise")
    return tarball


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
                member = archive.extractfile(f"package/assets/{code_point}{package['suffix']}")
                assert member is not None, f"{package['name']} has no drawing of {word}"
                found[word].append(_rasterise(member.read(), package["suffix"], size))
    return {word: np.stack(drawings) for word, drawings in found.items()}


def _rasterise(data: bytes, suffix: str, size: int) -> npt.NDArray[np.uint8]:
    if suffix == ".svg":
        import resvg_py

        data = bytes(resvg_py.svg_to_bytes(svg_string=data.decode(), width=2 * size))
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))
