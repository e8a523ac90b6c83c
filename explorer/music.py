"""Loops that follow the run: one sound a step, cross-faded, never suddenly loud; silent where there is no device."""

from __future__ import annotations

import argparse
import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from assetgen.pack import Pack, PackError
from explorer.sound import open_manager
from explorer.story.record import Record
from explorer.story.score import LENGTH, RATE, Score

RAMP = 0.9
"""Seconds from silence to full volume, and back: nothing starts or ends suddenly."""
FOLDER = "/music"
"""Mount point of a disk in memory: no file is written."""


def wav(samples: NDArray[np.float32], rate: int = RATE) -> bytes:
    """A mono 16-bit WAV file; samples beyond ±1 are limited."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def mix(moment: float, count: int, volume: float) -> dict[int, float]:
    """Volume of each step's loop at a moment between two steps: equal power, so that the middle is no quieter."""
    if volume <= 0 or count == 0:
        return {}
    low = min(max(int(moment), 0), count - 1)
    part = min(max(moment - low, 0.0), 1.0)
    wanted = {low: volume * float(np.cos(part * np.pi / 2))}
    if low + 1 < count and part > 0:
        wanted[low + 1] = volume * float(np.sin(part * np.pi / 2))
    return {step: v for step, v in wanted.items() if v > 1e-3}


class Music:
    """Plays a run's loops. Nothing is opened before something is to be heard."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._manager: Any = None
        self._disk: Any = None
        self._loops: NDArray[np.float32] | None = None
        self._playing: dict[int, Any] = {}
        self.volumes: dict[int, float] = {}
        """Volume of every loop that sounds, by step."""

    @property
    def enabled(self) -> bool:
        """False as soon as it is known that nothing can be heard."""
        return self._enabled

    def hush(self) -> None:
        """Stop everything: what sounded was too far away to be heard."""
        self._stop()

    def load(self, loops: NDArray[np.float32] | None) -> None:
        """`[S, samples]`, or None for nothing; what sounded before stops."""
        self._stop()
        self._loops = loops

    def update(self, moment: float, volume: float, dt: float) -> None:
        """Once a frame: bring every loop nearer to its volume at this moment."""
        count = 0 if self._loops is None else len(self._loops)
        wanted = mix(moment, count, volume) if self._enabled else {}
        for step in set(wanted) | set(self.volumes):
            now, goal = self.volumes.get(step, 0.0), wanted.get(step, 0.0)
            now += min(max(goal - now, -dt / RAMP), dt / RAMP)
            if now <= 0 and goal <= 0:
                self.volumes.pop(step, None)
                if sound := self._playing.pop(step, None):
                    sound.stop()
                continue
            sound = self._playing.get(step) or self._start(step)
            if sound is None:
                return
            self.volumes[step] = now
            sound.set_volume(now)
        if self._manager is not None:
            self._manager.update()

    def _start(self, step: int) -> Any:
        if self._loops is None or not self._open():
            return None
        path = f"{FOLDER}/{step:03d}.wav"
        files = p3d.VirtualFileSystem.get_global_ptr()
        files.write_file(p3d.Filename(path), wav(self._loops[step]), False)
        sound = self._manager.get_sound(p3d.Filename(path))
        sound.set_loop(True)
        sound.set_volume(0.0)
        sound.play()
        self._playing[step] = sound
        return sound

    def _open(self) -> bool:
        if self._manager is None and self._enabled:
            self._manager = open_manager()
            self._enabled = self._manager is not None
            if self._enabled:
                self._disk = p3d.VirtualFileMountRamdisk()
                p3d.VirtualFileSystem.get_global_ptr().mount(self._disk, p3d.Filename(FOLDER), 0)
        return self._enabled

    def _stop(self) -> None:
        for sound in self._playing.values():
            sound.stop()
        self._playing.clear()
        self.volumes.clear()
        if self._manager is not None:
            self._manager.clear_cache()

    def close(self) -> None:
        self._stop()
        if self._manager is not None:
            self._manager.shutdown()
            p3d.VirtualFileSystem.get_global_ptr().unmount(self._disk)
        self._manager = None


def whole(loops: NDArray[np.float32], seconds: float) -> NDArray[np.float32]:
    """A run from first to last step as one piece, `seconds` a step, cross-faded as in the world."""
    count = round(len(loops) * seconds * RATE)
    moment = np.arange(count) / (seconds * RATE)
    low = np.minimum(moment.astype(int), len(loops) - 1)
    part = np.clip((moment - low) * 2 - 1, 0, 1) * np.pi / 2  # held for half a step, then faded
    high = np.minimum(low + 1, len(loops) - 1)
    at = np.arange(count) % LENGTH
    same = low == high
    out = loops[low, at] * np.where(same, 1, np.cos(part)) + loops[high, at] * np.where(
        same, 0, np.sin(part)
    )
    ends = np.minimum(np.arange(count), np.arange(count)[::-1]) / (RAMP * RATE)
    return np.asarray(out * np.clip(ends, 0, 1), np.float32)


def main(arguments: list[str] | None = None) -> int:
    """`python -m explorer.music RUN out.wav`: the Orchestra of a run as a file, and how different its steps sound."""
    parser = argparse.ArgumentParser(prog="python -m explorer.music", description=main.__doc__)
    parser.add_argument("run", type=Path, help="folder of a recorded run")
    parser.add_argument("out", type=Path, help="WAV file to write")
    parser.add_argument("--seconds", type=float, default=0.5, help="seconds a step")
    given = parser.parse_args(arguments)
    try:
        pack = Pack.open(given.run)
    except PackError as error:
        parser.exit(2, f"{error}\n")
    score = Score(Record(pack, pack.architecture))
    if score.loudness is None:
        parser.exit(
            2,
            f"{given.run}: unit_rms was not recorded; bake the run again without leaving it out\n",
        )
    given.out.write_bytes(wav(whole(score.loops(), given.seconds)))
    last = pack.steps - 1
    for name, a, b in (
        ("first and last step", 0, last),
        ("first and second step", 0, min(1, last)),
    ):
        print(f"spectral distance of {name}: {score.distance(a, b):.3f}")
    print(given.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
