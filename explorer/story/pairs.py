"""Prompt pairs: two runs from the same noise whose prompts differ in a word or two."""

from __future__ import annotations

from difflib import SequenceMatcher

from assetgen.pack import Pack
from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.schema import Metadata


def partner(pack: Pack) -> Pack | None:
    """The other run of the pair, beside this one on disk; None if there is none that can be opened."""
    name = pack.metadata.pair
    if name is None:
        return None
    for folder in sorted(pack.path.parent.iterdir()):
        if folder.name == pack.path.name or not (folder / "metadata.json").is_file():
            continue
        try:
            metadata = decode(Metadata, folder / "metadata.json")
            if metadata.pair == name and len(metadata.steps) == pack.steps:
                return Pack.open(folder)
        except PackError:
            continue
    return None


def changed(words: list[str], other: list[str]) -> list[bool]:
    """Which of `words` are not in `other` at the same place."""
    flags = [True] * len(words)
    for block in SequenceMatcher(None, words, other, autojunk=False).get_matching_blocks():
        flags[block.a : block.a + block.size] = [False] * block.size
    return flags
