"""What a technician installs: files that say what the program relies on, and updates that can be taken back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from explorer.kiosk_shell import STAFF_LEFT
from tools.usb import checksums

ROOT = Path(__file__).resolve().parents[2]
KIOSK = ROOT / "config" / "kiosk"


def unit() -> dict[str, str]:
    lines = (KIOSK / "diffusion-kiosk.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_the_unit_restarts_within_ten_seconds_but_not_when_staff_left() -> None:
    said = unit()
    assert said["Restart"] == "always" and float(said["RestartSec"]) <= 10
    assert said["StartLimitIntervalSec"] == "0" and said["WatchdogSec"] == "20"
    assert said["RestartPreventExitStatus"] == str(STAFF_LEFT)
    assert said["NotifyAccess"] == "all" and said["Type"] == "notify"
    assert said["IPAddressDeny"] == "any"


def test_no_key_of_the_window_manager_or_the_server() -> None:
    manager = (KIOSK / "openbox.xml").read_text()
    assert "keybind" not in manager and "mousebind" not in manager
    server = (KIOSK / "diffusion-kiosk.conf").read_text()
    assert '"DontVTSwitch" "true"' in server and '"DontZap" "true"' in server
    assert "mask ctrl-alt-del.target" in (KIOSK / "manage.sh").read_text()


def run_with(tools: Path, program: Path, **tool: str) -> int:
    """Run a script with stand-ins for the programs it calls; its exit code."""
    tools.mkdir()
    for name, text in tool.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "STATE_DIRECTORY": str(tools.parent)}
    return subprocess.run([str(program)], env=environment, timeout=60).returncode


@pytest.mark.parametrize(("ended", "told"), [(77, 77), (1, 0), (0, 0)])
def test_systemd_is_told_that_staff_left(tmp_path: Path, ended: int, told: int) -> None:
    """xinit ends with 0 whatever its session did; only 77 may keep systemd from starting the kiosk again."""
    installed = tmp_path / "version" / "kiosk"
    explorer = tmp_path / "version" / "venv" / "bin" / "diffusion-explorer"
    explorer.parent.mkdir(parents=True)
    installed.mkdir()
    for name in ("start", "xsession", "openbox.xml"):
        shutil.copy2(KIOSK / name, installed / name)
    explorer.write_text(f"#!/bin/sh\nexit {ended}\n")
    explorer.chmod(0o755)
    (tmp_path / "left").touch()  # from the last time that staff left
    nothing = {"xset": "", "openbox": ""}
    code = run_with(tmp_path / "bin", installed / "start", startx='"$1"; exit 0', **nothing)
    assert code == told
    assert unit()["ExecStart"].endswith("/current/kiosk/start")
    assert unit()["RestartPreventExitStatus"] == "77"


def test_what_is_written_lies_where_it_may_be_written() -> None:
    """Homes cannot be seen by the unit, so X's files and the caches go to the state folder."""
    said = unit()
    lines = (KIOSK / "diffusion-kiosk.service").read_text().splitlines()
    assert said["ProtectHome"] == "yes" and said["StateDirectory"] == "diffusion-kiosk"
    assert "Environment=HOME=/var/lib/diffusion-kiosk" in lines


def stick(folder: Path, version: str, does: str = "print('{version}')") -> Path:
    """A USB stick with a version that does nothing but say its name."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    info = f"diffusion_explorer-{version}.dist-info"
    with zipfile.ZipFile(wheels / f"diffusion_explorer-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("fake_explorer.py", f"def main():\n    {does.format(version=version)}\n")
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: diffusion-explorer\nVersion: {version}\n",
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(
            f"{info}/entry_points.txt",
            "[console_scripts]\ndiffusion-explorer = fake_explorer:main\n",
        )
        wheel.writestr(f"{info}/RECORD", "")
    (folder / "VERSION").write_text(version + "\n")
    (folder / "SHA256SUMS").write_text(checksums(folder))
    return folder


def manage(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(KIOSK / "manage.sh"), *arguments],
        env={
            **os.environ,
            "KIOSK_ROOT": str(root),
            "KIOSK_PYTHON": sys.executable,
            "KIOSK_PIP": f"{sys.executable} -m pip",
        },
        capture_output=True,
        text=True,
    )


def running(root: Path) -> str:
    program = root / "opt/diffusion-kiosk/current/venv/bin/diffusion-explorer"
    return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_install_update_and_roll_back(tmp_path: Path) -> None:
    root = tmp_path / "root"
    first = manage(root, "install", str(stick(tmp_path / "a", "1.0")))
    assert first.returncode == 0, first.stderr
    assert running(root) == "1.0"
    assert (root / "etc/diffusion-kiosk.yaml").read_text() == (
        ROOT / "config/kiosk.yaml"
    ).read_text()
    (root / "etc/diffusion-kiosk.yaml").write_text("idle: 90\n")
    assert manage(root, "update", str(stick(tmp_path / "b", "1.1"))).returncode == 0
    assert running(root) == "1.1"
    assert (root / "etc/diffusion-kiosk.yaml").read_text() == "idle: 90\n", "settings stay"
    assert manage(root, "rollback").returncode == 0
    assert running(root) == "1.0"
    assert manage(root, "rollback").returncode == 0
    assert running(root) == "1.1"
    assert (root / "etc/systemd/system/diffusion-kiosk.service").read_bytes() == (
        KIOSK / "diffusion-kiosk.service"
    ).read_bytes()


@pytest.mark.slow
def test_what_belongs_to_a_version_changes_with_it_and_the_rest_stays(tmp_path: Path) -> None:
    root = tmp_path / "root"
    manage(root, "install", str(stick(tmp_path / "a", "1.0")))
    screen = root / "etc/X11/diffusion-kiosk.conf"
    screen.write_text("turned by a technician\n")
    service = root / "etc/systemd/system/diffusion-kiosk.service"
    service.write_text("of an older version\n")
    assert manage(root, "install", str(stick(tmp_path / "b", "1.1"))).returncode == 0
    assert screen.read_text() == "turned by a technician\n"
    assert service.read_bytes() == (KIOSK / "diffusion-kiosk.service").read_bytes()


@pytest.mark.slow
def test_a_version_that_does_not_start_leaves_nothing_behind(tmp_path: Path) -> None:
    root = tmp_path / "root"
    manage(root, "install", str(stick(tmp_path / "a", "1.0")))
    bad = stick(tmp_path / "b", "1.1", does="raise SystemExit(1)")
    for _ in range(2):
        result = manage(root, "update", str(bad))
        assert result.returncode == 2 and "does not start" in result.stderr
        assert running(root) == "1.0"


@pytest.mark.slow
def test_a_damaged_stick_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    manage(root, "install", str(stick(tmp_path / "a", "1.0")))
    bad = stick(tmp_path / "b", "1.1")
    next((bad / "wheels").glob("*.whl")).write_bytes(b"not a wheel")
    result = manage(root, "update", str(bad))
    assert result.returncode == 2 and "damaged" in result.stderr
    assert running(root) == "1.0"
    (bad / "VERSION").unlink()
    assert "VERSION is missing" in manage(root, "update", str(bad)).stderr


def test_the_page_names_what_is_there() -> None:
    page = (ROOT / "docs" / "kiosk.md").read_text()
    for name in re.findall(r"config/kiosk/[\w.-]+", page):
        assert (ROOT / name).exists(), name
    for path in KIOSK.iterdir():
        assert path.name in page, f"docs/kiosk.md says nothing about {path.name}"
