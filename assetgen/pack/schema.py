"""What the JSON files of a pack contain, as typed structures (docs/format.md explains each field).

Unknown fields are ignored, so that an older reader opens a newer pack of the same `format`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

FORMAT = 1
"""The only major version this code writes and reads."""

Profile = Literal["light", "viewer", "research"]
Provenance = Literal["RECORDED", "DERIVED", "ILLUSTRATION"]
Role = Literal["bos", "word", "eos", "pad"]
EdgeKind = Literal["flow", "skip", "cond", "time"]
StudyKind = Literal["guidance", "seed", "steps", "sampler", "prompt", "learned", "ablation"]
CutMode = Literal["zero", "mean"]


class Layer(msgspec.Struct, frozen=True):
    """One module without children, or one attention module, inside a unit."""

    id: str
    kind: str
    class_: str = msgspec.field(name="class", default="")
    output: tuple[int, ...] = ()
    parameters: int = 0
    flops: int = 0
    heads: int | None = None
    keys: int | None = None


class Unit(msgspec.Struct, frozen=True):
    """One room: a residual block, a transformer, a down- or upsampler, the first or last convolution."""

    id: str
    index: int
    kind: str
    stage: str
    level: int
    input: tuple[int, ...]
    output: tuple[int, ...]
    class_: str = msgspec.field(name="class", default="")
    parameters: int = 0
    flops: int = 0
    layers: tuple[Layer, ...] = ()


class Edge(msgspec.Struct, frozen=True):
    """`source` feeds `target`; both are unit or companion ids."""

    kind: EdgeKind
    source: str
    target: str


class Companion(msgspec.Struct, frozen=True):
    """A module beside the denoiser: text encoder, VAE, timestep embedding."""

    id: str
    class_: str = msgspec.field(name="class", default="")
    parameters: int = 0


class TracedAt(msgspec.Struct, frozen=True):
    """Input shapes of the trace: `sample` `[1, C, h, w]`, `tokens` the length of the prompt."""

    sample: tuple[int, ...]
    tokens: int


class Architecture(msgspec.Struct, frozen=True):
    """`architecture.json`: the denoiser as it was traced."""

    format: int
    model: str
    parameters: int
    flops: int
    traced_at: TracedAt
    image: tuple[int, int]
    units: tuple[Unit, ...]
    edges: tuple[Edge, ...]
    companions: tuple[Companion, ...] = ()
    class_: str = msgspec.field(name="class", default="")

    def unit(self, id: str) -> Unit:
        """The unit called `id`; KeyError if there is none."""
        for unit in self.units:
            if unit.id == id:
                return unit
        raise KeyError(id)


class Token(msgspec.Struct, frozen=True):
    """One token as the tokenizer made it; `span` is its place in the prompt, in characters."""

    index: int
    id: int
    text: str
    role: Role
    word: int | None = None
    span: tuple[int, int] | None = None


class Word(msgspec.Struct, frozen=True):
    """One word of the prompt and the tokens it became."""

    index: int
    text: str
    tokens: tuple[int, ...]
    span: tuple[int, int]


class Scheduler(msgspec.Struct, frozen=True):
    """The sampler, with its whole configuration."""

    name: str
    prediction_type: str
    config: dict[str, Any] = {}


class Coefficients(msgspec.Struct, frozen=True):
    """x_(t-1) = x0·x0 + eps·eps + x0_previous·(x0 of the step before) + noise·fresh noise."""

    x0: float
    eps: float
    noise: float = 0.0
    x0_previous: float = 0.0


class Step(msgspec.Struct, frozen=True):
    """x_t = alpha·x0 + sigma·eps; `snr` = (alpha / sigma)², None where sigma is 0.

    `coefficients` is None where the solver is no such sum of this step's estimates. An imported run may
    know neither timestep nor schedule: None.
    """

    index: int
    timestep: float | None
    alpha: float | None
    sigma: float | None
    snr: float | None
    calls: tuple[int, ...]
    coefficients: Coefficients | None = None


class Call(msgspec.Struct, frozen=True):
    """One U-Net call; `seconds` lives in timing.json and is None here."""

    index: int
    step: int
    timestep: float | None
    seconds: float | None = None


class Settling(msgspec.Struct, frozen=True):
    """How early a word's attention agrees with its end; see `assetgen.capture.concepts`."""

    localisation: tuple[float, ...]
    peak: tuple[float, ...]
    agreement: tuple[float, ...]
    confidence: tuple[float, ...]
    step: int | None = None


