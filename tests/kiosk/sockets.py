"""Which sockets of the network a process has open, read from Linux' /proc: its own and those of its libraries."""

from __future__ import annotations

import os
import re
from pathlib import Path

NETWORK = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")
_LISTENS = 0x10000
"""`__SO_ACCEPTCON` among the flags of /proc/net/unix."""


def inodes(pid: int) -> set[str]:
    """The sockets among the open files of a process."""
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(file)
        except FileNotFoundError:  # closed meanwhile
            continue
        if match := re.fullmatch(r"socket:\[(\d+)\]", target):
            found.add(match[1])
    return found


def reachable(pid: int) -> list[str]:
    """Sockets of `pid` that lead to the network, and those that wait for others on this machine."""
    own, found = inodes(pid), list[str]()
    for name in NETWORK:
        table = Path(f"/proc/{pid}/net/{name}")
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if fields[9] in own:
                found.append(f"{name} {fields[1]} {fields[2]}")
    for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[6] in own and int(fields[3], 16) & _LISTENS:
            found.append(f"unix {' '.join(fields[7:])}")
    return found
