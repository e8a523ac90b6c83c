"""Which of a block's tensors is the picture, and on what grid it lies.

The blocks of a transformer take and return picture and text side by side, the picture as a row of
patches `[B, h·w, C]`. The grid comes from what the denoiser is given, never from a square root.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from assetgen.capture.provenance import tensors

Grid = tuple[int, int]
"""height, width"""


def picture_in(args: Any, kwargs: Mapping[str, Any]) -> Tensor:
    """The picture among a block's inputs: `hidden_states`, or the first tensor there is."""
    named = kwargs.get("hidden_states")
    return named if isinstance(named, Tensor) and not args else next(tensors((args, kwargs)))


def picture_out(output: Any, given: Tensor) -> Tensor:
    """The picture among a block's outputs, `[B, h·w, C]`: the last tensor shaped like the one that went in.

    Every joint block of diffusers returns (text, picture); a block that changes the shape returns
    the picture alone.
    """
    found = list(tensors(output))
    alike = [tensor for tensor in found if tensor.shape == given.shape]
    return alike[-1] if alike else found[0]


def grid_of(denoiser: Any, args: Any, kwargs: Mapping[str, Any]) -> Grid | None:
    """Patches (height, width) of the picture a denoiser is called with; None if nothing tells."""
    given = picture_in(args, kwargs)
    if given.ndim == 4:
        patch = getattr(denoiser.config, "patch_size", None) or 1
        return (int(given.shape[-2]) // patch, int(given.shape[-1]) // patch)
    places = kwargs.get("img_ids")
    if isinstance(places, Tensor) and places.device.type != "meta" and places.shape[-1] == 3:
        rows, columns = (int(v) + 1 for v in places.reshape(-1, 3)[:, 1:].amax(0))
        if rows * columns == given.shape[1]:
            return (rows, columns)
    return None


def as_image(value: Tensor, grid: Grid | None) -> Tensor:
    """A row of patches `[..., h·w, C]` as `[..., C, h, w]`; anything else as it is."""
    if grid is None or value.ndim != 3 or value.shape[1] != grid[0] * grid[1]:
        return value
    return value.transpose(1, 2).reshape(value.shape[0], value.shape[2], *grid)


def unpack(value: Tensor, grid: Grid | None, channels: int | None = None) -> Tensor:
    """Latents as `[B, C, h, w]`: FLUX's packed `[B, h/2·w/2, 4·C]` are unfolded.

    `channels` keeps the first of a denoiser that also predicts a variance (PixArt).
    """
    if value.ndim == 3 and grid is not None and value.shape[1] == grid[0] * grid[1]:
        rows, columns = grid
        value = value.reshape(value.shape[0], rows, columns, -1, 2, 2)
        value = value.permute(0, 3, 1, 4, 2, 5).reshape(value.shape[0], -1, 2 * rows, 2 * columns)
    return value if channels is None else value[:, :channels]
