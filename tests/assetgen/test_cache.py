"""The model cache: fetched once, used without a network, damage found offline, cleared without harm to others."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from assetgen.cli import main
from assetgen.errors import InputError
from assetgen.models import cache, files, lock
from assetgen.models.registry import find_model, is_hub_id, known_models
from assetgen.models.source import open_model
from assetgen.pack.validate import validate
from tests.fixtures.hub import COMMIT, Hub, put_in_cache, serve

pytestmark = pytest.mark.torch
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
FLUX = "black-forest-labs/FLUX.1-dev"
TINY = "someone/tiny"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to leave the machine fails the test."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"connected to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on this machine; retries do not wait."""
    constants = huggingface_hub.constants
    with serve() as server:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(huggingface_hub.hf_api.api, "endpoint", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
        huggingface_hub.utils.enable_progress_bars()  # loading a pipeline turns them off
        yield server


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository: the tiny pipeline with what real ones have beside it."""
    from tests.fixtures.pipelines import tiny_folder

    folder = tiny_folder(tmp_path_factory.mktemp("repository") / "tiny")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    for name in ("diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.bin"):
        shutil.copy(weights, weights.with_name(name))
    for name in ("README.md", "LICENSE.md", "tiny.safetensors", "vae/flax_model.msgpack"):
        (folder / name).write_text("something")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models_cache"


def run(folder: Path, *arguments: str) -> int:
    return main(["cache", *arguments, "--cache-dir", str(folder)])


def generate(folder: Path, out: Path, model: str, *more: str) -> int:
    asked = ["--model", model, "--prompt", "a fox", "--steps", "1", "--profile", "light"]
    return main(["generate", *asked, "--cache-dir", str(folder), "--out", str(out), *more])


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert error.startswith("assetgen: ") and error.count("\n") == 1
    return error


def weights_of(snapshot: Path) -> Path:
    return (snapshot / "unet" / "diffusion_pytorch_model.safetensors").resolve()


def flip(path: Path) -> None:
    """One bit in the middle of the weights; the size stays."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


# Loading from the cache


@pytest.mark.parametrize("repo", [SDXL, FLUX])
def test_an_id_works_literally_without_a_network(
    repo: str, tmp_path: Path, folder: Path, no_network: None
) -> None:
    from tests.fixtures.pipelines import tiny_xl_pipeline
    from tests.fixtures.transformers import tiny_flux

    pipe = tiny_xl_pipeline() if repo == SDXL else tiny_flux()
    pipe.save_pretrained(tmp_path / "model")
    pinned = known_models()[repo].commit
    assert pinned
    put_in_cache(tmp_path / "model", folder, repo, pinned)
    assert generate(folder, tmp_path / "out", repo, "--verify") == 0
    assert validate(tmp_path / "out") == []
    assert (tmp_path / "out" / "runs" / repo.partition("/")[2] / "a-fox").is_dir()


def test_the_cached_model_is_used_whatever_its_name(
    model_folder: Path, folder: Path, no_network: None
) -> None:
    snapshot = put_in_cache(model_folder, folder, FLUX, str(known_models()[FLUX].commit))
    with open_model(FLUX, cache_dir=folder) as model:
        assert (model.id, model.name) == ("FLUX.1-dev", "FLUX.1 [dev]")
        assert model.folder == snapshot and model.commit == known_models()[FLUX].commit
    assert find_model(FLUX, folder).folder == snapshot


def test_another_commit_than_the_pinned_one_is_said(
    model_folder: Path, folder: Path, no_network: None
) -> None:
    said: list[str] = []
    put_in_cache(model_folder, folder, SDXL)
    with open_model(SDXL, cache_dir=folder, say=said.append) as model:
        assert model.commit == COMMIT
    assert said == [f"{SDXL}: the cache has 1234567890ab, which is used, not 462165984030"]


@pytest.mark.parametrize("tree", [True, False], ids=["listed", "unlisted"])
def test_what_another_program_cached_is_locked_at_first_use(
    model_folder: Path, folder: Path, no_network: None, tree: bool
) -> None:
    snapshot = put_in_cache(model_folder, folder, TINY, tree=tree)
    with open_model(TINY, cache_dir=folder):
        pass
    known = lock.read_lock(snapshot.parents[1], COMMIT)
    assert known is not None and known.compared == tree
    assert "unet/diffusion_pytorch_model.safetensors" in known.files
    flip(weights_of(snapshot))
    with (
        pytest.raises(InputError, match="is damaged in .* has changed: its sha256 differs; fetch"),
        open_model(TINY, cache_dir=folder),
    ):
        pass


def test_a_byte_flipped_before_the_first_use_is_found_too(
    model_folder: Path, folder: Path, no_network: None
) -> None:
    flip(weights_of(put_in_cache(model_folder, folder, TINY)))
    with (
        pytest.raises(InputError, match="does not have the published checksum"),
        open_model(TINY, cache_dir=folder),
    ):
        pass


# Damage


@pytest.mark.parametrize("damage", ["flipped", "truncated", "missing", "dangling"])
def test_damage_is_found_offline_and_named(
    model_folder: Path,
    folder: Path,
    no_network: None,
    capsys: pytest.CaptureFixture[str],
    damage: str,
) -> None:
    snapshot = put_in_cache(model_folder, folder, TINY)
    assert run(folder, "verify") == 0
    assert "someone/tiny  1234567890ab" in capsys.readouterr().out
    path = weights_of(snapshot)
    stat = path.stat()
    if damage == "flipped":  # without a trace in the time of the file: as a disk does it
        flip(path)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "missing":
        (snapshot / "unet" / path.name).unlink(missing_ok=True)
        (snapshot / "unet" / "diffusion_pytorch_model.safetensors").unlink(missing_ok=True)
    else:
        path.unlink()
    assert run(folder, "verify", TINY) == 1
    found, command = capsys.readouterr().err.splitlines()
    said = {"flipped": "has changed: its sha256 differs", "truncated": "is cut off:"}
    assert f"unet/diffusion_pytorch_model.safetensors {said.get(damage, 'is missing')}" in found
    assert command == f"fetch what is missing: assetgen cache download {TINY}"
    if damage != "flipped":
        assert generate(folder, folder, TINY) == 2
        assert "is damaged" in one_line(capsys)
        assert run(folder, "list") == 0
        assert "damaged" in capsys.readouterr().out


# Fetching


def test_the_first_use_fetches_and_the_next_needs_no_network(
    pipeline: Path, tmp_path: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repos[TINY] = pipeline
    assert generate(folder, tmp_path / "out", TINY) == 0
    assert "fetching someone/tiny at 1234567890ab: " in capsys.readouterr().out
    snapshot = cache.repo_folder(folder, TINY) / "snapshots" / COMMIT
    names = {p.relative_to(snapshot).as_posix() for p in snapshot.rglob("*") if p.is_file()}
    assert {"model_index.json", "LICENSE.md", "unet/diffusion_pytorch_model.safetensors"} <= names
    assert not [n for n in names if n.endswith((".bin", ".fp16.safetensors", ".msgpack", ".md"))
                and n != "LICENSE.md"]  # fmt: skip
    assert "tiny.safetensors" not in names
    known = lock.read_lock(snapshot.parents[1], COMMIT)
    assert known is not None and known.compared and set(known.files) == names
    info = cache.scan(folder)
    assert info and [r.refs for each in info.repos for r in each.revisions] == [{"assetgen"}], (
        "without a ref `hf cache prune` would take the model away"
    )
    hub.asked.clear()
    assert generate(folder, tmp_path / "again", TINY) == 0
    assert hub.asked == []


@pytest.mark.parametrize("model", [TINY, FLUX])
def test_inspect_fetches_configurations_only(
    model: str, pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    hub.repos[model] = pipeline
    hub.commits[model] = known_models()[FLUX].commit or COMMIT if model == FLUX else COMMIT
    command = ["inspect", model, "--cache-dir", str(folder)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{model.partition('/')[2]}: UNet2DConditionModel, ")
    assert [path for path in hub.asked if path.endswith(".safetensors")] == []
    hub.asked.clear()
    assert main(command) == 0 and hub.asked == []
    assert capsys.readouterr().out == said
    assert run(folder, "list") == 0 and "no weights" in capsys.readouterr().out
    assert run(folder, "verify") == 0
    assert run(folder, "download", model) == 0, "the weights join them"
    assert run(folder, "list") == 0 and "complete" in capsys.readouterr().out


def test_inspect_without_a_network_says_how_to_go_on(
    folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    assert main(["inspect", TINY, "--cache-dir", str(folder)]) == 2
    assert "when you are online type: assetgen inspect someone/tiny" in one_line(capsys)


@pytest.mark.parametrize("keep", [True, False], ids=["cached", "no cache"])
@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ([], "this machine has 0.0 GB free"),
        (["--size", "100x100"], "--size takes width and height in multiples of 8"),
        (["--scheduler", "flow-euler"], "does not fit a model made for DDIMScheduler"),
    ],
)
def test_what_cannot_work_is_refused_before_the_weights_are_fetched(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, wrong: list[str], line: str, keep: bool,
) -> None:  # fmt: skip
    hub.repos[TINY] = pipeline
    if not wrong:
        monkeypatch.setattr("assetgen.memory.free_memory", lambda: 300_000)
    assert generate(folder, folder, TINY, *wrong, *([] if keep else ["--no-cache"])) == 2
    assert line in one_line(capsys)
    assert hub.asked and not [path for path in hub.asked if path.endswith(".safetensors")]


def test_a_batch_is_refused_before_the_weights_are_fetched(
    pipeline: Path, tmp_path: Path, folder: Path, hub: Hub,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hub.repos[TINY] = pipeline
    jobs = tmp_path / "jobs.yaml"
    jobs.write_text(f"defaults: {{model: {TINY}}}\nprompts: {{a: a fox}}\n")
    monkeypatch.setattr("assetgen.memory.free_memory", lambda: 300_000)
    assert main(["batch", str(jobs), "--out", str(tmp_path), "--cache-dir", str(folder)]) == 2
    assert "this machine has 0.0 GB free" in one_line(capsys)
    assert not [path for path in hub.asked if path.endswith(".safetensors")]


def test_what_is_fetched_is_what_diffusers_would_fetch(
    pipeline: Path, tmp_path: Path, folder: Path, hub: Hub
) -> None:
    from diffusers import DiffusionPipeline

    hub.repos[TINY] = pipeline
    theirs = Path(
        DiffusionPipeline.download(TINY, cache_dir=tmp_path / "theirs", use_safetensors=True)
    )
    assert run(folder, "download", TINY) == 0
    ours = cache.repo_folder(folder, TINY) / "snapshots" / COMMIT
    listed = [
        {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
        for root in (theirs, ours)
    ]
    assert listed[1] - listed[0] == {"LICENSE.md"} and listed[0] <= listed[1]


def test_a_download_that_breaks_off_goes_on(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repos[TINY] = pipeline
    hub.spoil = lambda name, data: None if name.startswith("unet/diffusion") else data
    assert run(folder, "download", TINY) == 2
    line = one_line(capsys)
    assert "someone/tiny broke off" in line and "assetgen cache download someone/tiny" in line
    assert run(folder, "list") == 0
    assert "incomplete" in capsys.readouterr().out
    assert list(folder.rglob("*.incomplete")) == []
    hub.spoil = lambda name, data: data
    hub.asked.clear()
    assert run(folder, "download", TINY) == 0
    fetched = [path for path in hub.asked if "/resolve/" in path]
    assert fetched and not [path for path in fetched if "vae/diffusion" in path]
    assert run(folder, "verify") == 0


def test_an_interrupted_download_says_how_to_go_on(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hub.repos[TINY] = pipeline

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assetgen.models.download.snapshot_download", interrupt)
    assert run(folder, "download", TINY) == 2
    line = one_line(capsys)
    assert "was interrupted; complete files are kept; go on with: assetgen cache download" in line
    monkeypatch.undo()
    assert run(folder, "list") == 0
    assert "incomplete" in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_does_not_wait_for_the_file_to_arrive(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from assetgen.models.download import _Bar

    hub.repos[TINY] = pipeline
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 5000)
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.default_int_handler)
    real, pieces = _Bar.update, list[float]()

    def update(bar: _Bar, n: float | None = 1) -> bool | None:
        if n == 5000:  # a piece of a large file
            pieces.append(n)
            if len(pieces) == 1:
                os.kill(os.getpid(), signal.SIGINT)
            assert bar.stop.wait(30)
        return real(bar, n)

    monkeypatch.setattr(_Bar, "update", update)
    assert run(folder, "download", TINY) == 2
    said = capsys.readouterr().err.splitlines()[-1]  # the server may complain before it
    assert "was interrupted; complete files are kept; go on with" in said
    assert 1 <= len(pieces) <= 4, "each of four threads stops at its next piece"
    assert list(folder.rglob("*.incomplete")) == []
    monkeypatch.undo()
    assert cache.everything(folder)[0].state in cache.UNUSABLE


def test_a_file_that_arrives_damaged_is_not_kept(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repos[TINY] = pipeline
    hub.spoil = lambda name, data: b"\1" * len(data) if name.startswith("vae/diff") else data
    assert run(folder, "download", TINY) == 2
    assert "does not have the published checksum as it arrived; fetch it again" in one_line(capsys)
    snapshot = cache.repo_folder(folder, TINY) / "snapshots" / COMMIT
    assert not (snapshot / "vae" / "diffusion_pytorch_model.safetensors").exists()
    assert lock.read_lock(snapshot.parents[1], COMMIT) is None


def test_download_repairs_damage(pipeline: Path, folder: Path, hub: Hub) -> None:
    hub.repos[TINY] = pipeline
    assert run(folder, "download", TINY) == 0
    snapshot = cache.repo_folder(folder, TINY) / "snapshots" / COMMIT
    flip(weights_of(snapshot))
    path = (snapshot / "vae" / "diffusion_pytorch_model.safetensors").resolve()
    path.unlink()
    assert run(folder, "verify") == 1
    assert run(folder, "download", TINY) == 0
    assert run(folder, "verify") == 0


def test_no_cache_leaves_nothing(
    pipeline: Path, tmp_path: Path, folder: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos[TINY] = pipeline
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert generate(folder, tmp_path / "out", TINY, "--no-cache") == 0
    assert validate(tmp_path / "out") == []
    assert not folder.exists() and list((tmp_path / "temporary").iterdir()) == []


# What stops a download: one line and the next command


def test_gated_unknown_and_gone(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repos[FLUX], hub.repos[TINY] = pipeline, pipeline
    hub.gated.add(FLUX)
    hub.commits[FLUX] = str(known_models()[FLUX].commit)
    assert generate(folder, folder, FLUX) == 2
    line = one_line(capsys)
    assert f"is gated: its authors want a licence accepted at {hub.url}/{FLUX}" in line
    assert f"`hf auth login`, then: assetgen cache download {FLUX}" in line
    assert run(folder, "download", "nobody/nothing") == 2
    assert "the hub has no model 'nobody/nothing'" in one_line(capsys)
    assert run(folder, "download", "black-forest-labs/FLUX1-dev") == 2
    assert f"did you mean {FLUX}?" in one_line(capsys)
    assert run(folder, "download", TINY, "--commit", "f" * 40) == 2
    assert f"assetgen cache download {TINY} --commit main" in one_line(capsys)
    assert run(folder, "download", TINY, "--commit", "main") == 0


@pytest.mark.parametrize("model", [FLUX, SDXL])
def test_without_a_network(
    model: str, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    assert generate(folder, folder, model) == 2
    line = one_line(capsys)
    assert "no network" in line and f"type: assetgen cache download {model}" in line
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert generate(folder, folder, model) == 2
    assert "HF_HUB_OFFLINE is set" in one_line(capsys)


@pytest.mark.parametrize("broken", [False, True], ids=["nobody answers", "the connection breaks"])
def test_the_program_itself_says_one_line(
    pipeline: Path, folder: Path, hub: Hub, broken: bool
) -> None:
    """As typed, with everything that libraries may print: nothing but the line."""
    hub.repos[TINY] = pipeline
    hub.spoil = lambda name, data: None if name.startswith("vae/diffusion") else data
    url = hub.url if broken else "http://127.0.0.1:9"
    run = subprocess.run(
        [sys.executable, "-m", "assetgen", "cache", "download", TINY, "--cache-dir", str(folder)],
        env={**os.environ, "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": url}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2 and run.stderr.count("\n") == 1, run.stderr
    said = "someone/tiny broke off" if broken else "no network"
    assert said in run.stderr and run.stderr.endswith("assetgen cache download someone/tiny\n")


def test_a_full_disk_is_told_before_and_during(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hub.repos[TINY] = pipeline
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(1, 1, 1000))
    assert run(folder, "download", TINY) == 2
    assert "has 1.0 kB free; make room (assetgen cache list)" in one_line(capsys)
    monkeypatch.undo()


def test_the_disk_fills_while_fetching(
    pipeline: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hub.repos[TINY] = pipeline

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    assert run(folder, "download", TINY) == 2
    assert "is full; make room (assetgen cache list), then go on: assetgen" in one_line(capsys)


@pytest.mark.parametrize("where", ["hub", "folder"])
def test_a_pickle_is_refused(
    pipeline: Path, tmp_path: Path, folder: Path, hub: Hub, where: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    unsafe = shutil.copytree(pipeline, tmp_path / "unsafe")
    for path in (unsafe / "unet").glob("*.safetensors"):
        path.unlink()
    hub.repos[TINY] = unsafe
    name = TINY if where == "hub" else str(unsafe)
    assert generate(folder, folder, name) == 2
    line = one_line(capsys)
    assert "unet/diffusion_pytorch_model.bin and no safetensors" in line and "is refused" in line
    assert not any("diffusion_pytorch_model.bin" in asked for asked in hub.asked)


@pytest.mark.parametrize("where", ["hub", "folder"])
@pytest.mark.parametrize("parts", [("unet",), ("unet", "vae", "text_encoder")], ids=["one", "all"])
def test_half_precision_is_taken_where_there_are_no_plain_weights(
    pipeline: Path, tmp_path: Path, folder: Path, hub: Hub, where: str, parts: tuple[str, ...]
) -> None:
    """As many repositories are: `*.fp16.safetensors` only, in one file or in shards."""
    import torch
    from diffusers import UNet2DConditionModel

    from assetgen.models.load import load_pipeline

    half = shutil.copytree(pipeline, tmp_path / "half")
    for part in parts:
        for path in (half / part).glob("*.safetensors"):
            path.unlink()
    plain = load_pipeline(pipeline)
    for part in parts:
        module = getattr(plain, part).half()
        size = "40KB" if part == "unet" else "10GB"
        module.save_pretrained(half / part, variant="fp16", max_shard_size=size)
    assert len(list((half / "unet").glob("*fp16*.safetensors"))) > 1
    hub.repos[TINY] = half
    assert generate(folder, tmp_path / "out", TINY if where == "hub" else str(half)) == 0
    assert validate(tmp_path / "out") == []
    loaded: UNet2DConditionModel = load_pipeline(half).unet
    assert loaded.dtype == torch.float32
    for name, weight in plain.unet.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight.float()), name
    if where == "hub":
        shard = next(name for name in sorted(hub.asked) if "-00002-of-" in name and "fp16" in name)
        again = shutil.copytree(half, tmp_path / "again")
        (again / "unet" / Path(shard).name).unlink()
        with pytest.raises(InputError, match="is incomplete: unet/.*00002-of-.* is missing"):
            files.check_folder(again)


def test_a_variant_and_a_missing_shard_are_named(
    pipeline: Path, tmp_path: Path, folder: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(pipeline, tmp_path / "other")
    hub.repos[TINY] = other
    weights = other / "unet" / "diffusion_pytorch_model.safetensors"
    weights.unlink()
    weights.with_name("diffusion_pytorch_model.fp16.safetensors").rename(
        weights.with_name("diffusion_pytorch_model.non_ema.safetensors")
    )
    assert run(folder, "download", TINY) == 2
    assert "the weights of unet as variant non_ema only" in one_line(capsys)
    weights.with_name("diffusion_pytorch_model-00002-of-00002.safetensors").write_bytes(b"")
    assert run(folder, "download", TINY) == 2
    assert "unet/diffusion_pytorch_model-00001-of-00002.safetensors is missing" in one_line(capsys)
    (other / "model_index.json").unlink()
    assert run(folder, "download", TINY) == 2
    assert "is no diffusers pipeline: it has no model_index.json" in one_line(capsys)


# Listing and clearing


def test_list_info_and_clear(
    model_folder: Path, folder: Path, no_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "list") == 0 and run(folder, "info") == 0
    assert "fetch one: assetgen cache download ID" in capsys.readouterr().out
    for repo in (TINY, SDXL):
        put_in_cache(model_folder, folder, repo)
    with open_model(TINY, cache_dir=folder):
        pass
    assert run(folder, "list") == 0
    tiny, sdxl, total = sorted(capsys.readouterr().out.splitlines()[:2]) + ["2 models"]
    assert "MB  complete     used just now" in tiny and "unverified" in sdxl and total
    assert run(folder, "info", SDXL) == 0
    said = capsys.readouterr().out
    assert "CreativeML Open RAIL++-M" in said and "462165984030d82259a11f4367a4eed129e94a7b" in said
    assert "13.9 GB" in said and "not yet: assetgen cache verify" in said
    assert run(folder, "info", "nobody/nothing") == 2
    assert "is neither cached nor known" in one_line(capsys)

    assert run(folder, "clear", TINY, "--dry-run") == 0
    assert f"deleting {TINY} would free" in capsys.readouterr().out
    assert run(folder, "clear", TINY) == 2
    assert "pass --yes" in one_line(capsys)
    assert run(folder, "clear", TINY, "--yes") == 0
    assert "freed" in capsys.readouterr().out
    assert [each.repo for each in cache.everything(folder)] == [SDXL]
    assert run(folder, "clear", TINY, "--yes") == 2
    assert "is not in" in one_line(capsys)
    assert run(folder, "clear") == 2
    assert "pass one id, or --all" in one_line(capsys)
    assert run(folder, "clear", "--all", "--yes") == 0
    assert cache.everything(folder) == []


@pytest.mark.parametrize(("answer", "left"), [("y", 0), ("", 1)])
def test_clearing_asks(
    model_folder: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    put_in_cache(model_folder, folder, TINY)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert run(folder, "clear", TINY) == 0
    assert len(cache.everything(folder)) == left


def test_the_cache_options_of_generate(
    model_folder: Path, folder: Path, no_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_cache(model_folder, folder, TINY)
    put_in_cache(model_folder, folder, SDXL)
    where = ["--cache-dir", str(folder)]
    assert main(["generate", "--list-cache", *where]) == 0
    assert "2 models, " in capsys.readouterr().out
    assert main(["generate", "--clear-model-cache", TINY, "--yes", *where]) == 0
    assert [each.repo for each in cache.everything(folder)] == [SDXL]
    assert main(["generate", "--clear-cache", "--yes", "--list-cache", *where]) == 0
    assert "holds no model" in capsys.readouterr().out


def test_a_shared_file_outlives_the_model_that_is_cleared(
    model_folder: Path, folder: Path, no_network: None
) -> None:
    """Two models, one payload in the store that huggingface_hub shares between them."""
    from huggingface_hub.utils import _shared_blobs

    snapshots = [put_in_cache(model_folder, folder, repo) for repo in (TINY, SDXL)]
    home = _shared_blobs.shared_blobs_dir(folder)
    first = weights_of(snapshots[0])
    data = first.read_bytes()
    assert _shared_blobs.publish_blob_to_shared_store(
        blob_path=str(first), xet_hash="a" * 64, cache_dir=str(folder), expected_size=len(data),
    )  # fmt: skip
    second = snapshots[1] / "unet" / "diffusion_pytorch_model.safetensors"
    blob = second.parent / second.readlink()
    blob.unlink()
    assert _shared_blobs.try_link_from_shared_store(
        blob_path=str(blob), xet_hash="a" * 64, cache_dir=str(folder), expected_size=len(data)
    )
    assert run(folder, "clear", TINY, "--yes") == 0
    assert second.read_bytes() == data and list(home.rglob("a" * 64))
    assert run(folder, "verify", SDXL) == 0
    assert run(folder, "clear", SDXL, "--yes") == 0
    assert not [p for p in home.rglob("*") if p.is_file() and p.stat().st_size == len(data)]


def test_a_cache_without_links(model_folder: Path, folder: Path, no_network: None) -> None:
    """Where the file system has no symbolic links the files lie in the snapshot itself."""
    snapshot = put_in_cache(model_folder, folder, TINY)
    for path in [p for p in snapshot.rglob("*") if p.is_symlink()]:
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
    shutil.rmtree(snapshot.parents[1] / "blobs")
    assert run(folder, "verify") == 0
    flip(weights_of(snapshot))
    assert run(folder, "verify") == 1
    assert run(folder, "clear", TINY, "--yes") == 0
    assert cache.everything(folder) == []


@pytest.mark.parametrize("damage", ["dangling", "no snapshot", "only a ref"])
def test_what_a_killed_download_left_can_be_cleared(
    model_folder: Path, folder: Path, no_network: None, damage: str
) -> None:
    snapshot = put_in_cache(model_folder, folder, TINY)
    if damage == "dangling":
        weights_of(snapshot).unlink()
    else:
        shutil.rmtree(snapshot.parent)
        if damage == "no snapshot":
            shutil.rmtree(snapshot.parents[1] / "refs")
    (snapshot.parents[1] / "blobs" / "x.12345678.incomplete").write_bytes(b"half")
    assert [each.state for each in cache.everything(folder)] == ["incomplete"]
    assert cache.unfinished(folder) == (1, 4)
    assert run(folder, "clear", TINY, "--dry-run") == 0
    assert run(folder, "clear", TINY, "--yes") == 0
    assert list(folder.glob("models--*")) == []


def test_what_other_programs_cached_is_neither_damaged_nor_a_pipeline(
    tmp_path: Path, folder: Path, no_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder that is shared, as `--cache-dir ~/.cache/huggingface/hub` is."""
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "config.json").write_text("{}")
    put_in_cache(tmp_path / "words", folder, "someone/words")
    assert run(folder, "list") == 0 and run(folder, "verify") == 0
    assert "no pipeline" in capsys.readouterr().out
    assert run(folder, "info", "someone/words") == 0
    assert "it has no model_index.json" in capsys.readouterr().out


def test_ids() -> None:
    assert is_hub_id(FLUX) and is_hub_id("a/b")
    assert not any(map(is_hub_id, ("miniature", "./a/b", "/a/b", "a/b/c", "a/", "../b", "a/..")))


def test_the_registry_pins_full_commits() -> None:
    for repo, known in known_models().items():
        assert is_hub_id(repo) and known.licence and known.gated is not None
        assert known.commit is None or (len(known.commit) == 40 and int(known.commit, 16))
        assert known.disk is None or known.memory is None or 0 < known.memory <= known.disk * 1.01
