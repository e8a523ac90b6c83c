"""What ships: every run is sound, recorded with the model that ships beside it, and small enough."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from assetgen.commands.generate import load_curated
from assetgen.pack import Library, Pack
from assetgen.pack.evaluation import Evaluation
from assetgen.pack.measures import Noising, read_measure
from assetgen.pack.resources import data_dir
from assetgen.pack.validate import validate

MODEL = "miniature"
MOST_BYTES = {"noising": 1e6, "neighbours": 0.5e6, "training": 0.5e6}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.open(data_dir("assets"))


def test_every_run_keeps_the_promises_of_the_format(library: Library) -> None:
    assert library.problems == []
    assert [str(problem) for problem in validate(library.path)] == []


def test_every_curated_prompt_was_baked_as_it_stands_there(library: Library) -> None:
    curated = load_curated()
    for name, spec in curated["prompts"].items():
        data = Pack.open(library.entry(MODEL, name).path).metadata
        assert (data.prompt, data.seed, data.pair) == (
            spec["prompt"],
            spec["seed"],
            spec.get("pair"),
        )
        assert 30 <= len(data.steps) <= 50
        assert data.profile == "viewer"


def test_two_pairs(library: Library) -> None:
    pairs = Counter(run.pair for run in library.runs if run.pair)
    assert len(pairs) >= 2 and set(pairs.values()) == {2}


def test_a_full_run_is_at_most_ten_megabytes(library: Library) -> None:
    for run in library.runs:
        size = sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())
        assert size <= 10e6, f"{run.id} has {size / 1e6:.1f} MB"


def test_everything_that_ships_fits() -> None:
    """What each part takes: docs/assetgen.md."""
    size = sum(file.stat().st_size for file in data_dir("assets").rglob("*") if file.is_file())
    assert size <= 120e6, f"assets/ has {size / 1e6:.1f} MB"


def test_the_studies_are_small_and_complete(library: Library) -> None:
    studies = library.studies(MODEL)
    if not studies:
        pytest.skip("no studies were baked yet")
    for run, study in studies:
        size = sum(path.stat().st_size for path in run.path.iterdir())
        most = 0.2e6 if study.kind == "ablation" else 0.3e6
        assert size <= most, f"{run.id} has {size / 1e6:.2f} MB"
    text = (data_dir("config") / "studies.yaml").read_text(encoding="utf-8")
    plan = yaml.safe_load(text)
    model = library.architectures[MODEL]
    skips = sum(edge.kind == "skip" for edge in model.edges)
    layers = [y for unit in model.units for y in unit.layers if y.kind == "cross_attention"]
    for base in plan["flagships"]:
        found = {kind: library.studies(MODEL, base, kind) for kind in plan["studies"]}
        for kind, spec in plan["studies"].items():
            values = spec["prompts"][base] if kind == "prompt" else spec["values"]
            if kind not in ("learned", "ablation"):
                assert {entry.study.value for entry in found[kind]} == set(values), kind
        assert len(found["ablation"]) == skips + len(model.units) + len(layers)


def test_the_runs_were_recorded_with_the_model_that_ships(library: Library) -> None:
    folder = library.path / "models" / MODEL / "unet"
    weights = _weights(folder)
    for run in library.runs:
        if run.model == MODEL:
            assert Pack.open(run.path).metadata.model.weights == weights, run.id


def test_the_model_is_a_stock_pipeline_and_small(library: Library) -> None:
    """Loaded without custom code or a recogniser's help, it paints what it is asked for."""
    torch = pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers")
    from assetgen.models.recogniser import load_recogniser

    folder = library.path / "models" / MODEL
    assert sum(file.stat().st_size for file in folder.rglob("*.safetensors")) <= 45e6
    assert not [file for file in folder.rglob("*") if file.suffix in (".py", ".bin", ".pt")]
    pipe = diffusers.DiffusionPipeline.from_pretrained(folder)
    pipe.set_progress_bar_config(disable=True)
    assert {name: type(part).__name__ for name, part in pipe.components.items() if part} == {
        "vae": "AutoencoderKL",
        "text_encoder": "CLIPTextModel",
        "tokenizer": "CLIPTokenizer",
        "unet": "UNet2DConditionModel",
        "scheduler": "DDIMScheduler",
    }
    assert type(pipe) is diffusers.StableDiffusionPipeline
    assert sum(weight.numel() for weight in pipe.unet.parameters()) <= 17e6
    assert len(pipe.unet.config.block_out_channels) == 3
    assert all("CrossAttn" in kind for kind in pipe.unet.config.down_block_types)
    picture = pipe(
        "a fox on grass",
        num_inference_steps=15,
        guidance_scale=4,
        generator=torch.Generator().manual_seed(1),
        output_type="np",
    ).images[0]
    judge = load_recogniser(folder, "judge")
    seen = judge.probabilities([(picture * 255).round().astype("uint8")])[0] >= 0.5
    drawn = [word for word, there in zip(judge.words, seen, strict=True) if there]
    assert drawn == ["fox", "grass", "blue"]


def test_the_figures_in_the_readme_are_those_that_were_measured(library: Library) -> None:
    """After `assetgen evaluate`: `assetgen card --readme README.md`."""
    pytest.importorskip("torch")
    from assetgen.evaluate.card import END, START, figures

    found = read_measure(Evaluation, library.path, MODEL)
    if found is None:
        pytest.skip("the model that ships was not measured yet")
    table = figures(found)
    readme = (library.path.parent / "README.md").read_text(encoding="utf-8")
    assert f"{START}\n{table}\n{END}" in readme
    assert table in (library.path / "models" / MODEL / "README.md").read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_model_that_ships(library: Library) -> None:
    """After new weights: `assetgen evaluate`, `assetgen exhibit noising`."""
    weights = _weights(library.path / "models" / MODEL / "unet")
    for kind in (Evaluation, Noising):
        found = read_measure(kind, library.path, MODEL)
        assert found is None or found.weights == weights, kind.__name__


def test_the_measures_are_small(library: Library) -> None:
    runs = library.path / "runs" / MODEL
    for name, most in MOST_BYTES.items():
        files = [runs / f"{name}.json", runs / "evaluation" / f"{name}.jpg"]
        size = sum(file.stat().st_size for file in files if file.is_file())
        assert size <= most, f"{name} has {size / 1e6:.2f} MB"


def test_the_recogniser_is_small_and_knows_the_whole_vocabulary(library: Library) -> None:
    folder = library.path / "models" / MODEL
    if not (folder / "recogniser").is_dir():
        pytest.skip("the model that ships has no recogniser yet")
    assert sum(file.stat().st_size for file in (folder / "recogniser").iterdir()) <= 3e6
    known = json.loads((folder / "recogniser" / "config.json").read_text(encoding="utf-8"))["words"]
    vocabulary = set(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))
    assert {word for kind in known.values() for word in kind} <= vocabulary


def test_structures_ship_beside_the_runs(library: Library) -> None:
    """What `assetgen inspect` says of SD 1.5, SDXL and FLUX; the traces are checked elsewhere."""
    traced = Path(__file__).parents[1] / "fixtures" / "architectures"
    assert library.structures == ["flux", "sd15", "sdxl"]
    for model in library.structures:
        shipped = library.path / "runs" / model / "architecture.json"
        assert shipped.read_bytes() == (traced / f"{model}.json").read_bytes()


def _weights(folder: Path) -> str:
    """As `assetgen.models.load.weights_hash`, without torch."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
