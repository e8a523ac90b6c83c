"""Muon for the matrices and convolutions, AdamW for everything else, behind one `step`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


class MuonAdam:
    """Orthogonalised momentum (Jordan et al. 2024) where a weight is a matrix, AdamW elsewhere.

    `torch.optim.Muon` takes matrices only. A convolution [out, in, kh, kw] is handed to it as a
    matrix [out, in·kh·kw] that shares its memory. Embeddings are no matrices in this sense: each
    row is a vector of its own, so they go to AdamW.
    """

    def __init__(self, modules: Iterable[nn.Module], rate: float, matrix_rate: float) -> None:
        self._matrices: list[tuple[nn.Parameter, nn.Parameter]] = []
        others: list[nn.Parameter] = []
        for module in (part for whole in modules for part in whole.modules()):
            for parameter in module.parameters(recurse=False):
                if not parameter.requires_grad:
                    continue
                if isinstance(module, nn.Linear | nn.Conv2d) and parameter.ndim > 1:
                    self._matrices.append((parameter, nn.Parameter(parameter.data.flatten(1))))
                else:
                    others.append(parameter)
        self._muon = torch.optim.Muon(
            [view for _, view in self._matrices],
            lr=matrix_rate,
            weight_decay=0.01,
            adjust_lr_fn="match_rms_adamw",
        )
        self._adam = torch.optim.AdamW(
            others, lr=rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True
        )
        self.parameters = [weight for weight, _ in self._matrices] + others
        self._base = (matrix_rate, rate)

    def step(self, scale: float) -> None:
        """One update with both learning rates times `scale`; clears the gradients."""
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for weight, view in self._matrices:
            view.grad = None if weight.grad is None else weight.grad.flatten(1)
        for optimiser, rate in zip((self._muon, self._adam), self._base, strict=True):
            optimiser.param_groups[0]["lr"] = rate * scale
            optimiser.step()
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        return {"muon": self._muon.state_dict(), "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])
