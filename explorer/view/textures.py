"""A recorded run as a handful of textures, uploaded once. Moving in time changes one uniform, never a texture.

Loading has two stages, both off the main thread: `pages` (the pack's small thumbnail pages) and `full`.
The main thread only wraps the arrays in `p3d.Texture`s.
"""

from __future__ import annotations

import msgspec
import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from assetgen.pack import Pack
from assetgen.pack.images import expand, resize
from explorer.story.cuts import cuts_of

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
PICTURES = ("predicted", "steps", "noise")
LATENT_GAIN = 0.19
"""Latents are shown as 0.5 + 0.19·z: one fixed symmetric scale, ±2.6 standard deviations."""
HEAT_SIZE = 16


class RunArrays(msgspec.Struct):
    """Plain arrays of one run, `[S, …]`, ready to become textures."""

    pack: Pack
    images: dict[str, U8] = msgspec.field(default_factory=dict)
    """Pictures `[S, H, W, 3]`, mosaics and atlases `[S, H, W]`."""
    atlas_size: tuple[int, int] = (1, 1)
    """Full width and height of the feature atlas, whatever page is loaded."""
    magnitude: F32 = msgspec.field(default_factory=lambda: np.zeros((1, 1), np.float32))
    """Relative RMS per step and unit, 0..1 within each unit's range over the run."""
    absolute: F32 = msgspec.field(default_factory=lambda: np.zeros((1, 1), np.float32))
    """RMS per step and unit over the run's largest, on a square-root scale."""
    cut: tuple[str, ...] = ()
    """Ids of the parts without which a run was recorded."""


def load_pages(pack: Pack) -> RunArrays:
    """The low-resolution stage: every array's thumbnail page, and the scalars."""
    run = RunArrays(pack)
    for name in (*PICTURES, "features"):
        if pack.has(name):
            run.images[name] = pack.page(name)
    _scalars(run)
    _latents(run)
    return run


def load_full(pack: Pack) -> RunArrays:
    """Everything at full resolution."""
    cuts = cuts_of(pack)
    run = RunArrays(pack, cut=tuple(cuts.folders) if cuts else ())
    for name in PICTURES:
        if pack.has(name):
            run.images[name] = np.stack([pack.image(name, i) for i in range(pack.steps)])
    for name in ("attention", "features"):
        if pack.has(name):
            atlas = pack.attention_atlas if name == "attention" else pack.feature_atlas
            run.images[name] = np.stack([atlas(i) for i in range(pack.steps)])
    _scalars(run)
    _latents(run)
    return run


def _scalars(run: RunArrays) -> None:
    pack = run.pack
    if pack.has("features"):
        shape = pack.array("features").shape
        run.atlas_size = (int(shape[-1]), int(shape[-2]))
    if pack.has("unit_rms"):
        rms = pack.tensor("unit_rms")
        low, high = rms.min(0), rms.max(0)
        run.magnitude = ((rms - low) / np.maximum(high - low, 1e-6)).astype(np.float32)
        run.absolute = np.sqrt(rms / max(float(rms.max()), 1e-6)).astype(np.float32)


def _latents(run: RunArrays) -> None:
    for name, key in (("x_t", "x_t"), ("eps", "eps")):
        if run.pack.has(key):
            latent = run.pack.tensor(key)[: run.pack.steps]
            run.images[name] = mosaic(latent)


