"""What is freed is given back, and no picture lies in main memory twice."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from explorer.memory import give_back_freed, part_heaps

FREED = """
from pathlib import Path
import numpy as np
from explorer.memory import give_back_freed
if {told}:
    assert give_back_freed()

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

np.ones(2_000_000, np.uint8)  # freed at once: glibc would keep blocks up to this size from now on
pictures, kept = [], []
for _ in range(200):
    pictures.append(np.ones(700_000, np.uint8))
    kept.append(np.ones(30_000, np.uint8))
before = resident()
del pictures
print(before - resident())
"""

PARTED = """
from pathlib import Path
import ctypes
import panda3d.core as p3d
from explorer.memory import part_heaps
if {parted}:
    assert part_heaps() and part_heaps()

def heap():
    return next(line.split()[0] for line in Path("/proc/self/maps").open() if "[heap]" in line)

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
before = heap()
nodes = [p3d.PandaNode("node") for _ in range(20_000)]
panda = heap()
blocks = [library.malloc(1000) for _ in range(20_000)]
both = heap()
assert len(nodes) == 20_000 and all(blocks)
library.free.argtypes = [ctypes.c_void_p]
nodes.clear()
for block in blocks:
    library.free(block)
library.malloc_trim(0)
print(panda != before, both != panda, heap() != both)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
@pytest.mark.parametrize(
    ("parted", "shared"), [(False, "True True True"), (True, "False False False")]
)
def test_panda3d_and_the_c_library_do_not_move_one_heap(parted: bool, shared: str) -> None:
    """They would do it without a common lock, and give the same memory to two threads."""
    source = PARTED.format(parted=parted)
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[0] == shared


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not part_heaps() and not give_back_freed()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_large_blocks_go_back_to_the_system() -> None:
    def freed(told: bool) -> int:
        source = FREED.format(told=told)
        done = subprocess.run(
            [sys.executable, "-c", source], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    everything = 200 * 700_000
    assert freed(told=True) > 0.9 * everything > 0.5 * everything > freed(told=False)


@pytest.mark.gl
def test_a_texture_on_the_graphics_card_has_no_second_copy(showbase: object) -> None:
    import panda3d.core as p3d

    from explorer.view.textures import array_texture

    texture = array_texture("twice", np.zeros((4, 8, 8, 3), np.uint8))
    assert texture.has_ram_image()
    base: object = showbase
    gsg = base.win.get_gsg()  # type: ignore[attr-defined]
    texture.prepare(gsg.get_prepared_objects())
    card = p3d.CardMaker("card").generate()
    node = base.render.attach_new_node(card)  # type: ignore[attr-defined]
    node.set_texture(texture)
    base.graphicsEngine.render_frame()  # type: ignore[attr-defined]
    base.graphicsEngine.render_frame()  # type: ignore[attr-defined]
    node.remove_node()
    assert not texture.has_ram_image()
