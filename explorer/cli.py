"""`explorer`: walk through recorded runs, or render them without a window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from assetgen import __version__
from assetgen.pack import PackError
from assetgen.pack.resources import data_dir
from explorer.kiosk.cli import COMMANDS
from explorer.runs import NoRunError, Runs
from explorer.settings import Settings, load_settings, user_file
from explorer.state import QualityName
from explorer.story.texts import TextError
from explorer.story.view_code import meant_as_code
from explorer.takeaway import read_code
from explorer.window import WindowSpec, has_display, is_software, open_window
from explorer.world.layout import LayoutError
from explorer.yaml_nodes import YamlError

QUALITIES = ("auto", "low", "medium", "high")
PICTURES = (".png", ".jpg", ".jpeg")


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog=_typed(),
        description="Walk through a real, recorded run of a text-to-image diffusion model.",
        epilog=f"Other commands, each with --help: {', '.join(COMMANDS)}.",
    )
    p.add_argument("--version", action="version", version=f"diffusion-explorer {__version__}")
    p.add_argument(
        "--assets",
        type=Path,
        metavar="DIR",
        help="folder with runs/<model>/<run> (default: shipped)",
    )
    p.add_argument("--scene", metavar="FILE", help="a scene: a name in scenes/, or a YAML file")
    p.add_argument("--model", help="model to start with")
    p.add_argument("--prompt", help="run to start with: its id, title or prompt")
    p.add_argument("--step", type=int, metavar="N", help="step to start at, 1 = first")
    p.add_argument(
        "--view", metavar="CAMERA|CODE", help="camera of the scene to start at, or a take-away code"
    )
    p.add_argument("--tour", metavar="NAME", help="begin with a guided tour, like highlights")
    p.add_argument("--kiosk", action="store_true", help="run as a museum kiosk, docs/kiosk.md")
    p.add_argument("--config", type=Path, metavar="FILE", help="the kiosk's file")
    p.add_argument("--size", metavar="WxH", help="window size in pixels")
    p.add_argument("--fullscreen", action="store_true", default=None)
    p.add_argument("--text-size", type=float, metavar="FACTOR", help="1, 1.5 or 2")
    p.add_argument("--color-map", help="of feature maps: deep, grey or clear")
    p.add_argument("--quality", choices=QUALITIES)
    p.add_argument("--screenshot", type=Path, metavar="FILE", help="save one picture and leave")
    p.add_argument(
        "--record",
        type=Path,
        metavar="FOLDER",
        help="render the opening flight as PNG frames and a GIF",
    )
    p.add_argument(
        "--frames", type=int, default=48, metavar="N", help="frames of --record, at most 600"
    )
    p.add_argument("--no-hud", action="store_true", help="the world alone")
    p.add_argument(
        "--self-test", action="store_true", help="load every scene and run, check, report"
    )
    return p


def _typed() -> str:
    """What was typed to start this program, and can be typed again."""
    by_module = Path(sys.argv[0]).name == "__main__.py"
    return "python -m explorer" if by_module else "diffusion-explorer"


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point. Exit code 0; 1 when a self-test found something; 2 for bad input, with one line."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        if given and given[0] in COMMANDS:
            return COMMANDS[given[0]](given[1:])
        return _run(parser().parse_args(given))
    except (
        PackError,
        NoRunError,
        YamlError,
        TextError,
        LayoutError,
        ValueError,
        RuntimeError,
        OSError,
    ) as error:
        print(f"explorer: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run(args: argparse.Namespace) -> int:
    settings = _settings(args)
    scene = _scene_file(args.scene or settings.scene)
    runs = Runs(args.assets or data_dir("assets"))
    for problem in runs.problems:
        print(f"explorer: {problem}", file=sys.stderr)
    if args.kiosk:
        from explorer.kiosk_main import run_kiosk

        return run_kiosk(args, runs, settings, scene)
    if args.self_test:
        from explorer.selftest import self_test

        return self_test(runs, settings)
    if args.view is not None and meant_as_code(args.view):
        view = read_code(args.view, runs.library)
        args.model, args.prompt = view.model, view.run or None
    runs.choose(args.model, args.prompt)  # a wrong name is said before a window opens
    record = args.record
    if record is None and args.screenshot is None and not has_display():
        record = Path("out")
        print(
            f"explorer: no display here, so the opening flight is rendered into {record}/ instead"
        )
    if record is not None or args.screenshot is not None:
        from explorer import headless

        return headless.run(args, runs, settings, scene, record)
    return _walk(args, runs, settings, scene)


def _walk(args: argparse.Namespace, runs: Runs, settings: Settings, scene: Path) -> int:
    """The window, until it is closed."""
    from explorer.app import App
    from explorer.tuning import Tuner

    window = settings.window
    base = open_window(WindowSpec(window.width, window.height, window.fullscreen))
    auto = settings.quality == "auto"
    automatic: QualityName = "low" if is_software(base) else "medium"
    quality = automatic if settings.quality == "auto" else settings.quality
    app = App(
        base, runs, settings, scene, model=args.model, run=args.prompt, quality=quality,
        tuner=Tuner() if auto and not is_software(base) else None, hud=not args.no_hud,
    )  # fmt: skip
    app.start_at(args.view, args.step)
    if args.tour:
        app.guide.start(args.tour)
    app.run()
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    settings = load_settings(data_dir("config") / "explorer.yaml", user_file())
    window = settings.window
    if args.size:
        width, _, height = args.size.lower().partition("x")
        if not (
            width.isdigit()
            and height.isdigit()
            and 320 <= int(width) <= 16384
            and 180 <= int(height) <= 16384
        ):
            raise ValueError(
                f"--size {args.size!r}: expected WIDTHxHEIGHT, 320x180 to 16384x16384, like 1280x720"
            )
        window = msgspec.structs.replace(window, width=int(width), height=int(height))
    if args.fullscreen:
        window = msgspec.structs.replace(window, fullscreen=True)
    if args.step is not None and args.step < 1:
        raise ValueError(f"--step {args.step}: steps are counted from 1")
    if args.screenshot is not None and args.screenshot.suffix.lower() not in PICTURES:
        raise ValueError(
            f"--screenshot {args.screenshot}: expected a name in {', '.join(PICTURES)}"
        )
    if args.record is not None and args.record.is_file():
        raise ValueError(f"--record {args.record}: that is a file, expected a folder")
    if args.tour is not None and args.screenshot is not None and args.record is None:
        raise ValueError(
            f"--tour {args.tour}: a screenshot shows no tour; --record FOLDER renders one"
        )
    if args.config is not None and not args.kiosk:
        raise ValueError(f"--config {args.config}: is the kiosk's; add --kiosk")
    if not 1 <= args.frames <= 600:
        raise ValueError(f"--frames {args.frames}: expected 1 to 600")
    changes: dict[str, object] = {"window": window}
    if args.text_size is not None:
        if not 0.75 <= args.text_size <= 3:
            raise ValueError(f"--text-size {args.text_size}: expected 0.75 to 3")
        changes["text_scale"] = args.text_size
    if args.color_map is not None:
        from explorer.story.ramps import OF_FEATURES

        if args.color_map not in OF_FEATURES:
            raise ValueError(
                f"--color-map {args.color_map!r}: expected one of {', '.join(OF_FEATURES)}"
            )
        changes["color_map"] = args.color_map
    if args.quality is not None:
        changes["quality"] = args.quality
    return msgspec.structs.replace(settings, **changes)


def _scene_file(name: str) -> Path:
    """A file as given, or a scene shipped under that name."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            found = (
                "that is a folder, expected a file" if path.is_dir() else "there is no such file"
            )
            raise ValueError(f"--scene {name}: {found}")
        return path
    shipped = data_dir("scenes") / f"{name}.yaml"
    if not shipped.is_file():
        known = ", ".join(sorted(p.stem for p in data_dir("scenes").glob("*.yaml")))
        raise ValueError(f"--scene {name!r}: no file and no shipped scene; there is {known}")
    return shipped


if __name__ == "__main__":
    raise SystemExit(main())
