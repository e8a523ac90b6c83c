"""The HUD: widgets as plain data, drawn into their own buffer, redrawn only when something changed.

    State ─┐                                             ┌─► Widget tree ─► focus, pointer, reading aloud
    Record ├─► View ─► ELEMENTS (key, build) ─► Section ─┤
    Panel ─┘                                             └─► shapes ─► Painter ─► HudBuffer ─► texture

A section is one module with `key(view)` and `build(view)`: `prompt`, `minimap`, `strip`, `reading` (set by
`article`), `timeline`, `sheet` (with `picker`, `keys`, `settings`), `notices`. It is laid out again only when
its key changes, and drawn again only if what it built differs. Only `hud`, `draw`, `buffer`, `lettering`,
`meshes` and `skins` know Panda3D.
"""

from explorer.hud.hud import Hud
from explorer.hud.view import LibraryEntry

__all__ = ["Hud", "LibraryEntry"]
