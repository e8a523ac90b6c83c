"""Events in what the network reads: words, markers, how widely and where."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from assetgen.pack import PackError
from assetgen.pack.schema import Word
from explorer.story.discoveries.event import (
    F32,
    Evidence,
    Finding,
    among,
    percent,
    series,
)
from explorer.story.record import Record

SIDE = 16
"""Grid on which maps of words are compared."""
STAGES = ("down", "mid", "up")


def most_read(record: Record) -> Finding | None:
    """Which word is read most, over the whole run."""
    mass = _words(record)
    if mass is None:
        return None
    scores = {word.text: float(mass[:, word.index].mean()) for word in _once(record)}
    top = max(scores, key=lambda text: scores[text], default="")
    index = next((w.index for w in record.words if w.text == top), 0)
    evidence = Evidence(series(mass[:, index]), '.tensor("attention_mass")')
    return among(
        "most_read", scores, int(mass[:, index].argmax()), least=1.05, evidence=evidence,
        selection=f"word:{index}", share=percent(scores.get(top, 0.0)),
    )  # fmt: skip


def little_word(record: Record) -> Finding | None:
    """A word without a picture of its own (`a`, `on`) that is read more than one that has one (`fox`)."""
    mass = _words(record)
    if mass is None:
        return None
    meant = {c.word for c in record.metadata.concepts}
    once = [w for w in _once(record)]
    little = [w for w in once if w.index not in meant]
    large = [w for w in once if w.index in meant]
    if not little or not large:
        return None
    mean = mass.mean(axis=0)
    a = max(little, key=lambda w: float(mean[w.index]))
    b = min(large, key=lambda w: float(mean[w.index]))
    if mean[a.index] < 1.1 * mean[b.index]:
        return None
    order = sorted((a, b), key=lambda w: w.index)
    evidence = Evidence(series(mass[:, a.index]), '.tensor("attention_mass")')
    return among(
        "little_word", {w.text: float(mean[w.index]) for w in order},
        int(np.argmax(mass[:, a.index] - mass[:, b.index])), least=1.1, evidence=evidence,
        selection=f"word:{a.index}", other=b.text, share=percent(float(mean[a.index])),
        less=percent(float(mean[b.index])),
    )  # fmt: skip


def resting_place(record: Record) -> Finding | None:
    """What is read most: the begin marker, the words together, or the markers after them."""
    parts = {
        name: [record.role_series(role) for role in roles]
        for name, roles in (("begin", ("bos",)), ("words", ("word",)), ("after", ("eos", "pad")))
    }
    if any(s is None for some in parts.values() for s in some):
        return None
    totals = {
        name: np.sum([np.array(s, float) for s in some], axis=0) for name, some in parts.items()
    }
    mean = {name: float(total.mean()) for name, total in totals.items()}
    names = list(mean)
    top = max(names, key=lambda name: mean[name])
    if mean[top] < 1.1 * sorted(mean.values())[-2] or top == "words":
        return None
    values = {name: percent(value) for name, value in mean.items()}
    evidence = Evidence(series(totals[top]), '.tensor("attention_mass")')
    place = "word:bos" if top == "begin" else "word:eos"
    step = int(totals[top].argmax())
    return Finding("resting_place", step, 3, names.index(top), values, place, evidence)


def word_rises(record: Record) -> Finding | None:
    """The word that is read more and more: its last quarter against its first."""
    return _trend(record, "word_rises", up=True)


def word_falls(record: Record) -> Finding | None:
    """The word that is read less and less."""
    return _trend(record, "word_falls", up=False)


def settles_first(record: Record) -> Finding | None:
    """Which word's map takes its final form first."""
    return _settling(record, "settles_first", first=True)


def settles_last(record: Record) -> Finding | None:
    """Which word's map takes its final form last."""
    return _settling(record, "settles_last", first=False)


def shared_place(record: Record) -> Finding | None:
    """Which two words are read at the same places, at the end of the run."""
    maps = {}
    for word in record.words:
        if word.index not in {c.word for c in record.metadata.concepts}:
            continue
        try:
            found = record.pack.word_map(word.index, record.steps - 1, SIDE, SIDE)
        except PackError:
            return None
        flat = found.reshape(-1) - found.mean()
        maps[word.text] = flat / max(float(np.linalg.norm(flat)), 1e-9)
    pairs = {f"“{a}” + “{b}”": float(maps[a] @ maps[b]) for a, b in combinations(maps, 2)}
    if len(pairs) < 2 or max(pairs.values()) < 0.3:
        return None
    top = max(pairs, key=lambda pair: pairs[pair])
    index = next(w.index for w in record.words if f"“{w.text}”" in top)
    return among(
        "shared_place", pairs, record.steps - 1, least=1.1, selection=f"word:{index}",
        alike=f"{pairs[top]:.2f}",
    )  # fmt: skip


