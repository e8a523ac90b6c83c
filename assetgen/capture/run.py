"""One pipeline call with every tap attached. The picture is the one the plain call would have given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from assetgen.capture.activation import ActivationTap, UnitCall
from assetgen.capture.attention import (
    AttentionTap,
    Lanes,
    SelfAttention,
    TextAttention,
    check_complete,
)
from assetgen.capture.backends import use_fused_attention
from assetgen.capture.call import Settings, plain
from assetgen.capture.guided import Part, layout_of
from assetgen.capture.passes import Passes
from assetgen.capture.scheduler import SchedulerTap, StepRecord
from assetgen.capture.streams import unpack
from assetgen.capture.texts import TextTap
from assetgen.capture.tokens import TokenizedPrompt
from assetgen.errors import CaptureError, InputError
from assetgen.models.families import family_of
from assetgen.pack.images import U8, compand
from assetgen.pack.schema import Architecture
from assetgen.profiles import FeaturePlan

READS_TEXT = ("cross_attention", "joint_attention")
"""Kinds of layers that read the prompt."""


@dataclass
class Captured:
    """What one call left behind of one picture; maps, entropies, units and outputs are per call.

    `attention[layer][call]` is `[lanes, h, w]`, companded bytes; `notes` name what was not recorded.
    """

    picture: Tensor
    steps: list[StepRecord] = field(default_factory=list)
    attention: dict[str, list[U8]] = field(default_factory=dict)
    mass: dict[str, list[NDArray[np.floating]]] = field(default_factory=dict)
    entropy: dict[str, list[float]] = field(default_factory=dict)
    units: dict[str, list[UnitCall]] = field(default_factory=dict)
    channels: dict[str, tuple[int, ...]] = field(default_factory=dict)
    outputs: list[tuple[Tensor, Tensor | None]] = field(default_factory=list)
    timesteps: list[float] = field(default_factory=list)
    prompt_embeds: Tensor | None = None
    call_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def denoiser_of(pipe: Any) -> nn.Module:
    """The part of a pipeline that is called at every step."""
    denoiser: nn.Module = getattr(pipe, family_of(type(pipe).__name__, pipe.components).denoiser)
    return denoiser


def capture(
    pipe: Any,
    settings: Settings,
    architecture: Architecture,
    prompt: TokenizedPrompt,
    *,
    plan: FeaturePlan,
    progress: Callable[[], object] = lambda: None,
) -> Captured:
    """Run `pipe` once and record it. `plan` says which feature and attention maps are kept.

    Raises CaptureError if anything that should have been recorded is missing.
    """
    return capture_batch(
        pipe, [settings], architecture, [prompt], plan=plan, progress=progress
    )[0]  # fmt: skip


def capture_batch(
    pipe: Any,
    settings: Sequence[Settings],
    architecture: Architecture,
    prompts: Sequence[TokenizedPrompt],
    *,
    plan: FeaturePlan,
    progress: Callable[[], object] = lambda: None,
) -> list[Captured]:
    """Run `pipe` once for several prompts; one `Captured` for each, in order."""
    denoiser = denoiser_of(pipe)
    use_fused_attention(denoiser)
    found = [Captured(torch.empty(0)) for _ in settings]
    known = family_of(type(pipe).__name__, pipe.components).known
    layout = None if known else layout_of(pipe, denoiser, settings[0])
    with ExitStack() as stack:
        passes = Passes(denoiser, len(settings))
        texts = TextTap(pipe)
        attention = AttentionTap(denoiser, _sink(found, plan), passes, _lanes(prompts))
        if layout is not None and layout.turns:
            passes.take_turns(layout.prompt)
        half = layout.prompt if layout is not None and not layout.turns else None
        calls = _Calls(found, passes, texts, attention, prompts, progress, known=known, half=half)
        scheduler = SchedulerTap(pipe.scheduler, lambda value: unpack(value, attention.grid))
        units = ActivationTap(passes, plan, lambda: attention.grid)
        for tap in (passes, texts, scheduler, units):
            stack.callback(tap.close)
        # the grid and the rows of a call must be known before anything inside it is looked at
        stack.enter_context(attention)
        for handle in calls.watch(denoiser):
            stack.callback(handle.remove)
        units.attach({unit.id: denoiser.get_submodule(unit.id) for unit in architecture.units})
        started = perf_counter()
        pictures = _run(pipe, settings, known=known)
        seconds = perf_counter() - started
    for i, own in enumerate(found):
        own.picture, own.seconds = pictures[i : i + 1], seconds
        own.steps = [_row(step, i) for step in scheduler.steps]
        own.timesteps = list(scheduler.timesteps)
        own.units = {id: [call[i] for call in seen] for id, seen in units.calls.items()}
        own.channels = dict(units.channels)
        own.call_seconds = list(calls.seconds)
        _check_text(own, texts, prompts[i], known=calls.known)
        _check(own, architecture, attention)
    return found


def _run(pipe: Any, settings: Sequence[Settings], *, known: bool) -> Tensor:
    """The pictures of the call; what a pipeline that is not known raises becomes one line."""
    try:
        return plain(pipe, settings[0] if len(settings) == 1 else settings)
    except (CaptureError, InputError):
        raise
    except Exception as error:
        if known:
            raise
        line = " ".join(str(error).split())[:200]
        raise CaptureError(f"{type(pipe).__name__}, which is not known, failed: {line}") from error


@dataclass
class _Calls:
    """Watches the denoiser itself: its outputs, its text, its time."""

    found: list[Captured]
    passes: Passes
    texts: TextTap
    attention: AttentionTap
    prompts: Sequence[TokenizedPrompt]
    progress: Callable[[], object]
    seconds: list[float] = field(default_factory=list)
    known: bool = True
    half: Part | None = None
    """Of a pipeline that is not known: what its guidance showed."""
    _started: float = 0.0
    _pending: Tensor | None = None
    """Output of an unconditional pass that came before the conditional one of its step."""

    def watch(self, denoiser: nn.Module) -> list[Any]:
        return [
            denoiser.register_forward_pre_hook(self._before, with_kwargs=True),
            denoiser.register_forward_hook(self._after),
        ]

    def _before(self, denoiser: nn.Module, args: Any, kwargs: Any) -> None:
        self.passes.begin()
        text = kwargs.get("encoder_hidden_states")
        text = args[2] if text is None and len(args) > 2 else text
        if isinstance(text, Tensor) and not self.passes.unconditional:
            if not self.passes.settled and not self.known:
                ids = self.prompts[0].ids[0] if self.prompts[0].ids else ()
                half = self.half or self.texts.conditional_half(ids, text)
                self.passes.settle(half, text.shape[0])
            if self.found[0].prompt_embeds is None:
                rows = text[self.passes.rows(text.shape[0])].detach().float().cpu()
                for own, row in zip(self.found, rows, strict=True):
                    own.prompt_embeds = row
        self._started = perf_counter()

    def _after(self, denoiser: nn.Module, _: Any, output: Any) -> None:
        seconds = perf_counter() - self._started
        out = output[0] if isinstance(output, tuple) else output.sample
        channels = getattr(denoiser.config, "in_channels", None) if out.ndim == 4 else None
        out = unpack(out.detach(), self.attention.grid, channels).float().cpu()
        if self.passes.unconditional:
            self._without(out, seconds)
            return
        rows = self.passes.rows(out.shape[0])
        others = out[self.passes.others(out.shape[0])] if len(out) > len(self.found) else None
        if others is None and self._pending is not None:
            others, self._pending = self._pending, None
        self.seconds.append(seconds)
        for i, own in enumerate(self.found):
            own.outputs.append((out[rows][i], None if others is None else others[i]))
        self.progress()

    def _without(self, out: Tensor, seconds: float) -> None:
        """A pass of its own for the negative prompt: it belongs to the step's other pass."""
        outputs = self.found[0].outputs
        if not outputs or outputs[-1][1] is not None:
            self._pending = out
            return
        self.seconds[-1] += seconds
        for i, own in enumerate(self.found):
            own.outputs[-1] = (own.outputs[-1][0], out[i])


