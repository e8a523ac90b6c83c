"""Watching a diffusers model at work without changing what it paints. Torch lives here."""