def reading_narrows(record: Record) -> Finding | None:
    """Whether self-attention takes in more or less of the picture at the end than at the start."""
    entropy = _entropy(record)
    if entropy is None or len(entropy) < 8:
        return None
    mean = entropy.mean(axis=1)
    quarter = len(mean) // 4
    first, last = float(mean[:quarter].mean()), float(mean[-quarter:].mean())
    if abs(last - first) < 0.02:
        return None
    values = {"first": f"{first:.2f}", "last": f"{last:.2f}"}
    evidence = Evidence(series(mean), '.tensor("self_attention_entropy")')
    right = 0 if last < first else 1
    return Finding("reading_narrows", record.steps - 1, 2, right, values, None, evidence)


def widest_reader(record: Record) -> Finding | None:
    """On which side of the network self-attention takes in most of the picture."""
    entropy = _entropy(record)
    if entropy is None:
        return None
    layers = record.metadata.arrays["self_attention_entropy"].layer_ids
    return _by_stage(
        record, "widest_reader", layers, entropy, '.tensor("self_attention_entropy")', 1.02
    )


def words_where(record: Record) -> Finding | None:
    """On which side of the network the words of the prompt are read most."""
    mass = record.tensor("attention_mass")
    if mass is None or not record.word_tokens:
        return None
    layers = record.metadata.arrays["attention_mass"].layer_ids
    reading = np.asarray(mass[:, :, record.word_tokens].sum(axis=2), np.float32)
    return _by_stage(record, "words_where", layers, reading, '.tensor("attention_mass")', 1.05)


def _by_stage(
    record: Record, name: str, layers: tuple[str, ...], values: F32, python: str, least: float
) -> Finding | None:
    """Compare layers of the way down, the bottom and the way up by their mean of `values` `[S, L]`."""
    columns: dict[str, list[int]] = {}
    for i, layer in enumerate(layers):
        found = record.layer(layer)
        if found is not None and found[0].stage in STAGES:
            columns.setdefault(found[0].stage, []).append(i)
    if set(columns) != set(STAGES):
        return None
    means = {stage: float(values[:, columns[stage]].mean()) for stage in STAGES}
    top = max(STAGES, key=lambda stage: means[stage])
    if means[top] < least * sorted(means.values())[-2]:
        return None
    best = max(columns[top], key=lambda i: float(values[:, i].mean()))
    unit = record.layer(layers[best])
    said = {stage: f"{value:.2f}" for stage, value in means.items()}
    step = int(values[:, best].argmax())
    evidence = Evidence(series(values[:, best]), python)
    place = f"unit:{unit[0].id}" if unit else None
    return Finding(name, step, 3, STAGES.index(top), said, place, evidence)


def _trend(record: Record, name: str, *, up: bool) -> Finding | None:
    mass = _words(record)
    if mass is None or len(mass) < 8:
        return None
    quarter = len(mass) // 4
    first = np.maximum(mass[:quarter].mean(axis=0), 1e-6)
    last = np.maximum(mass[-quarter:].mean(axis=0), 1e-6)
    ratio = last / first if up else first / last
    words = _once(record)
    scores = {w.text: float(ratio[w.index]) for w in words}
    if not scores:
        return None
    top = max(words, key=lambda w: float(ratio[w.index]))
    if ratio[top.index] < 1.15:
        return None
    evidence = Evidence(series(mass[:, top.index]), '.tensor("attention_mass")')
    return among(
        name, scores, len(mass) - 1, least=1.02, evidence=evidence,
        selection=f"word:{top.index}", first=percent(float(first[top.index])),
        last=percent(float(last[top.index])),
    )  # fmt: skip


def _settling(record: Record, name: str, *, first: bool) -> Finding | None:
    steps = {
        c.text: c.settling.step
        for c in record.metadata.concepts
        if c.settling is not None and c.settling.step is not None
    }
    known = {text: step for text, step in steps.items() if step is not None}
    if len(known) < 2:
        return None
    wanted = (min if first else max)(known.values())
    if list(known.values()).count(wanted) > 1:
        return None
    text = next(t for t, step in known.items() if step == wanted)
    others = [step for t, step in known.items() if t != text]
    concept = next(c for c in record.metadata.concepts if c.text == text)
    assert concept.settling is not None
    options = tuple(known)
    evidence = Evidence(series(concept.settling.agreement), ".metadata.concepts")
    near = (min if first else max)(others)
    values = {"winner": text, "step": str(wanted + 1), "other": str(near + 1)}
    return Finding(
        name, wanted, options, options.index(text), values, f"word:{concept.word}", evidence
    )


def _words(record: Record) -> F32 | None:
    """Mass of each word `[S, words]`; None without words."""
    mass = record.word_mass
    return mass if mass is not None and mass.shape[1] else None


def _once(record: Record) -> list[Word]:
    """The words that the prompt has only once: a name that says which is meant."""
    texts = [word.text for word in record.words]
    return [word for word in record.words if texts.count(word.text) == 1]


def _entropy(record: Record) -> F32 | None:
    entropy = record.tensor("self_attention_entropy")
    return entropy if entropy is not None and entropy.shape[1] else None
