"""Which rows of a batch belong to the prompt.

Pipelines run guidance in one of three ways: not at all, as one batch of which the second half is
conditional, or in separate passes that they name (`denoiser.cache_context("cond")`). One that is not known
may also turn the halves round, or take turns without a word (`guided.layout_of` finds out).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from assetgen.errors import CaptureError


class Passes:
    """Follows the passes of one pipeline call that paints `pictures` pictures; close it afterwards."""

    def __init__(self, denoiser: Any, pictures: int = 1) -> None:
        self.pictures = pictures
        self.context: str | None = None
        self.settled = False
        self._first = False
        self._turns: tuple[str, str] | None = None
        self._calls = 0
        self._undo = ExitStack()
        original = getattr(denoiser, "cache_context", None)
        if original is None:
            return

        @contextmanager
        def named(name: str) -> Iterator[None]:
            before, self.context = self.context, name
            try:
                with original(name):
                    yield
            finally:
                self.context = before

        denoiser.cache_context = named
        self._undo.callback(denoiser.__dict__.pop, "cache_context", None)

    def close(self) -> None:
        """Give `cache_context` back."""
        self._undo.close()

    def take_turns(self, prompt: str) -> None:
        """For a pipeline that runs two passes a step: whether the `first` or the `last` is the prompt's."""
        self._turns = ("cond", "uncond") if prompt == "first" else ("uncond", "cond")

    def begin(self) -> None:
        """To be called before each call of the denoiser."""
        if self._turns:
            self.context = self._turns[self._calls % 2]
        self._calls += 1

    @property
    def unconditional(self) -> bool:
        """True during a pass of its own for the negative prompt."""
        return self.context is not None and "uncond" in self.context

    def settle(self, half: str | None, batch: int) -> None:
        """For a pipeline that is not known: the half of the batch that was found to be the prompt's.

        Raises CaptureError if the batch is doubled and nothing tells.
        """
        if batch > self.pictures and half is None:
            raise CaptureError(
                "this pipeline is not known and doubles its batch: which half is the prompt's cannot "
                "be told; pass --guidance 1"
            )
        self.settled, self._first = True, half == "first"

    def rows(self, batch: int) -> slice:
        """The rows of the pictures' prompts in a batch; raises CaptureError for any other size."""
        self._known(batch)
        if self._first:
            return slice(0, self.pictures)
        return slice(batch - self.pictures, batch)

    def others(self, batch: int) -> slice:
        """The rows without the prompt, of a batch of twice the pictures."""
        self._known(batch)
        return slice(self.pictures, batch) if self._first else slice(0, batch - self.pictures)

    def _known(self, batch: int) -> None:
        if batch not in (self.pictures, 2 * self.pictures):
            raise CaptureError(
                f"a batch of {batch} was run for {self.pictures} picture(s): which rows are the "
                "prompt's is not known"
            )
