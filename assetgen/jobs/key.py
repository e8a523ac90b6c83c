"""The key of a job: sha256 of all that determines its result, so that equal keys mean equal packs.

Machines differ in the last bits of floating-point results: the key promises equal packs on machines of one
kind, with the same number of threads.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import msgspec

from assetgen.jobs.spec import JobSpec
from assetgen.models import lock
from assetgen.models.names import Offload
from assetgen.models.registry import ModelEntry
from assetgen.pack.schema import FORMAT

_PACKAGES = ("diffusers", "numpy", "Pillow", "safetensors", "tokenizers", "torch", "transformers")
_CODE = ("capture", "models", "pack")
"""Folders of assetgen whose code shapes a pack; the modules beside them do too."""


@dataclass(frozen=True)
class Where:
    """How workers compute, as far as it changes results: CPU threads, and what `Runtime` knows by these names."""

    threads: int = 1
    device: str = "cpu"
    dtype: str = "auto"
    offload: Offload = "none"


def job_key(job: JobSpec, model: ModelEntry, model_digest: str, where: Where) -> str:
    """sha256 of the job, its model's files, the format, the code and the libraries, as canonical JSON."""
    parts = {
        "format": FORMAT,
        "id": job.id,
        "entry": msgspec.to_builtins(msgspec.structs.replace(job.entry, model=model.id)),
        "model": [model.name, model_digest],
        "where": asdict(where),
        "code": code_digest(),
        "machine": [platform.system(), platform.machine()],
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def model_digest(model: ModelEntry) -> str:
    """One sha256 for a model's files: from its lock if it has one, else from the files themselves."""
    if model.repo and model.commit:
        known = lock.read_lock(model.folder.parents[1], model.commit)
        if known is not None:
            return lock.lock_digest(known)
    sums = {
        path.relative_to(model.folder).as_posix(): lock.digest(path)
        for path in model.folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    return lock.files_digest(sums)


@cache
def code_digest() -> str:
    """One sha256 for the modules that run a model and write a pack."""
    root = Path(__file__).resolve().parents[1]
    modules = [*root.glob("*.py"), *(p for name in _CODE for p in (root / name).rglob("*.py"))]
    sums = {path.relative_to(root).as_posix(): lock.digest(path) for path in modules}
    return lock.files_digest(sums)
