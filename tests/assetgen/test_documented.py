"""The command lines of docs/assetgen.md: each is understood, and all but training and measuring are run.

They run as they stand there on small models, with few steps and another folder to write to.
"""

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
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/assetgen.md").read_text()
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
FLUX = "black-forest-labs/FLUX.1-dev"
PIXART = "PixArt-alpha/PixArt-XL-2-1024-MS"


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


def shown(text: str = PAGE) -> list[list[str]]:
    """Every command line of the page or a part of it, program first, as a shell would split it; remarks left out."""
    inside, lines = False, list[list[str]]()
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside and line.startswith(("assetgen ", "diffusion-explorer ")):
            lines.append(shlex.split(line, comments=True))
    return lines


def shown_in(title: str) -> list[list[str]]:
    """The arguments of those `assetgen` lines that stand under a heading."""
    text = section(title) if title else PAGE.partition("\n## ")[0]
    return [line[1:] for line in shown(text) if line[0] == "assetgen"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like a checkout: `assets` and `config` are there, and what is written goes to `DIR`."""
    for name in ("assets", "config"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_line_is_understood() -> None:
    """Its options exist: programs end here before they do anything."""
    from assetgen.cli import build_parser
    from explorer.cli import parser

    lines = shown()
    assert len(lines) >= 40
    for program, *arguments in lines:
        filled = [re.sub(r"\$\w+", "1", word) for word in arguments]
        (build_parser() if program == "assetgen" else parser()).parse_args(filled)


def test_recording_and_looking(place: Path, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown_in("")
    assert [line[0] for line in lines] == ["generate"] * 3 + ["validate"] + ["inspect"] * 3
    for number, line in enumerate(lines):
        more = ["--steps", "1", "--profile", "light", "--out", f"DIR-{number}"]
        assert main([*line, *more] if line[0] == "generate" else line) == 0, line
    said = capsys.readouterr().out
    assert "10 runs of miniature: about" in said and "FluxTransformer2DModel, 11.9 G" in said
    assert "PixArt-XL-2-1024-MS: " in said
    assert not [path for path in hub.asked if path.endswith(".safetensors")]
    assert [len(list((place / f"DIR-{i}/runs/miniature").glob("*/"))) for i in range(3)] == [
        10,
        1,
        1,
    ]
    assert all(validate(place / f"DIR-{i}") == [] for i in range(3))


def test_what_ships_is_not_recorded_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Word for word in a clean checkout: what the lines ask for is there."""
    for line in (["generate"], shown_in("## Ablations: what does a part do?")[0]):
        assert main(line) == 0, line
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 11 and all("is there already; --force records it anew" in x for x in said)


def test_ablations_and_studies(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flagships = ["fox-on-grass", "fox-castle-moon"]
    assert main(["generate", *flagships, "--steps", "2", "--out", "DIR"]) == 0
    for line in shown_in("## Ablations: what does a part do?"):
        assert main([*line, "--out", "DIR"]) == 0, line
    (place / "own.yaml").write_text(
        "flagships: [fox-on-grass]\n"
        "studies: {guidance: {label: '{value:g}', values: [0]}, seed: {label: '{value}', values: [8]}}\n"
    )
    lines = shown_in("## Studies: one thing varied")
    assert len(lines) == 4
    for line in lines:
        line = [{"FOLDER": "assets/models/miniature"}.get(word, word) for word in line]
        if "--checkpoints" in line:  # a training folder: tests/assetgen/test_study.py has one
            continue
        more = [] if "--out" in line else ["--out", "DIR"]
        # all studies are four minutes of work: those lines get a plan of one
        plan = [] if "--list" in line or "--plan" in line else ["--plan", "own.yaml"]
        assert main([*line, *more, *plan]) == 0, line
    names = {path.name for path in (place / "DIR/runs/miniature/studies").iterdir()}
    assert len(names) == 5 and validate(place / "DIR") == []
    assert "guidance" in capsys.readouterr().out


def test_importing_and_exporting(place: Path) -> None:
    from tests.assetgen.test_import import dataset, pictures

    pictures(place / "FOLDER")
    dataset(place / "DATASET")
    for number, line in enumerate(shown_in("## Importing what another program recorded")):
        assert main([*line, "--out", f"DIR-{number}"]) == 0, line
        assert validate(place / f"DIR-{number}") == []
    for line in shown_in("## A run on paper"):
        assert main([*line, *([] if "--out" in line else ["--out", "out"])]) == 0, line
    assert {path.suffix for path in (place / "out").iterdir()} == {".png", ".gif"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path) -> Iterator[Hub]:
    """A hub on this machine with small models under the documented ids, and a folder to work in."""
    with serve() as server:
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        server.repos = dict.fromkeys((SDXL, FLUX, PIXART), model_folder)
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
    Path("config").symlink_to(ROOT / "config")
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
