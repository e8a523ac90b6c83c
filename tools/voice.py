"""Renders what the tours say: `make voice`. One Ogg Vorbis file a sentence, named by a hash of its text.

Only sentences without a file are rendered; files of sentences that nobody says any more are removed. Needs
`flite` (or `espeak-ng`) and `oggenc` (Debian: flite, espeak-ng, vorbis-tools); nothing is fetched.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from explorer.story.narration import INDEX, text_hash
from explorer.story.texts import Texts
from explorer.story.tour import load_tour, tour_files

ROOT = Path(__file__).resolve().parents[1]
ENGINES = {
    "flite": [
        "flite",
        "-voice",
        "slt",
        "--setf",
        "duration_stretch=1.15",
        "-t",
        "{text}",
        "-o",
        "{file}",
    ],
    "espeak-ng": ["espeak-ng", "-v", "en-gb", "-s", "150", "-g", "3", "-w", "{file}", "{text}"],
}
"""Best first. flite's `slt` was built from recordings of a person; espeak-ng is made of formulas."""
QUALITY = "1"
"""Of oggenc: about 45 kbit a second for one channel at 16 kHz."""
LIMIT = 15 * 1024 * 1024


def sentences(language: str = "en") -> Iterator[str]:
    """Everything that is said in a language, each once."""
    texts = Texts.load(ROOT / "scenes" / "locales" / f"{language}.yaml")
    seen: set[str] = set()
    for path in tour_files(ROOT / "scenes" / "tours"):
        tour = load_tour(path)
        for stop in tour.stops:
            for key in tour.spoken(stop):
                text = texts.get(key)
                if text not in seen:
                    seen.add(text)
                    yield text


def render(text: str, target: Path, engine: str) -> float:
    """Write one sentence as Ogg; its length in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "said.wav"
        command = [part.format(text=text, file=wav) for part in ENGINES[engine]]
        subprocess.run(command, check=True, capture_output=True)
        with wave.open(str(wav)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
        subprocess.run(
            [
                "oggenc",
                "--quiet",
                "--quality",
                QUALITY,
                "--serial",
                "1",
                "-o",
                str(target),
                str(wav),
            ],
            check=True,
        )
    return round(seconds, 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", default="en")
    parser.add_argument("--engine", choices=tuple(ENGINES))
    args = parser.parse_args()
    engine = args.engine or next((name for name in ENGINES if shutil.which(name)), None)
    if engine is None or shutil.which("oggenc") is None:
        print("needed: flite or espeak-ng, and oggenc (apt-get install flite vorbis-tools)")
        return 2
    folder = ROOT / "assets" / "voice" / args.language
    folder.mkdir(parents=True, exist_ok=True)
    index = folder / INDEX
    known = json.loads(index.read_text())["seconds"] if index.is_file() else {}
    seconds: dict[str, float] = {}
    for text in sentences(args.language):
        name = text_hash(text)
        target = folder / f"{name}.ogg"
        fresh = name in known and target.is_file()
        seconds[name] = known[name] if fresh else render(text, target, engine)
    for path in folder.glob("*.ogg"):
        if path.stem not in seconds:
            path.unlink()
    data = {"engine": engine, "seconds": dict(sorted(seconds.items()))}
    index.write_text(json.dumps(data, indent=1) + "\n")
    size = sum(path.stat().st_size for path in folder.glob("*.ogg"))
    print(f"{len(seconds)} sentences, {sum(seconds.values()) / 60:.1f} min, {size / 2**20:.1f} MiB")
    return 0 if size <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
