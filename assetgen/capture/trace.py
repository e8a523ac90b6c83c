"""architecture.json from the model itself: one forward pass on the meta device, hooks and a FLOP counter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log2
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from assetgen.capture.layers import is_attention, layer_kind, layers_of
from assetgen.capture.provenance import Provenance, Stamps, tensors
from assetgen.models.skeleton import Skeleton
from assetgen.pack.errors import PackError
from assetgen.pack.schema import FORMAT, Architecture, Companion, Edge, Layer, TracedAt, Unit

_SAMPLE, _TIMESTEP, _TEXT, _TIME = "sample", "timestep", "text_encoder", "time_embedding"
_EPILOGUE = ("conv_norm_out", "conv_act", "norm_out")
"""Top-level modules shown as layers of the unit that follows them."""


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
    """Run the denoiser once without data. Raises PackError if it takes inputs this does not know.

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
    inputs = _inputs(skeleton)
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


def find_units(model: nn.Module) -> Iterator[tuple[str, nn.Module, list[tuple[str, nn.Module]]]]:
    """(id, module, its layers) of every room, in the order of definition.

    Units are the members of module lists, blocks that hold residual blocks opened one level, and
    the convolutions at both ends.
    """
    epilogue: list[tuple[str, nn.Module]] = []
    for name, child in model.named_children():
        if name in _EPILOGUE:
            epilogue += layers_of(child, name)
        elif isinstance(child, nn.ModuleList):
            for index, block in enumerate(child):
                yield from _open(f"{name}.{index}", block)
        elif hasattr(child, "resnets"):
            yield from _open(name, child)
        elif name in ("conv_in", "conv_out", "x_embedder", "pos_embed", "proj_out"):
            yield name, child, [*epilogue, *layers_of(child, name)]


def _open(name: str, block: nn.Module) -> Iterator[tuple[str, nn.Module, list[Any]]]:
    if not hasattr(block, "resnets"):
        yield name, block, list(layers_of(block, name))
        return
    for list_name, group in block.named_children():
        if not isinstance(group, nn.ModuleList):
            continue
        for index, member in enumerate(group):
            id = f"{name}.{list_name}.{index}"
            yield id, member, list(layers_of(member, id))


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
        if name not in roots and name not in _EPILOGUE and _parameters(child)
    }


def _inputs(skeleton: Skeleton) -> dict[str, Any]:
    """Keyword arguments of one forward pass, on the meta device."""
    config: Any = skeleton.denoiser.config
    if type(skeleton.denoiser).__name__ != "UNet2DConditionModel":
        raise PackError(
            skeleton.name, f"{type(skeleton.denoiser).__name__} cannot be traced yet",
            "UNet2DConditionModel",
        )  # fmt: skip
    width = config.cross_attention_dim
    if not isinstance(width, int):
        width = width[0]
    if config.encoder_hid_dim:
        width = config.encoder_hid_dim
    inputs: dict[str, Any] = {
        "sample": torch.empty(skeleton.sample, device="meta"),
        "timestep": torch.empty((), device="meta"),
        "encoder_hidden_states": torch.empty((1, skeleton.tokens, width), device="meta"),
    }
    if config.addition_embed_type == "text_time":
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        inputs["added_cond_kwargs"] = {
            "text_embeds": torch.empty((1, pooled), device="meta"),
            "time_ids": torch.empty((1, 6), device="meta"),
        }
    elif config.addition_embed_type or config.class_embed_type:
        raise PackError(
            skeleton.name,
            f"needs {config.addition_embed_type or config.class_embed_type!r} embeddings",
            "a U-Net conditioned on text and time",
        )
    return inputs


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
        kind=_unit_kind(seen),
        stage=_stage(seen.id),
        level=round(log2(sample[-1] / resolution)),
        input=seen.input,
        output=seen.output,
        parameters=_parameters(seen.module) + sum(layer.parameters for layer in extra),
        flops=flops.get(seen.id, 0) + sum(layer.flops for layer in extra),
        layers=tuple(layers),
    )


def _unit_kind(seen: _Seen) -> str:
    name = type(seen.module).__name__
    if seen.id in ("conv_in", "conv_out"):
        return seen.id
    for part, kind in (
        ("Resnet", "resnet"),
        ("Downsample", "downsample"),
        ("Upsample", "upsample"),
        ("Single", "single"),
        ("Transformer2D", "attention"),
        ("Attention", "attention"),
        ("TransformerBlock", "joint"),
    ):
        if part in name:
            return kind
    return "other"


def _stage(id: str) -> str:
    root = id.partition(".")[0]
    return {
        "conv_in": "in",
        "x_embedder": "in",
        "pos_embed": "in",
        "down_blocks": "down",
        "mid_block": "mid",
        "up_blocks": "up",
        "conv_out": "out",
        "proj_out": "out",
    }.get(root, "body")


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
