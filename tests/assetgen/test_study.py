"""Studies from plan to pack: one thing varied, what is done skipped, and plain errors."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from assetgen.cli import main
from assetgen.generate import Baker
from assetgen.models.registry import ModelEntry
from assetgen.pack import Library, Pack
from assetgen.pack.damage import compare
from assetgen.pack.validate import validate
from assetgen.study import load_plan, parts, values_of

pytestmark = pytest.mark.torch
BASE = "a-fox-on-grass"
SKIP = "skip:conv_in->up_blocks.1.resnets.1"
PLAN: dict[str, Any] = {
    "flagships": [BASE],
    "studies": {
        "guidance": {"label": "guidance {value:g}", "values": [0, 7.5]},
        "seed": {"label": "seed {value}", "values": [3]},
        "steps": {"label": "{value} steps", "labels": {1: "one step"}, "values": [1]},
        "sampler": {"label": "{value}", "values": ["DDIMScheduler", "EulerDiscreteScheduler"]},
        "prompt": {"label": "{value}", "prompts": {BASE: ["a cat on snow"]}},
        "learned": {"label": "after {value:,}", "values": [2000, 4000]},
        "ablation": {"label": "without {value}", "mode": "mean", "values": ["skip"]},
    },
}


@pytest.fixture(scope="module")
def baked(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full run of the tiny model and every study of the plan."""
    out = tmp_path_factory.mktemp("studies")
    assert main(
        ["generate", "--model", str(model_folder), "--out", str(out / "assets"), "--threads", "1",
         "--prompt", "a fox on grass", "--steps", "2"]
    ) == 0  # fmt: skip
    (out / "plan.yaml").write_text(yaml.safe_dump(PLAN))
    pipe = Baker(ModelEntry("tiny", "Tiny", model_folder), out).pipe
    kept = out / "work" / "unet" / "milestones"
    kept.mkdir(parents=True)
    state = {"text": pipe.text_encoder.state_dict(), "unet": pipe.unet.state_dict()}
    torch.save({k: {n: (t * 0.9).half() for n, t in v.items() if t.is_floating_point()} | {
        n: t for n, t in v.items() if not t.is_floating_point()} for k, v in state.items()},
        kept / "00002000.pt",
    )  # fmt: skip
    assert study(model_folder, out, "--checkpoints", str(out / "work")) == 0
    return out


