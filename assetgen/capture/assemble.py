"""From what the taps saw to a `Recording` and its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assetgen.capture.run import Captured
from assetgen.capture.solvers import Solver
from assetgen.pack.images import U8
from assetgen.pack.recording import ORIGINS, Features, Origin, Recording
from assetgen.pack.schema import Architecture, Call, Scheduler, Step, Token

Floats = NDArray[np.floating]


def lanes_of(tokens: Sequence[Token]) -> tuple[int | None, ...]:
    """The tokens that get a lane in the attention atlas; padding shares one, named None."""
    own = tuple(token.index for token in tokens if token.role != "pad")
    return (*own, None) if len(own) < len(tokens) else own


def steps_of(found: Captured) -> tuple[Step, ...]:
    """The schedule as it was walked."""
    return tuple(
        Step(
            index=k,
            timestep=step.timestep,
            alpha=step.alpha,
            sigma=step.sigma,
            snr=(step.alpha / step.sigma) ** 2 if step.sigma else None,
            calls=tuple(step.calls),
            coefficients=step.coefficients,
        )
        for k, step in enumerate(found.steps)
    )


def calls_of(found: Captured) -> tuple[Call, ...]:
    """The denoiser calls and the step each belongs to."""
    owner = {call: k for k, step in enumerate(found.steps) for call in step.calls}
    return tuple(Call(i, owner[i], t) for i, t in enumerate(found.timesteps))


def scheduler_of(scheduler: Any, solver: Solver) -> Scheduler:
    """Name, prediction type and the configuration as plain JSON values."""
    config = {
        key: value
        for key, value in scheduler.config.items()
        if not key.startswith("_") and isinstance(value, (str, int, float, bool, type(None)))
    }
    return Scheduler(solver.name, solver.prediction, config)


def recording_of(
    found: Captured,
    architecture: Architecture,
    lanes: tuple[int | None, ...],
    solver: Solver,
    pictures: dict[str, list[U8]],
    final: U8,
    *,
    features: bool,
) -> Recording:
    """Arrays of the run; those of a step with several calls are taken from its first."""
    first = [step.calls[0] for step in found.steps]
    tensors = _latents(found)
    tensors |= _units(found, first, architecture)
    cross = _cross_layers(architecture)
    tensors["attention_mass"] = np.stack(
        [[found.mass[id][call] for id in cross] for call in first]
    ).astype(np.float32)
    if found.entropy:
        tensors["self_attention_entropy"] = np.array(
            [[values[call] for values in found.entropy.values()] for call in first], np.float32
        )
    return Recording(
        final=final,
        tensors=tensors,
        attention={id: np.stack([found.attention[id][call] for call in first]) for id in cross},
        attention_units=cross,
        self_attention=tuple(found.entropy),
        lanes=lanes,
        features=_features(found, first) if features else {},
        pictures=pictures,
        origins=_origins(solver, found),
    )


def _cross_layers(architecture: Architecture) -> dict[str, str]:
    """Cross-attention layer id -> unit id, in the order of execution."""
    return {
        layer.id: unit.id
        for unit in architecture.units
        for layer in unit.layers
        if layer.kind == "cross_attention"
    }


def _latents(found: Captured) -> dict[str, Floats]:
    steps = found.steps
    tensors = {
        "x_t": np.stack([s.x_t[0].numpy() for s in steps] + [steps[-1].next[0].numpy()]),
        "x0": np.stack([s.x0[0].numpy() for s in steps]),
        "eps": np.stack([s.eps[0].numpy() for s in steps]),
        "output_cond": np.stack([cond.numpy() for cond, _ in found.outputs]),
    }
    without = [uncond.numpy() for _, uncond in found.outputs if uncond is not None]
    if len(without) == len(found.outputs):
        tensors["output_uncond"] = np.stack(without)
    if found.prompt_embeds is not None:
        tensors["prompt_embeds"] = found.prompt_embeds.numpy()
    return tensors


def _units(found: Captured, first: list[int], architecture: Architecture) -> dict[str, Floats]:
    assert found.units is not None
    calls = found.units.calls
    ids = [unit.id for unit in architecture.units]
    return {
        "unit_rms": np.array([[calls[id][c].rms for id in ids] for c in first], np.float32),
        "unit_update": np.array([[calls[id][c].update for id in ids] for c in first], np.float32),
    }


def _features(found: Captured, first: list[int]) -> dict[str, Features]:
    assert found.units is not None
    return {
        id: Features(found.units.channels[id], np.stack([seen[c].features.numpy() for c in first]))
        for id, seen in found.units.calls.items()
    }


def _origins(solver: Solver, found: Captured) -> dict[str, Origin]:
    """Formulas that depend on the scheduler."""
    eps = {
        "epsilon": "output",
        "v_prediction": "alpha * output + sigma * x_t",
        "flow_prediction": "x_t + alpha * output",
    }.get(solver.prediction, "(x_t - alpha * x0) / sigma")
    guided = any(uncond is not None for _, uncond in found.outputs)
    if guided:
        eps += ", output = uncond + guidance * (cond - uncond)"
    origins = {"eps": replace(ORIGINS["eps"], formula=eps)}
    if hasattr(solver.scheduler, "sigmas") and solver.scheduler.init_noise_sigma != 1.0:
        origins["x_t"] = replace(ORIGINS["x_t"], formula="sample / sqrt(sigma ** 2 + 1)")
    return origins
