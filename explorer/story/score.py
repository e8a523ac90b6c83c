"""The Orchestra's score: what is heard at a step, made from a recorded run and nothing else.

Every unit is a voice: the deeper, the lower. How loud it plays is its recorded magnitude (`unit_rms`) on its own range
over the run. The scheduler conducts: a voice is a clear tone as far as the step holds picture (alpha), and breath
around that tone as far as it holds noise (sigma). A step's sound is a loop made from its
spectrum, so that its ends meet.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack.schema import Unit
from explorer.story.record import Record

F32 = NDArray[np.float32]
RATE = 22050
"""Samples a second."""
LENGTH = 1 << 16
"""Samples of a loop: 2.97 s."""
TOP = 440.0
"""Frequency of the first voice of the highest row, Hz; each row below is an octave deeper."""
LOWEST_ROW = 3
"""Rows below this one play in its octave: deeper ones could hardly be heard."""
UNISON = 0.004
"""Voices that share a tone are apart by this part of it, as players are."""
DEGREES = (0, 2, 4, 7, 9)
"""Semitones of a scale without dissonance: any of these voices may sound together."""
HARMONICS, HIGHEST = 7, 6000.0
"""Overtones of a tone, and the frequency above which there are none, Hz."""
BREATH = 0.16
"""Half-width of the breath around a tone, as a part of its frequency."""
PEAK = 0.5
"""Largest sample of the loudest step: nothing is ever louder."""
BANDS = 6
"""Bands an octave in which two sounds are compared."""


class Voice(msgspec.Struct, frozen=True):
    """One unit as an instrument."""

    unit: str
    row: int
    """0 is the highest row; deeper rows play lower."""
    frequency: float
    reads_words: bool
    """Attention rooms sound hollow: odd overtones only."""


def rows_of(units: Sequence[Unit]) -> list[int]:
    """The row of each unit: its level, and one row more for the middle."""
    deepest = max((u.level for u in units if u.stage != "mid"), default=0)
    return [deepest + 1 if u.stage == "mid" else u.level for u in units]


def voices(units: Sequence[Unit]) -> tuple[Voice, ...]:
    """A voice for every unit, in the order of the architecture."""
    seen: dict[int, int] = {}
    found = []
    for unit, row in zip(units, rows_of(units), strict=True):
        place = seen[row] = seen.get(row, -1) + 1
        again, degree = divmod(place, len(DEGREES))
        tone = TOP * 2.0 ** (DEGREES[degree] / 12 - min(row, LOWEST_ROW)) * (1 + UNISON * again)
        found.append(Voice(unit.id, row, tone, unit.kind in ("attention", "joint", "single")))
    return tuple(found)


class Score:
    """What a run sounds like, step by step; without `sounds` only how loud everyone plays."""

    def __init__(self, record: Record, *, sounds: bool = True) -> None:
        self.voices = voices(record.architecture.units)
        steps = record.metadata.steps
        self.alpha = np.array([s.alpha for s in steps], np.float32)
        self.sigma = np.array([s.sigma for s in steps], np.float32)
        rms = record.tensor("unit_rms")
        self.loudness: F32 | None = None if rms is None else own_range(rms)
        if not sounds:
            return
        parts = [_voice(voice, i) for i, voice in enumerate(self.voices)]
        self._tones, self._breaths = (np.stack(part) for part in zip(*parts, strict=True))

    def spectrum(self, step: int) -> NDArray[np.complex64]:
        """The step's sound as amplitudes of `LENGTH // 2 + 1` frequencies; all zero where nothing was recorded."""
        if self.loudness is None:
            return np.zeros(LENGTH // 2 + 1, np.complex64)
        loud = self.loudness[step]
        sound = (loud * self.alpha[step]) @ self._tones + (loud * self.sigma[step]) @ self._breaths
        return np.asarray(sound, np.complex64)

    def loops(self) -> F32:
        """`[S, LENGTH]` samples, −1..1: a loop a step that can be repeated without a click.

        One gain for the whole run, so that steps keep their relation: its loudest sample is `PEAK`.
        """
        sounds = [np.fft.irfft(self.spectrum(k), LENGTH) for k in range(len(self.alpha))]
        out = np.asarray(sounds, np.float32)
        top = float(np.abs(out).max())
        return out * np.float32(PEAK / top if top > 0 else 0.0)

    def loudest(self, step: int) -> Voice | None:
        """The voice nearest to its own maximum; None where nothing was recorded."""
        if self.loudness is None:
            return None
        return self.voices[int(np.argmax(self.loudness[step]))]

    def level(self, step: int) -> float | None:
        """Mean loudness of all voices, 0..1."""
        return None if self.loudness is None else float(self.loudness[step].mean())

    def distance(self, a: int, b: int) -> float | None:
        """How different two steps sound: 0 alike, 1 nothing in common. None where nothing was recorded."""
        if self.loudness is None:
            return None
        return spectral_distance(self.spectrum(a), self.spectrum(b))


def own_range(rms: F32) -> F32:
    """Each unit's magnitude on its own range over the run, 0..1; a unit that never changes plays at half."""
    low, high = rms.min(0), rms.max(0)
    flat = high - low < 1e-6
    return np.where(flat, 0.5, (rms - low) / np.where(flat, 1.0, high - low)).astype(np.float32)


def spectral_distance(a: NDArray[np.complex64], b: NDArray[np.complex64]) -> float:
    """Half the sum of |difference| of two power spectra, each of sum 1, in sixths of an octave from 40 Hz."""
    edges = np.geomspace(40.0, RATE / 2, int(np.log2(RATE / 80) * BANDS) + 1) * LENGTH / RATE
    index = np.clip(edges.astype(int), 0, LENGTH // 2)
    shares = []
    for spectrum in (a, b):
        power = np.add.reduceat(np.abs(spectrum) ** 2, index[:-1])
        shares.append(power / max(float(power.sum()), 1e-12))
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _voice(voice: Voice, index: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Spectra of unit loudness: a tone with overtones, and breath around them."""
    tone, breath = (np.zeros(LENGTH // 2 + 1, np.complex64) for _ in range(2))
    rng = np.random.default_rng(index)
    for k in range(1, HARMONICS + 1):
        centre = voice.frequency * k * LENGTH / RATE
        if centre * RATE / LENGTH > HIGHEST:
            break
        if voice.reads_words and k % 2 == 0:
            continue
        strength = LENGTH / 2 * k**-1.5
        tone[round(centre)] += strength * np.exp(2j * np.pi * rng.random())
        width = max(BREATH * centre, 3.0)
        at = np.arange(max(int(centre - 2 * width), 1), int(centre + 2 * width) + 1)
        shape = np.exp(-(((at - centre) / width) ** 2))
        shape /= np.sqrt((shape**2).sum())
        breath[at] += strength * shape * np.exp(2j * np.pi * rng.random(len(at)))
    return tone, breath
