"""architecture.json from the model itself: one forward pass on the meta device, hooks and a FLOP counter."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from assetgen.capture.inputs import denoiser_inputs
from assetgen.capture.layers import is_attention, layer_kind
from assetgen.capture.provenance import Provenance, Stamps, tensors
from assetgen.capture.units import EPILOGUE, find_units, stage, unit_kind
from assetgen.models.skeleton import Skeleton
from assetgen.pack.schema import FORMAT, Architecture, Companion, Edge, Layer, TracedAt, Unit

_SAMPLE, _TIMESTEP, _TEXT, _TIME = "sample", "timestep", "text_encoder", "time_embedding"


@dataclass
class _Seen:
    """What the hooks saw of one unit."""

    id: str
    module: nn.Module
    layers: list[tuple[str, nn.Module]]
    input: tuple[int, ...] = ()
    output: tuple[int, ...] = ()
    sources: Stamps = field(default_factory=dict)


def trace(skeleton: Skeleton) -> Architecture:
    """Run the denoiser once without data. Raises InputError if it takes inputs this does not know.

    FLOPs count a multiplication and an addition as two, one sample, no guidance.
    """
    model = skeleton.denoiser
    units = {id: _Seen(id, module, layers) for id, module, layers in find_units(model)}
    order: list[_Seen] = []
    shapes: dict[str, tuple[int, ...]] = {}
    keys: dict[str, int] = {}
    provenance = Provenance()
    handles = []
    for seen in units.values():
        handles += _watch_unit(seen, order, provenance)
        for id, module in seen.layers:
            handles.append(module.register_forward_hook(_keep_shape(id, shapes)))
            if is_attention(module):
                hook = _keep_keys(id, keys)
                handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))
    conditioning = _conditioning(model, units)
    for module in conditioning.values():
        handles.append(module.register_forward_hook(_stamp_time(provenance)))
    inputs = denoiser_inputs(model, skeleton.sample, skeleton.tokens)
    _stamp_inputs(inputs, provenance)
    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), counter, provenance:
            model(**inputs, return_dict=False)
    finally:
        for handle in handles:
            handle.remove()
    flops = _flops(counter, model)
    known = {seen.id for seen in order}
    return Architecture(
        format=FORMAT,
        model=skeleton.name,
        class_=type(model).__name__,
        parameters=_parameters(model),
        flops=flops.get("", 0),
        traced_at=TracedAt(skeleton.sample, skeleton.tokens),
        image=skeleton.image,
        units=tuple(
            _unit(seen, i, skeleton.sample, flops, shapes, keys) for i, seen in enumerate(order)
        ),
        edges=tuple(
            Edge(kind, source, seen.id)  # type: ignore[arg-type]
            for seen in order
            for source, kind in seen.sources.items()
            if source in known or source in (_TEXT, _TIME)
        ),
        companions=_companions(skeleton, conditioning),
    )


def _watch_unit(seen: _Seen, order: list[_Seen], provenance: Provenance) -> list[Any]:
    def before(_: nn.Module, args: Any, kwargs: Any) -> None:
        seen.sources = provenance.of((args, kwargs))
        seen.input = _shape(next(tensors((args, kwargs))))
        order.append(seen)

    def after(_: nn.Module, __: Any, out: Any) -> None:
        seen.output = _shape(next(tensors(out)))
        provenance.stamp(out, {seen.id: "flow"})

    return [
        seen.module.register_forward_pre_hook(before, with_kwargs=True),
        seen.module.register_forward_hook(after),
    ]


def _keep_shape(id: str, shapes: dict[str, tuple[int, ...]]) -> Any:
    def hook(_: nn.Module, __: Any, out: Any) -> None:
        shapes[id] = _shape(next(tensors(out)))

    return hook


def _keep_keys(id: str, keys: dict[str, int]) -> Any:
    def hook(_: nn.Module, args: Any, kwargs: Any) -> None:
        hidden = next(tensors((args, kwargs)))
        context = kwargs.get("encoder_hidden_states")
        keys[id] = int((hidden if context is None else context).shape[1])

    return hook


def _stamp_time(provenance: Provenance) -> Any:
    def hook(_: nn.Module, args: Any, out: Any) -> None:
        if set(provenance.of(args)) - {_TEXT} or not provenance.of(args):
            provenance.stamp(out, {_TIME: "time"})

    return hook


def _conditioning(model: nn.Module, units: dict[str, _Seen]) -> dict[str, nn.Module]:
    """Top-level modules that are no unit and hold parameters: timestep and prompt embeddings."""
    roots = {id.partition(".")[0] for id in units}
    return {
        name: child
        for name, child in model.named_children()
        if name not in roots and name not in EPILOGUE and _parameters(child)
    }


def _stamp_inputs(inputs: dict[str, Any], provenance: Provenance) -> None:
    provenance.stamp(inputs["sample"], {_SAMPLE: "flow"})
    provenance.stamp(inputs["timestep"], {_TIMESTEP: "time"})
    provenance.stamp(inputs["encoder_hidden_states"], {_TEXT: "cond"})
    if added := inputs.get("added_cond_kwargs"):
        provenance.stamp(added, {_TIMESTEP: "time"})


def _flops(counter: FlopCounterMode, model: nn.Module) -> dict[str, int]:
    """FLOPs by module id; "" is the whole model."""
    prefix = type(model).__name__
    counts = {}
    for name, ops in counter.get_flop_counts().items():
        if name == "Global":
            counts[""] = sum(ops.values())
        elif name.startswith(prefix + "."):
            counts[name[len(prefix) + 1 :]] = sum(ops.values())
    return counts


def _unit(
    seen: _Seen,
    index: int,
    sample: tuple[int, ...],
    flops: dict[str, int],
    shapes: dict[str, tuple[int, ...]],
    keys: dict[str, int],
) -> Unit:
    layers = []
    for id, module in seen.layers:
        if id not in shapes:
            continue
        heads = int(module.heads) if is_attention(module) else None  # type: ignore[arg-type]
        layers.append(
            Layer(
                id=id,
                class_=type(module).__name__,
                kind=layer_kind(module, id),
                output=_as_image(shapes[id], seen),
                parameters=_parameters(module),
                flops=flops.get(id, 0),
                heads=heads,
                keys=keys.get(id),
            )
        )
    inside = {id for id, _ in seen.layers if id == seen.id or id.startswith(seen.id + ".")}
    extra = [layer for layer in layers if layer.id not in inside]
    resolution = seen.output[-1] if len(seen.output) == 3 else sample[-1]
    return Unit(
        id=seen.id,
        index=index,
        class_=type(seen.module).__name__,
        kind=unit_kind(seen.id, seen.module),
        stage=stage(seen.id),
        level=round(log2(sample[-1] / resolution)),
        input=seen.input,
        output=seen.output,
        parameters=_parameters(seen.module) + sum(layer.parameters for layer in extra),
        flops=flops.get(seen.id, 0) + sum(layer.flops for layer in extra),
        layers=tuple(layers),
    )


def _companions(skeleton: Skeleton, conditioning: dict[str, nn.Module]) -> tuple[Companion, ...]:
    beside = [
        Companion(id, type(module).__name__, _parameters(module))
        for id, module in skeleton.companions.items()
    ]
    names = " + ".join(sorted({type(m).__name__ for m in conditioning.values()}))
    return (*beside, Companion(_TIME, names, sum(map(_parameters, conditioning.values()))))


def _as_image(shape: tuple[int, ...], seen: _Seen) -> tuple[int, ...]:
    """`[tokens, channels]` of a layer as `[channels, h, w]` where its unit works on a picture."""
    if len(shape) == 2 and len(seen.output) == 3 and shape[0] == seen.output[1] * seen.output[2]:
        return (shape[1], *seen.output[1:])
    return shape


def _shape(tensor: torch.Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape[1:])


def _parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
