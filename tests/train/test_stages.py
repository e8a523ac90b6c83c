"""Every stage from icons to a stock pipeline, on a configuration that takes seconds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

torch = pytest.importorskip("torch")
diffusers = pytest.importorskip("diffusers")

from assetgen.errors import InputError  # noqa: E402
from assetgen.models.recogniser import load_recogniser, read_config  # noqa: E402
from assetgen.train import latents, stages  # noqa: E402
from assetgen.train.command import add_parser  # noqa: E402
from assetgen.train.export import centre_latents  # noqa: E402
from assetgen.train.icons import Drawings  # noqa: E402
from assetgen.train.vae import build_vae  # noqa: E402


@pytest.fixture
def command(
    tiny: dict[str, Any], drawings: Drawings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Runs `train --stage ...` in a temporary work folder."""
    monkeypatch.setattr(stages, "load_drawings", lambda config, cache: drawings)
    monkeypatch.setattr(stages, "CENTRING_SCENES", 8)
    monkeypatch.setattr(latents, "SHARD", 10)
    monkeypatch.setattr(latents, "BATCH", 5)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(tiny))
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())

    def run(stage: str, minutes: float, *more: str) -> int:
        options = parser.parse_args(
            ["train", "--work", str(tmp_path), "--config", str(tmp_path / "tiny.yaml")]
            + ["--stage", stage, "--minutes", str(minutes), *more]
        )
        return options.func(options)

    return run


def test_a_stock_pipeline_comes_out(command: Any, config: dict[str, Any], tmp_path: Path) -> None:
    assert command("all", 0.02) == 0
    pipe = diffusers.DiffusionPipeline.from_pretrained(tmp_path / "pipeline")
    pipe.set_progress_bar_config(disable=True)
    assert type(pipe) is diffusers.StableDiffusionPipeline
    assert pipe("a fox on grass", num_inference_steps=2).images[0].size == (128, 128)
    settings = (tmp_path / "pipeline").rglob("*.json")
    assert not [file for file in settings if str(tmp_path) in file.read_text()]
    stored = list((tmp_path / "pipeline").rglob("*.safetensors"))
    assert len(stored) == 5

    # Beside the model: what it has seen, what it has never seen, and who can tell.
    shipped = tmp_path / "pipeline"
    assert {"fox", "an", "under"} <= set(json.loads((shipped / "vocabulary.json").read_text()))
    never = json.loads((shipped / "held_out.json").read_text())
    assert [*never["pairs"][0]] == config["held_out"]["pairs"][0]
    words = [word for kind in config["words"].values() for word in kind]
    for role in ("judge", "recogniser"):
        assert set(load_recogniser(shipped, role).words) == set(words)
    assert read_config(shipped)["calibration"]["pictures"] == 3

    then = tmp_path / "then"
    assert command("export", 0, "--milestone", "2", "--out", str(then)) == 0
    unet = diffusers.UNet2DConditionModel.from_pretrained(then / "unet")
    kept = torch.load(tmp_path / "unet" / "milestones" / "00000002.pt")["unet"]
    assert all(torch.equal(weight, kept[name]) for name, weight in unet.half().state_dict().items())


def test_the_decoder_learns_on_and_the_latents_stay(command: Any, tmp_path: Path) -> None:
    for stage in ("vae", "unet", "decoder", "export"):
        assert command(stage, 0.01) == 0
    frozen = diffusers.AutoencoderKL.from_pretrained(tmp_path / "frozen" / "vae")
    shipped = diffusers.AutoencoderKL.from_pretrained(tmp_path / "pipeline" / "vae")
    assert shipped.config.scaling_factor == frozen.config.scaling_factor
    changed = set()
    for name, weight in shipped.state_dict().items():
        if not torch.equal(weight, frozen.state_dict()[name].half().float()):
            changed.add(name.split(".")[0])
    assert changed == {"decoder", "post_quant_conv"}


