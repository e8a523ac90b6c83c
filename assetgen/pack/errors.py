"""The one exception of the pack: where, what, what was expected, what to do next. Prints as one line."""

from __future__ import annotations

from os import PathLike


class PackError(Exception):
    """A pack that cannot be read or written. `str(error)` is one readable line."""

    def __init__(
        self, path: str | PathLike[str], what: str, expected: str = "", hint: str = ""
    ) -> None:
        super().__init__(path, what, expected, hint)
        self.path = str(path)
        self.what = what
        self.expected = expected
        self.hint = hint

    @property
    def message(self) -> str:
        """The line without the path."""
        line = self.what
        if self.expected:
            line += f" (expected {self.expected})"
        if self.hint:
            line += f"; {self.hint}"
        return " ".join(line.split())

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"
