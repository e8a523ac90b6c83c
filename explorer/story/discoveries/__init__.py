"""Events that code finds in a recorded run, told as short questions: `found`, `confirmed`."""

from explorer.story.discoveries.catalogue import DETECTORS, confirmed, found
from explorer.story.discoveries.event import Finding

__all__ = ["DETECTORS", "Finding", "confirmed", "found"]
