"""Every supported scheduler: x0 recovered, coefficients true, the step itself untouched."""

from __future__ import annotations

from typing import Any

import diffusers
import pytest
import torch

from assetgen.capture.scheduler import SchedulerTap
from assetgen.capture.solvers import SOLVERS
from assetgen.errors import CaptureError
from tests.fixtures.pipelines import scheduler

pytestmark = pytest.mark.torch
CASES = [
    (name, kind)
    for name in SOLVERS
    for kind in (("flow_prediction",) if name.startswith("Flow") else ("epsilon", "v_prediction"))
]
NO_SUM = ("HeunDiscreteScheduler", "PNDMScheduler", "UniPCMultistepScheduler")
SINGLE_SUM = [case for case in CASES if case[0] not in NO_SUM]


def make(name: str, kind: str, **options: Any) -> Any:
    if kind != "flow_prediction":
        options["prediction_type"] = kind
    made = scheduler(getattr(diffusers, name), **options)
    made.set_timesteps(8)
    return made


def output_for(tap: SchedulerTap, t: Any, sample: torch.Tensor, x0: torch.Tensor) -> torch.Tensor:
    """What a model that knows x0 answers, in the scheduler's prediction type."""
    before = tap.solver.before(t, {})
    if not before.first and tap.solver.name.startswith("Heun"):  # its second sigma is the next one
        sigma = float(tap.solver.scheduler.sigmas[tap.solver.scheduler.step_index])
        alpha, scale = 1 / (1 + sigma**2) ** 0.5, (1 + sigma**2) ** 0.5
        sigma = sigma / scale
    else:
        alpha, sigma, scale = before.alpha, before.sigma, before.scale
    x_t = sample / scale
    eps = (x_t - alpha * x0) / max(sigma, 1e-8)
    return {
        "epsilon": eps,
        "v_prediction": alpha * eps - sigma * x0,
        "flow_prediction": eps - x0,
    }[tap.solver.prediction]


def walk(
    made: Any, tap: SchedulerTap | None, x0: torch.Tensor, reader: SchedulerTap
) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    sample = torch.randn(x0.shape, generator=generator) * float(
        getattr(made, "init_noise_sigma", 1.0)
    )
    takes = {"generator"} & set(__import__("inspect").signature(made.step).parameters)
    for t in made.timesteps:
        made.scale_model_input(sample, t) if hasattr(made, "scale_model_input") else None
        out = output_for(reader, t, sample, x0)
        extra = {"generator": generator} if takes else {}
        sample = made.step(out, t, sample, return_dict=False, **extra)[0]
    return sample


@pytest.mark.supports("schedulers", "x0 within 1e-4")
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_x0_of_a_model_that_knows_it_is_recovered(name: str, kind: str) -> None:
    x0 = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    made = make(name, kind)
    tap = SchedulerTap(made)
    walk(made, tap, x0, tap)
    tap.close()
    for step in tap.steps:
        assert step.alpha**2 + step.sigma**2 == pytest.approx(1, abs=1e-5) or kind.startswith(
            "flow"
        )
        assert float((step.x0 - x0).abs().max()) < 1e-4
        assert torch.allclose(step.x_t, step.alpha * x0 + step.sigma * step.eps, atol=1e-3)


@pytest.mark.supports("schedulers", "coefficients confirmed")
@pytest.mark.parametrize(("name", "kind"), SINGLE_SUM)
def test_coefficients_lead_to_the_next_step(name: str, kind: str) -> None:
    x0 = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(2))
    made = make(name, kind)
    tap = SchedulerTap(made)
    walk(made, tap, x0, tap)
    for step, following in zip(tap.steps, tap.steps[1:], strict=False):
        assert step.coefficients is not None
        assert torch.allclose(step.next, following.x_t, atol=1e-5)


@pytest.mark.supports("schedulers", "wrapped gives the same bits")
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_wrapped_step_gives_the_same_bits(name: str, kind: str) -> None:
    x0 = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    plain, watched = make(name, kind), make(name, kind)
    reader = SchedulerTap(plain)
    reader.close()
    tap = SchedulerTap(watched)
    assert torch.equal(walk(plain, None, x0, reader), walk(watched, tap, x0, tap))


DEFAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "SD 1.5": (
        "PNDMScheduler",
        {
            "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
            "skip_prk_steps": True, "set_alpha_to_one": False, "steps_offset": 1,
        },
    ),
    "SD 2.1": (
        "DDIMScheduler",
        {
            "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
            "prediction_type": "v_prediction", "clip_sample": False, "set_alpha_to_one": False,
            "steps_offset": 1,
        },
    ),
    "SDXL": (
        "EulerDiscreteScheduler",
        {
            "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
            "timestep_spacing": "leading", "steps_offset": 1, "interpolation_type": "linear",
        },
    ),
    "PixArt": (
        "DPMSolverMultistepScheduler",
        {
            "beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear", "solver_order": 2,
            "algorithm_type": "dpmsolver++", "solver_type": "midpoint", "lower_order_final": True,
        },
    ),
    "SD3": ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0}),
    "FLUX": ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0, "use_dynamic_shifting": True}),
}  # fmt: skip


