"""docs/scenes.md, made from the schema: `python -m explorer.world.scene_docs > docs/scenes.md`."""

from __future__ import annotations

from explorer.schema import reference
from explorer.world.scene import Scene

INTRODUCTION = """\
# Scenes

*Written from the schema by `python -m explorer.world.scene_docs`; a test keeps it current.*

A scene is one YAML file in `scenes/`. It names the rule that turns the network's architecture
into a place, the colours and the light, what else stands there, and the views.
`scenes/minimal.yaml` is the shortest one that makes a world; `python -m explorer --scene FILE` opens any.

Lengths are metres, angles degrees; x points right, y into the valley, z up. A place is an
*anchor* of the laid-out network plus an offset in the anchor's own axes (right, back, up), so
that a scene fits every network it is shown with. A mistake is reported as one line: `file:line:
field: expected …, found …`.

**Changing a scene.** `extends: other.yaml` starts from another file next to this one. Stations
and spots with a known id change only the fields they name, new ids are added, `remove` takes ids
away; `layout`, `theme`, `cameras`, `flights` and `map` are merged field by field.
`scenes/test_changes.yaml` is an example.

"""


def scenes_page() -> str:
    """The whole page."""
    return INTRODUCTION + reference([Scene])


if __name__ == "__main__":
    print(scenes_page(), end="")
