"""What counts as a unit (a room), and where in the U it stands: read from names and classes of diffusers."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from assetgen.capture.layers import is_attention, layer_kind, layers_of

EPILOGUE = ("conv_norm_out", "conv_act", "norm_out")
"""Top-level modules shown as layers of the unit that follows them."""

Found = tuple[str, nn.Module, list[tuple[str, nn.Module]]]
"""id, module, its layers"""

_PATCHES = {"x_embedder": "patch_in", "pos_embed": "patch_in", "proj_out": "patch_out"}
_ENDS = ("conv_in", "conv_out", *_PATCHES)


def find_units(model: nn.Module) -> Iterator[Found]:
    """(id, module, its layers) of every room, in the order of definition.

    Units are the members of module lists, blocks that hold residual blocks opened one level, and
    the convolutions at both ends.
    """
    epilogue: list[tuple[str, nn.Module]] = []
    for name, child in model.named_children():
        if name in EPILOGUE:
            epilogue += layers_of(child, name)
        elif isinstance(child, nn.ModuleList):
            for index, block in enumerate(child):
                yield from _open(f"{name}.{index}", block)
        elif hasattr(child, "resnets"):
            yield from _open(name, child)
        elif name in _ENDS and any(True for _ in child.parameters()):
            yield name, child, [*epilogue, *layers_of(child, name)]


def _open(name: str, block: nn.Module) -> Iterator[Found]:
    if not hasattr(block, "resnets"):
        yield name, block, list(layers_of(block, name))
        return
    for list_name, group in block.named_children():
        if not isinstance(group, nn.ModuleList):
            continue
        for index, member in enumerate(group):
            id = f"{name}.{list_name}.{index}"
            yield id, member, list(layers_of(member, id))


def unit_kind(id: str, module: nn.Module) -> str:
    """The word of docs/format.md for a unit."""
    name = type(module).__name__
    if id in ("conv_in", "conv_out"):
        return id
    if id in _PATCHES:
        return _PATCHES[id]
    for part, kind in (
        ("Resnet", "resnet"),
        ("Downsample", "downsample"),
        ("Upsample", "upsample"),
        ("Single", "single"),
        ("Transformer2D", "attention"),
        ("Attention", "attention"),
        ("TransformerBlock", "joint" if _is_joint(module) else "attention"),
    ):
        if part in name:
            return kind
    return "other"


def _is_joint(block: nn.Module) -> bool:
    """Whether picture and text attend together in `block`."""
    return any(
        is_attention(module) and layer_kind(module, name) == "joint_attention"
        for name, module in block.named_modules()
    )


def stage(id: str) -> str:
    """Where in the U a unit stands; `body` for a transformer without a U."""
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
