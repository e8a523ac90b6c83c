"""The report: numbers that follow from the log, one page, nothing from the network."""

from __future__ import annotations

import io
import xml.dom.minidom
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from explorer.cli import main
from explorer.kiosk.report import classes, summarise
from explorer.kiosk.visits import Visits

NOON = datetime(2026, 11, 24, 12, 0)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    visits = Visits(tmp_path / "visits")
    for n in range(6):
        now = NOON + timedelta(hours=n, days=n // 4)
        visits.begin(now)
        visits.note(now, "exhibit", "clock", 10 * (n + 1))
        visits.note(now, "exhibit", "unit:mid & <others>", 5)
        visits.note(now, "exhibit", "of & <another> version", 5)
        visits.note(now, "exhibit", f"word:{n}", 5)
        visits.note(now, "access", "contrast=True")
        visits.note(now, "tour", "highlights", 30)
        visits.note(now, "answer", "highlights.ask", right=n % 3 == 0)
        visits.end(now + timedelta(seconds=40 * (n + 1)), "done" if n == 0 else "idle")
    return tmp_path / "visits"


def test_the_numbers(log: Path) -> None:
    s = summarise(log)
    assert s.visits == 6 and list(s.days.values()) == [4, 2]
    assert sum(s.exhibits["clock"]) == 210 and len(s.exhibits["clock"]) == 6
    assert s.answers["highlights.ask"].count(True) == 2 and s.done == 1
    assert classes(s.lengths) == {
        "≤ 15 s": 0, "≤ 30 s": 0, "≤ 60 s": 1, "≤ 2 min": 2, "≤ 5 min": 3, "≤ 10 min": 0, "> 10 min": 0,
    }  # fmt: skip


def test_one_page_complete_in_itself(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert main(["report", "--log", str(log), "--out", str(out)]) == 0
    page = out.read_text()
    assert page.count("<svg") >= 6 and "<script" not in page and "http" not in page
    assert "<another>" not in page and "&lt;another&gt;" in page
    for name in ("The Clock", "Rooms", "Words of the prompt", "High contrast: on", "Three minutes in the valley",
                 "Was the castle already there"):  # fmt: skip
        assert name in page
    assert "word:" not in page and "unit:" not in page and "clock" not in page
    for svg in page.split("<svg")[1:]:
        xml.dom.minidom.parseString("<svg" + svg.split("</svg>")[0] + "</svg>")


def test_no_log_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--log", str(tmp_path)]) == 2
    assert "--log" in capsys.readouterr().err


def test_setting_a_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO("482915\n"))
    assert main(["kiosk-pin"]) == 0
    assert (tmp_path / "pin.json").is_file()
    monkeypatch.setattr("sys.stdin", io.StringIO("12\n"))
    assert main(["kiosk-pin"]) == 2
