"""What recording costs: `make bench-assetgen` (ARGS="--quick" for a minute instead of several).

Ratios of medians; the variants take turns step by step, so that whatever else the machine does hits all
alike. Nothing here asserts: the goals stand beside the figures.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from assetgen.capture import lse
from assetgen.capture.attention import softmax
from assetgen.capture.call import Settings, plain
from assetgen.capture.run import capture
from assetgen.capture.tokens import tokenize_pipeline
from assetgen.capture.trace import trace
from assetgen.estimate import step_bytes
from assetgen.generate import Baker, Job
from assetgen.models.load import load_pipeline
from assetgen.models.registry import ModelEntry, find_model
from assetgen.models.skeleton import load_skeleton
from assetgen.pack.codec import decode
from assetgen.pack.schema import Architecture, Profile
from assetgen.profiles import PROFILES, plan_features
from tests.benchmarks.assetgen_subjects import Peak, Steps, big_unet, explicit, watched
from tests.benchmarks.stats import busy, median
from tests.fixtures.packs import ARCHITECTURES
from tests.fixtures.pipelines import thin_sd15

Times = list[tuple[float, float]]
"""(wall, processor) seconds."""
FLUX_TOKENS, FLUX_PLACES, FLUX_WIDTH = 512, 4096, 128


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small latent, one round")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    load = busy()
    print(
        f"torch {torch.__version__}, {options.threads} threads of {os.cpu_count()} cores"
        + ("" if load is None else f", {load:.1f} cores busy with other work")
    )
    if load and load > 0.3:
        print("the machine is not idle: trust no figure")
    bench_miniature(5 if options.quick else 9, 4 if options.quick else 10)
    bench_joint(3 if options.quick else 7)
    bench_unet(32 if options.quick else 64, budget=30 if options.quick else 280)
    bench_bytes()
    print_bytes()
    return 0


def bench_miniature(rounds: int, steps: int) -> None:
    """A whole pipeline call of the shipped model, the decoder left out."""
    folder = find_model("miniature").folder
    pipe = load_pipeline(folder)
    architecture = trace(load_skeleton(folder))
    settings = Settings("a fox and a castle on snow under a night sky", steps=steps)
    prompt = tokenize_pipeline(pipe, settings.prompt)
    plan = plan_features(architecture, PROFILES["viewer"])
    blank = torch.zeros(1, 3, *architecture.image)
    pipe.vae.decode = lambda *_, **__: (blank,)
    variants: dict[str, Callable[[], object]] = {
        "plain": lambda: plain(pipe, settings),
        "recorded": lambda: capture(pipe, settings, architecture, prompt, plan=plan),
    }
    times = _warm(variants, rounds)
    print(f"\nminiature, {steps} steps, guidance, decoder left out; {rounds} rounds")
    _table(times, "plain", goals={"recorded": 1.25})


def bench_unet(size: int, budget: float) -> None:
    """SD 1.5's U-Net with random weights, guidance as a batch of two."""
    unet = big_unet()
    steps = Steps(unet, size, 3)
    contexts: dict[str, Callable[[], Any]] = {
        "plain": nullcontext,
        "recorded": lambda: watched(steps),
        "explicit softmax in cross-attention (DAAM)": lambda: explicit(steps, everywhere=False),
        "explicit softmax everywhere": lambda: explicit(steps, everywhere=True),
    }
    times: dict[str, Times] = {name: [] for name in contexts}
    peaks: dict[str, list[float]] = {name: [] for name in contexts}
    steps()  # warm
    began, rounds = time.perf_counter(), 0
    while rounds < 1 or time.perf_counter() - began < budget * rounds / (rounds + 1):
        steps.start()
        for index in range(steps.count):
            before = steps.latent
            for name, context in contexts.items():
                steps.index, steps.latent = index, before  # all variants do the same step
                with context():
                    peaks[name].append(Peak().of(lambda n=name: times[n].append(clock(steps))))
        rounds += 1
    print(
        f"\nSD 1.5-size U-Net, {size} × {size} latent, batch 2, 3 steps; {rounds} rounds, all variants in turn"
    )
    _table(times, "plain", goals={"recorded": 1.10})
    for name, found in peaks.items():
        print(f"  {name:44} peak memory +{median(found):.0f} MB")


