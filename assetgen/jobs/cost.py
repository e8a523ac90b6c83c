"""What a batch will take, from the configurations of its models alone: no weights are loaded for it.

The workers load the models; here a denoiser without data is timed where it is small, else its FLOPs are
divided by the speed of this machine, as `assetgen generate` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from assetgen.capture.inputs import has_inputs
from assetgen.capture.tokens import tokenize_parts
from assetgen.capture.trace import trace
from assetgen.checks import check_settings
from assetgen.errors import InputError
from assetgen.estimate import Estimate, estimate
from assetgen.jobs.key import Where
from assetgen.jobs.spec import JobSpec
from assetgen.jobs.work import settings_of
from assetgen.memory import Need, need_of
from assetgen.models.families import family_of
from assetgen.models.load import check_pipeline, check_tokenizers
from assetgen.models.registry import ModelEntry
from assetgen.models.runtime import Runtime
from assetgen.models.skeleton import Skeleton, load_skeleton
from assetgen.pack.schema import Architecture

_TIMED_WEIGHTS = 2e9
"""Bytes: larger modules are not filled with zeros to be timed."""


class Costs:
    """Bytes and seconds of the jobs of one model, and what its weights need."""

    def __init__(self, model: ModelEntry, where: Where) -> None:
        self.folder = model.folder
        self.pipeline = check_pipeline(model.folder)
        check_tokenizers(model.folder)
        skeleton = load_skeleton(model.folder)
        runtime = Runtime(where.device, where.dtype, where.offload)
        self.need: Need = need_of(skeleton, runtime)
        self.known = has_inputs(skeleton.denoiser)
        """False for a denoiser whose arguments only the loaded pipeline can tell: no estimate."""
        if self.known:
            self.architecture: Architecture = trace(skeleton)
            self.pipe = _stand_in(self.pipeline, skeleton, runtime)

    def of(self, job: JobSpec) -> Estimate:
        """The estimate of one job."""
        settings = settings_of(job.entry)
        lanes = lanes_of(self.folder, self.pipeline, settings.prompt)
        return estimate(self.pipe, self.architecture, job.entry.profile, settings, lanes)


def cost_of(
    jobs: Iterable[JobSpec], models: Mapping[str, ModelEntry], where: Where
) -> tuple[Estimate, dict[str, Need], list[str]]:
    """Of all `jobs`: bytes and seconds of one worker, needs by model, and models that cannot be estimated."""
    size, seconds, needs, unknown = 0, 0.0, dict[str, Need](), list[str]()
    jobs = [job for job in jobs if _possible(job)]
    threads = torch.get_num_threads()
    torch.set_num_threads(where.threads)
    try:
        for name in dict.fromkeys(job.entry.model for job in jobs):
            costs = Costs(models[name], where)
            needs[name] = costs.need
            if not costs.known:
                unknown.append(name)
                continue
            mine = [job for job in jobs if job.entry.model == name]
            found: dict[tuple[object, ...], Estimate] = {}
            for job in mine:
                # Seeds, and prompts of one length, cost the same.
                entry = job.entry
                same = (len(entry.prompt.split()), entry.steps, entry.size, entry.profile)
                key = (*same, entry.guidance, bool(entry.negative))
                if key not in found:
                    found[key] = costs.of(job)
                size, seconds = size + found[key].bytes, seconds + found[key].seconds
    finally:
        torch.set_num_threads(threads)
    return Estimate(size, seconds), needs, unknown


def _possible(job: JobSpec) -> bool:
    """False for a job that will be refused at once, and takes nothing."""
    try:
        check_settings(settings_of(job.entry))
    except InputError:
        return False
    return True


def lanes_of(folder: Path, pipeline: str, prompt: str) -> int:
    """Lanes of the attention of `prompt`, by the tokenizers of a pipeline folder. Raises InputError."""
    from transformers import AutoTokenizer

    parts = []
    for text in family_of(pipeline, ()).texts:
        name = next((n for n in text.tokenizers if (folder / n).is_dir()), None)
        if name is None:
            raise InputError(f"{folder} has no {text.tokenizers[0]}", "copy the model again")
        tokenizer: Any = AutoTokenizer.from_pretrained(folder / name, local_files_only=True)
        parts.append((tokenizer, text.length or tokenizer.model_max_length, text.lower))
    return len(tokenize_parts(parts, prompt).lanes)


def _stand_in(pipeline: str, skeleton: Skeleton, runtime: Runtime) -> Any:
    """What `estimate` asks of a pipeline: its class name, its denoiser and decoder, where and how they run."""
    device, dtype = runtime.resolve()
    vae = skeleton.companions.get("vae")
    parts: dict[str, Any] = {family_of(pipeline, ()).denoiser: skeleton.denoiser, "vae": vae}
    for name, part in parts.items():
        if part is not None:
            parts[name] = _filled(part, device, dtype)
    kind = type(pipeline, (SimpleNamespace,), {})
    return kind(**parts, components=parts, device=device, dtype=dtype)


def _filled(part: nn.Module, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """`part` with zeros for weights if it is small enough to be timed, else as it is, without data."""
    size = sum(p.numel() for p in part.parameters()) * dtype.itemsize
    if size > _TIMED_WEIGHTS:
        return part
    filled = part.to(dtype).to_empty(device=device)
    with torch.no_grad():
        for tensor in (*filled.parameters(), *filled.buffers()):
            tensor.zero_()
    return filled
