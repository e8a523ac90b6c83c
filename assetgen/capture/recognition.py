"""What a recogniser sees in each predicted picture of a run, word by word of its vocabulary.

Words of the prompt get the track beside their settling. The other words are controls: the network was
not asked for them, so how often they are recognised says how far the track can be trusted. A word that
the prompt leaves unsaid but means (in the miniature a sky without a name is blue) is no control; it
stands among the concepts without a place in the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from assetgen.capture.concepts import GRID, concepts
from assetgen.models.recogniser import Recogniser, read_config
from assetgen.pack.images import U8
from assetgen.pack.recognition import recognition_step
from assetgen.pack.recording import Recording
from assetgen.pack.schema import Concept, Recognition, Word
from assetgen.pack.words import word_maps

Concepts = tuple[Concept, ...]


def concepts_of(
    recording: Recording, words: Sequence[Word], network: Recogniser | None, model: Path
) -> tuple[Concepts, Concepts]:
    """(concepts, controls) of a run: when its words settle, and what the recogniser of `model` sees of them."""
    predicted = recording.pictures["predicted"]
    named: Concepts = ()
    controls: Concepts = ()
    if recording.attention:
        maps = word_maps(recording.attention, recording.lanes, words, (GRID, GRID))
        named, controls = concepts(words, maps, predicted)
    if network is None:
        return named, controls
    config = read_config(model)
    said = {word.text.lower() for word in words}
    meant = implied(said, config["words"], config.get("unsaid", {}))
    return with_recognition(named, controls, recognise(network, predicted), meant)


def recognise(network: Recogniser, pictures: Sequence[U8]) -> dict[str, Recognition]:
    """The track of every word the network knows, over the predicted pictures `[H, W, 3]` of a run, one a step."""
    table = network.probabilities(pictures)
    return {word: _track(table[:, i].tolist()) for i, word in enumerate(network.words)}


def implied(
    said: set[str], kinds: Mapping[str, Sequence[str]], unsaid: Mapping[str, str]
) -> set[str]:
    """Words that a prompt of the words `said` means without saying: `unsaid` names one of a kind."""
    return {word for kind, word in unsaid.items() if not said & set(kinds[kind])}


def with_recognition(
    concepts: Concepts, controls: Concepts, tracks: Mapping[str, Recognition], meant: set[str]
) -> tuple[Concepts, Concepts]:
    """`concepts` and `controls` of a run with the tracks; words not in the prompt are appended."""
    named = [
        msgspec.structs.replace(concept, recognition=tracks.get(concept.text.lower()))
        for concept in concepts
    ]
    said = {concept.text.lower() for concept in (*concepts, *controls)}
    others = [
        Concept(None, word, recognition=track) for word, track in tracks.items() if word not in said
    ]
    named += [concept for concept in others if concept.text in meant]
    return tuple(named), (*controls, *(c for c in others if c.text not in meant))


def _track(probability: Sequence[float]) -> Recognition:
    rounded = tuple(round(value, 4) for value in probability)
    step, reason = recognition_step(rounded)
    return Recognition(rounded, step, reason)
