"""What `make bench-assetgen` measures: denoisers of real size with random weights, and the ways to watch them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import Attention

from assetgen.capture.activation import ActivationTap
from assetgen.capture.attention import AttentionTap, Lanes
from assetgen.capture.inputs import denoiser_inputs
from assetgen.capture.passes import Passes
from assetgen.capture.scheduler import SchedulerTap
from assetgen.capture.units import find_units
from assetgen.pack.images import compand
from assetgen.profiles import PROFILES, FeaturePlan, tiles_of
from tests.benchmarks.stats import resident_megabytes
from tests.fixtures.pipelines import scheduler
from tests.fixtures.skeletons import load

TOKENS, WORDS = 77, 12


@dataclass
class Steps:
    """A denoiser and its scheduler, step by step; guidance as one batch of two."""

    unet: UNet2DConditionModel
    size: int
    count: int
    scheduler: Any = None
    inputs: dict[str, Any] = field(default_factory=dict)
    latent: torch.Tensor = field(default_factory=lambda: torch.empty(0))
    index: int = 0

    def __post_init__(self) -> None:
        self.inputs = denoiser_inputs(
            self.unet, (1, 4, self.size, self.size), TOKENS, batch=2, device="cpu"
        )
        generator = torch.Generator().manual_seed(0)
        for value in self.inputs.values():
            value.normal_(generator=generator)
        self.start()

    def start(self) -> None:
        """Back to the first noise, with a scheduler of its own."""
        self.scheduler = scheduler(DDIMScheduler)
        self.scheduler.set_timesteps(self.count)
        self.latent = torch.randn(
            1, 4, self.size, self.size, generator=torch.Generator().manual_seed(1)
        )
        self.index = 0

    @torch.no_grad()
    def __call__(self) -> torch.Tensor:
        """One step of the pipeline: denoiser, guidance, scheduler."""
        if self.index == self.count:
            self.start()
        t = self.scheduler.timesteps[self.index]
        given = {**self.inputs, "sample": torch.cat([self.latent] * 2), "timestep": t}
        without, with_ = self.unet(**given, return_dict=False)[0].chunk(2)
        output = without + 7.5 * (with_ - without)
        self.latent = self.scheduler.step(output, t, self.latent, return_dict=False)[0]
        self.index += 1
        return self.latent


def big_unet() -> UNet2DConditionModel:
    """SD 1.5's U-Net with random weights, float32: 3.4 GB."""
    torch.manual_seed(0)
    return UNet2DConditionModel.from_config(load("sd15").denoiser.config).eval()


@contextmanager
def watched(steps: Steps) -> Iterator[None]:
    """Everything `assetgen generate` records of a step: attention, units, scheduler."""
    lanes = Lanes(tuple(range(WORDS + 2)), tuple(range(WORDS + 2, TOKENS)))
    units = {id: module for id, module, _ in find_units(steps.unet)}
    tiles = PROFILES["viewer"].tiles
    plan = FeaturePlan({id: min(4, tiles_of(tiles, 16)) for id in units}, 16)
    kept: list[Any] = []

    def sink(event: Any) -> None:
        kept.append(compand(event.maps.numpy()) if hasattr(event, "maps") else event.entropy)

    with ExitStack() as stack:
        passes = Passes(steps.unet)
        stack.callback(passes.close)
        attention = AttentionTap(steps.unet, sink, passes, lambda _: [lanes])
        stack.enter_context(attention)
        tap = ActivationTap(passes, plan, lambda: attention.grid)
        tap.attach(units)
        stack.callback(tap.close)
        solver = SchedulerTap(steps.scheduler)
        stack.callback(solver.close)
        yield


class ExplicitProcessor:
    """Attention as DAAM and its followers compute it: softmax of all rows by hand, maps kept."""

    def __init__(self, kept: list[torch.Tensor]) -> None:
        self.kept = kept

    def __call__(
        self, attn: Attention, hidden_states: torch.Tensor, encoder_hidden_states: Any = None,
        attention_mask: Any = None, **_: Any,
    ) -> torch.Tensor:  # fmt: skip
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query = attn.head_to_batch_dim(attn.to_q(hidden_states))
        key = attn.head_to_batch_dim(attn.to_k(context))
        value = attn.head_to_batch_dim(attn.to_v(context))
        p = attn.get_attention_scores(query, key, attention_mask)
        if encoder_hidden_states is not None:  # the conditional half, head mean
            half = p[p.shape[0] // 2 :]
            self.kept.append(half.unflatten(0, (-1, attn.heads)).mean(1))
        out = attn.batch_to_head_dim(torch.bmm(p, value))
        return attn.to_out[1](attn.to_out[0](out))


@contextmanager
def explicit(steps: Steps, *, everywhere: bool) -> Iterator[None]:
    """Processors replaced in the cross-attention layers (DAAM), or in all (prompt-to-prompt and others)."""
    before = steps.unet.attn_processors
    mine = ExplicitProcessor([])
    steps.unet.set_attn_processor(
        {name: mine if everywhere or "attn2" in name else old for name, old in before.items()}
    )
    try:
        yield
    finally:
        steps.unet.set_attn_processor(before)


class Peak:
    """Largest resident memory while a call runs, over what was resident before it, MB."""

    def __init__(self, every: float = 0.01) -> None:
        self.every = every

    def of(self, work: Callable[[], object]) -> float:
        """MB that `work` added at its highest point."""
        before = resident_megabytes() or 0.0
        highest, done = [before], threading.Event()

        def sample() -> None:
            while not done.wait(self.every):
                highest[0] = max(highest[0], resident_megabytes() or 0.0)

        thread = threading.Thread(target=sample, daemon=True)
        thread.start()
        try:
            work()
        finally:
            done.set()
            thread.join()
        return highest[0] - before
