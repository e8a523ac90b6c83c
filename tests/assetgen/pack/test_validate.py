"""Corrupt one thing behind a promise, and the validator must name it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from assetgen.pack.schema import FileEntry
from assetgen.pack.validate import validate
from assetgen.pack.writer import content_hash
from tests.fixtures.packs import build_pack


def reseal(path: Path) -> None:
    """Make the manifest fit the files again, so that only the deeper checks can notice."""
    files = {}
    for file in path.rglob("*"):
        name = file.relative_to(path).as_posix()
        if file.is_file() and name not in ("manifest.json", "timing.json"):
            data = file.read_bytes()
            files[name] = FileEntry(len(data), hashlib.sha256(data).hexdigest())
    entries = {n: {"bytes": e.bytes, "sha256": e.sha256} for n, e in files.items()}
    manifest = {"format": 1, "files": entries, "content": content_hash(files)}
    (path / "manifest.json").write_text(json.dumps(manifest))


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads((path / "metadata.json").read_text())
    change(data)
    (path / "metadata.json").write_text(json.dumps(data))


def edit_tensor(path: Path, key: str, change: Callable[[np.ndarray], None]) -> None:
    tensors = load_file(path / "tensors.safetensors")
    tensors[key] = tensors[key].copy()
    change(tensors[key])
    save_file(tensors, path / "tensors.safetensors")


def found(path: Path) -> str:
    reseal(path)
    return "\n".join(map(str, validate(path)))


@pytest.mark.parametrize("profile", ["viewer", "light"])
def test_a_sound_pack_has_no_problems(tmp_path: Path, profile: Any) -> None:
    build_pack(tmp_path, architecture="two_level", profile=profile, steps=9)
    assert validate(tmp_path) == []


def test_a_flipped_byte_is_found(pack_path: Path) -> None:
    file = pack_path / "predicted" / "step_001.png"
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)
    assert "differs from its checksum" in str(validate(pack_path)[0])


def test_a_stray_file_is_found(pack_path: Path) -> None:
    (pack_path / "notes.txt").write_text("hello")
    assert "is not in the manifest" in str(validate(pack_path)[0])


METADATA: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "provenance": (
        lambda d: d["arrays"]["x_t"].update(provenance="ILLUSTRATION"),
        "no array is an illustration",
    ),
    "formula": (lambda d: d["arrays"]["predicted"].update(formula=None), "without a formula"),
    "source": (lambda d: d["arrays"]["x0"].update(source=""), "has no source"),
    "coefficients": (
        lambda d: d["steps"][1]["coefficients"].update(x0=0.5),
        "coefficients do not lead from step 1 to 2",
    ),
    "alpha": (
        lambda d: d["steps"][2].update(alpha=0.9, snr=(0.9 / d["steps"][2]["sigma"]) ** 2),
        "x_t is not alpha·x0 + sigma·eps at step 2",
    ),
    "snr": (lambda d: d["steps"][0].update(snr=3.0), "snr is not"),
    "span": (lambda d: d["words"][1].update(span=[0, 3]), "is not at its span"),
    "words": (lambda d: d["words"][1].update(tokens=[1]), "and its tokens disagree"),
    "calls": (lambda d: d["calls"][1].update(step=0), "and its calls disagree"),
    "id": (lambda d: d.update(id="other"), "is not the folder's name"),
    "concept": (
        lambda d: d["concepts"][0]["settling"]["peak"].pop(),
        "has not one value per step",
    ),
    "thumbnail": (lambda d: d["arrays"]["steps"].update(thumbnail=None), "has no thumbnails"),
    "rect": (
        lambda d: d["arrays"]["attention"]["layers"][0].update(x=4000),
        "lies outside or over another",
    ),
    "overlap": (
        lambda d: d["arrays"]["features"]["units"][1].update(
            x=d["arrays"]["features"]["units"][0]["x"],
            y=d["arrays"]["features"]["units"][0]["y"],
        ),
        "lies outside or over another",
    ),
    "absent": (lambda d: d["arrays"].pop("features"), "was not recorded and `light`"),
    "shape": (lambda d: d["arrays"]["x0"].update(shape=[1, 2]), "x0 is float16"),
    "size": (lambda d: d.update(size=[64, 64]), "has not the picture's size"),
    "architecture": (
        lambda d: d["model"].update(architecture="0"),
        "is not the architecture",
    ),
    "prompt": (lambda d: d.update(prompt="a fox"), "is not at its span"),
}


@pytest.mark.parametrize("case", METADATA)
def test_a_false_word_in_the_metadata_is_found(pack_path: Path, case: str) -> None:
    change, line = METADATA[case]
    edit(pack_path, change)
    assert line in found(pack_path)


TENSORS: dict[str, tuple[str, Callable[[np.ndarray], None], str]] = {
    "x0": ("x0", lambda a: a[1].fill(0.25), "x_t is not alpha·x0 + sigma·eps at step 1"),
    "x_t": ("x_t", lambda a: a[4].__iadd__(0.1), "do not lead from step 3 to 4"),
    "output": ("output_cond", lambda a: a[2].__iadd__(0.5), "eps is not the guided output at step 2"),
    "zero": ("output_uncond", lambda a: a.fill(0), "is all zero: nothing was recorded"),
    "nan": ("unit_rms", lambda a: a.fill(np.nan), "values that are no numbers"),
    "rms": ("unit_rms", lambda a: a[0].fill(0), "unit_rms of a unit is zero"),
    "mass": ("attention_mass", lambda a: a[0].__imul__(0.5), "does not sum to one"),
    "entropy": ("self_attention_entropy", lambda a: a.fill(2), "lies outside 0..1"),
}  # fmt: skip


@pytest.mark.parametrize("case", TENSORS)
def test_a_false_number_is_found(pack_path: Path, case: str) -> None:
    key, change, line = TENSORS[case]
    edit_tensor(pack_path, key, change)
    assert line in found(pack_path)


def paint(path: Path, box: tuple[int, int, int, int], value: int) -> None:
    with Image.open(path) as image:
        pixels = np.array(image)
    x, y, width, height = box
    pixels[y : y + height, x : x + width] = value
    Image.fromarray(pixels).save(path)


def test_a_black_map_is_found(pack_path: Path) -> None:
    atlas = pack_path / "attention" / "step_002.png"
    paint(atlas, (0, 0, 4096, 4096), 0)
    assert "is black: nothing was recorded" in found(pack_path)


def test_attention_of_more_than_one_is_found(pack_path: Path) -> None:
    paint(pack_path / "attention" / "step_000.png", (0, 0, 4096, 4096), 255)
    assert "sum to" in found(pack_path)


def test_a_picture_of_another_size_is_found(pack_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(pack_path / "predicted" / "step_000.png")
    assert "is 64×64 RGB (expected 128×128 RGB)" in found(pack_path)


def test_the_architecture_is_checked_too(pack_path: Path) -> None:
    beside = pack_path.parent / "architecture.json"
    data = json.loads(beside.read_text())
    data["edges"].append({"kind": "skip", "source": "nowhere", "target": "conv_out"})
    beside.write_text(json.dumps(data))
    lines = "\n".join(map(str, validate(pack_path.parents[2])))
    assert "names no 'nowhere'" in lines
    assert "is not the architecture that" in lines
