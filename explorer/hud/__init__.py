"""Widgets as plain data, drawn into their own buffer, redrawn only when something changed."""

from explorer.hud.hud import Hud
from explorer.hud.view import LibraryEntry

__all__ = ["Hud", "LibraryEntry"]
