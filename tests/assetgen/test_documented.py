"""Every command line that docs/assetgen.md shows about the cache and about many jobs, run as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from assetgen.cli import main
from assetgen.models import cache
from assetgen.models.registry import known_models
from assetgen.pack.validate import validate
from tests.fixtures.hub import Hub, serve

pytestmark = [pytest.mark.torch, pytest.mark.slow]
PAGE = (Path(__file__).resolve().parents[2] / "docs/assetgen.md").read_text()
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
FLUX = "black-forest-labs/FLUX.1-dev"


def section(title: str) -> str:
    """The text between a heading and the next of its rank or a higher one."""
    rank, _, _ = title.partition(" ")
    found = re.search(rf"^{re.escape(title)}$(.*?)(?=^#{{2,{len(rank)}}} |\Z)", PAGE, re.S | re.M)
    assert found, title
    return found[1]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def commands(text: str) -> list[list[str]]:
    """The arguments of every `assetgen` in the blocks, without the remarks."""
    lines = [
        line
        for language in ("sh", "bash")
        for b in blocks(text, language)
        for line in b.splitlines()
    ]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("assetgen ")]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path) -> Iterator[Hub]:
    """A hub on this machine with small models under the documented ids, and a folder to work in."""
    with serve() as server:
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        server.repos = {SDXL: model_folder, FLUX: model_folder}
        server.commits = {repo: str(known_models()[repo].commit) for repo in server.repos}
        monkeypatch.chdir(tmp_path)
        yield server


def test_the_cache(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    asked = commands(section("## The model cache"))
    assert len(asked) >= 13
    folder, seen = Path("models_cache"), 0
    for arguments in asked:
        if arguments[0] == "generate" and "--prompt" in arguments:
            arguments += ["--steps", "1", "--profile", "light", "--out", f"out-{seen}"]
        assert main(arguments) == 0, arguments
        seen = max(seen, len(cache.everything(folder)))
    said = capsys.readouterr().out
    assert seen == 2 and cache.everything(folder) == []
    for part in (
        "1 model, ",
        "FLUX.1 [dev] Non-Commercial License",
        "would free",
        "freed",
        "as locked",
    ):
        assert part in said, part


def test_jobs_and_slurm(
    hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    text = section("## Many jobs")
    (jobs,) = blocks(text, "yaml")
    assert jobs.startswith("# jobs.yaml")
    Path("jobs.yaml").write_text(jobs.replace("steps: 30", "steps: 1"))
    Path("config").symlink_to(Path(__file__).resolve().parents[2] / "config")
    asked = commands(text)
    cluster = [arguments for arguments in asked if any("$SLURM" in word for word in arguments)]
    assert len(asked) == 8 and len(cluster) == 1
    assert main(["cache", "download", SDXL]) == 0
    # Ray does the jobs, so that its line is not one that finds everything done
    for arguments in sorted(asked, key=lambda a: ("--status" not in a, "ray" not in a)):
        if arguments not in cluster:
            assert main(arguments) == 0, arguments
    said = capsys.readouterr().out
    assert "5 waiting" in said and "5 of 5 jobs are done" in said and "10 waiting" in said
    assert validate(Path("DIR")) == []

    for script in blocks(text, "bash"):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    task = {"SLURM_CPUS_PER_TASK": "1", "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "5"}
    for name, value in task.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    arguments = [os.path.expandvars(word) for word in cluster[0]]
    assert main(arguments) == 0
    assert "1 of 1 jobs are done" in capsys.readouterr().out and validate(Path("runs")) == []
