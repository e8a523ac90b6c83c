"""What `pip install` brings: a wheel in an empty environment without torch, used there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ("assets", "config", "scenes", "shaders")
LEFT_OUT = (".*", "build", "dist", "out", "training", "models_cache", "*.egg-info", "__pycache__")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))
    pip(
        sys.executable, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source)
    )
    (built,) = folder.glob("*.whl")
    shutil.rmtree(source)
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the viewer's lock and the wheel."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=True)
    scripts = home / "bin"
    python = str(scripts / "python")
    pip(python, "install", "--no-deps", "-r", str(ROOT / "requirements/viewer.txt"))
    pip(python, "install", "--no-deps", str(wheel))
    return scripts


def pip(python: str, *arguments: str) -> None:
    command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    subprocess.run(command, check=True)


def use(scripts: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run an installed command in `folder`, far from the checkout."""
    run = subprocess.run(
        [str(scripts / command[0]), *command[1:]], cwd=folder, capture_output=True, text=True
    )
    assert run.returncode == 0, f"{' '.join(command)}\n{run.stdout}\n{run.stderr}"
    return run


@pytest.mark.parametrize("name", DATA)
def test_every_data_file_travels(wheel: Path, name: str) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / name).rglob("*")
        if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    missing = {path for path in there if f"diffusion_explorer_data/{path}" not in inside}
    assert there and not missing


def test_no_stray_top_level(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "assetgen",
        "diffusion_explorer_data",
        "explorer",
    }


def test_the_environment_is_complete_and_without_torch(installed: Path, tmp_path: Path) -> None:
    use(installed, tmp_path, "python", "-m", "pip", "check")
    probe = "import importlib.util as i; raise SystemExit(i.find_spec('torch') is not None)"
    use(installed, tmp_path, "python", "-c", probe)


@pytest.mark.gl
def test_the_explorer_tests_itself(installed: Path, tmp_path: Path) -> None:
    use(installed, tmp_path, "diffusion-explorer", "--self-test")


def test_the_shipped_runs_are_valid(installed: Path, tmp_path: Path) -> None:
    (assets,) = installed.parent.glob("lib/python*/site-packages/diffusion_explorer_data/assets")
    use(installed, tmp_path, "assetgen", "validate", str(assets))


@pytest.mark.parametrize("command", ["diffusion-explorer", "assetgen"])
def test_help_without_torch(installed: Path, tmp_path: Path, command: str) -> None:
    assert "usage:" in use(installed, tmp_path, command, "--help").stdout


@pytest.mark.parametrize("package", ["explorer", "assetgen"])
def test_python_m(installed: Path, tmp_path: Path, package: str) -> None:
    use(installed, tmp_path, "python", "-m", package, "--help")
