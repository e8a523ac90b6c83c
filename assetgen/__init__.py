"""Records runs of text-to-image diffusion models as packs that the explorer shows.

`pack` is the format, `capture` watches a model, `models` loads one, `train` makes the miniature.
"""

__version__ = "0.1.0"
