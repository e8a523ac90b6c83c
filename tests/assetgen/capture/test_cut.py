"""Cutting a part silences that part and nothing else, and leaves no trace when it ends."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from assetgen.capture.call import Settings, plain
from assetgen.capture.cut import check_cuts, cutting, mean_over_places
from assetgen.capture.provenance import tensors
from assetgen.capture.trace import trace
from assetgen.errors import InputError
from assetgen.models.skeleton import build, load_skeleton, skeleton
from assetgen.pack.schema import Architecture, CutMode
from tests.assetgen.capture.test_attention import flux_inputs, sd3_inputs
from tests.fixtures.pipelines import LENGTH
from tests.fixtures.transformers import tiny_flux, tiny_sd3

pytestmark = pytest.mark.torch
SETTINGS = Settings("a fox on grass", steps=2)
RESNET, SHORTCUT = "mid_block.resnets.0", "up_blocks.0.resnets.1"
ATTENTION, UP = "down_blocks.0.attentions.0", "up_blocks.0.upsamplers.0"
LAYER = "mid_block.attentions.0.transformer_blocks.0.attn2"


@pytest.fixture(scope="module")
def architecture(model_folder: Path) -> Architecture:
    return trace(load_skeleton(model_folder))


@contextmanager
def listening(unet: nn.Module, names: Sequence[str]) -> Iterator[dict[str, tuple[Tensor, Tensor]]]:
    """(input, output) of modules in the first call."""
    heard: dict[str, tuple[Tensor, Tensor]] = {}
    handles = []
    for name in names:

        def hook(_: nn.Module, args: Any, kwargs: Any, out: Any, name: str = name) -> None:
            values = (next(tensors((args, kwargs))), next(tensors(out)))
            heard.setdefault(name, (values[0].clone(), values[1].clone()))

        handles.append(unet.get_submodule(name).register_forward_hook(hook, with_kwargs=True))
    yield heard
    for handle in handles:
        handle.remove()


def heard(
    pipe: Any, architecture: Architecture, cuts: Sequence[str], mode: CutMode, *more: str
) -> dict[str, tuple[Tensor, Tensor]]:
    """What every unit (and `more`) takes and gives in one forward pass with `cuts`."""
    names = [*(unit.id for unit in architecture.units), *more]
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(2, *architecture.traced_at.sample[1:], generator=generator)
    text = torch.randn(2, LENGTH, 32, generator=generator)
    with (
        torch.no_grad(),
        cutting(pipe.unet, architecture, cuts, mode),
        listening(pipe.unet, names) as found,
    ):
        pipe.unet(sample, 500, encoder_hidden_states=text)
    return found


def test_without_a_cut_the_picture_is_bit_for_bit_the_same(
    pipe: Any, architecture: Architecture
) -> None:
    before = plain(pipe, SETTINGS)
    with cutting(pipe.unet, architecture, (), "zero"):
        assert torch.equal(plain(pipe, SETTINGS), before)
    with cutting(pipe.unet, architecture, (f"unit:{ATTENTION}",), "zero"):
        assert not torch.equal(plain(pipe, SETTINGS), before)
    assert torch.equal(plain(pipe, SETTINGS), before)


def expected(unet: nn.Module, unit: str, inputs: Tensor, whole: Tensor, mode: str) -> Tensor:
    """By hand: the residual path, and beside it nothing or the mean of what the unit adds."""
    if unit == UP:
        kept = torch.zeros_like(whole)
    elif unit == SHORTCUT:
        kept = unet.get_submodule(f"{unit}.conv_shortcut")(inputs)
    else:
        kept = inputs
    return kept if mode == "zero" else kept + (whole - kept).mean((2, 3), keepdim=True)


@pytest.mark.parametrize("mode", ["zero", "mean"])
@pytest.mark.parametrize("unit", [RESNET, SHORTCUT, ATTENTION, UP])
def test_a_cut_unit_adds_nothing_or_its_mean(
    pipe: Any, architecture: Architecture, unit: str, mode: CutMode
) -> None:
    whole = heard(pipe, architecture, (), mode)
    cut = heard(pipe, architecture, (f"unit:{unit}",), mode)
    order = [u.id for u in architecture.units]
    for earlier in order[: order.index(unit)]:
        assert torch.equal(whole[earlier][1], cut[earlier][1]), earlier
    assert torch.equal(whole[unit][0], cut[unit][0])
    with torch.no_grad():
        wanted = expected(pipe.unet, unit, *whole[unit], mode)
    assert torch.allclose(cut[unit][1], wanted, atol=1e-6)
    assert not torch.allclose(cut[unit][1], whole[unit][1], atol=1e-3)
    assert not torch.equal(whole["conv_out"][1], cut["conv_out"][1])


@pytest.mark.parametrize("mode", ["zero", "mean"])
def test_a_cut_layer_gives_nothing_or_its_mean(
    pipe: Any, architecture: Architecture, mode: CutMode
) -> None:
    whole = heard(pipe, architecture, (), mode, LAYER)
    cut = heard(pipe, architecture, (f"layer:{LAYER}",), mode, LAYER)
    assert torch.equal(whole[LAYER][0], cut[LAYER][0])
    given, wanted = cut[LAYER][1], whole[LAYER][1].mean(1, keepdim=True)
    if mode == "zero":
        assert not given.any()
    else:
        assert torch.allclose(given, wanted.expand_as(given), atol=1e-6) and given.any()


def test_a_cut_skip_equals_hidden_states_set_to_zero_by_hand(
    pipe: Any, architecture: Architecture
) -> None:
    skips = [e for e in architecture.edges if e.kind == "skip"]
    skip = next(e for e in skips if e.target == "up_blocks.1.resnets.0")
    block = pipe.unet.get_submodule("up_blocks.1")

    def by_hand(_: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        # the block takes them from the end: the last one goes to its first resnet
        others, last = kwargs["res_hidden_states_tuple"][:-1], kwargs["res_hidden_states_tuple"][-1]
        states = (*others, torch.zeros_like(last))
        return args, {**kwargs, "res_hidden_states_tuple": states}

    handle = block.register_forward_pre_hook(by_hand, with_kwargs=True)
    wanted = plain(pipe, SETTINGS)
    handle.remove()
    with cutting(pipe.unet, architecture, (f"skip:{skip.source}->{skip.target}",), "zero"):
        assert torch.equal(plain(pipe, SETTINGS), wanted)
    assert not torch.equal(plain(pipe, SETTINGS), wanted)


def test_a_cut_skip_leaves_what_comes_from_below(pipe: Any, architecture: Architecture) -> None:
    cut = "skip:conv_in->up_blocks.1.resnets.1"
    channels = architecture.unit("conv_in").output[0]
    whole, mean = (heard(pipe, architecture, cuts, "mean") for cuts in ((), (cut,)))
    before, after = whole["up_blocks.1.resnets.1"][0], mean["up_blocks.1.resnets.1"][0]
    assert torch.equal(before[:, :-channels], after[:, :-channels])
    assert torch.allclose(after[:, -channels:], mean_over_places(before[:, -channels:]))
    assert torch.equal(whole["conv_in"][1], mean["conv_in"][1])


def test_several_cuts_at_once(pipe: Any, architecture: Architecture) -> None:
    cuts = (f"layer:{LAYER}", f"unit:{UP}")
    found = heard(pipe, architecture, cuts, "zero", LAYER)
    assert not found[LAYER][1].any() and not found[UP][1].any()


def test_what_cannot_be_cut_is_named(architecture: Architecture) -> None:
    with pytest.raises(
        InputError, match=r"'unit:conv_inn' names nothing to cut; nearest ids: unit:conv_in"
    ):
        check_cuts(architecture, ("unit:conv_inn",), "zero")
    with pytest.raises(InputError, match="nearest ids: skip:"):
        check_cuts(architecture, ("skip:conv_in->up_blocks",), "zero")
    time = next(
        layer.id for unit in architecture.units for layer in unit.layers if layer.kind == "time"
    )
    check_cuts(architecture, (f"layer:{time}",), "zero")
    with pytest.raises(InputError, match="no places to average over; pass --mode zero"):
        check_cuts(architecture, (f"layer:{time}",), "mean")


JOINT = {
    "flux": (tiny_flux, flux_inputs, ("transformer_blocks.0", "single_transformer_blocks.1")),
    "sd3": (tiny_sd3, sd3_inputs, ("transformer_blocks.0", "transformer_blocks.1")),
}


def traced(model: Any) -> Architecture:
    """The architecture of a transformer in memory, by a twin without data."""
    twin = build("diffusers", type(model).__name__, model.config)
    return trace(skeleton("tiny", twin, {}, 24))


@pytest.mark.parametrize("mode", ["zero", "mean"])
@pytest.mark.parametrize(
    ("family", "block"), [(name, block) for name, (_, _, blocks) in JOINT.items() for block in blocks]
)  # fmt: skip
def test_a_cut_block_of_two_streams_passes_both_on(family: str, block: str, mode: CutMode) -> None:
    """Words and picture each by itself; the last block of SD3 gives the picture only."""
    make, inputs, _ = JOINT[family]
    model = make().transformer
    architecture = traced(model)

    def run(cuts: tuple[str, ...]) -> tuple[dict[str, Tensor], list[Tensor]]:
        seen: dict[str, Any] = {}

        def hook(module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
            given = inspect.signature(module.forward).bind(*args, **kwargs).arguments
            seen["given"] = {k: v.clone() for k, v in given.items() if isinstance(v, Tensor)}
            seen["out"] = [t.clone() for t in tensors(out)]

        with torch.no_grad(), cutting(model, architecture, cuts, mode):
            handle = model.get_submodule(block).register_forward_hook(hook, with_kwargs=True)
            model(**inputs(None))
            handle.remove()
        return seen["given"], seen["out"]

    given, whole = run(())
    same, cut = run((f"unit:{block}",))
    names = ["encoder_hidden_states", "hidden_states"][-len(whole) :]
    assert len(whole) == (1 if (family, block) == ("sd3", "transformer_blocks.1") else 2)
    for name, before, after in zip(names, whole, cut, strict=True):
        assert torch.equal(given[name], same[name])
        added = before - given[name]
        kept = torch.zeros_like(added) if mode == "zero" else added.mean(1, keepdim=True)
        assert torch.allclose(after, given[name] + kept, atol=1e-6)
        assert not torch.allclose(after, before, atol=1e-3)


@pytest.mark.parametrize("mode", ["zero", "mean"])
def test_cut_attention_over_two_streams_gives_neither(mode: CutMode) -> None:
    model = tiny_flux().transformer
    architecture = traced(model)
    layer = "transformer_blocks.0.attn"
    outs: list[list[Tensor]] = []
    for cuts in ((), (f"layer:{layer}",)):
        with torch.no_grad(), cutting(model, architecture, cuts, mode):
            handle = model.get_submodule(layer).register_forward_hook(
                lambda _, __, out: outs.append([t.clone() for t in tensors(out)])
            )
            model(**flux_inputs(None))
            handle.remove()
    assert len(outs[0]) == len(outs[1]) == 2
    for before, after in zip(*outs, strict=True):
        wanted = torch.zeros_like(before) if mode == "zero" else before.mean(1, keepdim=True)
        assert torch.allclose(after, wanted.expand_as(before), atol=1e-6) and before.any()
