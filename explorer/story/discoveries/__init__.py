"""Events that code finds in a recorded run, told as short questions: `found`, `confirmed`, `curve`."""

from explorer.story.discoveries.catalogue import DETECTORS, confirmed, curve, found
from explorer.story.discoveries.event import Finding

__all__ = ["DETECTORS", "Finding", "confirmed", "curve", "found"]
