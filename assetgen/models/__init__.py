"""Loading pipelines and finding them by name. Torch and diffusers are imported by its modules only."""

import os

# Read once, when the libraries start: their advice is for people who call them directly.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
