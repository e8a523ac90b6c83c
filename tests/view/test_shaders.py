"""Every shader, in every variant that a preset uses, compiles in the core profile."""

from __future__ import annotations

from typing import Any

import pytest

from assetgen.pack.resources import data_dir
from explorer.view.shaders import ShaderError, load_shader, read_source, verify

VARIANTS: list[tuple[str, str, dict[str, int]]] = [
    *[("world.vert", "world.frag", {"OCTAVES": n}) for n in (2, 3)],
    ("world.vert", "world.frag", {"OCTAVES": 4, "MIRROR": 1}),
    *[("sky.vert", "sky.frag", {"STAR_LAYERS": n}) for n in (2, 3)],
    *[("water.vert", "water.frag", d) for d in ({}, {"NOISE": 1}, {"MIRROR": 1}, {"NOISE": 1, "MIRROR": 1})],
    ("wall.vert", "wall.frag", {}),
    ("canvas.vert", "canvas.frag", {}),
    ("sign.vert", "sign.frag", {}),
    ("sign.vert", "sign.frag", {"PLATES": 1}),
    ("canvas.vert", "clock.frag", {}),
    ("particles.vert", "particles.frag", {}),
    ("columns.vert", "columns.frag", {}),
    ("pipes.vert", "pipes.frag", {}),
    ("dig.vert", "dig.frag", {}),
    ("dust.vert", "particles.frag", {}),
    ("beams.vert", "beams.frag", {}),
    *[("screen.vert", f"{f}.frag", {}) for f in ("occlusion", "blur", "bloom_down", "bloom_up", "finish")],
    *[("screen.vert", "composite.frag", d) for d in ({}, {"BLOOM": 1}, {"OCCLUSION": 1, "BLOOM": 1})],
]  # fmt: skip


@pytest.mark.gl
def test_every_variant_compiles(showbase: Any) -> None:
    gsg = showbase.win.get_gsg()
    for vertex, fragment, defines in VARIANTS:
        verify(load_shader(vertex, fragment, **defines), gsg)


@pytest.mark.gl
def test_a_broken_shader_is_noticed(showbase: Any) -> None:
    import panda3d.core as p3d

    shader = p3d.Shader.make(
        p3d.Shader.SL_GLSL,
        read_source("screen.vert"),
        "#version 330\nout vec4 c;\nvoid main() { c = nonsense; }\n",
    )
    with pytest.raises(ShaderError):
        verify(shader, showbase.win.get_gsg())


def test_every_shader_is_tested() -> None:
    used = {name for vertex, fragment, _ in VARIANTS for name in (vertex, fragment)}
    there = {p.name for p in data_dir("shaders").iterdir() if p.suffix in (".vert", ".frag")}
    assert there == used


def test_defines_and_includes_keep_line_numbers() -> None:
    source = read_source("wall.frag", (("A", "1"),)).splitlines()
    assert source[:3] == ["#version 330", "#define A 1", "#line 2"]
    at = source.index(
        "uniform vec2 atlas_size;    // in texels of the full atlas: a low-resolution page may stand in"
    )
    marker = max(i for i in range(at) if source[i].startswith("#line"))
    original = (data_dir("shaders") / "wall.frag").read_text("utf-8").splitlines()
    assert original[int(source[marker].split()[1]) - 1 + at - marker - 1] == source[at]
