"""Pages written from the schemas of tours and of the kiosk: `python tools/reference.py` writes docs/tours.md."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from explorer.kiosk.config import KioskConfig
from explorer.schema import reference
from explorer.story.tour import Tour

ROOT = Path(__file__).resolve().parents[1]
TOURS = """\
# Tours

*Written from the schema by `python tools/reference.py`; a test keeps it current.*

A tour is one YAML file in `scenes/tours/`, its sentences stand in `scenes/locales/<language>.tours.yaml`. It is a row of stops;
each says where to look from, what to show and what to say, and all times follow from that. `python -m explorer --tour NAME` plays it.

* **The camera** flies from view to view, eased, at most 12 m a second and 35 degrees a second, around what stands in the way; where no
  way is clear, or it would take too long, it cuts with a fade. With reduced motion it always cuts. All views look 5 degrees lower
  than their cameras say, so that what they show stands above the captions.
* **The narrator** begins half-way through a flight. `make voice` records the sentences; without a recording a caption stands as
  long as it takes to read it. Write short sentences in plain words; a test allows 26 words a sentence.
* **The run** moves evenly during a stop, at most two steps a second. What a stop does not switch on is off.
* **A question** waits. Each answer gets a friendly reply; whoever has read it can go on.
* **Paused**, next and back lead to where a stop is seen with its first words, never into the dark of a cut.

`pytest tests/tour` checks every tour: what it names exists, the camera never enters anything nor hurries, nothing flickers at a cut;
`python -m tests.tour.flash` measures every frame (ten minutes). Then watch it:
`python -m explorer --tour NAME`, or `python -m explorer --tour NAME --record out --frames 60` without a display.

"""
KIOSK = """

# The kiosk's file

`config/kiosk.yaml`; a kiosk reads its own copy, `--config FILE`.

"""


def tours_page() -> str:
    """docs/tours.md."""
    return TOURS + reference([Tour]) + KIOSK + reference([KioskConfig])


if __name__ == "__main__":
    (ROOT / "docs" / "tours.md").write_text(tours_page(), encoding="utf-8")
