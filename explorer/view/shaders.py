"""Loads GLSL from `shaders/`: includes, defines after `#version`, and line numbers that match the files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import panda3d.core as p3d

from assetgen.pack.resources import data_dir

_LOADED: list[p3d.Shader] = []


class ShaderError(RuntimeError):
    """A shader did not compile; the message names its files and defines."""


def read_source(name: str, defines: tuple[tuple[str, str], ...] = ()) -> str:
    """The text of a shader with `#include "x"` resolved and `defines` inserted after `#version`."""
    folder = data_dir("shaders")
    return _expand(folder, name, "".join(f"#define {k} {v}\n" for k, v in defines))


def _expand(folder: Path, name: str, head: str = "") -> str:
    lines: list[str] = []
    for number, line in enumerate((folder / name).read_text("utf-8").splitlines(), 1):
        if line.startswith("#include"):
            lines.append(_expand(folder, line.split('"')[1]))
            lines.append(f"#line {number + 1}")
        elif line.startswith("#version"):
            lines += [line, f"{head}#line {number + 1}"]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def loaded_shaders() -> list[p3d.Shader]:
    """Every program made so far, for checks."""
    return list(_LOADED)


@cache
def load_shader(vertex: str, fragment: str, **defines: int | float) -> p3d.Shader:
    """Compile-ready GLSL program from two files; cached, so that equal variants share one program."""
    pairs = tuple((k, str(v)) for k, v in sorted(defines.items()))
    shader = p3d.Shader.make(
        p3d.Shader.SL_GLSL, read_source(vertex, pairs), read_source(fragment, pairs)
    )
    if shader is None or shader.get_error_flag():
        raise ShaderError(f"{vertex} + {fragment} {dict(pairs)} could not be made")
    _LOADED.append(shader)
    return shader


def verify(shader: p3d.Shader, gsg: p3d.GraphicsStateGuardian) -> None:
    """Compile now; a bad shader only logs until then (panda3d)."""
    shader.prepare_now(gsg.prepared_objects, gsg)
    if shader.get_error_flag():
        raise ShaderError(f"{shader.get_filename()} does not compile; see the log above")
