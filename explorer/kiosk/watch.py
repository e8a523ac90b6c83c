"""Signs of life from the main loop: a datagram for systemd's watchdog and a heartbeat file."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from explorer.memory import resident

EVERY = 5.0
"""Seconds between two beats without a watchdog."""
FILE = "heartbeat.json"


class Watch:
    """Told once a frame; beats when it is time. A thread would hide a renderer that hangs."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.file = folder / FILE
        self._address = environment.get("NOTIFY_SOCKET", "")
        usec = environment.get("WATCHDOG_USEC", "")
        self.every = min(int(usec) / 2e6, EVERY) if usec.isdecimal() and int(usec) else EVERY
        self._last: float | None = None
        self._frames = 0

    def ready(self) -> None:
        self.notify("READY=1")

    def beat(self, now: float, facts: Mapping[str, object]) -> bool:
        """Count a frame; every so often say so to systemd and to the file. True when it did.

        The file is complete or the old one; a full disk is survived.
        """
        self._frames += 1
        if self._last is not None and now - self._last < self.every:
            return False
        rate = self._frames / (now - self._last) if self._last is not None else 0.0
        self._last, self._frames = now, 0
        self.notify("WATCHDOG=1")
        draft = self.file.with_suffix(".tmp")
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            data = {"fps": round(rate, 1), "rss_mb": round(resident() / 2**20, 1), **facts}
            draft.write_text(json.dumps(data))
            draft.replace(self.file)
        return True

    def notify(self, message: str) -> None:
        """One datagram to the service manager, if there is one (sd_notify(3))."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)  # a manager that does not listen must not hold up the picture
            out.sendto(message.encode(), address)
