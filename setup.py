"""Puts the data folders of the checkout into the wheel; all else stands in pyproject.toml."""

from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from setuptools import setup
from setuptools.command.build_py import build_py

PACKAGE = "diffusion_explorer_data"
FOLDERS = ("assets", "config", "scenes", "shaders")


class BuildWithData(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:  # an editable install reads the folders of the checkout
            return
        target = Path(self.build_lib) / PACKAGE
        rmtree(target, ignore_errors=True)
        for name in FOLDERS:
            copytree(name, target / name, ignore=ignore_patterns("__pycache__", ".*", "*.part"))


setup(cmdclass={"build_py": BuildWithData})
