"""Every id that can be selected in a run."""

from __future__ import annotations

from explorer.story.cuts import cuts_of
from explorer.story.record import Record

STATIONS = (
    "noise_shore",
    "deep",
    "gallery",
    "return_road",
    "jetty",
    "somewhere",
    "sculptor",
    "dig",
    "orchestra",
    "training",
    "lanes",
    "decoder",
    "pair",
    "road",
    "clockwork",
    "encoder",
    "annex",
    "scales",
    "choice",
    "noising",
    "leaps",
    "cuts",
    "welcome",
)


def everything(record: Record) -> list[str]:
    model = record.architecture
    ids = [f"unit:{unit.id}" for unit in model.units]
    ids += [f"layer:{layer.id}" for unit in model.units for layer in unit.layers]
    ids += [f"skip:{edge.source}->{edge.target}" for edge in model.edges if edge.kind == "skip"]
    ids += [f"word:{word.index}" for word in record.words]
    ids += [f"word:{role}" for role in ("bos", "eos", "pad")]
    ids += [f"canvas:{name}" for name in ("x_t", "noise", "x0")]
    ids += ["pixel:x0:0.500,0.250", "cost"]
    if record.pack.has("attention"):
        layer = record.pack.array("attention").layers[0].id
        ids += [f"pixel:x_t:0.100,0.900:{layer}", f"word:1:{layer}"]
    if (cuts := cuts_of(record.pack)) is not None:
        ids += [f"cut:{part}" for part in cuts.folders]
    return [*ids, "clock", "tower", *(f"station:{name}" for name in STATIONS)]
