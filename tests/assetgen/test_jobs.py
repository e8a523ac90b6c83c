"""Many jobs: keys, nothing done twice, nothing half done, failures put aside; one machine, no extra package."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from assetgen.cli import main
from assetgen.errors import DiskFullError, InputError
from assetgen.jobs.batch import run_batch
from assetgen.jobs.key import Where, job_key
from assetgen.jobs.ledger import Ledger
from assetgen.jobs.local import Local
from assetgen.jobs.spec import Entry, JobSpec, read_jobs
from assetgen.jobs.work import BakeWork, Started
from assetgen.models.registry import ModelEntry
from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from assetgen.pack.validate import validate
from assetgen.pack.writer import _alive
from tests.fixtures.jobs import Make, half_packs, ledger_of, make_jobs, template_from

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="needs fork and SIGKILL")


@pytest.fixture
def make(pack_path: Path, tmp_path: Path) -> Make:
    return Make(tmp_path, template_from(pack_path), behave=True)


def titled(job: JobSpec, title: str) -> JobSpec:
    return msgspec.structs.replace(job, entry=msgspec.structs.replace(job.entry, title=title))


# The jobs file


def write_jobs(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_curated_prompts_are_a_jobs_file() -> None:
    jobs = read_jobs(data_dir("config") / "prompts.yaml")
    assert len(jobs) >= 10 and len({job.id for job in jobs}) == len(jobs)
    assert {job.entry.model for job in jobs} == {"miniature"}


def test_lists_are_swept(tmp_path: Path) -> None:
    text = "defaults: {steps: 5}\nprompts:\n  fox: {prompt: a fox, seed: [1, 2], guidance: [1, 4.5]}\n  cat: a cat\n"
    jobs = read_jobs(write_jobs(tmp_path / "jobs.yaml", text), model="other")
    assert [job.id for job in jobs] == [
        "fox-seed-1-guidance-1", "fox-seed-1-guidance-4.5",
        "fox-seed-2-guidance-1", "fox-seed-2-guidance-4.5", "cat",
    ]  # fmt: skip
    assert jobs[1].entry == Entry("a fox", seed=1, guidance=4.5, steps=5, model="other")
    assert jobs[4].title == "A cat"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("prompts: [", "is no YAML"),
        ("jobs: {}", "has no `prompts`"),
        ("prompts: {a: 3}", "prompt 'a' is neither a text nor a mapping"),
        ("prompts: {a: {prompt: x, sed: 3}}", "prompt 'a': Object contains unknown field `sed`; fields are"),
        ("prompts: {a: {prompt: x, seed: three}}", r"prompt 'a': Expected `int \| array`, got `str`"),
        ("prompts: {a: {prompt: x, size: wide}}", "Expected `str` matching regex"),
        ("prompts: {a: {seed: 3}}", "missing required field `prompt`"),
        ("prompts: {../a: x}", "is no folder name"),
        ("prompts: {a: {prompt: x, seed: [1]}, a-seed-1: x}", "two jobs are called 'a-seed-1'"),
    ],
)  # fmt: skip
def test_a_wrong_jobs_file_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(InputError, match=line) as error:
        read_jobs(write_jobs(tmp_path / "jobs.yaml", text))
    assert "jobs.yaml" in str(error.value) and "\n" not in str(error.value)


# Keys


def test_everything_that_matters_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, job = ModelEntry("tiny", "Tiny", tmp_path), JobSpec("run", Entry("a fox"))
    base = job_key(job, model, "abc", Where())
    assert base == job_key(job, model, "abc", Where())
    values = {"prompt": "a cat", "title": "Fox", "negative": "x", "seed": 1, "steps": 2,
              "guidance": 1.0, "size": "64x48", "profile": "light", "pair": "p", "scheduler": "euler"}  # fmt: skip
    assert set(values) == set(Entry.__struct_fields__) - {"model"}
    others = [
        job_key(JobSpec("run", msgspec.structs.replace(job.entry, **{field: value})), model, "abc", Where())
        for field, value in values.items()
    ]  # fmt: skip
    others += [
        job_key(msgspec.structs.replace(job, id="other"), model, "abc", Where()),
        job_key(job, model, "abd", Where()),
        job_key(job, model, "abc", Where(threads=2)),
        job_key(job, model, "abc", Where(device="cuda")),
        job_key(job, model, "abc", Where(dtype="float16")),
        job_key(job, model, "abc", Where(offload="model")),
        job_key(job, ModelEntry("small", "Tiny", tmp_path), "abc", Where()),
    ]
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0")
    others.append(job_key(job, model, "abc", Where()))
    monkeypatch.undo()
    monkeypatch.setattr("assetgen.jobs.key.code_digest", lambda: "0")
    others.append(job_key(job, model, "abc", Where()))
    assert len({base, *others}) == 1 + len(others)


def test_the_place_of_the_model_is_not_in_the_key(tmp_path: Path) -> None:
    here = job_key(JobSpec("run", Entry("a fox", model="a/tiny")),
                   ModelEntry("tiny", "Tiny", tmp_path / "a"), "abc", Where())  # fmt: skip
    there = job_key(JobSpec("run", Entry("a fox", model="b/tiny")),
                    ModelEntry("tiny", "Tiny", tmp_path / "b"), "abc", Where())  # fmt: skip
    assert here == there


# The loop


@posix
@pytest.mark.slow
def test_fifty_kills_leave_nothing_half_and_lose_at_most_one_job_each(
    pack_path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "template.json").write_bytes(template_from(pack_path))
    command = [sys.executable, "-m", "tests.fixtures.jobs", str(out), "50"]
    said = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    assert said["wrong"] == []
    assert said["killed"] == 50 and 5 < said["before"] < 300, "kills came too early or too late"
    assert said["counts"] == {"done": 300}
    starts = Counter((out / "starts.txt").read_text().split())
    assert len(starts) == 300 and sum(starts.values()) - 300 <= 50
    assert [p.name for p in (out / "runs/tiny").iterdir() if p.name.startswith(".")] == []


@posix
def test_what_is_done_is_not_done_again(make: Make, tmp_path: Path) -> None:
    jobs, ledger = make_jobs(3), ledger_of(tmp_path)
    assert run_batch(jobs, ledger, Local(1, "fork"), make) == {"done": 3}
    before = (tmp_path / "starts.txt").read_text()
    assert run_batch(jobs, ledger, Local(1, "fork"), make) == {"done": 3}
    assert (tmp_path / "starts.txt").read_text() == before


@posix
def test_another_run_in_the_place_is_kept_without_force(make: Make, tmp_path: Path) -> None:
    jobs, ledger = make_jobs(2), ledger_of(tmp_path)
    run_batch(jobs[:1], ledger, Local(1, "fork"), make)
    changed = [msgspec.structs.replace(jobs[0], key="0" * 64), jobs[1]]
    assert run_batch(changed, ledger, Local(1, "fork"), make) == {"other": 1, "done": 1}
    assert ledger.state(jobs[0]) == "done"


@posix
@pytest.mark.parametrize("behaviour", ["raises", "dies"])
def test_the_third_failure_is_the_last_and_the_rest_go_on(
    make: Make, tmp_path: Path, behaviour: str
) -> None:
    jobs, ledger, said = make_jobs(4), ledger_of(tmp_path), list[str]()
    jobs[1] = titled(jobs[1], behaviour)
    jobs[2] = titled(jobs[2], "fails once")
    jobs[3] = titled(jobs[3], "tells")
    counts = run_batch(jobs, ledger, Local(2, "fork"), make, say=said.append)
    assert counts == {"done": 3, "quarantined": 1}
    logs = ledger.logs(jobs[1])
    assert [path.name for path in logs] == ["failure-1.log", "failure-2.log", "failure-3.log"]
    text = logs[-1].read_text()
    assert f"key {jobs[1].key}" in text
    wanted = (
        "no picture of run-001" if behaviour == "raises" else "the worker died: killed by SIGKILL"
    )
    assert wanted in text and wanted in ledger.last_line(jobs[1])
    assert ("Traceback" in text) == (behaviour == "raises")
    assert not ledger.logs(jobs[2]), "a job that was done in the end keeps no failures"
    assert any("run-001 is quarantined" in line for line in said)
    assert "note: run-003 was written" in said

    starts = list[Started]()
    assert run_batch(jobs, ledger, Local(1, "fork"), make, started=starts.append) == counts
    assert starts == []
    ledger.forgive(jobs[1])
    jobs[1] = titled(jobs[1], "well")
    assert run_batch(jobs, ledger, Local(1, "fork"), make) == {"done": 4}
    assert not (tmp_path / "failed").exists()


@posix
def test_a_full_disk_stops_the_batch(make: Make, tmp_path: Path) -> None:
    def full() -> object:
        def work(job: JobSpec) -> list[str]:
            raise DiskFullError("the disk is full")

        return work

    ledger = ledger_of(tmp_path)
    with pytest.raises(DiskFullError):
        run_batch(make_jobs(9), ledger, Local(1, "fork"), full)  # type: ignore[arg-type]
    assert not (tmp_path / "failed").exists()


@posix
def test_an_interrupted_batch_leaves_no_worker_and_nothing_to_sweep(
    pack_path: Path, tmp_path: Path
) -> None:
    (tmp_path / "template.json").write_bytes(template_from(pack_path))
    code = (
        "import signal, sys; from pathlib import Path; from tests.fixtures.jobs import *\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in the background
        "out = Path(sys.argv[1]); make = Make(out, (out / 'template.json').read_bytes())\n"
        "say = lambda event: print(event.pid, flush=True)\n"
        "run_batch(make_jobs(5000), ledger_of(out), Local(2, 'fork'), make, started=say)\n"
    )
    batch = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert batch.stdout is not None
    workers = {int(batch.stdout.readline()) for _ in range(9)}
    batch.send_signal(signal.SIGINT)
    batch.communicate(timeout=60)
    assert len(workers) == 2 and not any(map(_alive, workers))
    assert half_packs(tmp_path) == [] and not list((tmp_path / "runs/tiny").glob(".*"))


@pytest.mark.torch
def test_a_worker_loads_a_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, baked = list[tuple[Path, str | None]](), list[str]()

    class Baker:
        notes: ClassVar[list[str]] = []

        def __init__(self, model: ModelEntry, out: Path, runtime: Runtime) -> None:
            loaded.append((model.folder, runtime.scheduler))

        def check(self, job: Job, *, force: bool) -> None: ...

        def bake(self, job: Job, *, force: bool, quiet: bool) -> None:
            baked.append(job.id)

    from assetgen.generate import Job
    from assetgen.models.runtime import Runtime

    monkeypatch.setattr("assetgen.generate.Baker", Baker)
    models = {name: ModelEntry(name, name, tmp_path / name) for name in "ab"}
    work = BakeWork(models, tmp_path)
    for model, scheduler in (("a", None), ("a", None), ("a", "euler"), ("b", None), ("b", None)):
        work(JobSpec(f"run-{len(baked)}", Entry("a fox", model=model, scheduler=scheduler)))
    assert baked == [f"run-{i}" for i in range(5)]
    a, b = tmp_path / "a", tmp_path / "b"
    assert loaded == [(a, None), (a, "euler"), (b, None)]


def test_models_are_not_mixed(tmp_path: Path) -> None:
    from assetgen.jobs.batch import by_model

    jobs = [msgspec.structs.replace(job, entry=Entry("a", model="ab"[i % 2]))
            for i, job in enumerate(make_jobs(6))]  # fmt: skip
    assert [job.entry.model for job in by_model(jobs)] == ["a"] * 3 + ["b"] * 3


# The command, with a model

JOBS = """
defaults: {steps: 2, profile: light}
prompts:
  fox: {prompt: a fox on grass, seed: [3, 4, 5]}
  cat: {prompt: a cat, guidance: 1.0, scheduler: euler-a, size: 32x48}
