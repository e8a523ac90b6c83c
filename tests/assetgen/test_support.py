"""The table of supported models is that of the tests that ran, all of them."""

from __future__ import annotations

import pytest

from tests import support

pytestmark = pytest.mark.torch


def test_the_documentation_shows_what_the_tests_showed() -> None:
    text = support.DOCS.read_text(encoding="utf-8")
    assert support.written(text, support.render(support.load())) == text, "python -m tests.support"


def test_every_case_was_run_and_passed() -> None:
    from assetgen.capture.solvers import SOLVERS
    from assetgen.models.families import FAMILIES
    from tests.assetgen.capture.test_families import MAKERS
    from tests.assetgen.capture.test_trace import FIGURES

    cells = support.load()["cells"]
    assert set(cells["pipelines"]) == set(MAKERS) == set(FAMILIES)
    assert set(cells["schedulers"]) == set(SOLVERS)
    assert set(cells["traces"]) == set(FIGURES)
    for rows in cells.values():
        assert all(passed for columns in rows.values() for passed in columns.values())


def test_a_failing_test_shows_as_such() -> None:
    class Report:
        when = "call"

        def __init__(self, passed: bool) -> None:
            self.user_properties = [("supports", ("pipelines", "X", "column", passed))]

    cells: support.Cells = {}
    for passed in (True, False, True):
        support.collect(cells, Report(passed))
    assert cells == {"pipelines": {"X": {"column": False}}}
    others: support.Cells = {"schedulers": {}, "traces": {}}
    shown = support.render({"versions": {}, "cells": {**cells, **others}})
    assert "| `X` | **fails** |" in shown
