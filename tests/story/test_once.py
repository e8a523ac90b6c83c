"""What was computed from a pack is computed once, and never keeps the pack alive."""

from __future__ import annotations

import gc
from weakref import ref

from assetgen.pack import Pack
from explorer.story.once import once
from explorer.story.record import Record


def test_it_is_computed_once_until_the_pack_is_put_away(record: Record) -> None:
    made: list[int] = []

    def make() -> int | None:
        made.append(1)
        return None  # nothing found is a finding, too

    pack = Pack(record.pack.path, record.pack.metadata)
    assert once(pack, "nothing", make) is None and once(pack, "nothing", make) is None
    assert len(made) == 1
    pack.memo.clear()
    assert once(pack, "nothing", make) is None and len(made) == 2


def test_a_finding_that_leads_back_to_its_pack_goes_with_it(record: Record) -> None:
    def used() -> ref[Pack]:
        pack = Pack(record.pack.path, record.pack.metadata)
        once(pack, "itself", lambda: [pack])
        return ref(pack)

    gone = used()
    gc.collect()
    assert gone() is None


def test_another_thread_may_put_it_away_meanwhile(record: Record) -> None:
    pack = Pack(record.pack.path, record.pack.metadata)

    def make() -> str:
        pack.memo.clear()
        return "made"

    assert once(pack, "word", make) == "made"