"""


@pytest.fixture(scope="module")
def baked(
    model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, list[str], str]:
    """A jobs file done by the command with the local executor: the file, the output, the command, what it said."""
    folder = tmp_path_factory.mktemp("batch")
    jobs = write_jobs(folder / "jobs.yaml", JOBS + "  long: {prompt: a fox, steps: 999}\n")
    command = ["batch", str(jobs), "--model", str(model_folder), "--out"]
    said = io.StringIO()
    with redirect_stdout(said):
        assert main([*command, str(folder / "out")]) == 1
    return jobs, folder / "out", command, said.getvalue()


@pytest.mark.torch
@pytest.mark.xdist_group("batch")
def test_batch_from_the_command_line(
    baked: tuple[Path, Path, list[str], str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, out, command, told = baked
    capsys.readouterr()
    assert validate(out) == []
    first = told.splitlines()[0]
    assert re.fullmatch(r"5 jobs to do: about [0-9.]+ MB and [0-9]+ s", first)
    assert Pack.open(out / "runs/tiny/fox-seed-4").metadata.seed == 4
    cat = Pack.open(out / "runs/tiny/cat").metadata
    assert cat.scheduler.name == "EulerAncestralDiscreteScheduler" and cat.size == (48, 32)
    assert main([*command, str(out), "--status"]) == 0
    said = capsys.readouterr().out
    assert "done          tiny/fox-seed-3\n" in said
    assert "quarantined   tiny/long  failed 3×: 999 steps; --steps takes" in said
    assert said.endswith("4 done, 1 quarantined\n")
    assert main([*command, str(out)]) == 1
    again = capsys.readouterr()
    assert "4 of 5 jobs are done" in again.out and "to do" not in again.out
    assert f"1 is quarantined: read the logs in {out}/failed" in again.err
    assert main([*command, str(tmp_path), "--status", "--shard", "1/2"]) == 0
    assert capsys.readouterr().out.endswith("2 waiting\n")


@pytest.mark.torch
def test_what_a_batch_takes_is_what_its_runs_are_estimated_at(
    model_folder: Path, tmp_path: Path
) -> None:
    """From the configuration alone the same bytes as from the loaded model."""
    from assetgen.generate import Baker, Job
    from assetgen.jobs.cost import cost_of
    from assetgen.jobs.work import settings_of

    name = str(model_folder)
    model = ModelEntry("tiny", "tiny", model_folder)
    jobs = read_jobs(write_jobs(tmp_path / "jobs.yaml", JOBS), model=name)
    impossible = read_jobs(
        write_jobs(tmp_path / "no.yaml", "prompts: {a: {prompt: a, steps: 999}}")
    )
    total, needs, unknown = cost_of([*jobs, *impossible], {name: model}, Where())
    baker = Baker(model, tmp_path / "out")
    each = [
        baker.estimate(Job(job.id, job.title, settings_of(job.entry), job.entry.profile)).bytes
        for job in jobs
    ]
    assert total.bytes == sum(each) > 0 and total.seconds > 0
    assert needs.keys() == {name} and unknown == []


@pytest.mark.torch
@pytest.mark.parametrize("short_of", ["disk", "memory"])
def test_a_batch_that_does_not_fit_is_refused_before_it_starts(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, short_of: str,
) -> None:  # fmt: skip
    jobs = write_jobs(
        tmp_path / "jobs.yaml", "prompts: {a: {prompt: a fox, seed: [1, 2], steps: 50}}"
    )
    few = 300_000
    if short_of == "disk":
        usage = shutil.disk_usage(tmp_path)._replace(free=few)
        monkeypatch.setattr("assetgen.checks.shutil.disk_usage", lambda path: usage)
    else:
        from assetgen.memory import need_of
        from assetgen.models.runtime import Runtime
        from assetgen.models.skeleton import load_skeleton

        once = need_of(load_skeleton(model_folder), Runtime("cpu")).total
        monkeypatch.setattr("assetgen.memory.free_memory", lambda: once * 3 // 2)
    monkeypatch.setattr(Local, "__call__", None)  # no worker is started
    command = ["batch", str(jobs), "--model", str(model_folder), "--workers", "2"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    if short_of == "disk":
        needed = re.search(r"has 0 MB free, ([0-9]+) MB are needed; free some space", line)
        assert needed and int(needed[1]) >= 1
    else:
        assert "2 times over; this machine has 0.0 GB free; " in line and "fewer --workers" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.xdist_group("batch")
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the ray extra")
def test_ray_with_a_worker_killed_gives_the_same_bytes(
    baked: tuple[Path, Path, list[str], str], model_folder: Path, tmp_path: Path
) -> None:
    """A real cluster on this machine; the second job's worker is killed while it works."""
    from assetgen.jobs.key import model_digest
    from assetgen.jobs.ray_cluster import Ray

    model = ModelEntry("tiny", "tiny", model_folder)
    jobs = [
        msgspec.structs.replace(job, key=job_key(job, model, model_digest(model), Where()))
        for job in read_jobs(write_jobs(tmp_path / "jobs.yaml", JOBS), model=str(model_folder))
    ]
    models, starts, said = {str(model_folder): model}, list[Started](), list[str]()

    def kill_the_second(event: Started) -> None:
        starts.append(event)
        if len(starts) == 2:
            os.kill(event.pid, signal.SIGKILL)

    ledger = Ledger(tmp_path, {str(model_folder): "tiny"})
    counts = run_batch(
        jobs, ledger, Ray(2), partial(BakeWork, models, tmp_path),
        say=said.append, started=kill_the_second,
    )  # fmt: skip
    assert counts == {"done": 4}
    assert any("failed, 1 of 3: the worker died" in line for line in said)
    assert len(starts) == 5 and starts[1].job == starts[4].job
    assert files_of(tmp_path / "runs") == files_of(baked[1] / "runs")


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file but the one that may differ, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "timing.json"
    }


def test_ray_that_is_not_installed_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    jobs = write_jobs(tmp_path / "jobs.yaml", "prompts: {a: a fox}")
    assert main(["batch", str(jobs), "--executor", "ray"]) == 2
    error = capsys.readouterr().err
    assert "pip install 'diffusion-explorer[ray]'" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--workers", "0"], "--workers 0; pass 1 or more"),
        (["--shard", "2/2"], "pass I/N with I from 0"),
        (["--gpus", "1"], "pass --executor ray"),
        (["--model", "nowhere"], "unknown model 'nowhere'"),
    ],
)
def test_wrong_options_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], line: str
) -> None:
    jobs = write_jobs(tmp_path / "jobs.yaml", "prompts: {a: a fox}")
    assert main(["batch", str(jobs), "--out", str(tmp_path / "out"), *options]) == 2
    error = capsys.readouterr().err
    assert line in error and error.count("\n") == 1
    assert half_packs(tmp_path / "out") == []