def test_centred_latents_decode_to_the_same_picture(tiny: dict[str, Any]) -> None:
    vae, pictures = build_vae(tiny).eval(), torch.rand(4, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        before = vae.decode(vae.encode(pictures).latent_dist.mode()).sample
        centre_latents(vae, pictures)
        latents = vae.encode(pictures).latent_dist.mode()
        after = vae.decode(latents).sample
    assert torch.allclose(before, after, atol=1e-4)
    assert latents.mean(dim=(0, 2, 3)).abs().max() < 1e-4
    assert (latents * vae.config.scaling_factor).std().item() == pytest.approx(1, abs=1e-3)


def test_training_resumes_with_its_optimiser(command: Any, tmp_path: Path) -> None:
    assert command("vae", 0.01) == 0
    assert command("unet", 0.01) == 0
    first = torch.load(tmp_path / "unet" / "state.pt")
    # A slow machine may have overdrawn the budget: the next one starts from what was used.
    assert command("unet", first["elapsed"] / 60 + 0.01) == 0
    second = torch.load(tmp_path / "unet" / "state.pt")
    assert second["samples"] > first["samples"]
    assert second["task"]["ema"]["updates"] == second["samples"] // 2
    assert second["task"]["optimiser"]["muon"]["state"]


def test_a_decoder_that_got_worse_is_not_exported(command: Any, tmp_path: Path) -> None:
    for stage in ("vae", "unet", "decoder"):
        assert command(stage, 0.01) == 0
    file = tmp_path / "decoder" / "state.pt"
    state = torch.load(file)
    for average in state["task"]["ema"]["average"]:
        average.add_(2.0)
    torch.save(state, file)
    assert command("export", 0) == 0
    frozen = diffusers.AutoencoderKL.from_pretrained(tmp_path / "frozen" / "vae").state_dict()
    shipped = diffusers.AutoencoderKL.from_pretrained(tmp_path / "pipeline" / "vae")
    for name, weight in shipped.state_dict().items():
        assert torch.equal(weight, frozen[name].half().float()), name


def test_what_a_stage_rests_on_is_asked_for(command: Any, tmp_path: Path) -> None:
    for stage in ("unet", "decoder"):
        with pytest.raises(InputError, match="frozen/vae is missing; run .* --stage vae"):
            command(stage, 0.01)
    for stage in ("recogniser", "export"):
        with pytest.raises(InputError, match="unet/state.pt is missing; run .* --stage unet"):
            command(stage, 0)
    for option, value in (("--minutes", "-3"), ("--minutes", "nan"), ("--threads", "-1")):
        with pytest.raises(InputError, match=f"^{option} {value}; pass"):
            command("vae", 0.01, option, value)
    assert not (tmp_path / "frozen").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--work .*file cannot be used"):
        command("vae", 0.01, "--work", str(tmp_path / "file"))


def test_a_milestone_that_was_not_kept_names_those_that_were(command: Any, tmp_path: Path) -> None:
    for stage in ("vae", "unet"):
        assert command(stage, 0.01) == 0
    with pytest.raises(InputError, match="no weights were kept after 3 samples.* one of 2$"):
        command("export", 0, "--milestone", "3")


def test_an_export_replaces_a_pipeline_and_nothing_else(command: Any, tmp_path: Path) -> None:
    for stage in ("vae", "unet"):
        assert command(stage, 0.01) == 0
    home = tmp_path / "home"
    home.mkdir()
    (home / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds something else than a pipeline"):
        command("export", 0, "--out", str(home))
    assert (home / "letter.txt").read_text() == "dear"
    for _ in range(2):
        assert command("export", 0, "--out", str(tmp_path / "new")) == 0
    assert (tmp_path / "new" / "model_index.json").is_file()


def test_beginning_anew_keeps_nothing_of_before(command: Any, tmp_path: Path) -> None:
    for stage in ("vae", "unet"):
        assert command(stage, 0.01) == 0
    with pytest.raises(InputError, match="was trained on the latents of this autoencoder"):
        command("vae", 0.01, "--no-resume")
    before = (tmp_path / "frozen" / "vae" / "config.json").stat().st_ino
    kept = (tmp_path / "unet" / "state.pt").stat().st_ino
    assert command("all", 0.02, "--no-resume") == 0
    assert (tmp_path / "frozen" / "vae" / "config.json").stat().st_ino != before
    assert (tmp_path / "unet" / "state.pt").stat().st_ino != kept
