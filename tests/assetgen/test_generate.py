"""The command from end to end on a tiny model: a sound pack, an unchanged picture, and plain errors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from assetgen.capture.call import Settings, plain
from assetgen.cli import main
from assetgen.generate import Baker, Job, confirm_unchanged
from assetgen.models.registry import ModelEntry, check_words
from assetgen.pack import Library, Pack
from assetgen.pack.validate import validate
from tests.fixtures.pipelines import scheduler

pytestmark = pytest.mark.torch


def generate(folder: Path, out: Path, *more: str) -> int:
    return main(["generate", "--model", str(folder), "--out", str(out), "--threads", "1", *more])


@pytest.fixture
def baker(model_folder: Path, tmp_path: Path) -> Baker:
    return Baker(ModelEntry("tiny", "Tiny", model_folder), tmp_path)


def test_a_prompt_becomes_a_sound_pack(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(
        model_folder, tmp_path, "--prompt", "a fox on grass", "--steps", "5", "--verify"
    ) == 0  # fmt: skip
    said = capsys.readouterr().out
    assert "1 run of tiny: about" in said and "verified" in said
    assert validate(tmp_path) == []
    run = Library.open(tmp_path).entry("tiny", "a-fox-on-grass")
    pack = Pack.open(run.path)
    assert pack.steps == 5 and pack.has("output_uncond")
    assert [w.text for w in pack.metadata.words] == ["a", "fox", "on", "grass"]
    assert [c.text for c in pack.metadata.controls] == ["a", "on"]
    assert pack.timing is not None and len(pack.timing.calls) == 5
    assert main(["validate", str(tmp_path)]) == 0


def test_the_final_picture_is_the_pipelines(baker: Baker) -> None:
    settings = Settings("a fox on grass", steps=4, seed=3)
    pack = Pack.open(baker.bake(Job("run", "Run", settings), quiet=True))
    with torch.no_grad():
        picture = baker.pipe(
            "a fox on grass", num_inference_steps=4, guidance_scale=4.0, output_type="pil",
            generator=torch.Generator().manual_seed(3),
        ).images[0]  # fmt: skip
    assert np.array_equal(pack.final(), np.asarray(picture))


@pytest.mark.parametrize("guidance", [0.0, 1.0, 7.5])
def test_with_and_without_guidance(baker: Baker, guidance: float) -> None:
    settings = Settings("a fox on grass", steps=3, guidance=guidance)
    pack = Pack.open(baker.bake(Job("run", "Run", settings), verify=True, quiet=True))
    assert pack.has("output_uncond") == (guidance > 1)
    assert validate(pack.path) == []


@pytest.mark.parametrize(
    "name",
    [
        "DDPMScheduler",
        "EulerDiscreteScheduler",
        "EulerAncestralDiscreteScheduler",
        "HeunDiscreteScheduler",
        "DPMSolverMultistepScheduler",
        "UniPCMultistepScheduler",
        "LCMScheduler",
        "PNDMScheduler",
    ],
)
def test_every_scheduler_gives_a_sound_pack_and_the_same_picture(baker: Baker, name: str) -> None:
    baker.pipe.scheduler = scheduler(getattr(diffusers, name))
    job = Job("run", "Run", Settings("a fox on grass", steps=5))
    path = baker.bake(job, verify=True, quiet=True)
    assert validate(path) == []
    pack = Pack.open(path)
    assert pack.metadata.scheduler.name == name
    calls = {"HeunDiscreteScheduler": 9, "PNDMScheduler": 6}
    assert len(pack.metadata.calls) == calls.get(name, 5)


def test_two_bakes_differ_only_in_timing(baker: Baker, tmp_path: Path) -> None:
    job = Job("run", "Run", Settings("a fox on grass", steps=3))
    first = baker.bake(job, quiet=True)
    kept = shutil.copytree(first, tmp_path / "kept")
    second = baker.bake(job, force=True, quiet=True)
    assert (kept / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()


def test_the_comparison_can_fail(baker: Baker) -> None:
    from assetgen.capture.run import Captured
    from assetgen.errors import CaptureError

    settings = Settings("a fox on grass", steps=2)
    picture = plain(baker.pipe, settings)
    picture[0, 0, 0, 0] += 1e-6
    with pytest.raises(CaptureError, match="differs from the plain"):
        confirm_unchanged(baker.pipe, settings, Captured(picture))


def test_a_light_run_says_what_it_leaves_out(model_folder: Path, tmp_path: Path) -> None:
    assert generate(
        model_folder, tmp_path, "--prompt", "a fox", "--steps", "2", "--profile", "light"
    ) == 0  # fmt: skip
    assert validate(tmp_path) == []
    pack = Pack.open(Library.open(tmp_path).runs[0].path)
    assert {"steps", "noise", "features", "x_t", "eps"} <= set(pack.metadata.light or ())
    assert not pack.has("x_t") and not pack.has("attention") and pack.has("unit_rms")
    assert pack.image("predicted", 1).shape == (32, 32, 3) == pack.page("predicted")[0].shape
    assert [pack.has_word_map(word) for word in range(2)] == [True, True]


ERRORS: dict[str, tuple[list[str], str]] = {
    "no steps": (["--steps", "0"], "0 steps; --steps takes 1 to 256"),
    "many steps": (["--steps", "10000"], "10000 steps; --steps takes"),
    "guidance": (["--guidance", "-1"], "guidance -1.0; --guidance takes"),
    "empty": (["--prompt", "  "], "the prompt is empty"),
    "size": (["--size", "100x32"], "size 100x32; --size takes width and height in multiples of 8"),
    "size text": (["--size", "wide"], "--size 'wide'; expected WIDTHxHEIGHT"),
    "scheduler": (["--scheduler", "eular"], "unknown scheduler 'eular'; known are ddim, ddpm"),
    "flow": (["--scheduler", "flow-euler"], "does not fit a model made for DDIMScheduler"),
    "device": (["--device", "gpu"], "unknown device 'gpu'; pass cpu"),
    "offload": (["--device", "cpu", "--offload", "model"], "the device is the CPU; leave it out"),
    "images": (["--num-images", "0"], "--num-images 0; expected 1 to 1000"),
    "name": (["--name", "../up"], "is no folder name"),
    "hidden name": (["--name", ".hidden"], "--name '.hidden' is no folder name"),
    "model name": (["--file-as", "../x"], "--file-as '../x' is no folder name"),
    "threads": (["--threads", "0"], "--threads 0; pass 1 or more"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_bad_input_is_one_line(
    case: str, model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more, line = ERRORS[case]
    given = ["--prompt", "a fox"] if "--prompt" not in more else []
    assert generate(model_folder, tmp_path / "out", *given, *more) == 2
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_engineers_flags(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--prompt", "fox " * 40, "--name", "foxes", "--steps", "2", "--size", "40x24"]
    asked += ["--scheduler", "dpm++", "--num-images", "2", "--seed", "5", "--dtype", "float16"]
    assert generate(model_folder, tmp_path, *asked, "--device", "cpu", "--verify") == 0
    said = capsys.readouterr().out
    assert "note: foxes: the prompt is too long: 'fox fox" in said and "does not read it" in said
    packs = [Pack.open(run.path) for run in Library.open(tmp_path).runs]
    assert [(p.metadata.id, p.metadata.seed) for p in packs] == [("foxes", 5), ("foxes-seed-6", 6)]
    for pack in packs:
        assert pack.metadata.size == (24, 40)
        assert pack.metadata.scheduler.name == "DPMSolverMultistepScheduler"
        assert pack.metadata.software["dtype"] == "float16"
        assert len(pack.metadata.dropped) == 18
    assert validate(tmp_path) == []


def test_a_model_that_does_not_fit_is_refused_before_it_is_loaded(
    model_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("was loaded")

    monkeypatch.setattr("assetgen.generate.load_pipeline", never)
    monkeypatch.setattr("assetgen.memory.free_memory", lambda: 100_000)
    assert generate(model_folder, tmp_path / "out", "--prompt", "a fox") == 2
    line = one_line(capsys)
    assert "of weights in float32" in line and "0.0 GB free; pass --dtype bfloat16" in line


def test_what_flux_needs_is_known_from_its_configuration() -> None:
    from assetgen.errors import InputError
    from assetgen.memory import check_memory, need_of
    from assetgen.models.runtime import Runtime
    from tests.fixtures.skeletons import load

    half = Runtime("cpu", "bfloat16")
    need = need_of(load("flux"), half)
    assert sum(need.weights.values()) / 1e9 == pytest.approx(33.7, abs=0.1)
    assert str(need).startswith(
        "about 33.7 GB of weights in bfloat16 (denoiser 23.8, text_encoder_2 9.5, text_encoder 0.2)"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assetgen.memory.free_memory", lambda: 24 * 10**9)
        with pytest.raises(InputError, match="this machine has 24.0 GB free; use a machine"):
            check_memory("FLUX.1-dev", need, half)
        patch.setattr("assetgen.memory.free_memory", lambda: 64 * 10**9)
        check_memory("FLUX.1-dev", need, half)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert error.startswith("assetgen: ") and error.count("\n") == 1
    return error


def test_an_existing_run_is_not_overwritten(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--prompt", "a fox", "--name", "fox", "--steps", "1"]
    assert generate(model_folder, tmp_path, *asked) == 0
    pack = tmp_path / "runs" / "tiny" / "fox"
    before = pack.stat().st_ino
    assert generate(model_folder, tmp_path, *asked) == 0
    assert "fox is there already; --force records it anew" in capsys.readouterr().out
    others = (["--seed", "1"], ["--guidance", "2"], ["--negative", "a cat"], ["--size", "40x24"],
              ["--scheduler", "euler"], ["--dtype", "float16"], ["--title", "Fox"],
              ["--profile", "light"], ["--steps", "2"], ["--prompt", "a cat"])  # fmt: skip
    for other in others:
        assert generate(model_folder, tmp_path, *asked, *other) == 2, other
        assert "exists already; pass --force" in one_line(capsys)
    assert pack.stat().st_ino == before
    assert generate(model_folder, tmp_path, *asked, "--force") == 0
    assert pack.stat().st_ino != before


def test_unknown_models_prompts_and_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--prompt", "a fox", "--model", "minature"]) == 2
    assert "unknown model 'minature'; did you mean 'miniature'?" in one_line(capsys)
    assert main(["generate", "--prompt", "a fox", "--model", "flux"]) == 2
    assert "did you mean 'black-forest-labs/FLUX.1-dev'?" in one_line(capsys)
    assert main(["generate", "fox-on-gras"]) == 2
    assert "no curated prompt 'fox-on-gras'" in one_line(capsys)
    assert main(["generate", "--prompt", "a fox", "--model", str(tmp_path)]) == 2
    assert "it has no model_index.json" in one_line(capsys)
    assert main(["inspect", str(tmp_path)]) == 2
    assert "model_index.json: is missing" in one_line(capsys)
    assert main(["validate", str(tmp_path)]) == 1


def test_a_model_with_a_missing_file(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = shutil.copytree(model_folder, tmp_path / "broken")
    (broken / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    assert generate(broken, tmp_path / "out", "--prompt", "a fox") == 2
    assert "broken is incomplete: vae has no weights" in one_line(capsys)


@pytest.mark.parametrize("profile", ["light", "viewer"])
def test_a_prompt_without_a_word_that_the_tokenizer_knows(
    model_folder: Path, tmp_path: Path, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pack like any other, without words; what is not read is named."""
    more = ["--prompt", "\u72d0 \u68ee", "--name", "fox", "--profile", profile]
    assert generate(model_folder, tmp_path / "out", *more) == 0
    assert "note: fox: the model has no token for '\u72d0 \u68ee' and" in capsys.readouterr().out
    assert validate(tmp_path / "out") == []
    data = Pack.open(tmp_path / "out/runs/tiny/fox").metadata
    assert data.words == () and data.concepts == () and data.dropped == ("\u72d0", "\u68ee")


