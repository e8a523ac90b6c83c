"""The worksheet for schools says what the recorded runs say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from assetgen.pack import Library
from assetgen.pack.resources import data_dir

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_worksheet_and_answers_are_current() -> None:
    spec = importlib.util.spec_from_file_location("teachers", DOCS / "teachers.py")
    assert spec and spec.loader
    teachers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(teachers)
    text = (DOCS / "teachers.md").read_text(encoding="utf-8")
    current = teachers.page(text, Library.open(data_dir("assets")))
    assert text == current, "the runs have changed: python docs/teachers.py"
    questions, answers = (part.count("\n1. ") for part in text.split("### Answers"))
    assert questions == answers == 1