def mosaic_grid(channels: int) -> tuple[int, int]:
    """Columns and rows in which a latent's channels are shown."""
    columns = int(np.ceil(np.sqrt(channels)))
    return columns, -(-channels // columns)


def mosaic(latent: F32, gain: float = LATENT_GAIN) -> U8:
    """Latent `[S, C, h, w]` → grey `[S, rows·h, columns·w]`: its channels side by side, near square."""
    s, c, h, w = latent.shape
    columns, rows = mosaic_grid(c)
    grey = np.clip(0.5 + gain * latent, 0, 1) * 255 + 0.5
    padded = np.full((s, rows * columns, h, w), 128, np.uint8)
    padded[:, :c] = grey.astype(np.uint8)
    tiles = padded.reshape(s, rows, columns, h, w).transpose(0, 1, 3, 2, 4)
    return np.ascontiguousarray(tiles.reshape(s, rows * h, columns * w))


def word_heat(run: RunArrays, word: int, scale: str, layer: str | None = None) -> U8:
    """Attention of a word over the whole run, `[S, 16, 16]`, on the chosen scale (0..255).

    Same formula as `Pack.word_map`, or the maps of one `layer`. `run`: the run's 99.5th percentile, `unit`: 0..1,
    `map`: each map's own maximum.
    """
    pack = run.pack
    if not pack.has("attention"):
        kept = pack.stored_word(word)
        heat = np.stack([resize(m, HEAT_SIZE, HEAT_SIZE) for m in kept])
        return _scaled(heat, scale, pack.array("words").scale_p995)
    entry = pack.array("attention")
    atlas = run.images.get("attention")
    if atlas is None:
        atlas = np.stack([pack.attention_atlas(i) for i in range(pack.steps)])
    chosen = set(pack.word_map_layers()) if layer is None else {layer}
    layers = [r for r in entry.layers if r.id in chosen]
    tokens = pack.metadata.words[word].tokens
    heat = np.zeros((pack.steps, HEAT_SIZE, HEAT_SIZE), np.float32)
    for rect in layers:
        lanes = [pack.lane(t) for t in tokens]
        cells = [
            (rect.x + lane % rect.columns * rect.width, rect.y + lane // rect.columns * rect.height)
            for lane in lanes
        ]
        maps = np.mean(
            [expand(atlas[:, y : y + rect.height, x : x + rect.width]) for x, y in cells], axis=0
        )
        heat += np.stack([resize(m, HEAT_SIZE, HEAT_SIZE) for m in maps])
    heat /= max(len(layers), 1)
    return _scaled(heat, scale, entry.scale_p995)


def _scaled(heat: F32, scale: str, p995: float | None) -> U8:
    if scale == "map":
        top = heat.max((1, 2), keepdims=True)
    else:
        top = np.float32(p995 or 1.0) if scale == "run" else np.float32(1.0)
    return (np.clip(heat / np.maximum(top, 1e-6), 0, 1) * 255 + 0.5).astype(np.uint8)


def array_texture(name: str, pixels: U8, *, smooth: bool = True) -> p3d.Texture:
    """`[S, H, W]` or `[S, H, W, 3]` (top row first) as a 2D texture array."""
    layers, height, width = pixels.shape[:3]
    colour = pixels.ndim == 4
    texture = p3d.Texture(name)
    texture.setup_2d_texture_array(
        width,
        height,
        layers,
        p3d.Texture.T_unsigned_byte,
        p3d.Texture.F_rgb if colour else p3d.Texture.F_red,
    )
    flipped = pixels[:, ::-1]
    texture.set_ram_image(np.ascontiguousarray(flipped[..., ::-1] if colour else flipped).tobytes())
    return _sampled(texture, smooth=smooth)


def float_texture(name: str, values: F32, *, smooth: bool = True) -> p3d.Texture:
    """`[rows, columns]` (one channel) or `[rows, columns, 4]` float32, row 0 at v = 0."""
    rows, columns = values.shape[:2]
    four = values.ndim == 3
    texture = p3d.Texture(name)
    texture.setup_2d_texture(
        columns, rows, p3d.Texture.T_float, p3d.Texture.F_rgba32 if four else p3d.Texture.F_r32
    )
    if four:
        values = values[..., [2, 1, 0, 3]]  # panda stores BGRA
    texture.set_ram_image(np.ascontiguousarray(values, np.float32).tobytes())
    return _sampled(texture, smooth=smooth)


def picture_texture(name: str, pixels: U8, *, mipmaps: bool = True) -> p3d.Texture:
    """`[H, W, 1, 3 or 4]` (top row first) as an ordinary texture."""
    height, width, channels = pixels.shape
    texture = p3d.Texture(name)
    texture.setup_2d_texture(
        width,
        height,
        p3d.Texture.T_unsigned_byte,
        {1: p3d.Texture.F_red, 3: p3d.Texture.F_rgb, 4: p3d.Texture.F_rgba}[channels],
    )
    rows = pixels[::-1].copy()
    if channels > 1:
        rows[..., (0, 2)] = rows[..., (2, 0)]  # panda stores BGRA
    texture.set_ram_image(rows.tobytes())
    _sampled(texture, smooth=True)
    if mipmaps:
        texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
        texture.set_anisotropic_degree(4)
    return texture


def _sampled(texture: p3d.Texture, *, smooth: bool) -> p3d.Texture:
    """Filtered and clamped; once it is on the graphics card, main memory holds no second copy of it."""
    texture.set_keep_ram_image(False)
    state = p3d.SamplerState
    texture.set_minfilter(state.FT_linear if smooth else state.FT_nearest)
    texture.set_magfilter(state.FT_linear if smooth else state.FT_nearest)
    texture.set_wrap_u(state.WM_clamp)
    texture.set_wrap_v(state.WM_clamp)
    return texture
