"""A run on paper: one contact sheet, one film. Pillow only; no window, no torch."""