def bench_joint(rounds: int) -> None:
    """FLUX's joint attention, 4 of its 24 heads: what a map costs beside the attention itself."""
    generator = torch.Generator().manual_seed(0)
    n = FLUX_TOKENS + FLUX_PLACES
    q, k, v = (torch.randn(1, 4, n, FLUX_WIDTH, generator=generator) for _ in range(3))
    scale = FLUX_WIDTH**-0.5
    attend = torch.nn.functional.scaled_dot_product_attention
    kernel = lse.kernel(q, k, v, scale)
    places = slice(FLUX_TOKENS, n)
    norm = (
        lse.normaliser(q[0, :, places], k[0], scale) if kernel is None else kernel[1][0, :, places]
    )

    def some(count: int) -> torch.Tensor:
        return lse.probabilities(q[0, :, places], k[0, :, :count], norm, scale)

    def whole() -> torch.Tensor:
        return softmax(q[0], k[0], None, scale).mean(0)[places, :FLUX_TOKENS]

    variants: dict[str, Callable[[], object]] = {
        "attention itself": lambda: attend(q, k, v),
        "its kernel, log-sum-exp kept": lambda: lse.kernel(q, k, v, scale),
        "maps of 20 tokens by log-sum-exp": lambda: some(20),
        "maps of 512 tokens by log-sum-exp": lambda: some(FLUX_TOKENS),
        "full softmax": whole,
        "fallback: chunked log-sum-exp": lambda: lse.normaliser(q[0, :, places], k[0], scale),
    }
    with torch.no_grad():
        times = _warm(variants, rounds)
        error = float((some(FLUX_TOKENS) - whole()).abs().max())
        same = kernel is not None and torch.equal(kernel[0], attend(q, k, v))
    print(f"\nFLUX-shape joint attention, 4 heads, {n} tokens; {rounds} rounds")
    _table(times, "attention itself", goals={})
    print(f"  kernel gives the same bits: {same}; maps against the full softmax: {error:.1e}")
    for name in ("maps of 20 tokens by log-sum-exp", "full softmax"):
        print(f"  {name:44} peak memory +{Peak().of(variants[name]):.0f} MB")


def bench_bytes() -> None:
    """What a further step adds to a pack on disk: the miniature, and SD 1.5's shapes with random weights."""
    print(
        "\nmeasured MB a step, prompt of 4 words, guidance (random weights: noise, the worst case)"
    )
    with tempfile.TemporaryDirectory() as folder:
        thin_sd15().save_pretrained(Path(folder) / "sd15")
        shaped = ModelEntry("sd15", "SD 1.5's shapes", Path(folder) / "sd15")
        for model in (find_model("miniature"), shaped):
            baker = Baker(model, Path(folder) / "out")
            found = {profile: step_on_disk(baker, profile) / 1e6 for profile in PROFILES}
            text = ", ".join(f"{profile} {value:.2f}" for profile, value in found.items())
            height, width = baker.architecture.image
            print(f"  {model.id:10} {width:4} × {height:<4}  {text}")


def step_on_disk(baker: Baker, profile: Profile) -> float:
    """Bytes of a run of ten steps less those of two, by the eight between."""
    sizes = []
    for steps in (2, 10):
        job = Job("run", "Run", Settings("a fox on grass", steps=steps), profile)
        path = baker.bake(job, force=True, quiet=True)
        sizes.append(sum(file.stat().st_size for file in path.rglob("*") if file.is_file()))
    return (sizes[1] - sizes[0]) / 8


def print_bytes() -> None:
    """Estimated from the shapes with the constants measured on random weights, as generate says it."""
    print("\nestimated MB a step (17 lanes, guidance)")
    for name in ("miniature", "sd15", "sdxl", "pixart", "sd3", "flux"):
        architecture = decode(Architecture, ARCHITECTURES / f"{name}.json")
        for size in {(512, 512), architecture.image} if name != "miniature" else {(128, 128)}:
            found = {p: step_bytes(architecture, p, size, 17) / 1e6 for p in PROFILES}
            text = ", ".join(f"{profile} {value:.2f}" for profile, value in found.items())
            print(f"  {name:10} {size[1]:4} × {size[0]:<4}  {text}")


def clock(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall time, and of processor time, which other work on the machine distorts less."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _warm(variants: dict[str, Callable[[], object]], rounds: int) -> dict[str, Times]:
    """Each variant once, unmeasured; then all in turn."""
    times: dict[str, Times] = {name: [] for name in variants}
    for round_ in range(rounds + 1):
        for name, work in variants.items():
            measured = clock(work)
            if round_:
                times[name].append(measured)
    return times


def _table(times: dict[str, Times], base: str, goals: dict[str, float]) -> None:
    walls, cpus = ({n: median([t[i] for t in ts]) for n, ts in times.items()} for i in (0, 1))
    for name in times:
        goal = f"  (goal ≤ {goals[name]:.2f})" if name in goals else ""
        print(
            f"  {name:44} {1000 * walls[name]:9.1f} ms  × {walls[name] / walls[base]:.3f}"
            f"   processor time × {cpus[name] / cpus[base]:.3f}{goal}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