class Recognition(msgspec.Struct, frozen=True):
    """Probability per step that a classifier sees the word in the decoded x0.

    `step` by the rule of `assetgen.pack.recognition`; where it is None, `reason` says why.
    """

    probability: tuple[float, ...]
    step: int | None = None
    reason: str | None = None


class Concept(msgspec.Struct, frozen=True):
    """A word and when it appears. `word` is None for a control word that is not in the prompt."""

    word: int | None
    text: str
    settling: Settling | None = None
    recognition: Recognition | None = None


class Model(msgspec.Struct, frozen=True):
    """The pipeline that ran; `architecture` is the sha256 of its architecture.json.

    `weights` identifies the denoiser's weight files (`assetgen.models.load.weights_hash`),
    `recogniser` likewise the classifier that gave the `recognition` of the words, if there was one.
    """

    id: str
    name: str
    pipeline: str
    architecture: str
    weights: str | None = None
    recogniser: str | None = None


class AttentionRect(msgspec.Struct, frozen=True):
    """Where a cross-attention layer lies in the atlas: lane `j` at `x + (j % columns)·width`."""

    id: str
    unit: str
    height: int
    width: int
    x: int
    y: int
    columns: int


class FeatureRect(msgspec.Struct, frozen=True):
    """Where a unit's channels lie in the atlas, and the value range of each channel."""

    id: str
    height: int
    width: int
    x: int
    y: int
    columns: int
    channels: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Thumbnail(msgspec.Struct, frozen=True):
    """A page: all steps of an array, row-major, `columns` wide, each `height` × `width`."""

    file: str
    columns: int
    height: int
    width: int


class Array(msgspec.Struct, frozen=True):
    """One stored array: where it lies and where it comes from.

    With `columns` all steps share one file, tiled row-major and so many wide; `rows` are the indices
    of the words that `words` shows.
    """

    file: str
    shape: tuple[int, ...]
    provenance: Provenance
    source: str
    key: str | None = None
    formula: str | None = None
    thumbnail: Thumbnail | None = None
    encoding: str | None = None
    scale_p995: float | None = None
    layers: tuple[AttentionRect, ...] = ()
    layer_ids: tuple[str, ...] = ()
    units: tuple[FeatureRect, ...] = ()
    tokens: tuple[int | None, ...] = ()
    rest: str | None = None
    columns: int | None = None
    rows: tuple[int, ...] = ()


class Study(msgspec.Struct, frozen=True):
    """What a light run varies about the full run `base`; an ablation names what was `cut`, and how."""

    kind: StudyKind
    base: str
    value: int | float | str
    label: str
    cut: str | None = None
    mode: CutMode | None = None


class Metadata(msgspec.Struct, frozen=True):
    """`metadata.json`: everything about a run that is not an array.

    `job` is the key of the batch job that made it (`assetgen.jobs.key`), None without a batch.
    """

    format: int
    profile: Profile
    id: str
    title: str
    prompt: str
    negative_prompt: str
    seed: int | None
    guidance_scale: float | None
    size: tuple[int, int]
    model: Model
    software: dict[str, str]
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    scheduler: Scheduler
    steps: tuple[Step, ...]
    calls: tuple[Call, ...]
    arrays: dict[str, Array]
    concepts: tuple[Concept, ...] = ()
    controls: tuple[Concept, ...] = ()
    dropped: tuple[str, ...] = ()
    pair: str | None = None
    study: Study | None = None
    light: tuple[str, ...] | None = None
    job: str | None = None


class FileEntry(msgspec.Struct, frozen=True):
    """Size and checksum of one file of the pack."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`manifest.json`: every file but itself and timing.json."""

    format: int
    files: dict[str, FileEntry]
    content: str


class Timing(msgspec.Struct, frozen=True):
    """`timing.json`: what differs between two runs of the same job. Seconds of wall time."""

    started: str = ""
    host: str = ""
    seconds: dict[str, float] = {}
    calls: tuple[float, ...] = ()
    units: dict[str, float] = {}
