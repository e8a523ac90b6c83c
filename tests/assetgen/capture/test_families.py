"""Every family from end to end: a whole bake of a small pipeline, the picture bit for bit the plain one."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentencepiece
import torch

from assetgen.capture.call import Settings, plain
from assetgen.capture.guided import Layout, told_apart
from assetgen.capture.run import capture_batch
from assetgen.capture.tokens import tokenize_pipeline
from assetgen.errors import CaptureError
from assetgen.estimate import step_bytes, text_maps
from assetgen.generate import Baker, Job
from assetgen.models.registry import ModelEntry
from assetgen.pack import Pack
from assetgen.pack.images import expand
from assetgen.pack.validate import validate
from assetgen.profiles import LATENT_ORDER, PROFILES, plan_features
from tests.fixtures import transformers as tiny
from tests.fixtures.pipelines import thin_sd15, thin_sdxl, tiny_pipeline, tiny_xl_pipeline

pytestmark = pytest.mark.torch

PROMPT = "a fox on snow_fox 1girl"
MAKERS: dict[str, Callable[[], Any]] = {
    "StableDiffusionPipeline": tiny_pipeline,
    "StableDiffusionXLPipeline": tiny_xl_pipeline,
    "PixArtAlphaPipeline": tiny.tiny_pixart,
    "PixArtSigmaPipeline": lambda: tiny.tiny_pixart(sigma=True),
    "StableDiffusion3Pipeline": tiny.tiny_sd3,
    "FluxPipeline": tiny.tiny_flux,
}
TOKENS = {"StableDiffusion": 24, "PixArtAlpha": 120, "PixArtSigma": 300, "Flux": 512}


@pytest.fixture(scope="module", params=MAKERS)
def baker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Baker:
    torch.set_num_threads(1)
    return bake_shop(MAKERS[request.param](), tmp_path_factory.mktemp(request.param))


def bake_shop(pipe: Any, folder: Path) -> Baker:
    pipe.save_pretrained(folder / "model")
    made = Baker(ModelEntry("tiny", "Tiny", folder / "model"), folder / "out")
    if hasattr(made.pipe, "default_sample_size"):
        made.pipe.default_sample_size = 16  # FLUX's configuration does not say it
    return made


def bake(baker: Baker, name: str, **settings: Any) -> Pack:
    asked = Settings(**{"prompt": PROMPT, "steps": 2, "guidance": 3.0, **settings})
    path = baker.bake(Job(name, name, asked), verify=True, force=True, quiet=True)
    assert [str(problem) for problem in validate(path)] == []
    return Pack.open(path)


@pytest.mark.supports("pipelines", "recorded, same bits")
def test_a_whole_run_is_recorded_and_the_picture_unchanged(baker: Baker) -> None:
    pack = bake(baker, "run")
    data = pack.metadata
    assert data.model.pipeline == type(baker.pipe).__name__
    assert baker.notes == []
    assert pack.has("attention") and pack.has("features") and pack.has("self_attention_entropy")
    readers = [r.id for r in data.arrays["attention"].layers]
    kinds = {x.id: x.kind for unit in baker.architecture.units for x in unit.layers}
    assert {kinds[id] for id in readers} <= {"cross_attention", "joint_attention"}
    assert len(readers) == sum(
        kind in ("cross_attention", "joint_attention") for kind in kinds.values()
    )
    assert [word.text for word in data.words] == ["a", "fox", "on", "snow_fox", "1girl"]
    for name, length in TOKENS.items():
        if data.model.pipeline.startswith(name) and "3" not in data.model.pipeline:
            assert len(data.tokens) == length
    joint = "joint_attention" in kinds.values()
    assert (data.arrays["attention"].rest == "picture") == joint
    total = pack.tensor("attention_mass").sum(-1)
    assert (total < 0.999).all() if joint else np.allclose(total, 1, atol=1e-4)


@pytest.mark.supports("pipelines", "not square")
def test_a_picture_that_is_not_square(baker: Baker) -> None:
    pack = bake(baker, "wide", size=(24, 40))
    assert pack.metadata.size == (24, 40)
    largest = max(pack.metadata.arrays["attention"].layers, key=lambda r: r.height * r.width)
    assert largest.width / largest.height == pytest.approx(40 / 24)
    assert pack.tensor("x_t").shape[-2:] == (12, 20)


@pytest.mark.supports("pipelines", "guidance on and off")
def test_the_conditional_half_is_the_prompts(baker: Baker) -> None:
    """With guidance the first step's conditional output is that of a run without."""
    alone = bake(baker, "alone-1", guidance=1.0, seed=4)
    guided = bake(baker, "guided-1", guidance=3.0, negative="a cat", seed=4)
    assert not alone.has("output_uncond")
    a, b = (p.tensor("output_cond")[0] for p in (alone, guided))
    # FLUX is told its guidance as a number, which is 1 in both
    assert np.abs(a - b).max() < 5e-3
    assert np.abs(guided.tensor("output_uncond")[0] - b).max() > np.abs(a - b).max()
    first, second = (p.attention_map(_layer(p), 1, 0) for p in (alone, guided))
    assert np.abs(first - second).max() < 0.01


