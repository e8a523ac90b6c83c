"""The large map: as many names as there are places, none over another."""

from __future__ import annotations

from explorer.hud.minimap import _rows


def test_names_on_the_map_stay_on_it_and_apart() -> None:
    for wanted in ([10.0, 12.0, 13.0, 90.0], [95.0] * 6, [float(i) for i in range(30)]):
        rows = _rows(wanted, 20.0, 0.0, 100.0)
        pitch = min(20.0, 100.0 / (len(wanted) - 1))
        ordered = [rows[i] for i in sorted(range(len(wanted)), key=lambda i: wanted[i])]
        assert min(ordered) >= -1e-6 and max(ordered) <= 100 + 1e-6
        gaps = [b - a for a, b in zip(ordered, ordered[1:], strict=False)]
        assert min(gaps) >= pitch - 1e-6
