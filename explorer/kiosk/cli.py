"""What a technician types beside `--kiosk`: `diffusion-explorer report`, `diffusion-explorer kiosk-pin`."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from assetgen.pack.resources import data_dir
from explorer.kiosk import pin
from explorer.kiosk.config import load_config
from explorer.kiosk.report import page, summarise
from explorer.story.texts import Texts

LOG = "visits"
"""Folder of the visit log in the kiosk's own folder."""


def shipped_config() -> Path:
    return data_dir("config") / "kiosk.yaml"


def report(argv: Sequence[str]) -> int:
    """The visit log as one HTML page with plots, complete in itself."""
    p = argparse.ArgumentParser(prog="diffusion-explorer report", description=report.__doc__)
    p.add_argument("--config", type=Path, metavar="FILE", help="the kiosk's file")
    p.add_argument("--log", type=Path, metavar="DIR", help="folder with visits-*.jsonl")
    p.add_argument("--out", type=Path, default=Path("report.html"), metavar="FILE")
    args = p.parse_args(argv)
    folder = args.log or load_config(args.config or shipped_config()).home / LOG
    summary = summarise(folder)
    if not summary.days:
        raise ValueError(f"{folder}: no visits-*.jsonl; name the log's folder with --log")
    texts = Texts.load(data_dir("scenes") / "locales" / "en.yaml")
    args.out.write_text(page(summary, texts), encoding="utf-8")
    print(f"{args.out}: {summary.visits} visits on {len(summary.days)} days")
    return 0


def set_pin(argv: Sequence[str]) -> int:
    """Set the PIN with which staff leaves the kiosk; asked for twice, or read from a pipe."""
    p = argparse.ArgumentParser(prog="diffusion-explorer kiosk-pin", description=set_pin.__doc__)
    p.add_argument("--config", type=Path, metavar="FILE", help="the kiosk's file")
    args = p.parse_args(argv)
    folder = load_config(args.config or shipped_config()).home
    if sys.stdin.isatty():
        given = getpass.getpass("new PIN: ")
        if getpass.getpass("again: ") != given:
            raise ValueError("the two PINs differ; nothing was changed")
    else:
        given = sys.stdin.readline().strip()
    print(f"stored in {pin.store(folder, given)}")
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"report": report, "kiosk-pin": set_pin}
