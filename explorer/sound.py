"""The narrator's voice through Panda3D's OpenAL; silent, without a word, where there is no sound device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import panda3d.core as p3d

LIBRARY = "p3openal_audio"
QUIET = """
notify-level-audio fatal
"""


def open_manager() -> Any:
    """Panda3D's audio manager with a sound device behind it; None where there is no such device."""
    page = p3d.load_prc_file_data("sound", f"{QUIET}audio-library-name {LIBRARY}")
    try:
        with _unheard():
            manager = p3d.AudioManager.create_AudioManager()
    finally:
        p3d.unload_prc_file(page)
    return manager if manager and manager.is_valid() else None


class Speaker:
    """Plays one sentence at a time. Nothing is opened before the first one."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._manager: Any = None
        self._sound: Any = None
        self._file: Path | None = None

    def _open(self) -> bool:
        if self._manager is None and self._enabled:
            self._manager = open_manager()
            self._enabled = self._manager is not None
        return self._enabled

    def say(self, file: Path | None, at: float, volume: float) -> bool:
        """Play `file` from `at` seconds on; a file that plays already goes on. False when nothing sounds."""
        if file is None or volume <= 0:
            self.stop()
            return False
        if file != self._file:
            self.stop()
            if not self._open():
                return False
            self._sound = self._manager.get_sound(p3d.Filename.from_os_specific(str(file)))
            self._file = file
            self._sound.set_volume(volume)
            self._sound.set_time(at)
            self._sound.play()
        self._sound.set_volume(volume)
        return True

    def stop(self) -> None:
        if self._sound is not None:
            self._sound.stop()
        self._sound = self._file = None

    def update(self) -> None:
        """Once a frame."""
        if self._manager is not None and self._enabled:
            self._manager.update()

    def close(self) -> None:
        self.stop()
        if self._manager is not None:
            self._manager.shutdown()
        self._manager = None


@contextmanager
def _unheard() -> Iterator[None]:
    """The sound libraries complain to the terminal where there is no device; that is no fault here."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # no terminal at all
        yield
        return
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