def _lanes(prompts: Sequence[TokenizedPrompt]) -> Callable[[int], Sequence[Lanes] | None]:
    def of(tokens: int) -> Sequence[Lanes] | None:
        if any(len(prompt.tokens) != tokens for prompt in prompts):
            return None
        if tokens not in known:
            known[tokens] = [Lanes.of(prompt.lanes, tokens) for prompt in prompts]
        return known[tokens]

    known: dict[int, list[Lanes]] = {}
    return of


def _sink(
    found: Sequence[Captured], plan: FeaturePlan
) -> Callable[[TextAttention | SelfAttention], None]:
    def sink(event: TextAttention | SelfAttention) -> None:
        own = found[event.picture]
        if isinstance(event, SelfAttention):
            own.entropy.setdefault(event.layer, []).append(event.entropy)
            return
        if event.layer not in plan.without_maps:
            maps = _within(event.maps, plan.map_side).cpu().numpy()
            own.attention.setdefault(event.layer, []).append(compand(maps))
        own.mass.setdefault(event.layer, []).append(event.mass.cpu().numpy())

    return sink


def _within(maps: Tensor, side: int) -> Tensor:
    """Maps `[lanes, h, w]` averaged over areas to at most `side` high and wide."""
    size = (min(side, maps.shape[1]), min(side, maps.shape[2]))
    return maps if size == tuple(maps.shape[1:]) else adaptive_avg_pool2d(maps, size)


def _row(step: StepRecord, row: int) -> StepRecord:
    """One picture's part of a step."""
    own = slice(row, row + 1)
    return replace(step, x_t=step.x_t[own], x0=step.x0[own], eps=step.eps[own], next=step.next[own])


def _check_text(found: Captured, texts: TextTap, prompt: TokenizedPrompt, *, known: bool) -> None:
    """The tokens on display are those that were read; what a guess got wrong is dropped and named."""
    if all(texts.read(ids) for ids in prompt.ids):
        return
    if known:
        raise CaptureError(
            "the text encoders read other tokens than the prompt's: the pipeline changes it first"
        )
    found.attention.clear()
    found.mass.clear()
    found.notes.append("attention: the text encoder read other tokens than the prompt's")


def _check(found: Captured, architecture: Architecture, tap: AttentionTap) -> None:
    """Everything the architecture promises was seen once per call."""
    calls = len(found.outputs)
    if not found.steps or not calls:
        raise CaptureError("the pipeline took no step: nothing was recorded")
    if sum(len(step.calls) for step in found.steps) != calls:
        raise CaptureError(f"{calls} denoiser calls do not fit {len(found.steps)} scheduler steps")
    readers = [
        layer.id for unit in architecture.units for layer in unit.layers if layer.kind in READS_TEXT
    ]
    complete = [id for id, mass in found.mass.items() if len(mass) == calls]
    if not found.notes:
        check_complete([*complete, *tap.unread], readers)
    for reason in dict.fromkeys(tap.unread.values()):
        ids = [id for id, why in tap.unread.items() if why == reason]
        found.notes.append(f"text attention of {len(ids)} layers ({ids[0]} …): {reason}")
    for id, seen in found.units.items():
        if len(seen) != calls:
            raise CaptureError(f"unit {id} was seen {len(seen)} times in {calls} calls")
