"""The staff's PIN: stored as a scrypt hash, with a wait that doubles after repeated mistakes."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

LENGTHS = (4, 12)
COST = {"n": 1 << 14, "r": 8, "p": 1}
FREE = 3
"""Mistakes before there is a wait."""
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
"""Seconds; each further mistake doubles it."""
FILE = "pin.json"


def store(folder: Path, pin: str) -> Path:
    """Write the hash of a PIN, readable by its owner only; raises ValueError for a bad PIN."""
    low, high = LENGTHS
    if not (pin.isascii() and pin.isdecimal() and low <= len(pin) <= high):
        raise ValueError(f"a PIN has {low} to {high} digits")
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        raise ValueError("this PIN is guessed first; take another")
    salt = secrets.token_bytes(16)
    folder.mkdir(parents=True, exist_ok=True)
    file, draft = folder / FILE, folder / f"{FILE}.tmp"
    data = {"salt": salt.hex(), "hash": _hash(pin, salt).hex(), **COST, "mistakes": 0, "until": 0.0}
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(data, out)
    draft.replace(file)
    return file


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, **COST, dklen=32)


class Gate:
    """Checks what is typed. Mistakes are kept on disk, so that a restart forgives nothing."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE
        try:
            self._data: dict[str, object] | None = json.loads(self.file.read_text())
        except (OSError, ValueError):
            self._data = None

    @property
    def is_set(self) -> bool:
        """Whether there is a PIN; without one staff leaves by the keyboard of another computer."""
        return self._data is not None

    def wait(self, now: float) -> float:
        """Seconds until the next try counts; `now` as in `time.time()`."""
        if self._data is None:
            return 0.0
        return min(max(float(str(self._data["until"])) - now, 0.0), LONGEST_WAIT)

    def check(self, pin: str, now: float) -> bool:
        """Whether it is the PIN. While there is a wait nothing is looked at."""
        data = self._data
        if data is None or self.wait(now) > 0:
            return False
        expected = bytes.fromhex(str(data["hash"]))
        right = hmac.compare_digest(_hash(pin, bytes.fromhex(str(data["salt"]))), expected)
        mistakes = 0 if right else int(str(data["mistakes"])) + 1
        over = mistakes - FREE
        data["mistakes"] = mistakes
        data["until"] = now + min(FIRST_WAIT * 2**over, LONGEST_WAIT) if over >= 0 else 0.0
        self._save()
        return right

    def _save(self) -> None:
        draft = self.file.with_suffix(".tmp")
        with suppress(OSError):  # a full disk must not lock staff out, nor crash the kiosk
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(self._data))
            draft.replace(self.file)
