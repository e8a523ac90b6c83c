"""Pictures and Diffulizer datasets become sound packs; what is absent stays absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assetgen.cli import main
from assetgen.imports.diffulizer import _Prompt, read_dataset, words_of
from assetgen.imports.source import architecture_bytes
from assetgen.pack import Library, Pack
from assetgen.pack.validate import validate
from assetgen.pack.words import WORD

REAL = Path(__file__).parents[3] / "shared" / "data" / "sdxl_run"
"""A real run that may not be committed, nor anything made from it."""
TOKENS = ["<|startoftext|>", "neon</w>", "lan", "terns</w>", ",</w>", *["<|endoftext|>"] * 3]
LAYER = "down_blocks.1.attentions.0.transformer_blocks.0.attn2"


def pictures(folder: Path, count: int = 12, size: tuple[int, int] = (48, 32)) -> Path:
    """Numbered pictures, each of one grey: number 10 comes after number 9."""
    folder.mkdir()
    for i in range(count):
        Image.new("RGB", size, (10 * i, 10 * i, 10 * i)).save(folder / f"step_{i}.png")
    return folder


def dataset(folder: Path, steps: int = 4) -> Path:
    """A dataset as Diffulizer writes it: one layer, made-up numbers."""
    (folder / "images").mkdir(parents=True)
    (folder / "attention").mkdir()
    rng = np.random.default_rng(0)
    files = []
    for k in range(steps):
        Image.new("RGB", (32, 32), (60 * k, 0, 0)).save(folder / "images" / f"step_{k:03d}.png")
        maps = rng.random((len(TOKENS), 6, 6))
        maps[1] += 3 * k
        (maps / maps.sum(0)).astype(np.float16).tofile(folder / "attention" / f"{k}.bin")
        files.append({
            "attention_type": "cross", "dtype": "float16", "layer_id": "layer_1", "step": k,
            "path": f"attention/{k}.bin", "shape": [len(TOKENS), 6, 6],
        })  # fmt: skip
    data = {
        "schema_version": "1.0.0", "steps": steps, "timesteps": [900, 600, 300, 1][:steps],
        "generator": {"model_id": "some/sdxl", "pipeline_type": "sdxl", "seed": 3, "cfg_scale": 7.5},
        "prompt": {"text": "Neon lanterns,", "tokens": TOKENS, "token_ids": list(range(8))},
        "images": [f"images/step_{k:03d}.png" for k in range(steps)],
        "layers": [{"attention_type": "cross", "id": "layer_1", "processor_key": f"{LAYER}.processor"}],
        "attention_files": files,
    }  # fmt: skip
    (folder / "metadata.json").write_text(json.dumps(data))
    return folder


def run(folder: Path, out: Path, *more: str) -> int:
    return main(["import", str(folder), "--out", str(out), *more])


def test_pictures_become_a_run_of_a_closed_box(tmp_path: Path) -> None:
    asked = ["--prompt", "a grey day", "--shows", "x0"]
    assert run(pictures(tmp_path / "in"), tmp_path / "out", *asked) == 0
    assert validate(tmp_path / "out") == []
    library = Library.open(tmp_path / "out")
    pack = Pack.open(library.entry("unknown-48x32", "a-grey-day").path)
    assert pack.steps == 12 and set(pack.metadata.arrays) == {"predicted"}
    assert [int(pack.image("predicted", k).mean().round()) for k in (2, 10)] == [20, 100]
    assert (pack.final() == 110).all()
    step = pack.metadata.steps[0]
    assert step.timestep is step.alpha is step.sigma is step.snr is None
    assert pack.metadata.seed is pack.metadata.guidance_scale is None
    assert pack.metadata.words == () and "attention" in (pack.metadata.light or ())
    (box,) = library.architectures["unknown-48x32"].units
    assert box.kind == "closed" and box.parameters == 0


def test_a_known_architecture_has_its_rooms(tmp_path: Path) -> None:
    asked = ["--prompt", "a fox", "--architecture", "sdxl", "--name", "fox"]
    assert run(pictures(tmp_path / "in", 2), tmp_path / "out", *asked) == 0
    library = Library.open(tmp_path / "out")
    assert len(library.architectures["sdxl"].units) > 30
    assert Pack.open(library.entry("sdxl", "fox").path).has("steps")


def test_a_dataset_of_diffulizer(tmp_path: Path) -> None:
    assert run(dataset(tmp_path / "in"), tmp_path / "out", "--name", "neon") == 0
    assert validate(tmp_path / "out") == []
    pack = Pack.open(tmp_path / "out" / "runs" / "sdxl" / "neon")
    data = pack.metadata
    assert [s.timestep for s in data.steps] == [600, 300, 1]
    assert [word.text for word in data.words] == ["Neon", "lanterns", ","]
    assert data.words[1].tokens == (2, 3) and data.seed == 3
    assert [token.role for token in data.tokens] == ["bos", *["word"] * 4, "eos", "pad", "pad"]
    # a picture shows what a step left: it is what the next one sees
    assert [int(pack.image("steps", k)[0, 0, 0]) for k in range(3)] == pytest.approx(
        [0, 60, 120], abs=3
    )
    assert (pack.final()[..., 0] == 180).all()
    stored = np.fromfile(tmp_path / "in" / "attention" / "2.bin", np.float16).reshape(8, 6, 6)
    assert np.abs(pack.attention_map(LAYER, 1, 1) - stored[1]).max() < 0.01
    mass = pack.tensor("attention_mass")
    assert mass[1, 0] == pytest.approx(stored.astype(float).mean((1, 2)), abs=1e-3)
    assert not pack.has("features") and not pack.has("x0") and not pack.has("unit_rms")


def test_words_with_hyphens_and_signs() -> None:
    tokens = [
        "<|startoftext|>",
        "rain</w>",
        "-</w>",
        "soaked</w>",
        ",</w>",
        "a</w>",
        "<|endoftext|>",
    ]
    prompt = _Prompt(text="Rain-soaked, a", tokens=tokens, token_ids=list(range(7)))
    rows, words = words_of(prompt)
    assert [(w.text, w.tokens) for w in words] == [
        ("Rain-soaked", (1, 2, 3)),
        (",", (4,)),
        ("a", (5,)),
    ]
    assert [row.word for row in rows] == [None, 0, 0, 0, 1, 2, None]


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert error.startswith("assetgen: ") and error.count("\n") == 1, error
    return error


def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = pictures(tmp_path / "in", 3), tmp_path / "out"
    cases: list[tuple[list[str], str]] = [
        ([str(tmp_path / "nowhere"), "--prompt", "a"], "nowhere is no folder"),
        ([str(folder)], "pictures without a prompt; pass --prompt"),
        ([str(tmp_path), "--prompt", "a"], "holds no pictures"),
        ([str(folder), "--prompt", "a", "--name", "../up"], "'../up' is no folder name"),
        ([str(folder), "--prompt", "a", "--file-as", ".hidden"], "'.hidden' is no folder name"),
        ([str(folder), "--prompt", "a", "--name", "studies"], "a run cannot be called 'studies'"),
        (
            [str(folder), "--prompt", "a", "--architecture", "sdxxl"],
            "no architecture 'sdxxl'; pass",
        ),
    ]
    for given, line in cases:
        assert main(["import", *given, "--out", str(out)]) == 2
        assert line in one_line(capsys)
    Image.new("RGB", (8, 8)).save(folder / "step_9.png")
    assert run(folder, out, "--prompt", "a") == 2
    assert "step_9.png is 8×8 (expected 48×32 like step_0.png)" in one_line(capsys)
    (folder / "step_9.png").write_bytes(b"no picture")
    assert run(folder, out, "--prompt", "a") == 2
    assert "step_9.png: is no readable picture" in one_line(capsys)
    assert not out.exists()


def spoil(data: dict[str, Any], case: str) -> None:
    if case == "steps":
        data["timesteps"].pop()
    elif case == "outside":
        data["images"][1] = "../../secret.png"
    elif case == "missing":
        data["attention_files"].pop()
    elif case == "shape":
        data["attention_files"][2]["shape"] = [7, 6, 6]
    elif case == "field":
        data["prompt"].pop("text")


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("steps", "'timesteps': 3, 'images': 4} disagree"),
        ("outside", "names '../../secret.png' outside the dataset"),
        ("missing", "layer_1 has no map of step 3"),
        ("shape", "2.bin is no float16[7, 6, 6]"),
        ("field", "missing required field `text`"),
    ],
)
def test_a_damaged_dataset_is_one_line(
    case: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = dataset(tmp_path / "in")
    data = json.loads((folder / "metadata.json").read_text())
    spoil(data, case)
    (folder / "metadata.json").write_text(json.dumps(data))
    assert run(folder, tmp_path / "out") == 2
    assert line in one_line(capsys)
    assert not (tmp_path / "out").exists()


def test_an_existing_run_is_replaced_only_by_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pictures(tmp_path / "in", 2)
    asked = ["--prompt", "a"]
    assert run(folder, tmp_path / "out", *asked) == 0
    capsys.readouterr()
    assert run(folder, tmp_path / "out", *asked) == 2
    assert "exists already; pass --force" in one_line(capsys)
    assert run(folder, tmp_path / "out", *asked, "--force") == 0


def test_an_architecture_from_a_file(tmp_path: Path) -> None:
    name, shipped = architecture_bytes("sd15", (8, 8))
    (tmp_path / "own.json").write_bytes(shipped)
    assert architecture_bytes(str(tmp_path / "own.json"), (8, 8)) == (name, shipped)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real dataset is not here")
def test_the_real_run() -> None:
    found = read_dataset(REAL)
    assert len(found.recording.pictures["steps"]) == len(found.timesteps) == 23
    assert len(found.recording.attention) == 3
    assert [word.text for word in found.words] == WORD.findall(found.prompt)
    assert found.recording.final.shape == (768, 768, 3)