@pytest.mark.parametrize("model", DEFAULTS)
def test_the_schedulers_models_ship_with(model: str) -> None:
    """With the options of each model's own scheduler_config.json: x0 recovered, the step untouched."""
    name, options = DEFAULTS[model]
    x0 = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    made = []
    for _ in range(2):
        one = getattr(diffusers, name)(**options)
        one.set_timesteps(20, **({"mu": 0.9} if "use_dynamic_shifting" in options else {}))
        made.append(one)
    plain, watched = made
    reader = SchedulerTap(plain)
    reader.close()
    tap = SchedulerTap(watched)
    assert torch.equal(walk(plain, None, x0, reader), walk(watched, tap, x0, tap))
    assert len(tap.steps) == 20
    assert max(float((step.x0 - x0).abs().max()) for step in tap.steps) < 1e-4


def test_pndm_takes_two_calls_for_its_first_step() -> None:
    x0 = torch.randn(1, 4, 8, 8)
    made = make("PNDMScheduler", "epsilon")
    tap = SchedulerTap(made)
    walk(made, tap, x0, tap)
    assert [len(step.calls) for step in tap.steps] == [2] + [1] * 7
    assert all(torch.equal(a.next, b.x_t) for a, b in zip(tap.steps, tap.steps[1:], strict=False))


def test_heun_has_two_calls_a_step_except_the_last() -> None:
    x0 = torch.randn(1, 4, 8, 8)
    made = make("HeunDiscreteScheduler", "epsilon")
    tap = SchedulerTap(made)
    walk(made, tap, x0, tap)
    assert [len(step.calls) for step in tap.steps] == [2] * 7 + [1]
    assert tap.steps[-1].coefficients is not None


def test_second_order_steps_use_the_estimate_before() -> None:
    made = make("DPMSolverMultistepScheduler", "epsilon")
    tap = SchedulerTap(made)
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(1, 4, 8, 8, generator=generator)
    for t in made.timesteps:  # a model that keeps changing its mind
        sample = made.step(torch.randn(1, 4, 8, 8, generator=generator), t, sample)[0]
    second = [step.coefficients for step in tap.steps[1:-1]]
    assert all(c is not None and c.x0_previous != 0 for c in second)


@pytest.mark.parametrize("solver", ["midpoint", "heun"])
def test_second_order_steps_to_a_sigma_that_stands_twice(solver: str) -> None:
    made = make(
        "DPMSolverMultistepScheduler", "epsilon", solver_type=solver, use_karras_sigmas=True,
        final_sigmas_type="sigma_min", lower_order_final=False,
    )  # fmt: skip
    assert made.sigmas[-1] == made.sigmas[-2]
    tap = SchedulerTap(made)
    x0 = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    if (
        solver == "heun"
    ):  # diffusers divides by the step of length zero: its picture is not a number
        with pytest.raises(CaptureError, match="choose another scheduler"):
            walk(made, tap, x0, tap)
        return
    walk(made, tap, x0, tap)
    assert max(float((step.x0 - x0).abs().max()) for step in tap.steps) < 1e-4
    assert tap.steps[-1].coefficients is not None


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_ddim_noise_is_recorded(eta: float) -> None:
    made = make("DDIMScheduler", "epsilon")
    tap = SchedulerTap(made)
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(1, 4, 16, 16, generator=generator)
    for t in made.timesteps:
        out = torch.randn(sample.shape, generator=generator)
        sample = made.step(out, t, sample, eta=eta, generator=generator, return_dict=False)[0]
    noises = [step.coefficients.noise for step in tap.steps if step.coefficients]
    assert all((noise > 0) == (eta > 0) for noise in noises[:-1])


def test_unknown_schedulers_are_refused_by_name() -> None:
    with pytest.raises(CaptureError, match="DEISMultistepScheduler is not supported"):
        SchedulerTap(diffusers.DEISMultistepScheduler())
    with pytest.raises(CaptureError, match="PNDMScheduler with Runge-Kutta steps"):
        SchedulerTap(diffusers.PNDMScheduler())
    with pytest.raises(CaptureError, match="sde-dpmsolver"):
        SchedulerTap(diffusers.DPMSolverMultistepScheduler(algorithm_type="sde-dpmsolver++"))


def test_another_sampler_does_not_clip_latents() -> None:
    """PixArt's configuration says nothing about clipping, and DDIM's default is meant for pixels."""
    from assetgen.models.names import SCHEDULERS
    from assetgen.models.runtime import other_scheduler

    own = diffusers.DPMSolverMultistepScheduler()
    assert diffusers.DDIMScheduler.from_config(own.config).config.clip_sample
    for name in set(SCHEDULERS) - {"flow-euler"}:
        assert not other_scheduler(own, name).config.get("clip_sample", False), name
    clipping = diffusers.DDIMScheduler(clip_sample=True)
    assert other_scheduler(clipping, "ddpm").config.clip_sample
