"""From what the taps saw to a `Recording` and its metadata."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import adaptive_avg_pool2d

from assetgen.capture.run import READS_TEXT, Captured
from assetgen.capture.solvers import Solver
from assetgen.capture.tokens import TokenizedPrompt
from assetgen.pack.images import U8, compand, expand
from assetgen.pack.recording import ORIGINS, Features, Origin, Recording
from assetgen.pack.schema import Architecture, Call, Scheduler, Step, Timing
from assetgen.profiles import Contents, maps_kept

Floats = NDArray[np.floating]


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


def timing_of(found: Captured, started: datetime, seconds: dict[str, float]) -> Timing:
    """What differs between two bakes of one job."""
    return Timing(
        started=started.isoformat(timespec="seconds"),
        host=socket.gethostname(),
        seconds=seconds,
        calls=tuple(found.call_seconds),
        units={id: sum(call.seconds for call in calls) for id, calls in found.units.items()},
    )


def recording_of(
    found: Captured,
    architecture: Architecture,
    prompt: TokenizedPrompt,
    solver: Solver,
    pictures: dict[str, list[U8]],
    final: U8,
    contents: Contents,
) -> Recording:
    """Arrays of the run, shapes as in docs/format.md; those of a step with several calls are from its first.

    `pictures` uint8 `[H, W, 3]` by array, one a step; `final` `[H, W, 3]`. What was not recorded is left out.
    """
    first = [step.calls[0] for step in found.steps]
    tensors = _latents(found, contents, final.shape[0] * final.shape[1])
    embeds = tensors.get("prompt_embeds")
    if embeds is not None and (embeds.size > contents.embeds or len(embeds) != len(prompt.tokens)):
        del tensors["prompt_embeds"]
    tensors |= _units(found, first, architecture)
    readers = {id: unit for id, unit in _readers(architecture).items() if id in found.mass}
    if readers:
        tensors["attention_mass"] = np.stack(
            [[found.mass[id][call] for id in readers] for call in first]
        ).astype(np.float32)
    if found.entropy:
        tensors["self_attention_entropy"] = np.array(
            [[values[call] for values in found.entropy.values()] for call in first], np.float32
        )
    maps = {
        id: np.stack([found.attention[id][call] for call in first])
        for id in readers
        if id in found.attention
    }
    maps, lanes = without_empty_padding(maps, prompt.lanes)
    joint = any(
        layer.kind == "joint_attention" for unit in architecture.units for layer in unit.layers
    )
    return Recording(
        final=final,
        tensors=tensors,
        attention=within(maps, len(lanes), contents),
        attention_units=readers,
        self_attention=tuple(found.entropy),
        lanes=lanes,
        features=_features(found, first) if contents.tiles else {},
        pictures=pictures,
        lossy=tuple(p for p in pictures if contents.is_lossy(p, *pictures[p][0].shape[:2])),
        origins=_origins(solver, found, joint=joint) | _shrunk(pictures, final),
        rest="picture" if joint and maps else None,
    )


def without_empty_padding(
    maps: dict[str, U8], lanes: tuple[int | None, ...]
) -> tuple[dict[str, U8], tuple[int | None, ...]]:
    """Maps `[S, lanes, h, w]` and lanes without the padding's where the model masks it: nothing reads it."""
    if None not in lanes or not maps or any(m[:, -1].any() for m in maps.values()):
        return maps, lanes
    return {id: m[:, :-1] for id, m in maps.items()}, lanes[:-1]


def within(maps: dict[str, U8], lanes: int, contents: Contents) -> dict[str, U8]:
    """Companded maps `[S, lanes, h, w]` of as many layers and as large as the profile's limit allows."""
    ids = list(maps)
    side, kept = maps_kept([(m.shape[2], m.shape[3]) for m in maps.values()], lanes, contents)
    chosen = {ids[i]: maps[ids[i]] for i in kept}
    return {id: m if max(m.shape[2:]) <= side else _pooled(m, side) for id, m in chosen.items()}


def _pooled(maps: U8, side: int) -> U8:
    size = (min(side, maps.shape[2]), min(side, maps.shape[3]))
    steps = [adaptive_avg_pool2d(torch.from_numpy(expand(m)), size).numpy() for m in maps]
    return np.stack([compand(step) for step in steps])


def _readers(architecture: Architecture) -> dict[str, str]:
    """Id of each layer that reads the text -> unit id, in the order of execution."""
    return {
        layer.id: unit.id
        for unit in architecture.units
        for layer in unit.layers
        if layer.kind in READS_TEXT
    }


def _latents(found: Captured, contents: Contents, pixels: int) -> dict[str, Floats]:
    """Those that the profile keeps of a picture of `pixels`."""
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
    kept = contents.latents_kept(tensors, tensors["x0"][0].size, pixels)
    tensors = {name: tensor for name, tensor in tensors.items() if name in kept}
    if found.prompt_embeds is not None:
        tensors["prompt_embeds"] = found.prompt_embeds.numpy()
    return tensors


def _units(found: Captured, first: list[int], architecture: Architecture) -> dict[str, Floats]:
    calls = found.units
    ids = [unit.id for unit in architecture.units]
    return {
        "unit_rms": np.array([[calls[id][c].rms for id in ids] for c in first], np.float32),
        "unit_update": np.array([[calls[id][c].update for id in ids] for c in first], np.float32),
    }


def _features(found: Captured, first: list[int]) -> dict[str, Features]:
    return {
        id: Features(found.channels[id], np.stack([seen[c].features.numpy() for c in first]))
        for id, seen in found.units.items()
        if id in found.channels
    }


def _origins(solver: Solver, found: Captured, *, joint: bool) -> dict[str, Origin]:
    """Formulas that depend on the scheduler and the kind of attention."""
    eps = {
        "epsilon": "output",
        "v_prediction": "alpha * output + sigma * x_t",
        "flow_prediction": "x_t + alpha * output",
    }.get(solver.prediction, "(x_t - alpha * x0) / sigma")
    guided = any(uncond is not None for _, uncond in found.outputs)
    if guided:
        eps += ", output = uncond + guidance * (cond - uncond)"
    origins = {"eps": msgspec.structs.replace(ORIGINS["eps"], formula=eps)}
    if (
        hasattr(solver.scheduler, "sigmas")
        and getattr(solver.scheduler, "init_noise_sigma", 1) != 1
    ):
        origins["x_t"] = msgspec.structs.replace(
            ORIGINS["x_t"], formula="sample / sqrt(sigma ** 2 + 1)"
        )
    if joint:
        reads = "scaled_dot_product_attention of each joint layer, with the prompt"
        for name, part in (("attention", "; a place's rest is read from the picture"),
                           ("attention_mass", "")):  # fmt: skip
            formula = ORIGINS[name].formula or ""
            origins[name] = msgspec.structs.replace(
                ORIGINS[name], source=reads, formula=formula + part
            )
        origins["self_attention_entropy"] = msgspec.structs.replace(
            ORIGINS["self_attention_entropy"],
            source="scaled_dot_product_attention of the picture's places over picture and text",
        )
    return origins


def _shrunk(pictures: dict[str, list[U8]], final: U8) -> dict[str, Origin]:
    """Pictures stored smaller than the run's say so."""
    return {
        name: msgspec.structs.replace(
            ORIGINS[name], formula=f"{ORIGINS[name].formula}, averaged over areas"
        )
        for name, frames in pictures.items()
        if frames[0].shape != final.shape
    }
