"""Studies: light runs beside a full one that vary one thing about it."""

from __future__ import annotations

import msgspec

from assetgen.pack import Pack
from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.reader import STUDIES
from assetgen.pack.schema import Study


class _About(msgspec.Struct):
    """Of a run's metadata only what it varies: all others are passed over without being read."""

    study: Study | None = None


def studies_of(pack: Pack, kind: str) -> list[Pack]:
    """Studies of `kind` in their order, of this run, or of the first run of the model that has any.

    Ordered by value; those that cannot be read are left out.
    """
    found: dict[str, list[tuple[Study, Pack]]] = {}
    folder = pack.model_folder / STUDIES
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            study = decode(_About, path / "metadata.json").study
            if study is not None and study.kind == kind:
                found.setdefault(study.base, []).append((study, Pack.open(path)))
        except PackError:
            continue
    study = pack.metadata.study
    own = study.base if study else pack.metadata.id
    chosen = found.get(own) or next(iter(found.values()), [])
    return [p for _, p in sorted(chosen, key=lambda pair: _order(pair[0]))]


def _order(study: Study) -> tuple[bool, float, str]:
    number = study.value if isinstance(study.value, int | float) else 0.0
    return isinstance(study.value, str), float(number), str(study.value)