def _layer(pack: Pack) -> str:
    return pack.metadata.arrays["attention"].layers[0].id


@pytest.mark.supports("pipelines", "several prompts")
def test_several_prompts_in_one_batch(baker: Baker) -> None:
    asked = [
        Settings(PROMPT, steps=2, guidance=3.0, seed=1),
        Settings("a cat on grass", negative="a fox", steps=2, guidance=3.0, seed=2),
    ]
    prompts = [tokenize_pipeline(baker.pipe, s.prompt) for s in asked]
    plan = plan_features(baker.architecture, PROFILES["viewer"])
    found = capture_batch(baker.pipe, asked, baker.architecture, prompts, plan=plan)
    assert torch.equal(plain(baker.pipe, asked), torch.cat([f.picture for f in found]))
    assert len(found[0].attention) == len(found[1].attention) > 0
    for own, one, prompt in zip(found, asked, prompts, strict=True):
        alone = capture_batch(baker.pipe, [one], baker.architecture, [prompt], plan=plan)[0]
        if "Flux" in type(baker.pipe).__name__ and not one.negative:
            continue  # in the batch the other's negative prompt turns true guidance on for both
        assert own.attention.keys() == alone.attention.keys()
        assert torch.allclose(own.steps[0].x_t, alone.steps[0].x_t)
        for id, maps in own.attention.items():
            assert maps[0].shape == alone.attention[id][0].shape
            assert np.abs(maps[0].astype(int) - alone.attention[id][0]).max() <= 1
        units = [(calls[0].rms, alone.units[id][0].rms) for id, calls in own.units.items()]
        assert np.allclose(*zip(*units, strict=True), rtol=1e-3)


