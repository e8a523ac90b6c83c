"""Fills a folder (a USB stick) for `manage.sh install` and `update`: the wheel, what it needs, checksums.

python tools/usb.py /media/stick/kiosk        # needs the network once, to fetch the packages of the lock
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def checksums(folder: Path) -> str:
    """Lines that `sha256sum --check` reads, for everything in the folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS")
    return "".join(
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n"
        for p in files
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", help="else the one in pyproject.toml")
    args = parser.parse_args()
    version = (
        args.version or tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    )
    if not re.fullmatch(r"[0-9A-Za-z.+-]+", version):
        parser.error(f"--version {version!r}: expected one like 1.2.0")
    wheels = args.folder / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)], check=True)
    lock = ROOT / "requirements" / "viewer.txt"
    subprocess.run(
        [*pip, "download", "--only-binary=:all:", "--no-deps", "-r", str(lock), "-d", str(wheels)],
        check=True,
    )
    kiosk = args.folder / "kiosk"
    kiosk.mkdir(exist_ok=True)
    for path in (ROOT / "config" / "kiosk").iterdir():
        (kiosk / path.name).write_bytes(path.read_bytes())
        (kiosk / path.name).chmod(path.stat().st_mode)
    (args.folder / "kiosk.yaml").write_bytes((ROOT / "config" / "kiosk.yaml").read_bytes())
    (args.folder / "VERSION").write_text(version + "\n")
    (args.folder / "SHA256SUMS").write_text(checksums(args.folder))
    print(f"{args.folder}: version {version}, {len(list(wheels.glob('*.whl')))} wheels")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
