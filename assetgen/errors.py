"""What a user did or has that cannot work: one line that says what, where, and what to do next."""

from __future__ import annotations


class InputError(Exception):
    """Bad input to a command. `str(error)` is one readable line; the exit code is 2."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(" ".join(f"{what}; {hint}".split()) if hint else what)


class DiskFullError(InputError):
    """No space is left: nothing that writes can go on."""


class CaptureError(Exception):
    """The model ran, but what it did could not be recorded faithfully; nothing is written."""
