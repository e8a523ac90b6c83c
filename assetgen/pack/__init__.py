"""The pack: a recorded run on disk (docs/format.md). numpy and Pillow only; no torch, no panda3d."""

from assetgen.pack.errors import PackError
from assetgen.pack.library import Library, RunEntry, StudyEntry
from assetgen.pack.reader import Pack, Problem
from assetgen.pack.schema import Architecture, Metadata

__all__ = [
    "Architecture",
    "Library",
    "Metadata",
    "Pack",
    "PackError",
    "Problem",
    "RunEntry",
    "StudyEntry",
]
