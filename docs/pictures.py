"""Renders the documentation's pictures: `make pictures`, or `python docs/pictures.py NAME … --size 960x540`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from assetgen.pack.resources import data_dir
from explorer.headless import open_app, pictures
from explorer.postcard import postcard
from explorer.runs import Runs
from explorer.settings import Settings

VIEWS: dict[str, dict] = {
    "arrival": {},
    "first_light": {},
    "mid_valley": {"camera": "valley"},
    "bridge": {},
    "room": {},
    "gallery": {},
    "lake": {},
    "deep": {},
    "tower": {},
    "overview": {},
    "choice": {"part": 0.5},
    "noising": {"state": {"noise_level": 8.0}},
    "training": {"state": {"checkpoint": 4.0, "checkpoint_word": 1}},
    "leaps": {},
    "sculptor": {"part": 0.45},
    "sculptor_back": {},
    "dig": {},
    "dig_above": {},
    "orchestra": {},
    "cuts": {},
    "lever": {
        "hud": True,
        "state": {"selection": "cut:skip:down_blocks.0.attentions.0->up_blocks.2.resnets.0"},
    },
    "decoder": {},
    "lanes": {},
    "pair": {},
    "road": {},
    "annex": {},
    "scales": {},
    "encoder": {},
    "clockwork": {},
    "reading": {"hud": True, "part": 0.5, "state": {"selection": "pixel:x0:0.730,0.220"}},
    "cost": {
        "camera": "overview",
        "hud": True,
        "part": 0.5,
        "state": {"selection": "cost", "cost": "time"},
    },
    "clock_lines": {
        "camera": "first_light",
        "hud": True,
        "part": 0.3,
        "state": {"selection": "clock"},
    },
    "panel": {
        "camera": "room",
        "hud": True,
        "state": {"selection": "unit:down_blocks.0.resnets.0"},
    },
    "unfolded": {
        "camera": "unfolded",
        "hud": True,
        "state": {
            "unfolded": "down_blocks.0.attentions.0",
            "selection": "layer:down_blocks.0.attentions.0.transformer_blocks.0.attn2",
        },
    },
    "overlay": {
        "camera": "gallery",
        "hud": True,
        "part": 0.6,
        "state": {"overlay": True, "word": 1},
    },
    "prompts": {"camera": "arrival", "hud": True, "state": {"menu": "prompts"}},
    "hud": {"camera": "arrival", "hud": True, "part": 0.45},
    "notebook": {"camera": "arrival", "hud": True, "state": {"menu": "discoveries"}},
    "answer": {
        "camera": "gallery",
        "hud": True,
        "part": 0.11,
        "state": {
            "selection": "discovery:shapes_first",
            "answers": (("castle-by-night/shapes_first", 1),),
        },
    },
    "idea": {
        "camera": "gallery",
        "hud": True,
        "part": 0.0,
        "state": {
            "selection": "probe:seed",
            "answers": (("castle-by-night/probe.seed", 1),),
        },
    },
    "track": {
        "camera": "gallery",
        "hud": True,
        "part": 0.3,
        "state": {"track": True, "guess": 8.0, "revealed": True},
    },
    "share": {"camera": "gallery", "hud": True, "part": 0.3, "state": {"menu": "share"}},
    "spotlight": {"camera": "room", "hud": True, "state": {"selection": "spotlight:unit.resnet"}},
    "postcard": {"camera": "gallery", "hud": True, "part": 0.3},
}
"""Camera, part of the run (else the camera's own), state, and whether the HUD is shown."""


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(VIEWS)}")
    p.add_argument("--size", default="1920x1080")
    p.add_argument("--quality", default="high", choices=("low", "medium", "high"))
    p.add_argument("--assets", type=Path, default=None)
    p.add_argument("--prompt", default=None)
    p.add_argument("--model", default=None)
    p.add_argument("--out", type=Path, default=Path(__file__).parent / "pictures")
    args = p.parse_args()
    names = args.names or list(VIEWS)
    if unknown := [n for n in names if n not in VIEWS]:
        p.error(f"no picture {', '.join(unknown)}; there is {', '.join(VIEWS)}")
    size = tuple(int(n) for n in args.size.split("x"))
    settings, scene = Settings(), data_dir("scenes") / "unet_valley.yaml"
    for hud in (False, True):
        views = {n: VIEWS[n] for n in names if bool(VIEWS[n].get("hud")) == hud}
        if not views:
            continue
        app = open_app(
            Runs(args.assets or data_dir("assets")), settings, scene, (size[0], size[1]),
            model=args.model, run=args.prompt, hud=hud, quality=args.quality,
        )  # fmt: skip
        for path in pictures(app, args.out, views):
            print(path, flush=True)
        if "postcard" in views:  # what a visitor takes along instead of what they see
            card = app.takeaway.card()
            assert card is not None
            image = postcard(card, data_dir("assets") / "fonts")
            image.save(args.out / "postcard.jpg", quality=90)
        app.close()
        app.base.destroy()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
