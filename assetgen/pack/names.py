"""Names of runs: folders on any system."""

from __future__ import annotations

import re


def slug(prompt: str) -> str:
    """A folder name made of the prompt's words."""
    return "-".join(re.findall(r"[a-z0-9]+", prompt.lower()))[:80].strip("-") or "run"
