"""What a model will need in memory, from its configuration alone: said, and refused, before it is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from assetgen.capture.decode import batch_of
from assetgen.errors import InputError
from assetgen.models.runtime import Runtime
from assetgen.models.skeleton import Skeleton, widths_of

_SEQUENTIAL = 0.15
"""Sequential offloading holds about this part of the largest component at once."""


@dataclass(frozen=True)
class Need:
    """Bytes of weights by part of the pipeline, and of the largest tensors at work beside them."""

    dtype: str
    weights: Mapping[str, int]
    work: int

    @property
    def total(self) -> int:
        """Bytes of everything, all parts held at once."""
        return sum(self.weights.values()) + self.work

    def __str__(self) -> str:
        largest = sorted(self.weights.items(), key=lambda item: -item[1])[:3]
        parts = ", ".join(f"{name} {size / 1e9:.1f}" for name, size in largest)
        return (
            f"about {sum(self.weights.values()) / 1e9:.1f} GB of weights in {self.dtype} ({parts}) and "
            f"{self.work / 1e9:.1f} GB to work with"
        )


def need_of(skeleton: Skeleton, runtime: Runtime, size: tuple[int, int] | None = None) -> Need:
    """Count parameters on the meta device; nothing is loaded."""
    _, dtype = runtime.resolve()
    parts: dict[str, nn.Module] = {"denoiser": skeleton.denoiser, **skeleton.companions}
    weights = {
        name: sum(p.numel() for p in part.parameters()) * dtype.itemsize
        for name, part in parts.items()
    }
    height, width = size or skeleton.image
    # The decoder's last blocks hold their channels at the full size of the pictures, three times over;
    # the denoiser's feature maps and the widest feed-forward layer are smaller by an order.
    vae = skeleton.companions.get("vae")
    channels = 0 if vae is None else widths_of(vae)[0]
    work = batch_of(height, width) * 3 * channels * height * width * dtype.itemsize
    return Need(str(dtype).removeprefix("torch."), weights, work)


def check_memory(name: str, need: Need, runtime: Runtime, copies: int = 1) -> None:
    """Raise InputError if this machine cannot hold the model the way `runtime` says, `copies` times."""
    device, _ = runtime.resolve()
    largest = max(need.weights.values(), default=0)
    if device.type == "cuda":
        held = {
            "none": need.total,
            "model": largest + need.work,
            "sequential": int(largest * _SEQUENTIAL) + need.work,
        }[runtime.offload] * copies
        free = torch.cuda.mem_get_info(device)[0]
        if held > free:
            raise InputError(
                f"{name} takes {need}; with --offload {runtime.offload} {device} must hold "
                f"{held / 1e9:.1f} GB and has {free / 1e9:.1f} GB free",
                "pass --offload model, --offload sequential or a smaller --size",
            )
    host = need.total if device.type != "cuda" or runtime.offload != "none" else largest
    host *= copies
    times = f", {copies} times over" if copies > 1 else ""
    available = free_memory()
    if available is not None and host > available:
        smaller = "pass --dtype bfloat16, or " if need.dtype == "float32" else ""
        raise InputError(
            f"{name} takes {need}{times}; this machine has {available / 1e9:.1f} GB free",
            f"{smaller}use {'fewer --workers or ' if copies > 1 else ''}a machine with more memory",
        )


def free_memory() -> int | None:
    """Bytes of main memory that can be had without swapping; None where nothing tells."""
    found = []
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii")
        if limit != "max":
            found.append(int(limit) - int(used))
    except (OSError, ValueError):
        pass
    if found:
        return min(found)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