@pytest.fixture
def own(baked: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(baked, tmp_path / "own")


def study(model: Path, place: Path, *more: str) -> int:
    return main(
        ["study", "--model", str(model), "--out", str(place / "assets"), "--threads", "1",
         "--plan", str(place / "plan.yaml"), *more]
    )  # fmt: skip


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert error.startswith("assetgen: ") and error.count("\n") == 1, error
    return error


def listed(place: Path) -> dict[str, Pack]:
    library = Library.open(place / "assets")
    return {entry.run.id: Pack.open(entry.run.path) for entry in library.studies("tiny")}


def test_every_study_of_the_plan_is_sound(baked: Path) -> None:
    assert validate(baked / "assets") == []
    packs = listed(baked)
    assert len(packs) == 2 + 1 + 1 + 2 + 1 + 1 + 4
    run = {id.removeprefix(f"{BASE}-"): pack.metadata for id, pack in packs.items()}
    assert run["guidance-0"].guidance_scale == 0 and run["guidance-7.5"].guidance_scale == 7.5
    assert run["seed-3"].seed == 3 and len(run["steps-1"].steps) == 1
    assert run["steps-1"].study is not None and run["steps-1"].study.label == "one step"
    assert run["sampler-eulerdiscrete"].scheduler.name == "EulerDiscreteScheduler"
    assert run["prompt-a-cat-on-snow"].prompt == "a cat on snow"
    assert run["cut-skip-conv_in-to-up_blocks.1.resnets.1-mean"].study is not None


def test_only_what_is_varied_changes_the_picture(baked: Path) -> None:
    base = Pack.open(baked / "assets" / "runs" / "tiny" / BASE)
    packs = listed(baked)
    assert compare(base, packs[f"{BASE}-sampler-ddim"]).error == 0
    changed = [id for id, pack in packs.items() if (pack.final() != base.final()).any()]
    assert len(changed) == len(packs) - 1


def test_a_milestone_has_its_own_weights(baked: Path) -> None:
    learned = listed(baked)[f"{BASE}-learned-00002000"].metadata
    base = Pack.open(baked / "assets" / "runs" / "tiny" / BASE).metadata
    assert learned.study is not None and learned.study.value == 2000
    assert learned.model.weights not in (None, base.model.weights)
    assert learned.model.architecture == base.model.architecture


def test_what_is_done_is_skipped_and_what_is_missing_baked(
    own: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = own / "assets" / "runs" / "tiny" / "studies"
    shutil.rmtree(runs / f"{BASE}-seed-3")
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*.json")}
    assert study(model_folder, own) == 0
    said = capsys.readouterr().out
    assert "11 studies of tiny, 10 of them done" in said
    assert "how it learned is left out" in said
    assert (runs / f"{BASE}-seed-3").is_dir()
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_setting_is_baked_anew(
    own: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = {**PLAN["studies"]["seed"], "label": "number {value}"}
    (own / "plan.yaml").write_text(yaml.safe_dump({**PLAN, "studies": {"seed": plan}}))
    assert study(model_folder, own) == 0
    assert "1 studies of tiny, 0 of them done" in capsys.readouterr().out
    found = listed(own)[f"{BASE}-seed-3"].metadata.study
    assert found is not None and found.label == "number 3"


def test_an_interrupted_bake_leaves_nothing_half(
    own: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    runs = own / "assets" / "runs" / "tiny" / "studies"
    shutil.rmtree(runs)
    from assetgen.pack import writer

    real = writer._durable

    def stop(path: Path, data: bytes) -> None:
        if path.name == "metadata.json" and "guidance-7.5" in str(path):
            raise KeyboardInterrupt
        real(path, data)

    monkeypatch.setattr(writer, "_durable", stop)
    assert study(model_folder, own, "--only", "guidance") == 130
    assert [path.name for path in runs.iterdir()] == [f"{BASE}-guidance-0"]
    monkeypatch.undo()
    assert study(model_folder, own, "--only", "guidance") == 0
    assert "2 studies of tiny, 1 of them done" in capsys.readouterr().out


def test_a_list_says_what_is_to_do(
    own: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(own / "assets" / "runs" / "tiny" / "studies" / f"{BASE}-guidance-0")
    assert study(model_folder, own, "--only", "guidance", "--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["to", "do"], ["done", f"{BASE}-guidance-7.5"]]


def test_errors_are_one_line(
    own: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert study(model_folder, own, "--only", "colour") == 2
    assert "no study called 'colour'; there are guidance, seed" in one_line(capsys)
    assert study(model_folder, own, "--only", "learned") == 2
    assert "pass --checkpoints the folder" in one_line(capsys)
    assert study(model_folder, own, "--checkpoints", str(own)) == 2
    assert "holds no checkpoints" in one_line(capsys)
    (own / "work" / "unet" / "milestones" / "00002000.pt").write_bytes(b"no weights")
    assert study(model_folder, own, "--only", "learned", "--checkpoints", str(own / "work")) == 2
    assert "holds no weights of this model" in capsys.readouterr().err
    shutil.rmtree(own / "assets" / "runs" / "tiny" / BASE)
    assert study(model_folder, own) == 2
    assert "bake it: assetgen generate a-fox-on-grass --force" in one_line(capsys)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"studies": {"colour": {"label": "x"}}}, "plan.yaml: Invalid enum value 'colour'"),
        ({"studies": {"seed": {"values": [1]}}}, "missing required field `label`"),
        ({"studies": {"seed": {"label": "x", "valeus": [1]}}}, "unknown field `valeus`"),
        ({"studies": {"ablation": {"label": "x", "values": ["door"]}}}, "has no 'door' to cut"),
        ({"studies": {"steps": {"label": "x", "values": [0]}}}, "0 steps; --steps takes 1 to 256"),
        (
            {"studies": {"sampler": {"label": "x", "values": ["Magic"]}}},
            "unknown scheduler 'Magic'",
        ),
        ({"flagships": ["nobody"]}, "the base run 'nobody' cannot be read"),
    ],
)
def test_a_wrong_plan_is_one_line(
    change: dict[str, Any], line: str, own: Path, model_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (own / "plan.yaml").write_text(yaml.safe_dump({**PLAN, **change}))
    assert study(model_folder, own) == 2
    assert line in one_line(capsys)


def test_other_weights_need_another_base_run(
    own: Path, model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file, save_file

    other = shutil.copytree(model_folder, tmp_path / "tiny")
    file = other / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({name: t * 1.01 for name, t in load_file(file).items()}, file)
    assert study(other, own) == 2
    assert "was recorded with other weights; bake it" in one_line(capsys)


def cut(model: Path, place: Path, *more: str) -> int:
    return main(
        ["generate", "--model", str(model), "--out", str(place / "assets"), "--threads", "1", *more]
    )  # fmt: skip


def test_a_cut_from_the_command_line(own: Path, model_folder: Path) -> None:
    two = ["--cut", SKIP, "--cut", "unit:mid_block.resnets.0", "--mode", "mean"]
    assert cut(model_folder, own, BASE, *two, "--verify") == 0
    folder = own / "assets" / "runs" / "tiny" / "studies"
    name = f"{BASE}-cut-skip-conv_in-to-up_blocks.1.resnets.1-unit-mid_block.resnets.0-mean"
    pack = Pack.open(folder / name)
    assert validate(pack.path) == []
    found = pack.metadata.study
    assert found is not None and found.cut == f"{SKIP} unit:mid_block.resnets.0"
    assert (found.base, found.mode, pack.metadata.profile) == (BASE, "mean", "light")
    assert compare(pack.base(), pack).error > 0
    assert cut(model_folder, own, BASE, "--cut", SKIP, "--profile", "viewer") == 0
    full = Pack.open(folder / f"{BASE}-cut-skip-conv_in-to-up_blocks.1.resnets.1")
    assert full.has("features") and full.metadata.study is not None
    assert validate(full.path) == []


CUTS: dict[str, tuple[list[str], str]] = {
    "unknown": (
        [BASE, "--cut", "unit:mid_block.resnet.0"],
        "names nothing to cut; nearest ids: unit:mid_block.resnets.0",
    ),
    "no run": (["--cut", SKIP], "--cut without a run; name the run to cut"),
    "mode": ([BASE, "--mode", "zero"], "--mode without --cut"),
    "decided": ([BASE, "--cut", SKIP, "--seed", "3"], "--cut with --seed; the run that is cut"),
    "not there": (["a-cat", "--cut", SKIP], "the base run 'a-cat' cannot be read"),
}


@pytest.mark.parametrize("case", CUTS)
def test_a_wrong_cut_is_one_line(
    case: str, own: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, line = CUTS[case]
    before = sorted(path.name for path in own.rglob("*"))
    assert cut(model_folder, own, *given) == 2
    assert line in one_line(capsys)
    assert sorted(path.name for path in own.rglob("*")) == before


def test_the_shipped_plan_names_what_there_is() -> None:
    from assetgen.commands.generate import load_curated
    from assetgen.models.registry import check_words, find_model
    from tests.fixtures.packs import ARCHITECTURES

    plan = load_plan()
    curated = load_curated()["prompts"]
    assert set(plan.flagships) <= set(curated) and len(plan.flagships) == 2
    assert plan.studies["guidance"].values == (1, 2, 4, 8)
    assert len(plan.studies["seed"].values) == 4
    assert plan.studies["steps"].values == (1, 2, 4, 8, 15, 30)
    assert len(plan.studies["sampler"].values) == 2
    from assetgen.pack.codec import decode
    from assetgen.pack.schema import Architecture

    model = decode(Architecture, ARCHITECTURES / "miniature.json")
    cuts = parts(model, map(str, plan.studies["ablation"].values))
    assert len(cuts) == len(set(cuts)) == 6 + 27 + 10
    for base in plan.flagships:
        prompts = values_of(plan.studies["prompt"], "prompt", base, model)
        assert len(prompts) == 2
        for prompt in prompts:
            check_words(str(prompt), find_model("miniature").vocabulary)
