"""architecture.json from the model itself: one forward pass on the meta device, hooks and a FLOP counter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2, prod
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from assetgen.capture.inputs import denoiser_inputs, has_inputs
from assetgen.capture.layers import is_attention, layer_kind
from assetgen.capture.provenance import Provenance, Stamps, tensors
from assetgen.capture.streams import Grid, as_image, picture_in, picture_out
from assetgen.capture.units import EPILOGUE, find_units, stage, unit_kind
from assetgen.errors import InputError
from assetgen.models.skeleton import Skeleton
from assetgen.pack.schema import FORMAT, Architecture, Companion, Edge, Layer, TracedAt, Unit

_PLACES = ("img_ids", "txt_ids", "encoder_attention_mask", "attention_mask")
"""Inputs that say where things are, and carry nothing themselves."""

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


def trace(skeleton: Skeleton, inputs: Mapping[str, Any] | None = None) -> Architecture:
    """Run the denoiser once without data; `inputs` are its arguments where they are known.

    FLOPs count a multiplication and an addition as two, one sample, no guidance. Raises InputError
    for a denoiser whose arguments neither the caller nor `denoiser_inputs` knows.
    """
    model = skeleton.denoiser
    units = {id: _Seen(id, module, layers) for id, module, layers in find_units(model)}
    order: list[_Seen] = []
    shapes: dict[str, tuple[int, ...]] = {}
    keys: dict[str, int] = {}
    provenance = Provenance()
    handles = []
    for seen in units.values():
        handles += _watch_unit(seen, order, provenance, skeleton.grid)
        for id, module in seen.layers:
            handles.append(module.register_forward_hook(_keep_shape(id, shapes)))
            if is_attention(module):
                hook = _keep_keys(id, keys)
                handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))
    conditioning = _conditioning(model, units)
    for module in conditioning.values():
        handles.append(module.register_forward_hook(_stamp_time(provenance)))
    inputs = inputs or denoiser_inputs(model, skeleton.sample, skeleton.tokens)
    _stamp_inputs(inputs, provenance)
    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), counter, provenance:
            model(**inputs, return_dict=False)
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError, KeyError) as error:
        if has_inputs(model):
            raise
        line = " ".join(str(error).split())[:160]
        raise InputError(
            f"{type(model).__name__} cannot be traced from its configuration: {line}",
            "recording a run of it traces it from its real inputs",
        ) from None
    finally:
        for handle in handles:
            handle.remove()
    flops = _flops(counter, model)
    known = {seen.id for seen in order}
    return Architecture(
        format=FORMAT,
        model=skeleton.name,
        class_=type(model).__name__,
        parameters=count_parameters(model),
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


def _watch_unit(
    seen: _Seen, order: list[_Seen], provenance: Provenance, grid: Grid | None
) -> list[Any]:
    given: list[torch.Tensor] = []

    def before(_: nn.Module, args: Any, kwargs: Any) -> None:
        seen.sources = provenance.of((args, kwargs))
        given[:] = [picture_in(args, kwargs)]
        seen.input = _shape(as_image(given[0], grid))
        order.append(seen)

    def after(_: nn.Module, __: Any, out: Any) -> None:
        picture = picture_out(out, given.pop())
        seen.output = _shape(as_image(picture, grid))
        # A joint block hands the text on beside the picture: the next block still reads the prompt.
        provenance.stamp(out, {_TEXT: "cond"})
        provenance.stamp(picture, {seen.id: "flow"})

    return [
        seen.module.register_forward_pre_hook(before, with_kwargs=True),
        seen.module.register_forward_hook(after),
    ]


def _keep_shape(id: str, shapes: dict[str, tuple[int, ...]]) -> Any:
    def hook(_: nn.Module, __: Any, out: Any) -> None:
        shapes[id] = _shape(next(tensors(out)))

    return hook


def _keep_keys(id: str, keys: dict[str, int]) -> Any:
    def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
        hidden = picture_in(args, kwargs)
        context = kwargs.get("encoder_hidden_states")
        if context is None:
            keys[id] = prod(hidden.shape[2:]) if hidden.ndim == 4 else int(hidden.shape[1])
        else:
            joint = layer_kind(module, id) == "joint_attention"
            keys[id] = int(context.shape[1]) + (int(hidden.shape[1]) if joint else 0)

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
        if name not in roots and name not in EPILOGUE and count_parameters(child)
    }


def _stamp_inputs(inputs: Mapping[str, Any], provenance: Provenance) -> None:
    """The picture, the text, and everything else that is added to the timestep."""
    for name, value in inputs.items():
        if name in ("sample", "hidden_states"):
            provenance.stamp(value, {_SAMPLE: "flow"})
        elif name == "encoder_hidden_states":
            provenance.stamp(value, {_TEXT: "cond"})
        elif name not in _PLACES:
            provenance.stamp(value, {_TIMESTEP: "time"})


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
                parameters=count_parameters(module),
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
        parameters=count_parameters(seen.module) + sum(layer.parameters for layer in extra),
        flops=flops.get(seen.id, 0) + sum(layer.flops for layer in extra),
        layers=tuple(layers),
    )


def _companions(skeleton: Skeleton, conditioning: dict[str, nn.Module]) -> tuple[Companion, ...]:
    beside = [
        Companion(id, type(module).__name__, count_parameters(module))
        for id, module in skeleton.companions.items()
    ]
    names = " + ".join(sorted({type(m).__name__ for m in conditioning.values()}))
    own = sum(p.numel() for p in skeleton.denoiser.parameters(recurse=False))
    total = own + sum(map(count_parameters, conditioning.values()))
    return (*beside, Companion(_TIME, names, total))


def _as_image(shape: tuple[int, ...], seen: _Seen) -> tuple[int, ...]:
    """`[tokens, channels]` of a layer as `[channels, h, w]` where its unit works on a picture."""
    if len(shape) == 2 and len(seen.output) == 3 and shape[0] == seen.output[1] * seen.output[2]:
        return (shape[1], *seen.output[1:])
    return shape


def _shape(tensor: torch.Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape[1:])


def count_parameters(module: nn.Module) -> int:
    """Numbers learned in `module`."""
    return sum(p.numel() for p in module.parameters())
