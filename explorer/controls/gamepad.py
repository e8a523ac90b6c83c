"""Gamepads, polled: which buttons went down, and how far sticks and triggers are moved."""

from __future__ import annotations

from typing import Any

import panda3d.core as p3d

from explorer.controls.actions import AXES

DEAD_ZONE = 0.18


class Gamepads:
    """All connected gamepads as one; they may come and go."""

    def __init__(self, base: Any) -> None:
        self.base = base
        self._down: set[str] = set()

    def devices(self) -> list[Any]:
        manager = getattr(self.base, "devices", None)
        return list(manager.get_devices(p3d.InputDevice.DeviceClass.gamepad)) if manager else []

    def pressed(self) -> list[str]:
        """Names of buttons that went down since the last call."""
        down = {
            button.handle.name
            for device in self.devices()
            for button in device.buttons
            if button.pressed
        }
        new, self._down = sorted(down - self._down), down
        return new

    def values(self) -> dict[str, float]:
        """Axis direction (`left_x+`), trigger or held button → 0..1."""
        result = {name: 1.0 for name in self._down}
        for device in self.devices():
            for name in AXES:
                axis = device.find_axis(p3d.InputDevice.Axis[name])
                value = live(axis.value) if axis else 0.0
                key = name if name.endswith("trigger") else f"{name}{'+' if value > 0 else '-'}"
                if value:
                    result[key] = max(abs(value), result.get(key, 0.0))
        return result


def live(value: float) -> float:
    """A stick's value without its dead zone, and finer near the middle."""
    size = (abs(value) - DEAD_ZONE) / (1 - DEAD_ZONE)
    return 0.0 if size <= 0 else (min(size, 1.0) ** 1.5) * (1 if value > 0 else -1)