def test_other_pipelines_and_schedulers_are_refused_by_name(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(model_folder, tmp_path / "other")
    index = json.loads((other / "model_index.json").read_text())
    (other / "model_index.json").write_text(json.dumps({**index, "_class_name": "DiTPipeline"}))
    assert generate(other, tmp_path / "out", "--prompt", "a fox") == 2
    assert "DiTPipeline takes no prompt" in one_line(capsys)
    for kind in ("Img2Img", "Inpaint", "ControlNet"):
        name = f"StableDiffusion{kind}Pipeline"
        (other / "model_index.json").write_text(json.dumps({**index, "_class_name": name}))
        assert generate(other, tmp_path / "out", "--prompt", "a fox") == 2
        assert f"{name} begins with a picture" in one_line(capsys)
    (other / "model_index.json").write_text(
        json.dumps({**index, "scheduler": ["diffusers", "DEISMultistepScheduler"]})
    )
    diffusers.DEISMultistepScheduler().save_pretrained(other / "scheduler")
    assert generate(other, tmp_path / "out", "--prompt", "a fox") == 2
    assert "comes with DEISMultistepScheduler, whose steps are not understood" in one_line(capsys)


def test_a_full_disk(
    model_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(1, 1, 1000))
    assert generate(model_folder, tmp_path / "out", "--prompt", "a fox", "--steps", "2") == 2
    assert "0 MB free" in one_line(capsys)
    monkeypatch.undo()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assetgen.pack.writer._durable", full)
    assert generate(model_folder, tmp_path / "out", "--prompt", "a fox", "--steps", "2") == 2
    assert "is full" in capsys.readouterr().err
    assert list((tmp_path / "out").rglob("*.part")) == []
    assert list((tmp_path / "out").rglob("*.png")) == []


def test_unknown_words_name_their_neighbours(model_folder: Path, tmp_path: Path) -> None:
    from assetgen.errors import InputError

    words = frozenset(["a", "fox", "on", "grass", "snow"])
    check_words("A fox on grass", words)
    with pytest.raises(InputError, match="unknown word 'foxes' in the prompt; nearest .*fox"):
        check_words("a foxes", words)
    for strange in ("zzz", "a dragon", "a \U0001f98a"):  # nothing it knows is near to these
        with pytest.raises(InputError, match="known words: a, fox, grass"):
            check_words(strange, words)
    check_words("A fox, on (grass)!", words)
    with pytest.raises(InputError, match="holds no word"):
        check_words("?!", words)


def test_a_vocabulary_beside_the_model_is_used(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = shutil.copytree(model_folder, tmp_path / "small")
    (small / "vocabulary.json").write_text('["a", "fox"]')
    assert generate(small, tmp_path / "out", "--prompt", "a cat") == 2
    assert "unknown word 'cat'" in one_line(capsys)


def test_inspect_prints_a_tree_and_json(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(model_folder), "--layers"]) == 0
    tree = capsys.readouterr().out
    assert "cross-attention layers" in tree and "<- conv_in" in tree
    assert main(["inspect", str(model_folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["class"] == "UNet2DConditionModel"


def test_a_sentencepiece_tokenizer_names_the_package_it_needs(
    model_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = shutil.copytree(model_folder, tmp_path / "other")
    (other / "tokenizer_2").mkdir()
    (other / "tokenizer_2" / "spiece.model").write_bytes(b"")
    monkeypatch.setattr(
        "assetgen.models.load.find_spec", lambda name: None if name == "sentencepiece" else object()
    )
    assert generate(other, tmp_path / "out", "--prompt", "a fox") == 2
    line = one_line(capsys)
    assert "spiece.model cannot be read without sentencepiece; pip install" in line


def test_inspect_knows_the_structures_that_ship(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "flux"]) == 0
    said = capsys.readouterr().out
    assert "flux: FluxTransformer2DModel, 11.9 G parameters, 74.38 TFLOP" in said
    assert "59 units, 0 skips, 0 cross-attention layers, 57 joint-attention layers" in said


def test_sdxl_is_recorded_too(tmp_path: Path) -> None:
    from tests.fixtures.pipelines import tiny_xl_pipeline

    folder = tmp_path / "tiny-xl"
    tiny_xl_pipeline().save_pretrained(folder)
    out = tmp_path / "out"
    assert generate(folder, out, "--prompt", "a fox", "--steps", "2", "--verify") == 0
    assert validate(out) == []


def test_another_model_of_the_same_name_is_refused(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beside = tmp_path / "runs" / "tiny" / "architecture.json"
    beside.parent.mkdir(parents=True)
    beside.write_text("{}")
    assert generate(model_folder, tmp_path, "--prompt", "a fox", "--steps", "1") == 2
    assert "describes another model of that name; pass --file-as" in one_line(capsys)


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_bake_leaves_nothing_to_be_seen(model_folder: Path, tmp_path: Path) -> None:
    """Killed in the middle of writing; the next bake of the same run cleans up after it."""
    code = (
        "import os, signal, sys\n"
        "from assetgen.pack import writer\n"
        "from assetgen.cli import main\n"
        "real = writer._durable\n"
        "def die(path, data):\n"
        "    real(path, data)\n"
        "    if path.name == 'final.png': os.kill(os.getpid(), signal.SIGKILL)\n"
        "writer._durable = die\n"
        "main(sys.argv[1:])\n"
    )
    asked = ["generate", "--model", str(model_folder), "--out", str(tmp_path), "--prompt", "a fox"]
    asked += ["--steps", "2", "--threads", "1"]
    killed = subprocess.run([sys.executable, "-c", code, *asked], check=False, capture_output=True)
    assert killed.returncode == -9
    assert Library.open(tmp_path).runs == [] and Library.open(tmp_path).problems == []
    assert len(list((tmp_path / "runs" / "tiny").glob(".a-fox.*.part"))) == 1
    assert main(asked) == 0
    assert sorted(p.name for p in (tmp_path / "runs" / "tiny").iterdir()) == [
        "a-fox",
        "architecture.json",
    ]
