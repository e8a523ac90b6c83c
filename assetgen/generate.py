"""Baking one run: model → taps → decoded pictures → pack. Complete or not at all."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import diffusers
import msgspec
import torch
from tqdm import tqdm

from assetgen import __version__
from assetgen.alter import altered
from assetgen.capture.assemble import (
    calls_of,
    recording_of,
    scheduler_of,
    steps_of,
    timing_of,
)
from assetgen.capture.backends import use_fused_attention
from assetgen.capture.call import Settings, observe_inputs, plain
from assetgen.capture.decode import decode, to_bytes
from assetgen.capture.inputs import has_inputs
from assetgen.capture.recognition import concepts_of
from assetgen.capture.run import Captured, capture, denoiser_of
from assetgen.capture.solvers import solver_for
from assetgen.capture.tokens import TokenizedPrompt, tokenize_pipeline
from assetgen.capture.trace import trace
from assetgen.checks import check_settings, check_size, grain_of
from assetgen.errors import CaptureError, DiskFullError, InputError
from assetgen.estimate import Estimate, estimate, plan_run
from assetgen.memory import check_memory, need_of
from assetgen.models.families import family_of
from assetgen.models.load import check_pipeline, file_hash, load_pipeline, weights_hash
from assetgen.models.recogniser import FOLDER, has_recogniser, load_recogniser
from assetgen.models.registry import ModelEntry, check_words
from assetgen.models.runtime import Runtime
from assetgen.models.skeleton import load_skeleton
from assetgen.pack import PackError
from assetgen.pack.codec import encode
from assetgen.pack.images import U8
from assetgen.pack.library import NO_RUNS
from assetgen.pack.names import is_name
from assetgen.pack.reader import STUDIES
from assetgen.pack.recording import Recording, save
from assetgen.pack.schema import (
    FORMAT,
    Architecture,
    Metadata,
    Model,
    Profile,
    Study,
    Timing,
)
from assetgen.pack.writer import PackWriter, write_file
from assetgen.profiles import PROFILES, Contents, is_ablation, leave_out


@dataclass(frozen=True)
class Job:
    """One run to bake. `id` is its folder's name; a `study` lies apart from the full runs.

    `key` names all that determines the result (`assetgen.jobs.key`) and is written into the pack.
    `weights` is the file of a milestone of training that takes the place of the model's own weights.
    """

    id: str
    title: str
    settings: Settings
    profile: Profile = "viewer"
    pair: str | None = None
    study: Study | None = None
    key: str | None = None
    weights: Path | None = None


class Baker:
    """Loads a model once and bakes runs into `<out>/runs/<model>/`."""

    def __init__(
        self,
        model: ModelEntry,
        out: Path,
        *,
        file_as: str | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        self.model = model
        self.id = file_as or model.id
        if not is_name(self.id):
            raise InputError(f"runs cannot be filed under {self.id!r}", "pass --file-as NAME")
        self.folder = out / "runs" / self.id
        self.runtime = runtime or Runtime(device="cpu")
        check_pipeline(model.folder)
        skeleton = replace(load_skeleton(model.folder), name=self.id)
        check_memory(model.name, need_of(skeleton, self.runtime), self.runtime)
        self.pipe = load_pipeline(model.folder, self.runtime)
        switched = use_fused_attention(denoiser_of(self.pipe))
        self.notes = [f"attention was switched: {change}" for change in switched]
        """What a person should know about the runs of this model, one line each."""
        self.denoiser = family_of(type(self.pipe).__name__, self.pipe.components).denoiser
        self._grain = grain_of(skeleton)
        inputs = None
        if not has_inputs(skeleton.denoiser):
            inputs = observe_inputs(self.pipe, denoiser_of(self.pipe), skeleton.image)
        self.architecture: Architecture = trace(skeleton, inputs)
        self.architecture_bytes = encode(self.architecture)
        self.recogniser = (
            load_recogniser(model.folder, "recogniser") if has_recogniser(model.folder) else None
        )

    @cached_property
    def weights(self) -> str:
        """sha256 of the denoiser's weight files, so that a run can be matched with its model."""
        return weights_hash(self.model.folder / self.denoiser)

    def weights_of(self, job: Job) -> str:
        """What `job` is recorded with: the model's own weights or those of a milestone."""
        return file_hash(job.weights) if job.weights else self.weights

    @cached_property
    def recogniser_hash(self) -> str | None:
        """sha256 of the recogniser's weights, None without one."""
        folder = self.model.folder / FOLDER
        return weights_hash(folder, "recogniser") if self.recogniser else None

    def where(self) -> dict[str, str]:
        """Device and precision, where they are not the plain ones."""
        device, dtype = self.runtime.resolve()
        found = {"device": device.type, "dtype": str(dtype).removeprefix("torch.")}
        plain_ones = {"device": "cpu", "dtype": "float32"}
        return {key: value for key, value in found.items() if value != plain_ones[key]}

    def check(self, job: Job, *, force: bool = False) -> None:
        """Raise InputError for anything about `job` that cannot work, before time is spent on it."""
        check_settings(job.settings)
        check_words(job.settings.prompt, self.model.vocabulary)
        check_words(job.settings.negative, self.model.vocabulary)
        check_size(job.settings.size, self._grain)
        prompt = tokenize_pipeline(self.pipe, job.settings.prompt)
        if prompt.dropped:
            lost = repr(" ".join(prompt.dropped)[:120])
            why = f"the model has no token for {lost}"
            if prompt.full:
                size = len(prompt.tokens)
                why = f"the prompt is too long: {lost} lies beyond the model's {size} tokens"
                if self.model.vocabulary is not None:
                    raise InputError(why, "shorten it")
            self.notes.append(f"{job.id}: {why} and does not read it")
        target = self.target(job)
        if job.id in NO_RUNS:
            raise InputError(f"a run cannot be called {job.id!r}", "pass another --name")
        if target.exists() and not force:
            raise InputError(f"{target} exists already", "pass --force or another --name")
        beside = self.folder / "architecture.json"
        if beside.exists() and beside.read_bytes() != self.architecture_bytes and not force:
            raise InputError(
                f"{beside} describes another model of that name",
                "pass --file-as NAME, or --force to replace it",
            )
        solver_for(self.pipe.scheduler)

    def target(self, job: Job) -> Path:
        """The folder of the pack that `job` becomes."""
        return (self.folder / STUDIES if job.study else self.folder) / job.id

    def estimate(self, job: Job) -> Estimate:
        """Bytes and seconds of `job`, from one timed call of the denoiser and one of the decoder."""
        lanes = tokenize_pipeline(self.pipe, job.settings.prompt).lanes
        return estimate(self.pipe, self.architecture, job.profile, job.settings, len(lanes))

    def bake(
        self, job: Job, *, verify: bool = False, force: bool = False, quiet: bool = False
    ) -> Path:
        """Run, decode and write `job`; returns the pack's folder.

        With `verify` the plain pipeline runs too and CaptureError is raised unless both pictures are
        bit for bit the same. Raises InputError if the disk is full.
        """
        with altered(self.pipe, self.architecture, job.study, job.weights):
            return self._bake(job, verify=verify, force=force, quiet=quiet)

    def _bake(self, job: Job, *, verify: bool, force: bool, quiet: bool) -> Path:
        started = datetime.now(UTC)
        profile = PROFILES[job.profile]
        prompt = tokenize_pipeline(self.pipe, job.settings.prompt)
        size = job.settings.size or self.architecture.image
        plan = plan_run(self.architecture, profile, size, len(prompt.lanes))
        pictures = len(profile.pictures)
        total = job.settings.steps * (1 + pictures)
        with tqdm(total=total, desc=job.id, unit="step", disable=quiet or None, leave=False) as bar:
            found = capture(
                self.pipe, job.settings, self.architecture, prompt,
                plan=plan, progress=bar.update,
            )  # fmt: skip
            if verify:
                confirm_unchanged(self.pipe, job.settings, found)
            clock = perf_counter()
            decoded = self._decode(found, profile, bar.update)
            decoding = perf_counter() - clock
        missing = (f"not recorded: {note}" for note in found.notes)
        self.notes += [note for note in missing if note not in self.notes]
        recording = recording_of(
            found, self.architecture, prompt, solver_for(self.pipe.scheduler), decoded,
            to_bytes(found.picture)[0], profile,
        )  # fmt: skip
        kept, recorded = len(recording.attention), len(found.mass)
        if kept < recorded:
            self.notes.append(
                f"{job.id}: the prompt is long; maps of {kept} of {recorded} layers fit into the profile "
                "and are kept, --profile research keeps all"
            )
        metadata = self._metadata(job, prompt, found, recording)
        omitted = leave_out(recording, metadata, profile)
        metadata = msgspec.structs.replace(metadata, light=omitted or None)
        if is_ablation(metadata):
            metadata = msgspec.structs.replace(metadata, controls=())
        seconds = {"capture": found.seconds, "decode": decoding}
        return self._write(job, recording, metadata, timing_of(found, started, seconds), force)

    def _decode(
        self, found: Captured, profile: Contents, progress: Callable[[], Any]
    ) -> dict[str, list[U8]]:
        latents = {
            "predicted": [step.x0 for step in found.steps],
            "steps": [step.x_t for step in found.steps],
            "noise": [step.eps for step in found.steps],
        }
        device = getattr(self.pipe, "_execution_device", None)
        return {
            name: decode(
                self.pipe.vae, torch.cat(latents[name]), progress, device, profile.side(name)
            )
            for name in profile.pictures
        }

    def _metadata(
        self,
        job: Job,
        prompt: TokenizedPrompt,
        found: Captured,
        recording: Recording,
    ) -> Metadata:
        named, controls = concepts_of(recording, prompt.words, self.recogniser, self.model.folder)
        height, width = recording.final.shape[:2]
        return Metadata(
            format=FORMAT,
            profile=job.profile,
            id=job.id,
            title=job.title,
            pair=job.pair,
            prompt=job.settings.prompt,
            negative_prompt=job.settings.negative,
            seed=job.settings.seed,
            guidance_scale=job.settings.guidance,
            size=(height, width),
            model=Model(
                id=self.id,
                name=self.model.name,
                pipeline=type(self.pipe).__name__,
                architecture=hashlib.sha256(self.architecture_bytes).hexdigest(),
                weights=self.weights_of(job),
                recogniser=self.recogniser_hash,
            ),
            software={
                "assetgen": __version__,
                "diffusers": diffusers.__version__,
                "torch": str(torch.__version__),
                **self.where(),
            },
            tokens=prompt.tokens,
            words=prompt.words,
            dropped=prompt.dropped,
            scheduler=scheduler_of(self.pipe.scheduler, solver_for(self.pipe.scheduler)),
            steps=steps_of(found),
            calls=calls_of(found),
            concepts=named,
            controls=controls,
            arrays={},
            study=job.study,
            job=job.key,
        )

    def _write(
        self, job: Job, recording: Recording, metadata: Metadata, timing: Timing, force: bool
    ) -> Path:
        target = self.target(job)
        try:
            beside = self.folder / "architecture.json"
            if not beside.exists() or beside.read_bytes() != self.architecture_bytes:
                write_file(beside, self.architecture_bytes)
            with PackWriter(target, replace=force) as writer:
                save(recording, metadata, writer, timing)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFullError(
                    f"the disk of {self.folder} is full", "free some space; nothing was written"
                ) from None
            raise InputError(f"{target} cannot be written: {error.strerror}") from None
        except PackError as error:
            raise InputError(str(error)) from None
        return target


def confirm_unchanged(pipe: Any, settings: Settings, found: Captured) -> None:
    """Raise CaptureError unless the plain pipeline call gives the very same picture."""
    if not torch.equal(plain(pipe, settings), found.picture):
        raise CaptureError("the recorded picture differs from the plain pipeline's")
