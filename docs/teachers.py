"""Writes the worksheet and its answers into docs/teachers.md from the recorded runs: `python docs/teachers.py`.

Every number is worked out from the packs in assets/; a test fails when the page is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from explorer.story.choice import choice_of, distances

PAGE = Path(__file__).parent / "teachers.md"
BEGIN, END = "<!-- worksheet: python docs/teachers.py -->", "<!-- end of worksheet -->"
FIRST, SECOND = "castle-by-night", "castle-by-day"
CLOSE = 8.0
"""Two pictures that differ by less than this, of 255, look alike."""


def worksheet(library: Library) -> str:
    """Questions, then answers, as Markdown."""
    runs = {r.id: r for r in library.runs}
    one, two = Pack.open(runs[FIRST].path), Pack.open(runs[SECOND].path)
    tasks = list(_tasks(one, two, library.architectures[runs[FIRST].model]))
    lines = [
        f"Open the prompt “{one.metadata.prompt}” unless a question says otherwise.",
        "",
        "### Worksheet",
        "",
        *(f"{i}. {question}" for i, (question, _) in enumerate(tasks, 1)),
        "",
        "### Answers",
        "",
        *(f"{i}. {answer}" for i, (_, answer) in enumerate(tasks, 1)),
    ]
    return "\n".join(lines)


def _tasks(one: Pack, two: Pack, model):  # type: ignore[no-untyped-def]
    steps, meta = one.steps, one.metadata
    yield (
        "*(Timeline)* How many steps does the run take? How much noise is left (σ) at the first, at the middle and at "
        "the last step?",
        f"{steps} steps. σ is {meta.steps[0].sigma:.2f} at step 1, {meta.steps[steps // 2].sigma:.2f} at step "
        f"{steps // 2 + 1} and {meta.steps[-1].sigma:.2f} at step {steps}. The noise does not go away evenly: look where it falls fastest.",
    )  # fmt: skip
    pictures = [one.image("predicted", k).astype(float) for k in range(steps)]
    away = [float(np.abs(p - pictures[-1]).mean()) for p in pictures]
    settled = next(k for k, d in enumerate(away) if all(x < CLOSE for x in away[k:]))
    yield (
        "*(Decoder Gallery, right canvas)* From which step on does the predicted picture hardly change any more? "
        "What comes first, large shapes or fine detail?",
        f"From about step {settled + 1} on the guess differs from the last one by less than {CLOSE:.0f} of 255 on average "
        f"(at step 1 by {away[0]:.0f}). Large shapes come first.",
    )  # fmt: skip
    units = model.units
    skips = [e for e in model.edges if e.kind == "skip"]
    yield (
        "*(From above, key 9)* Count the bridges. What does a bridge carry, and why is it needed?",
        f"{len(skips)} bridges. Each carries the maps of a room on the way down to a room of the same size on the way up, "
        "because the way down gives up fine detail.",
    )  # fmt: skip
    largest, smallest = units[0].input, min((u.output for u in units), key=lambda s: s[1] * s[2])
    deep = max(u.output[0] for u in units if u.output[1:] == smallest[1:])
    yield (
        "*(The Deep, key 6)* How large is the grid in the Deep, and how many maps are there? Compare with the entrance.",
        f"{smallest[1]} × {smallest[2]} points and up to {deep} maps in the Deep; {largest[1]} × {largest[2]} points and "
        f"{largest[0]} channels at the entrance. Fewer points, more maps.",
    )  # fmt: skip
    mass = one.tensor("attention_mass").mean(axis=1)
    words = {w.text: mass[:, list(w.tokens)].sum(axis=1) for w in meta.words}

    def most(k: int) -> str:
        return max(words, key=lambda w: float(words[w][k]))

    yield (
        "*(Prompt, top left)* Which word is read most at the first step, and which at the last? Does that mean that this "
        "word matters most?",
        f"“{most(0)}” at step 1, “{most(steps - 1)}” at step {steps}. No: it shows where the network read, not why.",
    )  # fmt: skip
    differ = [
        float(np.abs(one.image("predicted", k).astype(int) - two.image("predicted", k)).mean())
        for k in (0, steps - 1)
    ]
    changed = [
        b.text for a, b in zip(meta.words, two.metadata.words, strict=False) if a.text != b.text
    ]
    before = [
        a.text for a, b in zip(meta.words, two.metadata.words, strict=False) if a.text != b.text
    ]
    yield (
        f"*(Change prompt: “{two.metadata.prompt}”)* Both runs began with the same noise. Which words are different? "
        "Was one of the two pictures hidden in the noise?",
        f"“{' '.join(before)}” became “{' '.join(changed)}”; the random seed ({meta.seed}) is the same. The guesses differ by "
        f"{differ[0]:.0f} of 255 at step 1 and by {differ[1]:.0f} at the end. No: the same noise led to two pictures, so "
        "it held neither. Noise, words and network chose together.",
    )  # fmt: skip
    found = choice_of(one)
    assert found and found.prompts and found.seeds, "the studies of the Arrival"
    by_words, by_noise = distances(found)
    assert by_words and by_noise
    noises = ", ".join(str(run.metadata.seed) for run in (found.base, *found.seeds[:2]))
    yield (
        "*(Arrival, the first wall left of the jetty)* Which pictures on it began with the same noise, and which have the "
        "same words? Go back to step 1: can you tell them apart there?",
        f"Noise {found.base.metadata.seed}: “{found.prompts[0].metadata.prompt}” and “{found.base.metadata.prompt}”. The same words: "
        f"noise {noises}. At step 1 the guesses differ already, by {255 * (by_words[0] or 0):.0f} of 255 with other words and by "
        f"{255 * (by_noise[0] or 0):.0f} with other noise; at the end by {255 * (by_words[-1] or 0):.0f} and {255 * (by_noise[-1] or 0):.0f}.",
    )  # fmt: skip
    total = model.parameters
    top = max(units, key=lambda u: u.parameters)
    yield (
        "*(Any room, Deeper › Numbers)* How many learned numbers has the network? Find the room with the most.",
        f"{total:,} in all, {sum(u.parameters for u in units):,} of them in the {len(units)} rooms; most in {top.id} "
        f"({top.parameters:,}).",
    )  # fmt: skip
    yield (
        "*(Sculptor's Studio, The Dig, The Orchestra)* For each of the three comparisons write down one thing that is "
        "right and one that is wrong.",
        "Sculptor: noise is taken off; but no statue waited in the stone. Dig: layer follows on layer; but nothing lay "
        "buried. Orchestra: all play at every step, the Clock leads; but loud does not mean important.",
    )  # fmt: skip


def page(text: str, library: Library) -> str:
    """The page with a current worksheet."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{worksheet(library)}\n\n{END}{tail}"


def main() -> int:
    text = page(PAGE.read_text(encoding="utf-8"), Library.open(data_dir("assets")))
    PAGE.write_text(text, encoding="utf-8")
    print(PAGE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