def test_maps_that_are_not_stored_are_not_held(baker: Baker) -> None:
    """Smaller while they are recorded, not afterwards; how much was read is known of every layer."""
    asked = Settings(PROMPT, steps=2, guidance=3.0)
    prompt = tokenize_pipeline(baker.pipe, PROMPT)
    plan = plan_features(baker.architecture, PROFILES["viewer"])
    (whole,) = capture_batch(baker.pipe, [asked], baker.architecture, [prompt], plan=plan)
    first, *others = whole.attention
    plan = replace(plan, map_side=4, without_maps=frozenset({first}))
    (small,) = capture_batch(baker.pipe, [asked], baker.architecture, [prompt], plan=plan)
    assert list(small.attention) == others and small.mass.keys() == whole.mass.keys()
    for id in others:
        before, after = expand(whole.attention[id][0]), expand(small.attention[id][0])
        assert after.shape[1:] == (4, 4)
        blocks = before.reshape(len(before), 4, before.shape[1] // 4, 4, before.shape[2] // 4)
        assert np.abs(blocks.mean((2, 4)) - after).max() < 0.01


@pytest.mark.supports("pipelines", "padding told apart")
def test_padding_has_a_lane_of_its_own_where_it_is_read(baker: Baker) -> None:
    pack = bake(baker, "run")
    lanes = pack.metadata.arrays["attention"].tokens
    roles = {t.index: t.role for t in pack.metadata.tokens}
    kept = {roles[lane] for lane in lanes if lane is not None}
    assert "word" in kept and "eos" in kept and "pad" not in kept
    masked = "PixArt" in pack.metadata.model.pipeline
    assert (None in lanes) != masked
    pads = [i for i, role in roles.items() if role == "pad"]
    assert bool(pack.tensor("attention_mass")[..., pads].any()) != masked


def test_an_attention_that_cannot_be_seen_is_an_error(tmp_path: Path) -> None:
    """A processor of its own that multiplies matrices itself leaves no map, and no pack."""
    from diffusers.models.attention_processor import AttnProcessor

    class Mine:
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return AttnProcessor()(*args, **kwargs)

    baker = bake_shop(tiny_pipeline(), tmp_path)
    attention = baker.pipe.unet.mid_block.attentions[0].transformer_blocks[0].attn2
    attention.processor = Mine()
    with pytest.raises(CaptureError, match="1 of 7 layers that read the text left no map"):
        bake(baker, "run")
    assert not (tmp_path / "out" / "runs" / "tiny" / "run").exists()


def test_sd3_reads_both_encoders_and_skips_the_second_attention(tmp_path: Path) -> None:
    baker = bake_shop(tiny.tiny_sd3(dual=(0,)), tmp_path)
    pack = bake(baker, "run")
    assert len(pack.metadata.tokens) == 77 + 256
    fox = pack.metadata.words[1]
    assert [t < 77 for t in fox.tokens] == [True, False]
    roles = [t.role for t in pack.metadata.tokens]
    assert roles.count("bos") == 1 and roles.count("eos") == 2
    assert "transformer_blocks.0.attn2" in pack.metadata.arrays["self_attention_entropy"].layer_ids
    assert len(pack.metadata.arrays["attention"].layers) == 2


def test_an_unknown_pipeline_is_recorded_as_far_as_it_goes(tmp_path: Path) -> None:
    baker = bake_shop(tiny.tiny_unknown(), tmp_path)
    pack = bake(baker, "run", guidance=1.0, size=(32, 32))
    assert any("where its processor puts the text is not known" in note for note in baker.notes)
    assert not pack.has("attention") and {"attention", "attention_mass"} <= set(
        pack.metadata.light or ()
    )
    assert pack.has("x_t") and pack.has("x0") and pack.has("unit_rms") and pack.has("features")
    assert validate(tmp_path / "out") == []  # text joined in front of the picture is no bridge
    assert {edge.kind for edge in baker.architecture.edges} == {"flow", "cond", "time"}


@pytest.mark.parametrize("make", [tiny.tiny_unknown, tiny.tiny_chroma, tiny.tiny_sana])
def test_an_unknown_pipelines_guidance_shows_which_answer_is_the_prompts(
    make: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baker = bake_shop(make(), tmp_path)
    alone = bake(baker, "alone", guidance=1.0, size=(32, 32), seed=4)
    doubled = bake(baker, "doubled", guidance=3.0, negative="a cat", size=(32, 32), seed=4)
    answer = alone.tensor("output_cond")[0]
    near, far = (
        np.abs(doubled.tensor(name)[0] - answer).mean() for name in ("output_cond", "output_uncond")
    )
    assert near < far / 10  # stored as float16: a number at the edge of two may fall either way
    final = doubled.image("predicted", 1).astype(int)
    assert np.abs(final - doubled.final()).max() <= 8  # a JPEG of the last guess, decoded anew
    assert doubled.has("attention") == (make is tiny.tiny_chroma)  # its one tokenizer tells
    if make is tiny.tiny_chroma:
        maps = [p.attention_map(_layer(p), 1, 0) for p in (alone, doubled)]
        assert np.abs(maps[0] - maps[1]).max() < 0.01
        return
    monkeypatch.setattr("assetgen.capture.run.layout_of", lambda *_: None)
    with pytest.raises(CaptureError, match="pass --guidance 1"):
        bake(baker, "in another way", guidance=3.0, size=(32, 32))


@pytest.mark.parametrize("turns", [False, True], ids=["halves", "turns"])
@pytest.mark.parametrize("prompt", ["first", "last"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_answers_are_told_apart_by_the_sum_they_make(
    prompt: Any, turns: bool, dtype: torch.dtype
) -> None:
    given, without = (torch.randn(1, 4, 8, 8).to(dtype) for _ in range(2))
    variance = torch.randn(1, 4, 8, 8).to(dtype)  # which some denoisers predict behind the noise
    order = (given, without) if prompt == "first" else (without, given)
    answers = [torch.cat([answer, variance], 1) for answer in order]
    answers = answers if turns else [torch.cat(answers)]
    guided = without + 3.0 * (given - without)
    assert told_apart(answers, guided, 3.0) == Layout(prompt, turns)
    assert told_apart(answers, guided * 1.1, 3.0) is None  # guided in another way
    assert told_apart(answers * 3, guided, 3.0) is None
    assert told_apart([answers[0][:1]], guided, 3.0) is None


@pytest.mark.supports("pipelines", "half precision")
@pytest.mark.parametrize(
    ("name", "dtype"), [("StableDiffusionPipeline", "float16"), ("FluxPipeline", "bfloat16")]
)
def test_half_precision(name: str, dtype: str, tmp_path: Path) -> None:
    from assetgen.models.runtime import Runtime

    MAKERS[name]().save_pretrained(tmp_path / "model")
    entry = ModelEntry("tiny", "Tiny", tmp_path / "model")
    baker = Baker(entry, tmp_path / "out", runtime=Runtime("cpu", dtype))
    if hasattr(baker.pipe, "default_sample_size"):
        baker.pipe.default_sample_size = 16
    pack = bake(baker, "run")
    assert pack.metadata.software["dtype"] == dtype


@pytest.mark.supports("pipelines", "offloaded", row="FluxPipeline")
def test_parts_that_are_moved_in_and_out_are_watched_too(tmp_path: Path) -> None:
    """accelerate's hooks, as sequential offloading installs them, with the CPU as the accelerator."""
    import accelerate

    baker = bake_shop(tiny.tiny_flux(), tmp_path)
    before = bake(baker, "before")
    for part in ("transformer", "text_encoder_2", "vae"):
        accelerate.cpu_offload(getattr(baker.pipe, part), torch.device("cpu"))
    after = bake(baker, "after")
    assert np.array_equal(before.final(), after.final())
    assert np.array_equal(before.attention_atlas(1), after.attention_atlas(1))


def test_a_t5_tokenizer_that_is_a_sentencepiece_file_only(tmp_path: Path) -> None:
    """As PixArt, SD3 and FLUX come from the hub: no tokenizer.json beside `spiece.model`."""
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a fox on grass at night", "a cat on snow, 1girl"] * 50),
        model_writer=trained, vocab_size=40, hard_vocab_limit=False, minloglevel=2,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
    )  # fmt: skip
    tiny.tiny_pixart().save_pretrained(folder := tmp_path / "model")
    (folder / "tokenizer" / "tokenizer.json").unlink()
    (folder / "tokenizer" / "spiece.model").write_bytes(trained.getvalue())
    baker = Baker(ModelEntry("tiny", "Tiny", folder), tmp_path / "out")
    pieces = sentencepiece.SentencePieceProcessor(model_proto=trained.getvalue())
    pack = bake(baker, "run")
    tokens, words = pack.metadata.tokens, pack.metadata.words
    assert [t.id for t in tokens[: len(pieces.encode(PROMPT))]] == pieces.encode(PROMPT)
    assert [word.text for word in words][:3] == ["a", "fox", "on"] and words[-1].text == "1girl"
    told = [PROMPT[slice(*word.span)] for word in words]
    assert told == [word.text for word in words]


@pytest.mark.parametrize("words", [4, 7, 13, 72])
@pytest.mark.parametrize(
    ("make", "units", "readers"),
    [(thin_sd15, 46, 16), (thin_sdxl, 34, 70), (tiny.thin_flux, 59, 57)],
    ids=["sd15", "sdxl", "flux"],
)
def test_the_viewer_profile_stays_within_half_a_megabyte_a_step(
    make: Callable[[], Any], units: int, readers: int, words: int, tmp_path: Path
) -> None:
    """Units, layers, maps and sizes of the real ones, random weights: pictures and maps are noise, the worst case."""
    baker = bake_shop(make(), tmp_path)
    flux = readers == 57
    if flux:
        baker.pipe.default_sample_size = 64
    assert len(baker.architecture.units) == units
    assert len(text_maps(baker.architecture, (1, 1))) == readers
    text = "a fox and a cat on grass under the night sky with snow"
    prompt = " ".join((text.split() * 6)[:words])
    sizes = []
    for steps in (1, 2):
        asked = Settings(prompt, steps=steps, guidance=4.0, size=(512, 512))
        path = baker.bake(Job(f"run-{steps}", "Run", asked), quiet=True)
        assert validate(path) == []
        files = [p for p in path.rglob("*") if p.is_file() and p.name != "final.png"]
        sizes.append(sum(p.stat().st_size for p in files))
    step = sizes[1] - sizes[0]
    assert step + (path / "final.png").stat().st_size / 50 <= 500_000
    lanes = len(tokenize_pipeline(baker.pipe, prompt).lanes)
    expected = step_bytes(baker.architecture, "viewer", (512, 512), lanes, 1 if flux else 2)
    assert 0.6 < step / expected < 1.3
    latents = {name for name in LATENT_ORDER if Pack.open(path).has(name)}
    assert latents == ({"x0"} if flux else set(LATENT_ORDER))
    left_out = Pack.open(path).metadata.light or ()
    kept = len(Pack.open(path).metadata.arrays["attention"].layers)
    # so long a prompt leaves room for some layers' maps only: which is said
    assert kept == readers or (words == 72 and any(f"maps of {kept} of" in n for n in baker.notes))
    assert {"x_t", "eps", "output_cond"} <= set(left_out) if flux else not left_out
