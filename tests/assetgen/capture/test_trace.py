"""Published figures of known models, from their configurations alone."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import pytest
from torch import nn

from assetgen.capture.inputs import denoiser_inputs
from assetgen.capture.trace import trace
from assetgen.errors import InputError
from assetgen.models.skeleton import build, skeleton
from assetgen.pack.codec import decode
from assetgen.pack.schema import Architecture
from tests.fixtures.packs import ARCHITECTURES
from tests.fixtures.skeletons import NAMES, STREETS, load

pytestmark = pytest.mark.torch
FIGURES = {  # parameters in millions, TFLOP a call, skips, cross-attention layers, joint layers
    "sd15": (859.52, 0.803, 12, 16, 0),
    "sdxl": (2567.46, 6.76, 9, 70, 0),
    "flux": (11901.41, 74.4, 0, 0, 57),
    "sd3": (2028.33, 8.90, 0, 0, 24),
    "pixart": (611.35, 6.51, 0, 28, 0),
}


@pytest.fixture(scope="module", params=NAMES)
def traced(request: pytest.FixtureRequest) -> tuple[str, Architecture]:
    return request.param, traced_now(request.param)


@pytest.fixture(scope="module", params=STREETS)
def street(request: pytest.FixtureRequest) -> tuple[str, Architecture]:
    return request.param, traced_now(request.param)


@cache
def traced_now(name: str) -> Architecture:
    return trace(load(name))


def edges(architecture: Architecture, kind: str) -> list[tuple[str, str]]:
    return [(e.source, e.target) for e in architecture.edges if e.kind == kind]


def test_the_stored_architectures_are_up_to_date(traced: tuple[str, Architecture]) -> None:
    name, architecture = traced
    assert architecture == decode(Architecture, ARCHITECTURES / f"{name}.json")


def test_so_are_those_of_the_transformers(street: tuple[str, Architecture]) -> None:
    name, architecture = street
    assert architecture == decode(Architecture, ARCHITECTURES / f"{name}.json")


@pytest.mark.supports("traces", "published figures")
@pytest.mark.parametrize("name", FIGURES)
def test_published_figures(name: str) -> None:
    architecture = traced_now(name)
    parameters, tera, skips, cross, joint = FIGURES[name]
    assert architecture.parameters / 1e6 == pytest.approx(parameters, abs=0.01)
    assert architecture.flops / 1e12 == pytest.approx(tera, rel=0.001)
    assert len(edges(architecture, "skip")) == skips
    layers = [layer for unit in architecture.units for layer in unit.layers]
    assert sum(layer.kind == "cross_attention" for layer in layers) == cross
    assert sum(layer.kind == "joint_attention" for layer in layers) == joint


def test_units_and_companions_hold_every_parameter(traced: tuple[str, Architecture]) -> None:
    _, architecture = traced
    time = next(c for c in architecture.companions if c.id == "time_embedding")
    units = sum(unit.parameters for unit in architecture.units)
    assert units + time.parameters == architecture.parameters
    for unit in architecture.units:
        assert sum(layer.parameters for layer in unit.layers) == unit.parameters
        assert sum(layer.flops for layer in unit.layers) == unit.flops


def test_flow_is_one_chain_through_all_units(traced: tuple[str, Architecture]) -> None:
    _, architecture = traced
    ids = [unit.id for unit in architecture.units]
    assert edges(architecture, "flow") == list(zip(ids, ids[1:], strict=False))


def test_skips_join_equal_resolutions_last_in_first_out(traced: tuple[str, Architecture]) -> None:
    _, architecture = traced
    skips = edges(architecture, "skip")
    order = [unit.id for unit in architecture.units]
    sources = [order.index(source) for source, _ in skips]
    assert sources == sorted(sources, reverse=True)
    for source, target in skips:
        below, above = architecture.unit(source), architecture.unit(target)
        assert below.output[1:] == above.input[1:]
        assert above.input[0] > below.output[0]


def test_text_and_time_reach_the_units_that_read_them(traced: tuple[str, Architecture]) -> None:
    _, architecture = traced
    readers = {target for _, target in edges(architecture, "cond")}
    assert readers == {
        unit.id
        for unit in architecture.units
        if any(layer.kind == "cross_attention" for layer in unit.layers)
    }
    timed = {target for _, target in edges(architecture, "time")}
    assert timed == {unit.id for unit in architecture.units if unit.kind == "resnet"}


def test_levels_go_down_and_up_again(traced: tuple[str, Architecture]) -> None:
    _, architecture = traced
    levels = [unit.level for unit in architecture.units]
    deepest = levels.index(max(levels))
    assert levels[0] == levels[-1] == 0
    assert levels[:deepest] == sorted(levels[:deepest])
    assert {unit.stage for unit in architecture.units} == {"in", "down", "mid", "up", "out"}


def test_a_transformer_is_one_street_with_text_and_time_at_every_block(
    street: tuple[str, Architecture],
) -> None:
    name, architecture = street
    ids = [unit.id for unit in architecture.units]
    assert edges(architecture, "flow") == list(zip(ids, ids[1:], strict=False))
    assert {unit.stage for unit in architecture.units} == {"in", "body", "out"}
    assert {unit.level for unit in architecture.units} == {1}  # patches of 2 × 2
    blocks = [unit.id for unit in architecture.units if unit.stage == "body"]
    assert [target for _, target in edges(architecture, "cond")] == blocks
    assert set(blocks) <= {target for _, target in edges(architecture, "time")}
    assert all(unit.output[1:] == (64, 64) for unit in architecture.units)
    own = {"flux": 4608, "sd3": 4429, "pixart": 4096}[name]
    keys = {
        layer.keys
        for u in architecture.units
        for layer in u.layers
        if layer.kind != "cross_attention"
    }
    assert keys == {None, own}


def test_another_family_is_traced_by_the_names_of_its_arguments() -> None:
    from diffusers import AuraFlowTransformer2DModel

    aura = build(
        "diffusers", "AuraFlowTransformer2DModel",
        {"sample_size": 64, "num_mmdit_layers": 4, "num_single_dit_layers": 8},
    )  # fmt: skip
    assert isinstance(aura, AuraFlowTransformer2DModel)
    architecture = trace(skeleton("aura", aura, {}, 256))
    assert len(architecture.units) == 1 + 4 + 8 + 1
    grids = {u.output[1:] for u in architecture.units if not u.id.startswith("single")}
    assert grids == {(32, 32)}
    rows = {u.output[0] for u in architecture.units if u.id.startswith("single")}
    assert len(rows) == 1 and min(rows) > 32 * 32 + 255  # picture and text in one row
    ids = [unit.id for unit in architecture.units]
    assert edges(architecture, "flow") == list(zip(ids, ids[1:], strict=False))


def test_a_relative_of_flux_is_traced_with_its_latents_in_patches() -> None:
    """Told by the decoder: four times its channels go in."""
    chroma = build(
        "diffusers", "ChromaTransformer2DModel", {"num_layers": 2, "num_single_layers": 3}
    )
    vae = build("diffusers", "AutoencoderKL", {"latent_channels": 16, "block_out_channels": (8,) * 4,
                "norm_num_groups": 8, "down_block_types": ("DownEncoderBlock2D",) * 4,
                "up_block_types": ("UpDecoderBlock2D",) * 4})  # fmt: skip
    architecture = trace(skeleton("chroma", chroma, {"vae": vae}, 256))
    assert architecture.traced_at.sample == (1, 16, 128, 128) and architecture.image == (1024, 1024)
    assert [unit.kind for unit in architecture.units][1:-1] == ["joint"] * 2 + ["single"] * 3
    assert {unit.output[1:] for unit in architecture.units if unit.kind == "joint"} == {(64, 64)}
    kinds = [layer.kind for unit in architecture.units for layer in unit.layers]
    assert kinds.count("joint_attention") == 5


def test_arguments_that_cannot_be_made_up_are_named() -> None:
    class Odd(nn.Module):
        config = SimpleNamespace(joint_attention_dim=8)

        def forward(self, hidden_states: object, mystery: object, scale: float = 1.0) -> None: ...

    with pytest.raises(InputError, match="Odd takes mystery, which cannot be made up"):
        denoiser_inputs(Odd(), (1, 4, 8, 8), 77)


def test_units_of_a_transformer_hold_every_parameter(street: tuple[str, Architecture]) -> None:
    _, architecture = street
    time = next(c for c in architecture.companions if c.id == "time_embedding")
    units = sum(unit.parameters for unit in architecture.units)
    assert units + time.parameters == architecture.parameters
    for unit in architecture.units:
        assert sum(layer.flops for layer in unit.layers) == unit.flops
